"""Writing files so that a kill or a full disk never leaves half of one under its final name."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from adapters.harness import clean_text
from runners.core.errors import UserError

_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a rename is on disk only after its folder is."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def publish(temporary: Path, final: Path) -> None:
    """Move a finished file to its name: contents first, then the name, both durable."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
    sync_folder(final.parent)


class Different(Exception):
    """A file of this name is here by now; it was left as it is."""


def place(part: Path, final: Path) -> None:
    """Give a finished file its name, durably, and never in place of another. Raises Different if one is there."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(part, final)  # unlike a rename, it fails if the name is taken
    except FileExistsError:
        raise Different from None
    except OSError as error:
        _place_without_link(part, final, error)
    part.unlink(missing_ok=True)
    sync_folder(final.parent)


def _place_without_link(part: Path, final: Path, why: OSError) -> None:
    """Where two names for one file are not to be had: another file system, or one that knows no such thing."""
    if why.errno != errno.EXDEV and why.errno not in _NO_HARD_LINKS:
        raise why
    if os.path.lexists(final):
        raise Different from None
    if why.errno == errno.EXDEV:
        _place_elsewhere(part, final)
    else:
        part.rename(final)


def _place_elsewhere(part: Path, final: Path) -> None:
    """As `place`, where the final folder is a link (or a mount) of the user's that leads to another disk."""
    beside = final.with_name(f".{final.name}.part")
    beside.unlink(missing_ok=True)  # of a killed process
    try:
        shutil.copyfile(part, beside)
        place(beside, final)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a small file atomically, making its folder if need be.

    The temporary name is always the same, so that what a kill leaves is written over by the next try. Halves of
    surrogate pairs (a file's name that is no UTF-8) become U+FFFD: no odd name keeps a record from being written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(clean_text(text, len(text)), encoding="utf-8")
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; NaN and infinities are refused, since they are no JSON."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def link_or_copy(source: Path, target: Path) -> bool:
    """A hard link to a file's contents, which costs no space, or a copy where links are not to be had; True for a link.

    Of a symbolic link it is the file that is linked: links may lead nowhere from elsewhere. Raises OSError.
    """
    source = source.resolve()
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        return False
    return True


def sha256_file(path: Path) -> str:
    """The hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """The hex digest of a JSON value in canonical form (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def standing(path: Path) -> Path:
    """What is there already of a path that may have to be made: itself, or the nearest of its folders."""
    return next(place for place in (path, *path.parents) if place.exists())


def takes_files(place: Path) -> bool:
    """Whether it is a folder in which this process may write."""
    return place.is_dir() and os.access(place, os.W_OK)


def user_path(text: str | Path) -> Path:
    """A path that a person gave, made absolute: `~` is their home. Raises UserError if they have none."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise UserError(f"{text}: nobody knows the home that ~ stands for here; write the whole path") from None
    except OSError as error:
        raise UserError(f"{text}: the folder where you are cannot be read ({error.strerror}); go elsewhere") from None


def shown(path: Path) -> str:
    """A path as a person would type it: relative to where they are, if it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):  # it lies elsewhere, or the folder where they are was removed
        return str(path)
