"""Which process this is and whose, whether another one of this machine still lives, and how workers begin."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_DEAD_STATES = "ZX"
_EXITING = 0x4
"""PF_EXITING of the kernel's task flags: it is being torn down, and lets go of its files in a moment."""


@cache
def this_machine() -> str:
    """A name for everything in which a process id means the same: this boot of this kernel, and its namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def started_at(pid: int) -> str | None:
    """When a process of this machine began, in a unit of the kernel's own; None if nobody can say."""
    fields = _fields(pid)
    return fields[19] if fields else None


def is_alive(pid: int, started: str | None = None) -> bool:
    """Whether a process of this machine lives, and is the one that `started` then; one that was just killed is dead."""
    fields = _fields(pid)
    if fields is None:  # no such process, no /proc, or one that hides other people's
        return _answers(pid)
    if started is not None and fields[19] != started:
        return False
    return fields[0] not in _DEAD_STATES and not int(fields[6]) & _EXITING and not _is_killed(pid)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _fields(pid: int) -> list[str] | None:
    """What /proc/<pid>/stat says behind the program's name: state, parent, … flags (6), … start (19)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _is_killed(pid: int) -> bool:
    """Whether SIGKILL is on its way to it."""
    try:
        text = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
    except OSError:
        return True
    pending = [int(line.split()[1], 16) for line in text.splitlines() if line.startswith(("SigPnd:", "ShdPnd:"))]
    return any(mask >> (signal.SIGKILL - 1) & 1 for mask in pending)


_IS_GUEST: ContextVar[bool] = ContextVar("is_guest", default=False)


@contextmanager
def guest() -> Iterator[None]:
    """A run inside somebody's program, not a command of its own: the process, its signals and words are the host's."""
    before = _IS_GUEST.set(True)
    try:
        yield
    finally:
        _IS_GUEST.reset(before)


def is_guest() -> bool:
    """Whether this thread works for a program that called `runners.evaluate`."""
    return _IS_GUEST.get()


_STARTING = threading.RLock()


@contextmanager
def without_main() -> Iterator[None]:
    """Processes that are spawned in here for `evaluate` do not run the calling program's main file once more.

    They work with what they import by name; a script that trains and then calls it would train again in each of them.
    """
    if not is_guest():
        yield
        return
    with _STARTING:
        main = vars(sys.modules["__main__"])
        hidden: dict[str, object] = {name: main[name] for name in ("__file__", "__spec__") if name in main}
        main.pop("__file__", None)
        main["__spec__"] = None
        try:
            yield
        finally:
            main.pop("__spec__", None)
            main.update(hidden)
