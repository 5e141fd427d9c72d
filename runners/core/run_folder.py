"""A run's folder: its name, its parts, and who may write to it.

The name carries no time stamp, so the same command finds its run again. Locks (all of the operating system's, on
files, so that they hold on network file systems too): an unsharded process holds `journal.jsonl` exclusively; shards
hold it together, and each its own journal.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError
from runners.core.journal import Journal, journal_files, journal_name, read_events
from runners.core.journal_lines import Event
from runners.core.locks import Held, Lock

Shard = tuple[int, int]
LONGEST_NAME = 80
"""Characters of a model's name, and of a tag."""


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


class OpenRun:
    """A run folder that this process may write to; a context manager."""

    def __init__(self, folder: RunFolder, shard: Shard | None) -> None:
        """Make the folder if need be and take the locks.

        Raises UserError, naming the other process, where one already works on the same clips, and where the folder
        cannot be written.
        """
        self.folder, self.shard = folder, shard
        self._make()
        self._together: Lock | None = None
        try:
            if shard is not None:
                (folder.path / journal_name(None)).touch()
                self._together = Lock(folder.path / journal_name(None), shared=True)
            self.journal = Journal(folder.path / journal_name(shard))
        except Held:
            busy = _busy(folder, shard if self._together else None)
            self._let_go()
            raise UserError(busy) from None
        except BaseException:
            self._let_go()
            raise
        try:
            self._refuse_other_splits()
        except BaseException:
            self.journal.close()
            self._let_go()
            raise
        self.work = folder.work(shard)
        self.abandoned = False
        """A thread still uses the run: it is left open, and the process must end like a killed one."""

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
        return Lock(file, wait=True)

    def close(self) -> None:
        """Remove the scratch space and give the locks back."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.journal.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._together is not None:
            self._together.release()

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
        if not os.access(self.folder.path, os.W_OK) or not os.access(self.folder.videos, os.W_OK):
            raise UserError(f"{self.folder.path} is not writable; mend its permissions or choose results=…")

    def _refuse_other_splits(self) -> None:
        """Shards of another count would make the same clips again: refuse while one of them is at work."""
        if self.shard is None:
            return
        for path in journal_files(self.folder.path):
            _, _, text = path.stem.partition("-")
            if text and text.partition("of")[2] != str(self.shard[1]):
                try:
                    Lock(path).release()
                except Held:
                    other = text.replace("of", "/")
                    raise UserError(
                        f"{self.folder.path} is being made as shard {other}; keep its n in shard=i/n"
                    ) from None


def _busy(folder: RunFolder, shard: Shard | None) -> str:
    """Who works on the run: the latest process that wrote down its start."""
    paths = [folder.path / journal_name(shard)] if shard else journal_files(folder.path)
    starts: list[Event] = [event for path in paths for event in read_events(path) if event["event"] == "start"]
    latest = max(starts, key=lambda event: str(event["time"]), default=None)
    who = f"process {latest['pid']} on {latest['host']}, since {latest['time']}" if latest else "another process"
    return f"{folder.path} is being worked on by {who}; wait for it or stop it"


def whoami() -> dict[str, str | int]:
    """What the start event says of this process."""
    return {"pid": os.getpid(), "host": socket.gethostname()}
