"""One finder of run folders for all commands: wherever a user points, at one run, a benchmark, all results or above."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from adapters.harness import close_to
from runners.core.errors import UserError
from runners.core.files import shown

_OWN = ("videos", "raw", "scores", ".work*")
"""Folders of a run, in which there are many files and no other runs."""


def check_folder(path: Path) -> None:
    """Raise UserError unless there is such a folder, with the name that was probably meant."""
    try:
        if path.is_dir():
            return
        above = next(parent for parent in path.parents if parent.is_dir())
        name = path.relative_to(above).parts[0]
        names = [entry.name for entry in os.scandir(above) if entry.is_dir()]
    except OSError as error:
        raise UserError(f"{shown(path)} cannot be looked at ({error.strerror})") from None
    close = [] if (above / name).exists() else close_to(name, names, 1)
    meant = f"; did you mean {shown(above / close[0] / path.relative_to(above / name))}?" if close else ""
    raise UserError(f"{shown(path)} is no folder{meant}")


def left_out(unread: Sequence[Path]) -> list[str]:
    """What is told of the folders that could not be looked into."""
    return [f"{shown(folder)} cannot be looked into: runs in it are left out" for folder in unread]


def find_run_folders(place: Path, unread: list[Path] | None = None) -> list[Path]:
    """All run folders at a place or below it, however deep, sorted. Raises UserError if the place is not there.

    Links are followed, and a run that can be reached in two ways is found once. `unread` gets what could not be looked
    into.
    """
    check_folder(place)
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    plain, links = [place], list[Path]()
    while plain or links:
        folder = plain.pop() if plain else links.pop()  # what is really there first: a link is only another name
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name, reverse=True)
        except OSError:
            if unread is not None:
                unread.append(folder)
            continue
        names = {entry.name for entry in entries}
        ours = _is_run(folder, names)
        found += [folder] if ours else []
        for entry in entries:
            if ours and any(fnmatch(entry.name, own) for own in _OWN):
                continue
            if _is_folder(entry):
                (links if entry.is_symlink() else plain).append(Path(entry.path))
    return sorted(found)


def is_run_folder(folder: Path) -> bool:
    """Whether a folder is a run's; False for what is not there or cannot be looked into."""
    try:
        return _is_run(folder, {path.name for path in folder.iterdir()})
    except OSError:
        return False


def _is_run(folder: Path, names: set[str]) -> bool:
    """A journal makes a run; a manifest too, unless it is some other program's."""
    if any(fnmatch(name, "journal*.jsonl") for name in names):
        return True
    if "manifest.json" not in names:
        return False
    try:
        return "videos" in names or b'"fingerprint"' in (folder / "manifest.json").read_bytes()
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle
        return False
