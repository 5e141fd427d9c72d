"""What outlives a process in the tests of paid services, and the clock that costs no time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from adapters import Cancelled
from adapters.harness import Attempt, OverBudget, fold_attempts
from tests.api.fakes import FakeServer


class Killed(BaseException):
    """The process is gone: nothing that comes after it in the code may count."""


@dataclass
class Clock:
    """The time of day, which passes only when somebody waits; the fake service's clock goes with it."""

    server: FakeServer | None = None
    cancel_at: int | None = None
    """The wait (from 1) that the user ends with Ctrl-C."""
    kill_at: int | None = None
    """The wait in which the process dies."""
    waits: list[float] = field(default_factory=list)
    began: float = field(default_factory=time.time)

    @property
    def waited(self) -> float:
        """Seconds waited so far."""
        return sum(self.waits)

    def now(self) -> float:
        """Seconds since 1970."""
        return self.began + self.waited

    def pause(self, seconds: float, /) -> None:
        """Let so many seconds pass at once."""
        if len(self.waits) + 1 == self.kill_at:
            raise Killed
        if len(self.waits) + 1 == self.cancel_at:
            raise Cancelled("the run is being stopped")
        self.waits.append(seconds)
        if self.server is not None:
            self.server.advance(seconds)


class Ledger:
    """The journals of all clips of one run, kept over its invocations as a disk would keep them."""

    def __init__(self) -> None:
        self.logs: dict[str, Log] = {}
        self.appended = 0
        self.broke = False
        """Whether the next paid request would pass the cap."""
        self._death: tuple[int, bool] | None = None

    def log(self, clip_id: str) -> Log:
        """One clip's."""
        return self.logs.setdefault(clip_id, Log(self, clip_id))

    def die(self, nth: int, *, after: bool) -> None:
        """The process dies at its n-th append from now on (1: the next), just before or just after it is on disk."""
        self._death = self.appended + nth, after

    def live(self) -> None:
        """A new process, which does not die."""
        self._death = None

    def add(self, log: Log, event: dict[str, Any]) -> None:
        """Put one fact of a clip on record, or die."""
        self.appended += 1
        dies, after = self._death is not None and self._death[0] == self.appended, bool(self._death and self._death[1])
        if dies and not after:
            raise Killed
        log.facts.append(json.loads(json.dumps(event, allow_nan=False)))
        if dies:
            raise Killed

    def text(self) -> str:
        """All that is on record, to be searched."""
        return json.dumps([log.facts for log in self.logs.values()])


class Log:
    """One clip's facts (`adapters.JobLog`); hands out copies, as a journal that is read again would."""

    def __init__(self, ledger: Ledger, clip_id: str) -> None:
        self._ledger, self.clip_id = ledger, clip_id
        self.facts: list[dict[str, Any]] = []

    def append(self, event: dict[str, Any]) -> None:
        """Record one fact."""
        self._ledger.add(self, event)

    def events(self) -> list[dict[str, Any]]:
        """All facts, oldest first."""
        return [dict(fact) for fact in self.facts]

    @contextmanager
    def spend(self, intent: dict[str, Any], usd: float) -> Iterator[None]:
        """Record the intent, unless the budget is used up."""
        if self._ledger.broke:
            raise OverBudget("the next request would pass the cap")
        self.append(intent)
        yield

    def claim(self, event: dict[str, Any]) -> str | None:
        """Record whose a job is, unless it is another one's."""
        for name, log in self._ledger.logs.items():
            for one in log.attempts:
                mine = name == self.clip_id and one.number == event["attempt"]
                if one.job_id == event["job_id"] and not mine:
                    return f"clip {name}"
        self.append(event)
        return None

    @property
    def attempts(self) -> list[Attempt]:
        """The attempts that the facts tell of."""
        return fold_attempts(self.facts)
