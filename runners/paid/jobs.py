"""The paid jobs of run folders, for people: which are open, what they may have cost, and whose is which."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from adapters.harness import Attempt, AttemptState, amount_usd, fold_attempts, whole
from runners.core.errors import UserError, counted, first_of, nearest
from runners.core.files import shown
from runners.paid.job_log import asked_again
from runners.runs.journal import ClipState, RunState, fold, journal_files
from runners.runs.run_finder import check_folder, find_run_folders

JobState = Literal["ambiguous", "running", "done", "gone", "fetched"]
"""What people type for the states that can be given up (`state=running`)."""
JOB_STATES: tuple[JobState, ...] = get_args(JobState)
_TYPED: dict[AttemptState, JobState] = {
    "submitting": "ambiguous",
    "answered": "ambiguous",
    "submitted": "running",
    "succeeded": "done",
    "expired": "gone",
    "fetched": "fetched",
}
_WORDS: dict[AttemptState, str] = {
    **_TYPED,
    "succeeded": "done, not fetched",
    "expired": "video gone",
    "held": "not sent",
}
"""What people are told of a state; the others are their own words."""


@dataclass(frozen=True)
class PaidJob:
    """One attempt at one clip of one run."""

    run: Path
    clip_id: str
    attempt: Attempt
    published: bool
    looked_for: bool = True
    """Whether the run told how this ended; if not, it was killed, and the next one looks for the job by itself."""

    @property
    def is_open(self) -> bool:
        """Whether somebody or something still has to bring it to an end."""
        return self.state not in (None, "fetched") and not self.published

    @property
    def state(self) -> JobState | None:
        """Its state as people type it; None for one that has come to an end, in which there is nothing to give up."""
        return _TYPED.get(self.attempt.state)

    @property
    def has_job(self) -> bool:
        """Whether it has a job that no other clip can have; one adopted and given up was another's, taken in error."""
        mistaken = self.attempt.state == "abandoned" and bool(self.attempt.facts.get("adopted"))
        return self.attempt.job_id is not None and not mistaken

    @property
    def word(self) -> str:
        """Its state, for people."""
        return _WORDS.get(self.attempt.state, self.attempt.state)


def jobs_of(run: Path) -> list[PaidJob]:
    """All attempts of a run, by clip. Raises UserError for a folder that is no run."""
    return jobs_in(state_of(run), run)


def jobs_in(state: RunState, run: Path) -> list[PaidJob]:
    """All attempts that a run's state tells of, by clip."""
    return [
        PaidJob(run, clip_id, attempt, clip.published is not None, asked_again(clip))
        for clip_id, clip in sorted(state.clips.items())
        for attempt in fold_attempts(_facts(clip)[0])
    ]


def last_jobs(state: RunState, run: Path) -> dict[str, PaidJob]:
    """The last attempt of each clip that has any: the only one that a run would go on with."""
    return {job.clip_id: job for job in jobs_in(state, run)}


def last_job(state: RunState, run: Path, clip_id: str) -> PaidJob:
    """A clip's last attempt; `7` is found as `0007`, which a spreadsheet makes of it. Raises UserError."""
    latest = last_jobs(state, run)
    if clip_id not in latest and clip_id.isdecimal():
        same = [name for name in latest if name.isdecimal() and int(name) == int(clip_id)]
        clip_id = same[0] if len(same) == 1 else clip_id
    if clip_id not in latest:
        raise UserError(f"{shown(run)} has no paid job of a clip {clip_id!r}{nearest(clip_id, latest)}")
    check_sound(state, run, clip_id)
    return latest[clip_id]


def check_sound(state: RunState, run: Path, clip_id: str) -> None:
    """Raise UserError if some of what happened to a clip's jobs cannot be read."""
    if odd := _facts(state.clips[clip_id])[1]:
        raise UserError(
            f"{shown(run)}: clip {clip_id} has {counted(odd, 'fact')} in the journal that cannot be read, "
            "so that nobody knows what became of it; restore the journal"
        )


