"""The paid jobs of run folders, for people: which are open, and how one of unknown fate is brought to an end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters import Attempt, fold_attempts
from runners.core.errors import UserError, first_of, nearest
from runners.core.files import shown
from runners.core.job_log import job_facts
from runners.core.journal import Journal, RunState, check_state, fold, journal_files, journal_name
from runners.core.locks import Held
from runners.core.presence import Presence, busy
from runners.core.run_finder import check_folder

_OPEN = frozenset({"submitting", "answered", "submitted", "succeeded", "expired"})
WORDS = {
    "submitting": "ambiguous",
    "answered": "ambiguous",
    "submitted": "running",
    "succeeded": "done, not fetched",
    "fetched": "fetched",
    "held": "not sent",
    "expired": "video gone",
}
"""What people are told of a state; the others are their own words."""


@dataclass(frozen=True)
class PaidJob:
    """One attempt at one clip of one run; `number` and `of` count the clip's attempts."""

    run: Path
    clip_id: str
    attempt: Attempt
    published: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody or something still has to bring it to an end."""
        return self.attempt.state in _OPEN and not self.published

    @property
    def word(self) -> str:
        """Its state, for people."""
        return WORDS.get(self.attempt.state, self.attempt.state)


def jobs_of(run: Path) -> list[PaidJob]:
    """All attempts of a run, by clip. Raises UserError for a folder that is no run."""
    return [
        PaidJob(run, clip_id, attempt, clip.published is not None)
        for clip_id, clip in sorted(_state(run).clips.items())
        for attempt in fold_attempts(job_facts(clip))
    ]


def adopt(run: Path, clip_id: str, job_id: str) -> PaidJob:
    """Say that the request of unknown fate made this job: the next run of the command goes on with it.

    Raises UserError if there is no such request, or the job is another clip's.
    """
    with _writing(run) as journal:
        state = _state(run)
        attempt = _last_attempt(state, run, clip_id)
        if not attempt.ambiguous:
            raise UserError(f"clip {clip_id}: its last request is {_word(attempt)}, not ambiguous: nothing to adopt")
        owner = _owner(state, job_id)
        if owner is not None:
            raise UserError(f"job {job_id} is that of clip {owner} already; look its id up again at the service")
        _append(journal, clip_id, attempt, state="submitted", job_id=job_id, urls={}, begun=time.time(), adopted=True)
    return _now(run, clip_id)


def abandon(run: Path, clip_id: str, *, accept_double_charge: bool) -> PaidJob:
    """Give a job up, so that a new one may be paid for. Raises UserError unless the user says that this is known."""
    with _writing(run) as journal:
        attempt = _last_attempt(_state(run), run, clip_id)
        if attempt.state not in _OPEN and attempt.state != "fetched":
            raise UserError(f"clip {clip_id}: its last request is {_word(attempt)}: there is nothing to give up")
        if not accept_double_charge:
            raise UserError(
                f"clip {clip_id}: its last request is {_word(attempt)} and may have cost ${attempt.usd:.2f}; the next "
                "run will pay for another one. If that is meant, add accept_double_charge=true"
            )
        _append(journal, clip_id, attempt, state="abandoned", by="user")
    return _now(run, clip_id)


def _now(run: Path, clip_id: str) -> PaidJob:
    return [job for job in jobs_of(run) if job.clip_id == clip_id][-1]


def _word(attempt: Attempt) -> str:
    return WORDS.get(attempt.state, attempt.state)


def _append(journal: Journal, clip_id: str, attempt: Attempt, **facts: object) -> None:
    segment = {"segment": attempt.facts["segment"]} if "segment" in attempt.facts else {}
    journal.append("job", id=clip_id, job={"attempt": attempt.number, **segment, **facts})


def remarks(run: Path) -> list[str]:
    """What is to be told of a run's journals beside their jobs."""
    state = _state(run)
    return [*state.foreign, *([state.newer] if state.newer else [])]


def _state(run: Path) -> RunState:
    check_folder(run)
    if not journal_files(run):
        raise UserError(f"{shown(run)} is no run folder: there is no journal in it")
    return fold(run)


def _last_attempt(state: RunState, run: Path, clip_id: str) -> Attempt:
    paid = {name: clip for name, clip in state.clips.items() if clip.events}
    clip = paid.get(clip_id)
    if clip is None:
        raise UserError(f"{shown(run)} has no paid job of a clip {clip_id!r}{nearest(clip_id, paid)}")
    return fold_attempts(job_facts(clip))[-1]


def _owner(state: RunState, job_id: str) -> str | None:
    for clip_id, clip in state.clips.items():
        if any(attempt.job_id == job_id for attempt in fold_attempts(job_facts(clip))):
            return clip_id
    return None


@contextmanager
def _writing(run: Path) -> Iterator[Journal]:
    """The run's journal while nobody works on the run."""
    check_state(_state(run), run)
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
        except OSError as error:
            raise UserError(f"{shown(run)} cannot be written: {error.strerror}") from None
        yield journal


def totals(jobs: Sequence[PaidJob]) -> str:
    """`12 jobs, $7.20 spent or promised, 2 open (0007, 0012)`."""
    usd = sum(job.attempt.usd for job in jobs)
    waiting = [job.clip_id for job in jobs if job.is_open]
    told = f", {len(waiting)} open ({first_of(waiting)})" if waiting else ""
    return f"{len(jobs)} jobs, ${usd:.2f} spent or promised{told}"
