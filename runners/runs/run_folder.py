"""A run's folder: its name, its parts, and who may write to it.

The name carries no time stamp, so the same command finds its run again. Locks (all of the operating system's, on
files, so that they hold on network file systems too): an unsharded process holds `journal.jsonl` exclusively; shards
hold it together, and each its own journal. Behind them stands `presence`, for disks on which they hold on one machine.
"""

from __future__ import annotations

import errno
import re
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from adapters import SetupError
from runners.core.errors import UserError, WorkFailed
from runners.core.files import shown, takes_files
from runners.core.locks import Held, Lock, lock_when_free
from runners.runs.journal import Journal, journal_files, journal_name
from runners.runs.presence import Presence, at_work, busy

T = TypeVar("T")
Shard = tuple[int, int]
LONGEST_NAME = 80
"""Characters of a model's name, and of a tag."""

_LAST_BREATH_S, _LOOK_S = 5.0, 0.02


def run_name(model: str, tag: str | None, prompts: str, run: int) -> str:
    """`<model>[+<tag>]-<op|bpp|none>-run_<NN>`."""
    check_name("model", model)
    check_name("tag", tag or "x", signs="=+")
    return f"{model}{f'+{tag}' if tag else ''}-{prompts}-run_{run:02d}"


def check_name(what: str, text: str, signs: str = "") -> None:
    """Raise UserError for a text that would leave its folder, or make a name that some system or shell trips over.

    `signs`: characters that may stand in it as well, though not first.
    """
    if not re.fullmatch(rf"[\w-][\w.{signs}-]{{0,{LONGEST_NAME - 1}}}", text):
        allowed = ", ".join(repr(sign) for sign in ("_", ".", *signs))
        raise UserError(
            f"{what}={text!r} cannot be part of a folder's name; "
            f"use up to {LONGEST_NAME} letters, digits, {allowed} and '-'"
        )


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run."""

    path: Path

    @property
    def videos(self) -> Path:
        """The published clips and nothing else."""
        return self.path / "videos"

    @property
    def raw(self) -> Path:
        """What the model returned, where it is kept."""
        return self.path / "raw"

    @property
    def manifest(self) -> Path:
        """The record of the run for people and leaderboards."""
        return self.path / "manifest.json"

    @property
    def scores(self) -> Path:
        """Where the scorer writes."""
        return self.path / "scores"

    def work(self, shard: Shard | None) -> Path:
        """Scratch space of one process; emptied when it starts, removed when it ends."""
        return self.path / f".work{'' if shard is None else f'-{shard[0]}of{shard[1]}'}"


class Lost(WorkFailed, SetupError):
    """The run's folder is no longer there, or no longer this process's: nothing more may be made or paid for."""


class OpenRun:
    """A run folder that this process may write to; a context manager."""

    def __init__(self, folder: RunFolder, shard: Shard | None) -> None:
        """Make the folder if need be, take the locks, and put down who is at work.

        Raises UserError, naming the other process, where one already works on the same clips, and where the folder
        cannot be written.
        """
        self.folder, self.shard = folder, shard
        self._token: str | None = None
        self._part = None if shard is None else f"{shard[0]}of{shard[1]}"
        self.work = folder.work(shard)
        self.abandoned = False
        """A thread still uses the run: it is left open, and the process must end like a killed one."""
        self._make()
        with ExitStack() as taken:
            try:
                self._take(taken)
            except Held:
                raise busy(folder.path, self._part, self._token) from None
            self._taken = taken.pop_all()

    def _take(self, taken: ExitStack) -> None:
        path = self.folder.path
        if self.shard is not None:
            (path / journal_name(None)).touch()
            taken.enter_context(self._patiently(lambda: Lock(path / journal_name(None), shared=True)))
            self._refuse_other_splits(self.shard[1])
        self._presence = Presence(path, self._part)  # before the journal, from which a torn line is cut off
        self._token = self._presence.token
        taken.callback(self._presence.end)
        self.journal = self._patiently(lambda: Journal(path / journal_name(self.shard)))
        taken.callback(self.journal.close)

    def _patiently(self, take: Callable[[], T]) -> T:
        """Take a lock; one that no living process of this machine is known to hold is waited for a moment.

        The locks of a killed process are there until the system has put its memory away.
        """
        until = time.monotonic() + _LAST_BREATH_S
        while True:
            try:
                return take()
            except Held:
                worker = at_work(self.folder.path, self._part, self._token)
                if (worker is not None and worker.here) or time.monotonic() > until:
                    raise
                time.sleep(_LOOK_S)

    def check(self) -> None:
        """Raise `Lost` unless the run is still where it was, and nobody else has taken it over. Cheap."""
        path = self.folder.path
        here = self.journal.reads_back()
        if not here or not self.folder.videos.is_dir():
            raise Lost(
                f"{shown(self.folder.videos if here else path)} was removed, moved or replaced while it was worked on; "
                "put it back and run the same command again, or what was in it is made anew"
            )
        if not self._presence.is_known():
            raise Lost(f"{shown(path)} was taken over by another process; wait for it, then run the same command again")

    def is_ours(self, work: str) -> bool:
        """Whether a work folder of this name is this process's to look through and empty.

        No shard of another count can be at work, nor an unsharded process beside shards; shards of this count can.
        """
        return self.shard is None or work == self.work.name or not work.endswith(f"of{self.shard[1]}")

    def empty_work(self) -> None:
        """Begin with an empty scratch space; what killed processes left was looked through before."""
        for left in self.folder.path.glob(".work*"):
            if self.is_ours(left.name):
                shutil.rmtree(left, ignore_errors=True)
        self.work.mkdir(exist_ok=True)

    def turn(self, what: str) -> AbstractContextManager[object]:
        """Shards do this one after the other; whoever has the run alone need not wait."""
        if self.shard is None:
            return nullcontext()
        file = self.folder.path / f".{what}.lock"
        file.touch()
        return lock_when_free(file)

    def close(self) -> None:
        """Remove the scratch space and give everything back."""
        if self.journal.reads_back():  # what is there now may be somebody else's
            shutil.rmtree(self.work, ignore_errors=True)
        self._taken.close()

    def __enter__(self) -> OpenRun:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.abandoned:
            self.close()

    def _make(self) -> None:
        try:
            self.folder.videos.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"cannot make the run folder {self.folder.path}: {error.strerror}; choose results=…"
            ) from None
        if not takes_files(self.folder.path) or not takes_files(self.folder.videos):
            raise UserError(f"{self.folder.path} is not writable; mend its permissions or choose results=…")
        for place in (self.folder.videos, self.folder.raw):
            if place.is_dir() and not _renames(self.folder.path, place):
                raise UserError(
                    f"{shown(place)} lies on another disk than its run folder, and clips are moved there by renaming; "
                    f"make it a plain folder, or put the whole run there with results=…"
                )

    def _refuse_other_splits(self, count: int) -> None:
        """Shards of another count would make the same clips again: refuse while one of them is at work."""
        for path in journal_files(self.folder.path):
            _, _, text = path.stem.partition("-")
            if text and text.partition("of")[2] != str(count):
                try:
                    self._patiently(partial(Lock, path)).release()
                except Held:
                    other = text.replace("of", "/")
                    raise UserError(
                        f"{self.folder.path} is being made as shard {other}; keep its n in shard=i/n"
                    ) from None


def _renames(source: Path, target: Path) -> bool:
    """Whether files can be renamed from one folder into the other; asked with a file that is not there."""
    name = f".{uuid.uuid4().hex}"
    try:
        (source / name).rename(target / name)
    except OSError as error:
        return error.errno != errno.EXDEV and source.stat().st_dev == target.stat().st_dev
    return True
