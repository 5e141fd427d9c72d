"""Locks of the operating system (flock): a killed process leaves none behind, and no file is needed for them."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

from runners.core.descriptors import open_above
from runners.core.errors import UserError
from runners.core.files import shown
from runners.core.terminal import say

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
_FIRST_LOOK_S, _NEXT_LOOK_S = 0.002, 0.2
_TOLD_AFTER_S = 1.0


class Held(Exception):
    """Somebody else holds the lock."""


class Lock:
    """An advisory lock on an existing file or folder, shared or exclusive, held until `release` or process end."""

    def __init__(self, path: Path, *, shared: bool = False, wait: bool = False) -> None:
        """Take the lock. Raises `Held` at once if it is taken and `wait` is off, UserError where there are no locks."""
        # Network file systems give an exclusive lock only on a file that is open for writing.
        self._fd: int | None = open_above(path, os.O_RDWR if not shared and path.is_file() else os.O_RDONLY)
        mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(self._fd, mode)
        except BlockingIOError as error:
            self.release()
            raise Held(str(path)) from error
        except OSError as error:
            self.release()
            if error.errno not in _NO_LOCKS:
                raise
            raise UserError(
                f"{path} cannot be locked ({error.strerror}): this disk has no file locks, without which two processes "
                "would do the same work; choose a folder on another disk (results=…, scorer.cache=…, TMPDIR=…)"
            ) from None
        except BaseException:  # Ctrl-C while it waits
            self.release()
            raise
        _locks.add(self)

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()


def lock_when_free(path: Path, pause: Callable[[float], object] = time.sleep) -> Lock:
    """Take an exclusive lock as soon as nobody holds it, and say so if that lasts.

    It is asked for again and again, with `pause` in between, which may raise to end the wait: a thread that the system
    lets wait for a lock hears no Ctrl-C.
    """
    begun, told, wait_s = time.monotonic(), False, _FIRST_LOOK_S
    while True:
        try:
            return Lock(path)
        except Held:
            if not told and time.monotonic() - begun > _TOLD_AFTER_S:
                told = True
                say(f"waiting for another process, which holds {shown(path)}")
            pause(wait_s)
            wait_s = min(2 * wait_s, _NEXT_LOOK_S)


def _forget_in_child() -> None:
    """A forked child shares its parent's locks, and would hold them on when the parent is gone."""
    for lock in list(_locks):
        lock.release()


_locks: WeakSet[Lock] = WeakSet()
os.register_at_fork(after_in_child=_forget_in_child)
