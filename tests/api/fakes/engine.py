"""What every fake service shares: jobs, their progress, counters, captures, scripted outcomes and faults, the clock."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.api.fakes.faults import Fault, Scripted
from tests.api.fakes.media import ClipSpec, make_clip
from tests.api.fakes.wire import Incoming, Part

OUTCOMES = ("succeeded", "moderated", "failed_transient", "failed", "cancelled", "empty", "expired", "stuck")
"""How a job can end. A personality says each in its vendor's words; "stuck" never ends."""


@dataclass
class FakeJob:
    """One ACCEPTED, so BILLED, job. `polls` counts the status answers, `downloads` the clips served.

    `created_at` is by the engine's clock, `created` what the vendor takes for the time of day.
    """

    id: str
    number: int
    path: str
    request: Any
    headers: Mapping[str, str]
    created_at: float
    created: float
    clip: ClipSpec
    identity: str
    files: Mapping[str, Part] = field(default_factory=dict)
    outcome: str = "succeeded"
    detail: str | None = None
    polls: int = 0
    downloads: int = 0
    finished_at: float | None = None
    minted: int = 0
    revoked: int = 0
    deleted: bool = False

    @property
    def created_text(self) -> str:
        """When it was created, as most vendors write it."""
        return datetime.fromtimestamp(self.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def output(self) -> bytes:
        """The mp4 that this job makes."""
        return make_clip(self.identity, self.clip)

    def pending(self, words: tuple[str, ...]) -> str:
        """The vendor's word for a job under way: each in turn, then the last."""
        return words[max(0, min(self.polls, len(words)) - 1)]

    def as_dict(self) -> dict[str, Any]:
        """For the control interface."""
        names = ("id", "number", "path", "request", "outcome", "polls", "downloads", "created_at", "finished_at")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Capture:
    """A request as it came, on whatever route; header names are lower case. `route` is "" where none matched."""

    route: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Which = int | Callable[[FakeJob], bool] | None


@dataclass
class _Outcome:
    which: Which
    outcome: str
    detail: str | None

    def fits(self, job: FakeJob) -> bool:
        if callable(self.which):
            return self.which(job)
        return self.which in (None, job.number)


class Engine:
    """The state of one fake service. Thread-safe where requests meet."""

    def __init__(self, *, pending: int, model_s: float | None, clock: Callable[[], float], clip: ClipSpec) -> None:
        self.pending, self.model_s, self.clip = pending, model_s, clip
        self.jobs: dict[str, FakeJob] = {}
        self.captures: list[Capture] = []
        self.hits: Counter[str] = Counter()
        self.uploads: dict[str, bytes] = {}
        self.notes: dict[str, Any] = {}  # for whatever else a personality must remember
        self.keep_bytes: int | None = None
        self.distinct = True
        self.lock = threading.RLock()
        self._clock, self._advanced = clock, 0.0
        self._faults: list[Scripted] = []
        self._outcomes: list[_Outcome] = []
        self._serial = itertools.count(1)
        self._salt = os.urandom(16)  # a server that follows another on its port must not know the other's jobs

    def now(self) -> float:
        """The clock that progress and expiry go by."""
        return self._clock() + self._advanced

    def epoch(self) -> float:
        """What the vendor takes for the time of day."""
        return time.time() + self._advanced

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._advanced += seconds

    def uuid(self, *parts: object) -> str:
        """An identifier that depends on the parts and this server."""
        return str(uuid.UUID(bytes=hashlib.sha256(self._salt + repr(parts).encode()).digest()[:16], version=4))

    def new_uuid(self, *parts: object) -> str:
        """An identifier that nothing else here has, in whatever order requests meet."""
        return self.uuid(*parts, next(self._serial))

    def script(self, fault: Fault) -> None:
        """Add a fault."""
        with self.lock:
            self._faults.append(Scripted(fault))

    def decide(self, which: Which, outcome: str, detail: str | None = None) -> None:
        """Say how a job that is yet to come ends; of several that fit, the first said counts."""
        if outcome not in OUTCOMES:
            raise ValueError(f"no such outcome: {outcome}")
        with self.lock:
            self._outcomes.append(_Outcome(which, outcome, detail))

    def clear(self) -> None:
        """Forget all faults and outcomes that were scripted."""
        with self.lock:
            self._faults.clear()
            self._outcomes.clear()

    def receive(self, route: str, request: Incoming, job: FakeJob | None) -> Fault | None:
        """Capture and count a request; returns the fault that is due for it."""
        body = request.body if self.keep_bytes is None else request.body[: self.keep_bytes]
        with self.lock:
            self.captures.append(Capture(route, request.method, request.target, request.headers, body))
            self.hits[route] += 1
            number = job.number if job else None
            due = [scripted.fault for scripted in self._faults if scripted.due(route, number)]
        return due[0] if due else None

    def accept(self, job: FakeJob) -> FakeJob:
        """From here on the job is billed."""
        with self.lock:
            job.number = len(self.jobs) + 1
            job.id = job.id or self.uuid("job", job.number)
            decided = next((entry for entry in self._outcomes if entry.fits(job)), None)
            if decided:
                job.outcome, job.detail = decided.outcome, decided.detail
            self.jobs[job.id] = job
        return job

    def identity(self, request: Any, files: Mapping[str, Part]) -> str:
        """What a job's clip depends on: all that was asked for."""
        digests = {name: hashlib.sha256(part.data).hexdigest() for name, part in files.items()}
        return json.dumps([request, digests], sort_keys=True) if self.distinct else "the same for all"

    def done(self, job: FakeJob) -> bool:
        """Whether the job has ended; does not count as a poll."""
        if job.finished_at is not None:
            return True
        if job.outcome == "stuck":
            return False
        if self.model_s is not None:
            return self.now() - job.created_at >= self.model_s
        return job.polls > self.pending

    def state(self, job: FakeJob, fault: Fault | None) -> str:
        """Count a poll; returns "pending", "unknown" (a word that no client knows) or the job's outcome."""
        with self.lock:
            job.polls += 1
            kind = fault.kind if fault else ""
            if kind == "unknown_status":
                return "unknown"
            if kind in ("stuck", "regress") or not self.done(job):
                return "pending"
            if job.finished_at is None:
                job.finished_at = self.now()
            return job.outcome

    def end(self, job: FakeJob, outcome: str) -> None:
        """End a job now, as cancelling does; one that has ended stays as it is."""
        with self.lock:
            if not self.done(job):
                job.outcome, job.finished_at = outcome, self.now()

    def mint(self, job: FakeJob, ttl_s: float | None, *, fixed: bool) -> dict[str, str]:
        """The query of a signed URL, good from now on; a fixed one is the same every time, good from the job's end."""
        with self.lock:
            job.minted = 1 if fixed else job.minted + 1
            if job.outcome == "expired":
                job.revoked = job.minted
            start = job.finished_at if fixed and job.finished_at is not None else self.now()
            expires = "never" if ttl_s is None else f"{start + ttl_s:.3f}"
            return {"g": str(job.minted), "expires": expires, "signature": self._sign(job, str(job.minted), expires)}

    def expired(self, job: FakeJob, query: Mapping[str, str]) -> bool:
        """Whether a signed URL is of no use: out of date, revoked or forged."""
        generation, expires = query.get("g", "0"), query.get("expires", "0")
        if query.get("signature") != self._sign(job, generation, expires) or int(generation) <= job.revoked:
            return True
        return expires != "never" and self.now() > float(expires)

    def _sign(self, job: FakeJob, generation: str, expires: str) -> str:
        return hmac.new(self._salt, f"{job.id}/{generation}/{expires}".encode(), "sha256").hexdigest()[:32]
