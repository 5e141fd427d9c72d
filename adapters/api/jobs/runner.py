"""One clip from a paid service: submit → poll → fetch, over the journal, so that no job is ever paid for twice.

Every fact is on disk before the next step relies on it (adapters/attempts.py lists them). Whoever starts again, after
whatever ended the process before, goes on from the last fact: a job that runs is asked about, a request of which
nobody knows whether it arrived is looked for at the service, or left to a person.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from adapters.api.http.transport import Transport
from adapters.api.jobs import waits
from adapters.api.jobs.download import Broken, Fetched, Gone, check_shape, fetch
from adapters.api.jobs.limiter import Limiter
from adapters.api.jobs.poll import AnotherJob, Asking, pending
from adapters.api.jobs.reach import Reach
from adapters.api.jobs.submit import Submitting, upload
from adapters.api.jobs.terms import Terms
from adapters.api.jobs.waits import Patience
from adapters.api.provider import Provider
from adapters.api.told import number
from adapters.api.wire import Output, State, Status, Ticket, Work
from adapters.attempts import Attempt, JobLog, fold_attempts
from adapters.contract import Request
from adapters.errors import AdapterError, Ambiguous, BadClip, Postponed, RateLimited, Refused, Retryable
from adapters.http.retry_after import Passing
from adapters.http.urls import host_of

_FRESH_ADDRESSES = 3
"""How often a video's address may be asked for anew before the video counts as gone."""
_MOST_NOTES = 20
"""A service that says something odd of a job says it at every question, perhaps in other words."""


