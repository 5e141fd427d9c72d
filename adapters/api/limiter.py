"""How many jobs of one service are in flight: fewer at once when it says that it is too much, slowly more again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_AGAIN_S = 0.5


class Limiter:
    """Counts jobs in flight. Halves the limit when the service says 429; after as many good ends, one more again."""

    def __init__(self, most: int) -> None:
        self.most = self.limit = most
        self._in_flight = self._good = 0
        self._mutex = threading.Lock()

    @contextmanager
    def slot(self, pause: Callable[[float], None]) -> Iterator[None]:
        """Hold one of the places; waits for one with `pause`, which may raise."""
        while not self._enter():
            pause(_LOOK_AGAIN_S)
        try:
            yield
        finally:
            with self._mutex:
                self._in_flight -= 1

    def too_much(self) -> None:
        """The service turned a request away for being too many."""
        with self._mutex:
            self.limit, self._good = max(1, min(self.limit, self._in_flight) // 2), 0

    def well(self) -> None:
        """A request was accepted."""
        with self._mutex:
            self._good += 1
            if self._good >= self.limit and self.limit < self.most:
                self.limit, self._good = self.limit + 1, 0

    def _enter(self) -> bool:
        with self._mutex:
            free = self._in_flight < self.limit
            self._in_flight += free
            return free
