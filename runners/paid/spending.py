"""What a run has spent, read from its journals, and the gate that every paid request passes before it is sent.

Attempts that run, or of which nobody knows whether they were charged, count with their estimate. Several processes
(shards, a sweep in two terminals) share a cap through one lock file: whoever holds it sees all that was promised.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from adapters import Cancelled
from adapters.harness import OverBudget
from runners.core.locks import lock_when_free
from runners.paid.job_events import JobEvents, PaidFact

_TOLERANCE_USD = 1e-9

Key = tuple[str, str, int, int]


class Totals:
    """The costs in the journals of some run folders; each look reads only what was appended since the last."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = list(folders)
        self._events = JobEvents()
        self._costs: dict[Key, tuple[int, float]] = {}

    def usd(self) -> float:
        """US dollars promised or spent by now."""
        for folder in self._folders:
            for fact in self._events.appended(folder):
                self._add(folder, fact)
        return sum(usd for _, usd in self._costs.values())

    def _add(self, folder: Path, fact: PaidFact) -> None:
        if fact.usd is None:  # nothing is told, or what is no amount and would disarm the cap: what was promised stands
            return
        key = (str(folder), fact.clip_id, fact.segment, fact.attempt)
        if fact.number >= self._costs.get(key, (-1, 0.0))[0]:
            self._costs[key] = fact.number, fact.usd


@dataclass(frozen=True)
class Cap:
    """One limit: how much, over which folders, and the setting that raises it."""

    usd: float
    totals: Totals
    setting: str

    def check(self, next_usd: float) -> None:
        """Raise `OverBudget` if the next request would pass it."""
        spent = self.totals.usd()
        if spent + next_usd > self.usd + _TOLERANCE_USD:
            raise OverBudget(
                f"${spent:.2f} are spent or promised, and ${next_usd:.2f} more would pass {self.setting}={self.usd:g}"
            )


class Gate:
    """Where paid requests pass: none while the run is being stopped, none beyond a cap, and all of them counted."""

    def __init__(self, caps: Sequence[Cap], lock: Path | None, halted: Callable[[], bool]) -> None:
        """`lock`: the file that all processes under the same caps lock; None if there are no caps."""
        self._caps, self._lock, self._halted = caps, lock, halted
        self._turn, self._count = threading.Lock(), threading.Lock()
        self.in_flight = 0
        """Requests that are promised and have no answer on record yet."""

    @contextmanager
    def passing(self, usd: float, promise: Callable[[], None]) -> Iterator[None]:
        """Around a paid request; `promise` puts it on record. Raises `Cancelled` or `OverBudget` before it does."""
        with self._count:
            self.in_flight += 1
        try:
            self._admit(usd, promise)
            yield
        finally:
            with self._count:
                self.in_flight -= 1

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While nobody else under the same lock promises a request or claims a job; also in a run that is stopping."""
        with self._turn, lock_when_free(self._lock, time.sleep) if self._lock else nullcontext():
            yield

    def _admit(self, usd: float, promise: Callable[[], None]) -> None:
        with self._turn, lock_when_free(self._lock, self._pause) if self._lock else nullcontext():
            self._pause(0)
            for cap in self._caps:
                cap.check(usd)
            promise()

    def _pause(self, seconds: float) -> None:
        """Wait a little for another process, unless the run is being stopped."""
        if self._halted():
            raise Cancelled("the run is being stopped")
        time.sleep(seconds)
