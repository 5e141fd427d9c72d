"""A program that works for hours: its output line by line as it comes, and its end with ours."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.harness import supervised

_GRACE_S = 5.0
_SILENCE_S = 1.0
_KEPT = 12


@dataclass(frozen=True)
class Ended:
    """How a program ended, and its last lines."""

    code: int
    last_lines: tuple[str, ...]


def run_child(words: Sequence[str], *, cwd: Path, env: Mapping[str, str], hear: Callable[[str], None]) -> Ended:
    """Run a program to its end; `hear` gets each line of its output, bars that redraw themselves included.

    Whatever ends this function early (Ctrl-C, SIGTERM, a closed terminal) ends the program and its children as well,
    and so does SIGKILL.
    """
    last: deque[str] = deque(maxlen=_KEPT)
    with (
        _interrupted_by_signals(),
        supervised(
            words, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            grace_s=_GRACE_S, stragglers=True,
        ) as process,
    ):  # fmt: skip
        for line in _lines(process):
            last.append(line)
            hear(line)
        code = process.wait()
    return Ended(code, tuple(last))


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    rest = b""
    while data := _read(process):
        *whole, rest = re.split(rb"[\r\n]+", rest + data)
        yield from (text for line in whole if (text := line.decode("utf-8", "replace").rstrip()))
    if rest.strip():
        yield rest.decode("utf-8", "replace").rstrip()


def _read(process: subprocess.Popen[bytes]) -> bytes:
    """Its next output, b"" at the end: where the program is gone, its children may hold the output open for ever."""
    assert process.stdout is not None
    while not select.select([process.stdout], [], [], _SILENCE_S)[0]:
        if process.poll() is not None:
            return b""
    return os.read(process.stdout.fileno(), 1 << 16)


@contextlib.contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does: else they would end this process, and the child would work on."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGTERM, signal.SIGHUP] if threading.current_thread() is threading.main_thread() else []
    ignored = (signal.SIG_IGN, None)  # under nohup it stays ignored
    old = {number: was for number in numbers if (was := signal.getsignal(number)) not in ignored}
    for number in old:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, was in old.items():
            signal.signal(number, was)
