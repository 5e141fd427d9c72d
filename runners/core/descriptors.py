"""Descriptors 0 to 2 are never anybody's file: what is written to a closed stderr must not end up in a journal."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

_LAST_STANDARD = 2


def fill_standard() -> None:
    """Open /dev/null for those of stdin, stdout and stderr that were closed before this process began (`2>&-`)."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= _LAST_STANDARD:
        os.set_inheritable(fd, True)
    os.close(fd)
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(fd, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  (as long as we are)


def open_above(path: str | Path, flags: int) -> int:
    """`os.open` (an `opener` too) that never gives one of the three standard descriptors. Raises OSError."""
    fd = os.open(path, flags, 0o666)
    if fd > _LAST_STANDARD:
        return fd
    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LAST_STANDARD + 1)
    finally:
        os.close(fd)
