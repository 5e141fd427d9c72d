"""How far the built-in scorer and the official toolbox are apart: per metric, and in both scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from runners.scoring.metrics import PairMetrics
from runners.scoring.table import Measured

METRICS = ("spatial_iou", "spatiotemporal_iou", "weighted_spatial_iou", "mse")
_AGAINST = ("first", "second", "variance")
SCORES = ("verified", "original")


def compare(
    ours: Sequence[Measured], theirs: Sequence[Measured], our_scores: dict[str, Any], their_scores: dict[str, Any]
) -> dict[str, Any]:
    """The differences of two scorings of the same views in the same order.

    Per metric: the largest and the mean absolute difference over all views, frames and comparisons (clip with take 1,
    clip with take 2, take 1 with take 2), and the largest of each of these. Scores: ours minus theirs, in points.
    """
    metrics: dict[str, Any] = {}
    for metric in METRICS:
        parts = {name: np.abs(np.array(list(_pairs(ours, theirs, name, metric))) @ [1, -1]) for name in _AGAINST}
        values = np.concatenate(list(parts.values()))
        largest = {name: float(part.max()) for name, part in parts.items()}
        metrics[metric] = {"largest": float(values.max()), "mean": float(values.mean()), "largest_by_pair": largest}
    return {"metrics": metrics, "scores": {key: _difference(our_scores[key], their_scores[key]) for key in SCORES}}


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
