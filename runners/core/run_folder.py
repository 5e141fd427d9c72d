"""A run's folder: its name, its parts, and who may write to it.

The name carries no time stamp, so the same command finds its run again. Locks (all of the operating system's):
an unsharded process holds the folder exclusively; shards hold it together, and each its own journal.
"""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError
from runners.core.journal import Event, Journal, journal_files, journal_name, read_events
from runners.core.locks import Held, Lock

Shard = tuple[int, int]


def run_name(model: str, tag: str | None, prompts: str, run: int) -> str:
    """`<model>[+<tag>]-<op|bpp|none>-run_<NN>`."""
    for what, text in (("model", model), ("tag", tag or "x")):
        if not text or text.startswith(".") or any(sign in text for sign in "/\\+ \t\n"):
            raise UserError(f"{what}={text!r} cannot be part of a folder's name; use letters, digits, '_', '.' and '-'")
    return f"{model}{f'+{tag}' if tag else ''}-{prompts}-run_{run:02d}"


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
        try:
            self._run_lock = Lock(folder.path, shared=shard is not None)
        except Held:
            raise UserError(_busy(folder, None)) from None
        try:
            self._refuse_other_splits()
            self.journal = Journal(folder.path / journal_name(shard))
        except Held:
            self._run_lock.release()
            raise UserError(_busy(folder, shard)) from None
        except BaseException:
            self._run_lock.release()
            raise
        self.work = folder.work(shard)
        self.abandoned = False
        """A thread still uses the run: it is left open, and the process must end like a killed one."""

    def empty_work(self) -> None:
        """Begin with an empty scratch space; what a killed process left there was looked through before."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()

    def close(self) -> None:
        """Remove the scratch space and give the locks back."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.journal.close()
        self._run_lock.release()

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
