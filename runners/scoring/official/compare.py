"""How far the built-in scorer and the official toolbox are apart: per metric, and in both scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from runners.scoring.metrics import PairMetrics
from runners.scoring.scores import AggregateScores, ScoreName
from runners.scoring.table import Measured
from runners.scoring.toolbox_result import Differences, MetricDifference

METRICS = ("spatial_iou", "spatiotemporal_iou", "weighted_spatial_iou", "mse")
_AGAINST = ("first", "second", "variance")
SCORES: tuple[ScoreName, ...] = ("verified", "original")


def compare(
    ours: Sequence[Measured], theirs: Sequence[Measured], our_marks: AggregateScores, their_marks: AggregateScores
) -> Differences:
    """The differences of two scorings of the same views in the same order.

    Per metric: the largest and the mean absolute difference over all views, frames and comparisons (clip with take 1,
    clip with take 2, take 1 with take 2), and the largest of each of these. Scores: ours minus theirs, in points.
    """
    metrics: dict[str, MetricDifference] = {}
    for metric in METRICS:
        parts = {name: np.abs(np.array(list(_pairs(ours, theirs, name, metric))) @ [1, -1]) for name in _AGAINST}
        values = np.concatenate(list(parts.values()))
        largest = {name: float(part.max()) for name, part in parts.items()}
        metrics[metric] = MetricDifference(float(values.max()), float(values.mean()), largest)
    scores: dict[str, float | None] = {
        name: _difference(our_marks.score(name), their_marks.score(name)) for name in SCORES
    }
    return Differences(metrics, scores)


def _pairs(
    ours: Sequence[Measured], theirs: Sequence[Measured], against: str, metric: str
) -> Iterator[tuple[float, float]]:
    for one, other in zip(ours, theirs, strict=True):
        mine: PairMetrics = getattr(one, against)
        yours: PairMetrics = getattr(other, against)
        a, b = getattr(mine, metric), getattr(yours, metric)
        yield from zip(a, b, strict=True) if isinstance(a, tuple) else ((a, b),)


def _difference(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else ours - theirs
