"""Work for the worker pool's tests; in a module of its own, since workers import it by name."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from pathlib import Path

from runners.core.errors import UserError
from runners.scoring.pool import run_tasks


def square(task: int, scratch: Path) -> int:
    (scratch / "file").write_text("left behind")
    return task * task


def blame_the_file(task: int, scratch: Path) -> int:
    if task == 2:
        raise UserError("two.mp4: damaged")
    return task


def break_down(task: int, scratch: Path) -> int:
    if task == 2:
        raise ZeroDivisionError("by nought")
    return task


def die(task: int, scratch: Path) -> int:
    if task == 2:
        os._exit(9)
    return task


def hang(task: int, scratch: Path) -> int:
    (scratch / "file").write_text("left behind")
    sys.stdout.write("working\n")
    sys.stdout.flush()
    time.sleep(600)
    return task


def fill_the_disk(task: int, scratch: Path) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def blocked_signals(task: int, scratch: Path) -> set[signal.Signals]:
    return {signal.Signals(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])}


if __name__ == "__main__":
    workers = int(sys.argv[1])
    list(run_tasks(hang, [1, 2], workers, str))