def state_of(run: Path) -> RunState:
    """What a run's journals say. Raises UserError for a folder that is no run, or whose journals are damaged."""
    check_folder(run)
    if not journal_files(run):
        raise UserError(f"{shown(run)} is no run folder: there is no journal in it")
    return fold(run)


def remarks(state: RunState) -> list[str]:
    """What is to be told of a run's journals beside their jobs."""
    odd = {clip_id: count for clip_id, clip in sorted(state.clips.items()) if (count := _facts(clip)[1])}
    told = [
        f"clip {clip_id}: {counted(n, 'fact')} of its jobs cannot be read: passed over" for clip_id, n in odd.items()
    ]
    return [*state.foreign, *told, *([state.newer] if state.newer else [])]


def _facts(clip: ClipState) -> tuple[list[dict[str, Any]], int]:
    """A clip's facts of paid work that can be folded, and how many cannot: somebody edited them."""
    sound = [event.job for event in clip.events if event.has("job") and _is_sound(event.job)]
    return sound, len(clip.events) - len(sound)


def _is_sound(fact: dict[str, Any]) -> bool:
    """Whether it says in numbers which attempt it is of, and what that costs; `fold_attempts` would guess."""
    numbered = all(whole(fact.get(key, 0), -1) >= 0 for key in ("attempt", "segment"))
    return numbered and ("usd" not in fact or amount_usd(fact["usd"]) is not None)


def runs_at(place: Path, unread: list[Path]) -> list[Path]:
    """The runs with a journal at a place or below; not those that were published with their manifest alone."""
    return [run for run in find_run_folders(place, unread) if journal_files(run)]


def runs_beside(run: Path, results: Path, unread: list[Path]) -> list[Path]:
    """A run and those that may have jobs of the same account: below `results` if it lies there, else next to it."""
    if results.is_dir() and run.resolve().is_relative_to(results.resolve()):
        return runs_at(results, unread)
    try:
        return sorted(other for other in run.parent.iterdir() if journal_files(other))
    except OSError:
        unread.append(run.parent)
        return [run]


@dataclass
class Records:
    """Which jobs are on record in some runs. `faults`: the runs that could not be read, each with the reason."""

    faults: list[str] = field(default_factory=list)
    _jobs: dict[str, list[PaidJob]] = field(default_factory=dict)

    @classmethod
    def of(cls, runs: Iterable[Path]) -> Records:
        """Read all runs, each once however it is named."""
        records = cls()
        for run in {run.resolve(): run for run in runs}.values():
            try:
                jobs = jobs_of(run)
            except UserError as error:
                records.faults.append(str(error))
                continue
            for job in jobs:
                if job.has_job:
                    records._jobs.setdefault(str(job.attempt.job_id), []).append(job)
        return records

    def check_free(self, job_id: str, run: Path) -> None:
        """Raise UserError if the job is on record already, in `run` or another one."""
        for job in self._jobs.get(job_id, []):
            where = "" if job.run.resolve() == run.resolve() else f" of {shown(job.run)}"
            raise UserError(
                f"job {job_id} is that of clip {job.clip_id}{where} already; look its id up again at the service"
            )


def submitted_at(job: PaidJob) -> str:
    """When a request was sent, as `2026-11-30T17:42:45Z`; "" if that is not on record."""
    try:
        return datetime.fromtimestamp(float(job.attempt.facts["at"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return ""


def usd_of(jobs: Iterable[PaidJob]) -> float:
    """What jobs cost as far as is known, in US dollars."""
    return math.fsum(job.attempt.usd for job in jobs)


def totals(jobs: Sequence[PaidJob]) -> str:
    """`12 jobs, $7.20 spent or promised, 2 open (0007, 0012)`."""
    waiting = [job.clip_id for job in jobs if job.is_open]
    told = f", {len(waiting)} open ({first_of(waiting)})" if waiting else ""
    return f"{counted(len(jobs), 'job')}, ${usd_of(jobs):.2f} spent or promised{told}"
