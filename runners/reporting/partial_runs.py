"""Runs that have no score, as far as they go: their metrics over the clips that there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from rich.table import Table
from rich.text import Text

from runners.core.errors import UserError, counted
from runners.runs.run_record import RunRecord
from runners.scoring.formulas import MetricValues
from runners.scoring.scores import SCORER_VERSION, ClipScore, Scores
from runners.scoring.stored import read_scores

METRICS = {
    "spatial": "spatial",
    "spatiotemporal": "spatiotemporal",
    "weighted_spatial": "weighted spatial",
    "mse": "MSE",
}
"""The metrics of a clip and their headings: three IoUs, 0 to 1, and the MSE."""
_SHORT = ("SP", "ST", "WS", "MSE")
_LONG_HEADINGS_NEED = 90
_LEAST_NAME = 20


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


def mark(scores: Scores) -> str:
    """What must stand beside metrics that are no score: `metrics over 3 of 30 clips, no score`."""
    return f"metrics over {scores.clips} of {counted(scores.expected, 'clip')}, no score"


def measured(record: RunRecord) -> Scores | None:
    """Metrics that are there already, over those of their clips that the run still has; None where none are true.

    Scores of a complete set are never returned: what keeps them from being shown holds for their totals as well.
    """
    try:
        found = read_scores(record.folder.scores)
    except UserError:
        return None
    if found.scorer_version != SCORER_VERSION and not found.by_toolbox:
        return None
    lost = set(record.lost())
    there = {name: sha256 for name, sha256 in record.hashes.items() if name not in lost}
    return _only(found, [clip for clip in found.per_clip if there.get(clip.file) == clip.sha256])


def _only(found: Scores, kept: Sequence[ClipScore]) -> Scores | None:
    """The same over some of its clips, None over none of them or over a whole set."""
    if len(kept) == len(found.per_clip):
        return None if found.complete else found
    if not kept:
        return None
    gone = [clip.file for clip in found.per_clip if clip not in kept]
    part = Scores.of(
        kept, found.origin, expected=found.expected, missing=[*found.missing, *gone], remarks=found.remarks
    )
    return replace(part, scorer=found.scorer, scorer_version=found.scorer_version, checks=found.checks)


def metrics_table(rows: Sequence[tuple[str, Scores]], width: int) -> Table:
    """Runs by name with what they are marked by, their mean metrics, and the physical variance of the same clips.

    `width`: the columns that there are.
    """
    headings = tuple(METRICS.values()) if width >= _LONG_HEADINGS_NEED else _SHORT
    room = width - sum(max(len(word), len("0.0000")) + 3 for word in headings) - 4
    title = "Metrics, no score (IoU: 1 is best; MSE: 0 is best)"
    table = Table(title=title, title_justify="left")
    table.add_column("run", overflow="fold", max_width=max(room, _LEAST_NAME))
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, scores in rows:
        variances = scores.marks.variances
        table.add_row(Text(f"{name}\n{mark(scores)}"), *metric_cells(scores.marks.metrics), end_section=not variances)
        if variances is not None:
            table.add_row(
                Text("  physical variance of these clips"), *metric_cells(variances), style="dim", end_section=True
            )
    return table


def metric_cells(values: MetricValues | None) -> list[str]:
    """The four metrics as text."""
    return ["–"] * len(METRICS) if values is None else [f"{value:.4f}" for value in astuple(values)]
