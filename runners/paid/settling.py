"""Jobs of unknown fate brought to an end by a person: adopted, or given up; one, or many at once.

A run is written to under its own lock, and only what is still as the person was told.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners.core.errors import UserError, one_of
from runners.core.files import shown
from runners.core.locks import Held
from runners.paid.jobs import JOB_STATES, PaidJob, Records, check_sound, jobs_in, last_job, last_jobs, state_of
from runners.runs.events import Job
from runners.runs.journal import Journal, check_state, journal_name
from runners.runs.presence import Presence, busy

_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+")


@dataclass(frozen=True)
class Choice:
    """Which jobs a wide command is about: the last of each clip that is in this state and not published."""

    state: str = "ambiguous"
    clips: tuple[str, ...] | None = None
    """None for all clips."""

    def __post_init__(self) -> None:
        one_of("state", self.state, JOB_STATES)
        if self.clips is not None and not all(clip.strip() for clip in self.clips or [""]):
            raise UserError("clip= names no clip; leave it out for all clips of the run")

    def of(self, run: Path) -> list[PaidJob]:
        """The jobs of one run; named clips that were given up before are passed over.

        Raises UserError for a run that cannot be read or gone on with, and for named clips in another state.
        """
        state = state_of(run)
        check_state(state, run)
        if self.clips is None:
            found = [job for job in last_jobs(state, run).values() if self._fits(job)]
            for job in found:
                check_sound(state, run, job.clip_id)
            return found
        named = {job.clip_id: job for job in (last_job(state, run, clip) for clip in self.clips)}
        left = [job for job in named.values() if job.attempt.state != "abandoned"]
        other = [
            f"clip {job.clip_id} is {'published' if job.published else job.word}" for job in left if not self._fits(job)
        ]
        if other:
            raise UserError(
                f"{shown(run)}: {', '.join(other)}: not {self.state}, so nothing is done; name it with state=…"
            )
        return left

    def _fits(self, job: PaidJob) -> bool:
        return job.state == self.state and not job.published


@dataclass(frozen=True)
class Adoption:
    """A request of unknown fate, as it was when it was read, and the job that it made."""

    job: PaidJob
    job_id: str


@dataclass(frozen=True)
class Settled:
    """What was recorded in one run, and why not all of it."""

    run: Path
    done: tuple[PaidJob, ...]
    faults: tuple[str, ...] = ()


def adopt(run: Path, clip_id: str, job_id: str, known: Records | None = None) -> PaidJob:
    """Say that the request of unknown fate made this job: the next run of the command goes on with it.

    `known`: the jobs of other runs. Raises UserError if there is no such request, or the job is another clip's.
    """
    check_id(job_id)
    job = last_job(state_of(run), run, clip_id)
    check_adoptable(job)
    (known or Records.of([run])).check_free(job_id, run)
    _raise_faults(next(adopt_all([Adoption(job, job_id)])))
    return last_job(state_of(run), run, clip_id)


def abandon(run: Path, clip_id: str, *, accept_double_charge: bool) -> PaidJob:
    """Give a job up, so that a new one may be paid for. Raises UserError unless the user says that this is known."""
    job = last_job(state_of(run), run, clip_id)
    if job.state is None:
        raise UserError(f"clip {job.clip_id}: its last request is {job.word}: there is nothing to give up")
    if not accept_double_charge:
        raise UserError(
            f"clip {job.clip_id}: its last request is {job.word} and may have cost ${job.attempt.usd:.2f}; the next "
            "run will pay for another one. If that is meant, add accept_double_charge=true"
        )
    _raise_faults(next(abandon_all([job])))
    return last_job(state_of(run), run, clip_id)


def adopt_all(adoptions: Sequence[Adoption]) -> Iterator[Settled]:
    """Record whose jobs these are, run by run; a run that is busy, or a request that changed, is told."""
    ids = {id(adoption.job): adoption.job_id for adoption in adoptions}

    def facts(job: PaidJob) -> dict[str, Any]:
        return {"state": "submitted", "job_id": ids[id(job)], "urls": {}, "begun": time.time(), "adopted": True}

    return _settle_all([adoption.job for adoption in adoptions], facts)


def abandon_all(jobs: Sequence[PaidJob]) -> Iterator[Settled]:
    """Give these jobs up, run by run; a run that is busy, or a job that changed since it was read, is told."""
    return _settle_all(jobs, lambda _: {"state": "abandoned", "by": "user"})


def check_adoptable(job: PaidJob) -> None:
    """Raise UserError unless nobody knows what a request made."""
    if not job.attempt.ambiguous:
        raise UserError(f"clip {job.clip_id}: its last request is {job.word}, not ambiguous: nothing to adopt")


def check_id(job_id: str) -> None:
    """Raise UserError for what can be no job's id: a piece of a text, or a number that a spreadsheet cut short."""
    if _ROUNDED.fullmatch(job_id):
        raise UserError(f"job {job_id} is a number that a spreadsheet rounded; copy the id again, into a cell of text")
    if not job_id.isprintable() or re.search(r"\s", job_id) or not any(map(str.isalnum, job_id)):
        raise UserError(f"job {job_id!r} is no id: it has spaces, unseen signs, or neither letter nor digit")


def _settle_all(jobs: Iterable[PaidJob], facts: Callable[[PaidJob], dict[str, Any]]) -> Iterator[Settled]:
    by_run: dict[Path, list[PaidJob]] = {}
    for job in jobs:
        by_run.setdefault(job.run, []).append(job)
    for run, wanted in by_run.items():
        yield _settle(run, wanted, facts)


def _settle(run: Path, jobs: Sequence[PaidJob], facts: Callable[[PaidJob], dict[str, Any]]) -> Settled:
    """Record what becomes of jobs of one run that are still as they were read."""
    done: list[PaidJob] = []
    faults: list[str] = []
    try:
        with _writing(run) as journal:
            state = state_of(run)
            latest = last_jobs(state, run)
            taken = {str(job.attempt.job_id) for job in jobs_in(state, run) if job.has_job}
            for job in jobs:
                now, fact = latest.get(job.clip_id), facts(job)
                if now is None or now.attempt != job.attempt or fact.get("job_id") in taken:
                    faults.append(f"{shown(run)}: clip {job.clip_id} has changed since it was looked at; look again")
                    continue
                _append(journal, job, fact)
                done.append(job)
    except UserError as error:
        faults.append(str(error))
    except OSError as error:
        faults.append(f"{shown(run)} cannot be written: {error.strerror}")
    return Settled(run, tuple(done), tuple(faults))


def _raise_faults(settled: Settled) -> None:
    if settled.faults:
        raise UserError(settled.faults[0])


def _append(journal: Journal, job: PaidJob, facts: dict[str, Any]) -> None:
    attempt = job.attempt
    segment = {"segment": attempt.facts["segment"]} if "segment" in attempt.facts else {}
    journal.append(Job(id=job.clip_id, job={"attempt": attempt.number, **segment, **facts}))


@contextmanager
def _writing(run: Path) -> Iterator[Journal]:
    """The run's journal while nobody works on the run."""
    check_state(state_of(run), run)
    mine: str | None = None
    with ExitStack() as taken:
        try:
            presence = Presence(run)
            mine = presence.token
            taken.callback(presence.end)
            journal = Journal(run / journal_name(None))
            taken.callback(journal.close)
        except Held:
            raise busy(run, None, mine) from None
        yield journal
