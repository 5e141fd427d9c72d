"""Why a run comes to its end before everything is made, and how those who wait hear of it.

Ctrl-C and a deadline end a wait for somebody else's work alike: what is waited for goes on without this process, and
the next one goes on with it. Only Ctrl-C also ends work that is done here, and would be lost.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from adapters import Cancelled
from runners.generation.interrupt import Interrupt
from runners.generation.tally import Limits, Stop, Tally

_LOOK_UP_S = 1.0
"""A wait ends at once for Ctrl-C and at the deadline, and within this time for a run that stops by itself."""


class Stopping:
    """Whether a run is being stopped; safe to ask from any thread."""

    def __init__(self, interrupt: Interrupt, limits: Limits, clock: Callable[[], float], tally: Tally) -> None:
        """The deadline counts from now, by the `clock` in seconds."""
        self._interrupt, self._clock, self._tally = interrupt, clock, tally
        self._ends_at = clock() + (math.inf if limits.deadline_s is None else limits.deadline_s)
        self._halt = threading.Event()
        self._mutex = threading.Lock()
        self._since: dict[Stop, float] = {}

    def stop(self, why: Stop) -> None:
        """Begin nothing new. The first reason counts, but for Ctrl-C, which no longer waits for the clips in hand."""
        with self._mutex:
            if why not in self._since:
                self._since[why] = self._clock()
            if self._tally.stop is None or why == "interrupted":
                self._tally.stop = why
        self._halt.set()

    def due(self) -> Stop | None:
        """What asks for a stop from outside now."""
        if self._interrupt.is_set():
            return "interrupted"
        return "deadline" if self._late() else None

    def waited_s(self, why: Stop) -> float | None:
        """How long ago it was stopped for this reason; None if it was not."""
        begun = self._since.get(why)
        return None if begun is None else self._clock() - begun

    def halted(self) -> bool:
        """Whether nothing new may be begun."""
        return self._halt.is_set() or self.due() is not None

    def wait(self, seconds: float) -> None:
        """Sleep, unless and until the run is being stopped; raises nothing."""
        self._halt.wait(seconds)

    def step(self) -> None:
        """Between two steps of work that is done here. Raises `Cancelled` unless it is to be finished."""
        if self._interrupt.is_set() or self._tally.stop in ("interrupted", "fatal", "lost"):
            raise Cancelled("the run is being stopped")

    def pause(self, seconds: float, /) -> None:
        """Wait for somebody else's work, at most until the deadline. Raises `Cancelled` when nobody may wait longer."""
        ends_at = time.monotonic() + seconds
        self._wait_on()
        while (left := ends_at - time.monotonic()) > 0:
            self._interrupt.wait(min(left, _LOOK_UP_S, self._left_s()))
            self._wait_on()

    def _wait_on(self) -> None:
        self.step()
        if self._late():
            self.stop("deadline")  # the engine may not have looked yet, and must know why its clips end
            raise Cancelled("the deadline was reached")

    def _left_s(self) -> float:
        return math.inf if self._ends_at == math.inf else max(self._ends_at - self._clock(), 0.0)

    def _late(self) -> bool:
        return self._left_s() == 0
