"""The user's command as it runs: its output in files, its lines as they come. Part of `adapters.command.adapter`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from adapters.command.supervision import supervised
from adapters.errors import Rejected

_GRACE_S = 2.0
"""How long a child may tidy up after SIGTERM (a container's client passes it on) before SIGKILL."""
_LONGEST_LINE_BYTES = 1 << 20
_TAIL_BYTES = 8192
_TAIL_CHARS = 500


@contextmanager
def running(argv: Sequence[str], *, cwd: Path | None, env: Mapping[str, str], logs: Path) -> Iterator[Child]:
    """Run a command, its output in `stdout.log` and `stderr.log` of a folder; nothing it prints is held in memory.

    Leaving the `with` block kills what still runs of it, and so does the end of this process, even by SIGKILL. Raises
    `Rejected` for a command that cannot be started.
    """
    with ExitStack() as stack:
        try:
            with (logs / "stdout.log").open("wb") as out, (logs / "stderr.log").open("wb") as err:
                process = stack.enter_context(
                    supervised(argv, cwd=cwd, env=env, stdout=out, stderr=err, grace_s=_GRACE_S, stragglers=False)
                )
        except (OSError, ValueError) as error:  # not there, not executable, a NUL byte in an argument
            raise Rejected(f"{argv[0]} cannot be started: {error}") from error
        yield Child(process, logs, stack.enter_context((logs / "stdout.log").open("rb")))


class Child:
    """A running command, and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], logs: Path, stdout: BinaryIO) -> None:
        self._process, self._logs, self._stdout = process, logs, stdout
        self._partial = b""

    def wait(self, seconds: float) -> int | None:
        """Its exit code, or None if it still runs after `seconds`."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def new_lines(self, ended: bool) -> Iterator[str]:
        """The whole lines printed on stdout since the last call, at its end the rest too; endless ones are dropped."""
        while block := self._stdout.read(1 << 16):
            *lines, self._partial = (self._partial + block).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
            if len(self._partial) > _LONGEST_LINE_BYTES:
                self._partial = b""
        if ended and self._partial:
            yield self._partial.decode(errors="replace")

    def last_words(self, count: int = 3) -> str:
        """The last lines of stderr, or of stdout if there are none, as one short line."""
        for name in ("stderr.log", "stdout.log"):
            with (self._logs / name).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
                text = file.read().decode(errors="replace")
            lines = [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]
            if lines:
                return " | ".join(lines[-count:])[-_TAIL_CHARS:]
        return "(it printed nothing)"


def exit_reason(code: int) -> str:
    """An exit code in words: a signal by its name, and what the common ones mean."""
    number = -code if code < 0 else code - 128 if code > 128 else 0
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"exit code {code}"
    return f"ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
