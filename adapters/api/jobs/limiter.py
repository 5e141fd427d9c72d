"""How many jobs of one service are in flight: fewer at once when it says that it is too much, slowly more again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_UP_S = 0.5


class Limiter:
    """Counts jobs in flight. Halves the limit when the service says 429; after as many good ends, one more again."""

    def __init__(self, most: int) -> None:
        self.most = self.limit = most
        self._in_flight = self._good = 0
        self._freed = threading.Condition()

    @contextmanager
    def slot(self, pause: Callable[[float], None]) -> Iterator[None]:
        """Hold one of the places, taken as soon as it is free; meanwhile `pause` may raise."""
        entered = self._enter(0)
        while not entered:
            pause(0)
            entered = self._enter(_LOOK_UP_S)
        try:
            yield
        finally:
            with self._freed:
                self._in_flight -= 1
                self._freed.notify()

    def too_much(self) -> None:
        """The service turned a request away for being too many."""
        with self._freed:
            self.limit, self._good = max(1, min(self.limit, self._in_flight) // 2), 0

    def well(self) -> None:
        """A request was accepted."""
        with self._freed:
            self._good += 1
            if self._good >= self.limit and self.limit < self.most:
                self.limit, self._good = self.limit + 1, 0
                self._freed.notify()

    def _enter(self, within_s: float) -> bool:
        with self._freed:
            if self._in_flight >= self.limit:
                self._freed.wait(within_s)
            free = self._in_flight < self.limit
            self._in_flight += free
            return free
