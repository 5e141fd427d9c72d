"""The journal as the adapter of a paid service sees it: the facts of one clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from runners.paid.job_owners import JobOwners
from runners.paid.spending import Gate
from runners.runs.events import Job
from runners.runs.journal import ClipState, Journal, job_facts


@dataclass(frozen=True)
class ClipJobs:
    """One clip's facts of paid work (`adapters.JobLog`)."""

    journal: Journal
    gate: Gate
    clip_id: str
    state: ClipState
    check: Callable[[], None] = lambda: None
    """Raises where the run is no longer this process's."""
    owners: JobOwners | None = None
    """What the process knows of whose the jobs are, shared by its clips; None: read anew, for this run alone."""

    def append(self, event: dict[str, Any]) -> None:
        """Record one fact, on disk when this returns."""
        self.state.events.append(self.journal.append(Job(id=self.clip_id, job=event)))

    def events(self) -> list[dict[str, Any]]:
        """All facts recorded for this clip, oldest first."""
        return job_facts(self.state)

    @contextmanager
    def spend(self, intent: dict[str, Any], usd: float) -> Iterator[None]:
        """Record the intent and let the request pass, unless the run stops or a cap would be passed."""
        with self.gate.passing(usd, lambda: self._promise(intent)):
            yield

    def _promise(self, intent: dict[str, Any]) -> None:
        """Record the intent, and make sure that whoever comes next will find it; else the request is not sent."""
        self.append(intent)
        try:
            self.check()
        except BaseException as error:
            which: dict[str, Any] = {key: intent[key] for key in ("attempt", "segment") if key in intent}
            self.append({"state": "held", **which, "usd": 0, "reason": str(error)})
            raise

    def claim(self, event: dict[str, Any]) -> str | None:
        """Record whose a job is, unless it is another one's: then whose, in words."""
        owners = self.owners or JobOwners(self.journal.path.parent)
        with self.gate.turn():
            segment, attempt = int(event.get("segment", 0)), int(event["attempt"])
            owner = owners.owner_of(str(event["job_id"]), self.clip_id, segment, attempt)
            if owner is None:
                self.append(event)
        return owner


def asked_again(state: ClipState) -> bool:
    """Whether the clip's end is on record since its last job, so that whoever asks now knows of it."""
    failed = state.failed
    if failed is None:
        return False
    return not state.events or failed.number > state.events[-1].number
