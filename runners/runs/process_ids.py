"""Which process this is, and whether another one of this machine still lives."""

from __future__ import annotations

import os
import signal
import socket
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
