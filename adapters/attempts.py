"""What the job events of a paid clip say: its attempts, each at most one paid job, folded from the journal.

An event is a dict with `state` and `attempt` (from 1), and whatever is known by then:

| state | it is known that |
|---|---|
| submitting | a request is about to go: `at` (Unix time in s), `uuid`, `host`, `work` (hash of what is asked), `usd` |
| held | it surely was not accepted (never delivered, or turned away for now), so it may be sent again |
| answered | the raw answer: `status`, `headers`, `body`; written before anybody reads meaning into it |
| submitted | a job runs: `job_id`, `urls`, `begun`; also `reconciled` or `adopted`, if that was found out later |
| | … `estimated_usd`, `promised_usd`, where the service announces another price than was promised: the larger counts |
| rejected | the service declined the request itself; nothing was made or charged |
| succeeded | the job is done on the other side: `report`, what the service says of it |
| fetched | its video came over whole: `sha256`, `bytes` |
| failed, refused | the job ended without a video: `reason`, `transient` |
| expired | it was done, but its video can no longer be had |
| abandoned | given up, though it may have been charged: `by` a `user`, by `resubmit`, or because it is free |

`usd` in any of them is what the attempt costs as far as is known by then: the latest stands. A clip that is rolled out
has attempts for each `segment`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

from adapters.outside import amount_usd, whole

AttemptState = Literal[
    "submitting", "held", "answered", "submitted", "rejected",
    "succeeded", "fetched", "failed", "refused", "expired", "abandoned",
]  # fmt: skip
_KNOWN: dict[str, AttemptState] = {state: state for state in get_args(AttemptState)}


@dataclass
class Attempt:
    """One request for one clip, and what became of it."""

    number: int
    segment: int = 0
    state: AttemptState = "submitting"
    usd: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    """All that its events say, the latest of each key."""

    @property
    def billed(self) -> bool:
        """Whether it may have been charged; if not, surely no job was made."""
        return self.state not in ("held", "rejected")

    @property
    def job_id(self) -> str | None:
        """The service's name for the job, once it is known."""
        return self.facts.get("job_id")

    @property
    def ambiguous(self) -> bool:
        """Whether nobody knows if a job was made, unless the raw answer can be read."""
        return self.state in ("submitting", "answered")

    @property
    def running(self) -> bool:
        """Whether a job is at work on the other side."""
        return self.state == "submitted"

    @property
    def done(self) -> bool:
        """Whether its job is done, and the video is there or was fetched already."""
        return self.state in ("succeeded", "fetched")

    @property
    def promised(self) -> bool:
        """Whether its clip is paid for already, or may be: no other job is needed."""
        return self.ambiguous or self.running or self.done


def fold_attempts(events: Iterable[dict[str, Any]]) -> list[Attempt]:
    """All attempts of a clip in the order in which they began; events of kinds unknown to this version are kept.

    An attempt in a state that is unknown to it counts as one that runs, or of which nobody knows.
    """
    attempts: dict[tuple[int, int], Attempt] = {}
    for event in events:
        if "attempt" not in event:
            continue
        key = whole(event.get("segment")), whole(event["attempt"])
        attempt = attempts.setdefault(key, Attempt(key[1], key[0]))
        attempt.facts |= event
        state = str(event.get("state", attempt.state))
        # What this version has no word for must not look like an end, after which another job may be paid for.
        attempt.state = _KNOWN.get(state, "submitted" if attempt.job_id else "submitting")
        usd = amount_usd(event.get("usd"))  # what is no amount would disarm every cap: what was known stands
        attempt.usd = attempt.usd if usd is None else usd
    return list(attempts.values())


def spent_usd(events: Iterable[dict[str, Any]]) -> float:
    """What a clip cost so far; attempts that run, or of which nobody knows, count as their estimate."""
    return sum(attempt.usd for attempt in fold_attempts(events))


def attempt_with(events: Iterable[dict[str, Any]], claim: dict[str, Any]) -> str | None:
    """Which other attempt of a clip has the job that is claimed, in words; None if none has."""
    mine, hosts = (int(claim.get("segment", 0)), int(claim["attempt"])), {}
    for one in fold_attempts(events):
        hosts[one.segment, one.number] = one.facts.get("host")
    for one in fold_attempts(events):
        elsewhere = None not in (one.facts.get("host"), hosts.get(mine)) and one.facts["host"] != hosts[mine]
        if one.job_id == claim["job_id"] and (one.segment, one.number) != mine and not elsewhere:
            return f"attempt {one.number} of the same clip"
    return None


class JobLog(Protocol):
    """The journal as an adapter for paid work sees it: what was promised, kept for the next process.

    What the events say is told above.
    """

    def append(self, event: dict[str, Any]) -> None:
        """Record one fact of this clip; it is on disk (fsynced) when this returns."""

    def events(self) -> list[dict[str, Any]]:
        """All facts recorded so far for this clip, by this process or an earlier one, oldest first."""

    def spend(self, intent: dict[str, Any], usd: float) -> AbstractContextManager[None]:
        """Around everything between deciding on a paid request and having its answer on record.

        Entering appends `intent`. Raises `OverBudget` or `Cancelled` instead where the request may not be sent. A run
        that is being stopped waits for the block to end.
        """

    def claim(self, event: dict[str, Any]) -> str | None:
        """Record that this clip's `attempt` has the job `job_id`, unless that is another one's.

        Then nothing is recorded, and it is told whose: another attempt's, another clip's, or another run's. Of several
        threads that claim one job at the same moment, one gets it.
        """


class MemoryLog:
    """A job log that ends with its process: for an adapter that is called without the harness."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []

    def append(self, event: dict[str, Any]) -> None:
        """Keep one fact."""
        self._events.append(event)

    def events(self) -> list[dict[str, Any]]:
        """All facts, oldest first."""
        return list(self._events)

    @contextmanager
    def spend(self, intent: dict[str, Any], usd: float) -> Iterator[None]:  # noqa: ARG002  (nobody counts)
        """Keep the intent; there is no cap."""
        self.append(intent)
        yield

    def claim(self, event: dict[str, Any]) -> str | None:
        """Keep whose the job is; only another attempt may have it, for there are no other clips."""
        owner = attempt_with(self._events, event)
        if owner is None:
            self.append(event)
        return owner
