"""Whether a server can be reached, where another one could make the clip as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from adapters.http.retry_after import Passing, Unreachable

_DEAD_S = 60.0
"""After so long without a connection, a free job is made by another server."""


class ServerDown(Exception):
    """This server cannot be reached, another one may, and nothing that is paid for is left here."""


@dataclass
class Reach:
    """`alone`: there is no other server, and this one is waited for. `free`: its jobs cost nothing."""

    alone: bool
    free: bool
    now: Callable[[], float]
    _since: float | None = field(default=None)

    @contextmanager
    def or_elsewhere(self) -> Iterator[None]:
        """Around what begins a job: a server that cannot be reached has begun nothing. Raises `ServerDown`."""
        try:
            yield
        except Unreachable as error:
            if self.alone:
                raise
            raise ServerDown(str(error)) from None

    @contextmanager
    def or_given_up(self, give_up: Callable[[str], None]) -> Iterator[None]:
        """Around each question about a job: after a minute without a connection, a free one is given up to others.

        What is paid for stays with its server. Raises `ServerDown` after `give_up`, which is told why.
        """
        try:
            yield
        except Unreachable as error:
            self._since = self.now() if self._since is None else self._since
            if self.alone or not self.free or self.now() - self._since < _DEAD_S:
                raise
            give_up(f"{error}, and free")
            raise ServerDown(str(error)) from None
        except Passing:
            self._since = None
            raise
        else:
            self._since = None
