"""Who is at work on a run, by a file of theirs that is touched while they are: the second line behind the locks.

On some disks a file lock holds only among the processes of one machine, and two machines would pay for the same clips.
So whoever takes a run also puts down who they are, and touches that file every few seconds. Of a process of this
machine it is known whether it lives. Of another one, whether its file changes while it is watched: no two clocks are
compared. A file that nobody touches any more is taken over, and before each paid request and each publication its
owner makes sure that it is still theirs.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from runners.core.descriptors import open_above
from runners.core.errors import UserError
from runners.core.files import shown
from runners.core.locks import Held
from runners.core.terminal import say
from runners.runs.process_ids import is_alive, started_at, this_machine

BEAT_S = 3.0
PATIENCE_S = 30.0
"""So long without a beat is nobody: ten beats, since a process that loads a model may be slow to get a turn."""
_LOOK_S = 0.25
_NAME = ".at_work"
_OURS: set[str] = set()
"""Tokens of what this process is at work on."""


@dataclass(frozen=True)
class Worker:
    """A process that is, or was, at work. `token` is its own; `machine`: where `pid` means anything."""

    token: str
    pid: int
    host: str
    machine: str
    started: str | None
    since: str

    def __post_init__(self) -> None:
        if type(self.pid) is not int:
            raise TypeError(f"pid={self.pid!r} is no process")

    @classmethod
    def this(cls) -> Worker:
        """This process, from now on."""
        pid, since = os.getpid(), datetime.now(UTC).isoformat(timespec="seconds")
        return cls(uuid.uuid4().hex, pid, socket.gethostname(), this_machine(), started_at(pid), since)

    @property
    def here(self) -> bool:
        """Whether it is a process of this machine."""
        return self.machine == this_machine()

    @property
    def lives(self) -> bool:
        """Whether a process of this machine is still at work."""
        if self.pid == os.getpid():
            return self.token in _OURS
        return is_alive(self.pid, self.started)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


class Presence:
    """This process is at work on a run, or on one shard of it (`part`: `1of4`), until `end`."""

    def __init__(self, folder: Path, part: str | None = None) -> None:
        """Put the file down. Raises `Held` if somebody else is at work on the same clips, which may take a while."""
        self._me = Worker.this()
        self.token = self._me.token
        self._path = folder / (_NAME if part is None else f"{_NAME}-{part}")
        self._end = threading.Event()
        wait_for_silence(folder, part)
        try:
            fd = open_above(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        except FileExistsError:  # since then
            raise Held(str(self._path)) from None
        self._file = os.fdopen(fd, "wb")
        try:
            self._file.write(json.dumps(asdict(self._me)).encode())
            self._file.flush()
        except BaseException:  # a full disk
            self._path.unlink()
            with contextlib.suppress(OSError):
                self._file.close()
            raise
        _OURS.add(self._me.token)
        try:
            wait_for_silence(folder, part, self._me.token)
        except BaseException:
            self.end()
            raise
        threading.Thread(target=self._beat, daemon=True, name="presence").start()

    def is_known(self) -> bool:
        """Whether the file is still there and this process's."""
        found = _read(self._path)
        return found is not None and found.token == self._me.token

    def end(self) -> None:
        """No longer at work; a file that is somebody else's by now stays."""
        self._end.set()
        if self.is_known():
            self._path.unlink(missing_ok=True)
        self._file.close()
        _OURS.discard(self._me.token)

    def _beat(self) -> None:
        while not self._end.wait(BEAT_S):
            with contextlib.suppress(OSError, ValueError):  # a disk that is away for a while; closed by now
                os.utime(self._file.fileno())


def at_work(folder: Path, part: str | None = None, mine: str | None = None) -> Worker | None:
    """Somebody who is at work on the same clips for all that can be known at once; None if nobody is."""
    others = (worker for _, worker in _workers(folder, part) if worker.token != mine)
    return next((worker for worker in others if not worker.here or worker.lives), None)


def wait_for_silence(folder: Path, part: str | None, mine: str | None = None) -> None:
    """Return when nobody is at work on the same clips, and remove what the dead left. Raises `Held` if somebody is.

    `part`: the shard that is asked for; other shards of as many are no others. `mine`: the token of who asks.
    """
    for path, worker in _workers(folder, part):
        if worker.token == mine:
            continue
        if (worker.here and worker.lives) or (not worker.here and _beats(path, worker)):
            raise Held(str(worker))
        if _read(path) == worker:
            path.unlink(missing_ok=True)


def _workers(folder: Path, part: str | None) -> Iterator[tuple[Path, Worker]]:
    for path in sorted(folder.glob(f"{_NAME}*")):
        other = path.name.removeprefix(_NAME).removeprefix("-")
        beside = part is not None and other != part and other.partition("of")[2] == part.partition("of")[2]
        worker = None if beside else _read(path)
        if worker is not None:
            yield path, worker


def _read(path: Path) -> Worker | None:
    """Who a file names; somebody unknown if it is unfinished, None if it is gone."""
    try:
        return Worker(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError):
        return Worker("", 0, "another machine", "", None, "a while")


def _beats(path: Path, worker: Worker) -> bool:
    """Watch a file of another machine's process until it is touched, or long enough for everybody's patience."""
    last, until = _touched(path), time.monotonic() + PATIENCE_S
    say(f"{shown(path.parent)} was worked on by {worker}: looking for up to {PATIENCE_S:.0f} s whether it still is")
    while time.monotonic() < until:
        time.sleep(_LOOK_S)
        if (now := _touched(path)) != last:
            return now is not None
    return False


def _touched(path: Path) -> tuple[int, int] | None:
    """When a file was last touched; opened for it, since that is when network disks look."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def busy(folder: Path, part: str | None = None, mine: str | None = None) -> UserError:
    """What to tell where somebody else is at work; only who may live is named."""
    worker = at_work(folder, part, mine)
    who, way = "another process", "wait for it or stop it"
    if worker is not None:
        who = str(worker)
        if not worker.here:
            way += f"; if that process is surely gone, remove {shlex.quote(str(folder / _NAME))}*"
    return UserError(f"{folder} is being worked on by {who}; {way}")
