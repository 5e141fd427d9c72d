"""What became of one job, for the table at the end and the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runners.core.errors import UserError, WorkFailed

if TYPE_CHECKING:
    from runners.scoring.scores import Scores

DONE, FAILED, BAD_INPUT, STOPPED, INTERRUPTED = 0, 1, 2, 3, 130
_GRAVEST_FIRST = (INTERRUPTED, BAD_INPUT, FAILED, STOPPED, DONE)


@dataclass(frozen=True)
class ClipCounts:
    """What became of the `chosen` clips of a run, as it stands after this invocation."""

    published: int = 0
    chosen: int = 0
    failed: int = 0
    refused: int = 0
    ambiguous: int = 0
    """Paid requests of unknown fate."""


@dataclass(frozen=True)
class Outcome:
    """The result of one job. `lines` are for people: what happened and what to do next."""

    code: int
    name: str = ""
    lines: tuple[str, ...] = ()
    folder: Path | None = None
    scores: Scores | None = None
    counts: ClipCounts = ClipCounts()
    oracle: bool = False
    """The model saw take 2: its scores are a ceiling and stand apart."""
    cost_usd: float | None = None
    """What a plan comes to."""
    unpriced: bool = False
    """A plan of a paid model whose price nobody knows."""
    results: Path | None = None
    """The folder with all runs, of a run that lies in one."""
    abandoned: bool = False
    """A thread is still at work; the process must leave without waiting for it."""

    @classmethod
    def bad_input(cls, message: str, name: str = "") -> Outcome:
        """A mistake that the user can mend."""
        return cls(BAD_INPUT, name, (f"error: {message}",))

    @classmethod
    def of_error(cls, error: UserError) -> Outcome:
        """What cannot be done: a mistake in what was asked for, or work that failed."""
        return cls(FAILED if isinstance(error, WorkFailed) else BAD_INPUT, "", (f"error: {error}",))

    @classmethod
    def interrupted(cls, again: str) -> Outcome:
        """Ctrl-C outside of the making of clips: while data is prepared, or clips are scored.

        `again`: the command that goes on.
        """
        return cls(INTERRUPTED, "", (f"interrupted; what is finished stays; go on with: {again}",))

    @classmethod
    def not_started(cls) -> Outcome:
        """A job of a sweep that was interrupted before it."""
        return cls(INTERRUPTED, "", ("not started: the sweep was interrupted",))


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The gravest of all jobs': 130, 2, 1, 3, 0 in this order."""
    codes = {outcome.code for outcome in outcomes}
    return next((code for code in _GRAVEST_FIRST if code in codes), DONE)