@dataclass
class JobRunner:
    """Runs the jobs of one service; safe to use from several threads.

    `alone`: there is no other server that could make a clip as well; else `run` may raise `ServerDown`.
    """

    provider: Provider
    transport: Transport
    limiter: Limiter
    terms: Terms
    patience: Patience = field(default_factory=Patience)
    rng: random.Random = field(default_factory=random.Random)
    now: Callable[[], float] = time.time
    alone: bool = True

    def run(self, work: Work, request: Request, log: JobLog) -> tuple[Fetched, Attempt]:
        """The video of one clip and the attempt that made it.

        Raises `Refused`, `Rejected`, `Ambiguous`, `Postponed` (it runs on, or nothing more may begin now), `BadClip`,
        `AdapterError` for a job that failed, `SetupError` for what no clip could get through with, `Cancelled`.
        """
        attempt = self._resume(work, request, log)
        while True:
            with self.limiter.slot(request.pause):  # not while its video comes over: the service can begin the next one
                attempt = attempt or self._begin(work, request, log)
                status = self._wait(attempt, request, log)
            if status.state is State.SUCCEEDED:
                return self._collect(attempt, status, work, request, log), last_attempt(log)
            self._end(attempt, status, log)
            self._raise_unless_another(log)
            attempt = None

    # --- which attempt

    def _resume(self, work: Work, request: Request, log: JobLog) -> Attempt | None:
        """The attempt to go on with, None if a new one may begin. Raises if neither is so."""
        if not log.events():
            return None
        if last_attempt(log).ambiguous:
            self._settle(work, log)
        last = last_attempt(log)
        if last.running or last.done or last.state == "expired":
            self._check_same(last, work)
            return last
        if last.state in ("failed", "refused") and not request.again:
            self._raise_unless_another(log)
        if last.state == "failed" and request.again and not self._may_begin(log):
            raise AdapterError(f"{last.facts.get('reason')}; another paid attempt: model.adapter.max_attempts=…")
        return None

    def _settle(self, work: Work, log: JobLog) -> None:
        """Find out what became of a request whose answer nobody read. Raises `Ambiguous` if that cannot be known."""
        last, submitting, unclear = last_attempt(log), self._submitting, None
        why = ""
        try:
            if last.state == "answered":
                submitting.read_again(last, log)
                return
        except RateLimited:
            return
        except Ambiguous as error:
            why = f" ({error})"
            unclear = error if error.answered else None
        if submitting.reconcile(last, work, log):
            return
        if unclear is not None and self._resubmits:
            self._count_as_double(log, unclear)
            return
        if not self.terms.price.free:
            told = f"{self.provider.label} may have been asked for this clip, and may have charged for it"
            raise Ambiguous(f"{told}{why}")
        log.append({"state": "abandoned", "attempt": last.number, "reason": "of unknown fate, and free"})

    def _check_same(self, attempt: Attempt, work: Work) -> None:
        """A job belongs to the wish it was begun with. Raises `Ambiguous`, so that a person decides."""
        host = host_of(self.provider.base)
        if attempt.facts.get("host", host) != host:
            there = attempt.facts["host"]
            raise Ambiguous(f"job {attempt.job_id} runs at {there}: point model.adapter.base_url there to go on")
        if attempt.facts.get("work", work.digest) != work.digest:
            raise Ambiguous(
                f"job {attempt.job_id} was begun with another prompt, picture or seed than this command has: "
                "restore them, or give the job up"
            )

    def _may_begin(self, log: JobLog) -> bool:
        counted = [one for one in fold_attempts(log.events()) if one.billed and one.state != "abandoned"]
        return len(counted) < self.terms.most_attempts

    def _raise_unless_another(self, log: JobLog) -> None:
        """Raise what the last attempt ended with, unless it may pass and another paid one is allowed."""
        attempts = fold_attempts(log.events())
        last, reason = attempts[-1], str(attempts[-1].facts.get("reason", ""))
        if last.state == "refused":
            refusals = sum(attempt.state == "refused" for attempt in attempts)
            if last.usd > 0 or refusals > self.terms.moderation_retries:
                raise Refused(reason)
        elif not last.facts.get("transient") or not self._may_begin(log):
            raise AdapterError(f"{reason} (job {last.job_id}, paid attempt {last.number})")

    # --- submit

    @property
    def _submitting(self) -> Submitting:
        return Submitting(self.provider, self.transport, self.now)

    def _begin(self, work: Work, request: Request, log: JobLog) -> Attempt:
        """Submit a new job. Raises `Postponed` if the service turns everything away for now."""
        submitting, patience = self._submitting, self.patience.submit_s
        reach = self._reach()

        @reach.or_elsewhere()
        def submit() -> None:
            try:
                submitting.send(sendable, _next_number(log), self.terms.price.of(work.seconds) or 0.0, log)
            except RateLimited:
                self.limiter.too_much()
                raise
            except Ambiguous as error:
                if not (self._resubmits and error.answered):
                    raise
                if not submitting.reconcile(last_attempt(log), sendable, log):
                    self._count_as_double(log, error)
                    raise Passing(str(error)) from None

        try:
            put = reach.or_elsewhere()(partial(upload, self.provider, self.transport, work))
            sendable = waits.fetching(put, patience, request.pause, self.rng)
            waits.submitting(submit, patience, request.pause, self.rng)
        except (Passing, RateLimited) as error:
            raise Postponed(f"nothing more can be submitted now: {error}", ends_run=True) from None
        except Ambiguous as error:
            if not self.terms.price.free:
                raise
            raise Retryable(str(error)) from None
        self.limiter.well()
        return last_attempt(log)

    @property
    def _resubmits(self) -> bool:
        return self.terms.resubmit == "gateway_errors" and not self.terms.price.free

    def _count_as_double(self, log: JobLog, error: Ambiguous) -> None:
        """Give up a request that may have made a job: its price stays on record, and another one may be sent."""
        number = last_attempt(log).number
        log.append({"state": "abandoned", "attempt": number, "by": "resubmit", "reason": str(error)})

    def _reach(self) -> Reach:
        return Reach(self.alone, self.terms.price.free, self.now)

    def _giving_up(self, attempt: Attempt, log: JobLog) -> Callable[[str], None]:
        return lambda why: log.append({"state": "abandoned", "attempt": attempt.number, "reason": why})

    # --- poll

    def _wait(self, attempt: Attempt, request: Request, log: JobLog) -> Status:
        """Ask until the job ends. Raises `Postponed` if it runs for longer than anybody waits."""
        asking, reach, give_up = self._asking(attempt), self._reach(), self._giving_up(attempt, log)
        odd: set[str] = set()

        def note(told: str, kind: str = "") -> None:
            if told and (kind or told) not in odd and len(odd) < _MOST_NOTES:
                odd.add(kind or told)
                log.append({"attempt": attempt.number, "note": self.transport.redact(told)})

        def ask() -> Status | None:
            request.step(0, 100)
            try:
                with reach.or_given_up(give_up):
                    status = asking.look()
            except AnotherJob as error:
                note(str(error), "another job")
                raise
            note(status.odd)
            request.step(round(100 * (status.progress or 0)), 100)
            return None if pending(status) else status

        try:
            ended = waits.polling(ask, self.patience, request.pause, self.rng)
        except Ambiguous as error:
            if not self.terms.price.free:
                raise
            log.append({"state": "abandoned", "attempt": attempt.number, "reason": str(error)})
            raise Retryable(str(error)) from None  # a server of one's own that began anew knows no old jobs
        if isinstance(ended, Status):
            return ended
        told = f"cannot be asked about now ({ended})" if ended else "still runs"
        raise Postponed(f"job {attempt.job_id} {told}, after {self.patience.wait_s:g} s; the same command asks again")

    def _asking(self, attempt: Attempt) -> Asking:
        job_id, urls = str(attempt.job_id), attempt.facts.get("urls")
        ticket = Ticket(job_id, urls) if urls else self.provider.adopt(job_id)
        begun = number(attempt.facts.get("begun")) or 0.0
        return Asking(self.provider, self.transport, ticket, begun, self.now)

    def _end(self, attempt: Attempt, status: Status, log: JobLog) -> None:
        """Put on record that a job ended without a video."""
        reason = f"{self.provider.label}: {status.reason or status.word}"
        state = "refused" if status.state is State.REFUSED else "failed"
        log.append(
            {"state": state, "attempt": attempt.number, "reason": reason, "transient": status.transient}
            | self._costs(status)
        )

    def _costs(self, status: Status) -> dict[str, float]:
        return {} if status.usd is None else {"usd": status.usd}

    # --- fetch

    def _collect(self, attempt: Attempt, status: Status, work: Work, request: Request, log: JobLog) -> Fetched:
        """Put on record that the job is done, and bring its video over."""
        if attempt.state != "fetched":
            report = {key: one for key, one in status.report.items() if one is not None}
            log.append({"state": "succeeded", "attempt": attempt.number, "report": report} | self._costs(status))
        video = self._fetch(attempt, status, request, log)
        check_shape(video.info, work.size)
        if attempt.facts.get("sha256") != video.sha256:
            log.append({"state": "fetched", "attempt": attempt.number, "sha256": video.sha256, "bytes": video.bytes})
        return video

    def _fetch(self, attempt: Attempt, status: Status, request: Request, log: JobLog) -> Fetched:
        """Fetch, with a fresh address whenever the old one is no longer valid or gives no video."""
        path, reach, give_up = request.scratch / "video.mp4", self._reach(), self._giving_up(attempt, log)

        def tick() -> None:
            request.step(100, 100)
            request.pause(0)  # a video that drips is waited for, and no longer than the run may last

        def bring(output: Output) -> Fetched:
            with reach.or_given_up(give_up):
                return fetch(self.transport, output, path, self.now, tick)

        fault: Exception = Gone("the job is done without a video")
        for _ in range(_FRESH_ADDRESSES + 1):
            if status.output is None:
                break
            try:
                return waits.fetching(partial(bring, status.output), self.patience.fetch_s, request.pause, self.rng)
            except (Gone, Broken) as error:
                fault = error
            except Passing as passing:
                raise Postponed(f"job {attempt.job_id} is done, but its video cannot be had now: {passing}") from None
            request.pause(self.patience.poll_s)
            status = self._wait(attempt, request, log)
        if isinstance(fault, Broken):
            raise BadClip(f"job {attempt.job_id} is done, but {fault}")
        log.append({"state": "expired", "attempt": attempt.number, "reason": str(fault)})
        raise AdapterError(f"job {attempt.job_id} is done and paid for, but its video is gone ({fault})")


def _next_number(log: JobLog) -> int:
    """Of the attempt that is to begin; what surely was not accepted is the same attempt, sent again."""
    attempts = fold_attempts(log.events())
    return len(attempts) if attempts and attempts[-1].state == "held" else len(attempts) + 1


def last_attempt(log: JobLog) -> Attempt:
    """The attempt that began last."""
    return fold_attempts(log.events())[-1]
