"""Ends a child when this process ends, however it ends: SIGKILL nobody hears but who waits for it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from weakref import WeakSet

_GRACE_S = 2
_WATCH = f'read -r group || exit; read -r _; kill -TERM "-$group"; sleep {_GRACE_S}; kill -KILL "-$group"'
"""It waits at a pipe whose other end only this process has. SIGTERM first: a container's client passes it on."""


class Lifeline:
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
        with contextlib.suppress(BrokenPipeError):  # somebody ended the shell
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


_lifelines: WeakSet[Lifeline] = WeakSet()
os.register_at_fork(after_in_child=_let_go_in_child)
