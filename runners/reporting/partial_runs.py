"""Runs that have no score, as far as they go: their metrics over the clips that there are."""

from __future__ import annotations

from dataclasses import dataclass

from runners.runs.run_record import RunRecord
from runners.scoring.scores import Scores


@dataclass(frozen=True)
class PartialRun:
    """A run over part of the set, or without second takes: metrics, and never a score.

    `scores` holds no totals but the means of the metrics, beside the physical variance of these very clips; None where
    nothing was measured. `busy`: somebody is at work on it.
    """

    record: RunRecord
    scores: Scores | None
    why: str
    busy: bool = False
