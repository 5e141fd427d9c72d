"""A child process that never outlives this one, however this one ends: SIGKILL nobody hears but who waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from weakref import WeakSet

_GRACE_S = 2
_WATCH = f'read -r group || exit; read -r _; kill -TERM "-$group"; sleep {_GRACE_S}; kill -KILL "-$group"'
"""It waits at a pipe whose other end only this process has. SIGTERM first: a container's client passes it on."""


@contextmanager
def supervised(
    argv: Sequence[str], *, cwd: Path | None, env: Mapping[str, str], stdout: int | IO[bytes], stderr: int | IO[bytes],
    grace_s: float, stragglers: bool,
) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """A running program in a process group of its own; leaving this ends what still runs, as does this process's end.

    It has `grace_s` seconds to tidy up after SIGTERM before SIGKILL. With `stragglers` its children are ended too where
    they outlive it. Raises OSError or ValueError for what cannot be started.
    """
    lifeline = _Lifeline()
    try:
        process = subprocess.Popen(  # noqa: S603 - running the user's own command is the purpose
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
        )
        try:
            lifeline.hold(process.pid)
            yield process
        finally:
            _end(process, grace_s, stragglers=stragglers)
    finally:
        lifeline.cut()


def _end(process: subprocess.Popen[bytes], grace_s: float, *, stragglers: bool) -> None:
    running = process.poll() is None
    try:
        if running:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(grace_s)
    finally:
        if running or stragglers:
            _signal(process, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:  # only now: who tidies up may print
            process.stdout.close()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS: only the dead are left
        os.killpg(process.pid, number)


class _Lifeline:
    """A shell that outlives this process by a moment and ends a process group then. Made before the child is.

    `hold` says which group, as soon as it is there; `cut`, when the child has ended, lets the shell go.
    """

    def __init__(self) -> None:
        """Raises OSError if no process can be started."""
        self._watch = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", _WATCH], bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        _lifelines.add(self)

    def hold(self, group: int) -> None:
        """From now on this group ends with this process."""
        assert self._watch.stdin is not None
        with suppress(BrokenPipeError):  # somebody ended the shell
            self._watch.stdin.write(b"%d\n" % group)

    def cut(self) -> None:
        """Let the shell go, and the group be."""
        self._watch.kill()
        self._watch.communicate()

    def _let_go_in_child(self) -> None:
        """A forked child would hold the pipe's end on when this process is gone."""
        if self._watch.stdin is not None:
            self._watch.stdin.close()


def _let_go_in_child() -> None:
    for lifeline in list(_lifelines):
        lifeline._let_go_in_child()  # noqa: SLF001


_lifelines: WeakSet[_Lifeline] = WeakSet()
os.register_at_fork(after_in_child=_let_go_in_child)
