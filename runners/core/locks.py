"""Locks of the operating system (flock): a killed process leaves none behind, and no file is needed for them."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class Held(Exception):
    """Somebody else holds the lock."""


class Lock:
    """An advisory lock on an existing file or folder, shared or exclusive, held until `release` or process end."""

    def __init__(self, path: Path, *, shared: bool = False, wait: bool = False) -> None:
        """Take the lock; raises `Held` at once if it is taken and `wait` is off."""
        # Network file systems give an exclusive lock only on a file that is open for writing.
        self._fd: int | None = os.open(path, os.O_RDWR if not shared and path.is_file() else os.O_RDONLY)
        mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(self._fd, mode)
        except BlockingIOError as error:
            self.release()
            raise Held(str(path)) from error

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()
