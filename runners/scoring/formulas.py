"""The two Physics-IQ scores as plain formulas over numbers (arXiv 2501.09038, section 3; arXiv 2606.18943)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from runners.scoring.metrics import PairMetrics

EPSILON = 1e-8
_LIST_DECIMALS = 4


@dataclass(frozen=True)
class MetricValues:
    """One number per metric: IoUs from 0 to 1 (1 is best), MSE in units of full scale squared (0 is best)."""

    spatial: float
    spatiotemporal: float
    weighted_spatial: float
    mse: float


def summarize(pair: PairMetrics) -> MetricValues:
    """A clip's metrics as they enter both scores: per-frame values rounded to 4 decimals, then their mean."""
    return MetricValues(
        spatial=pair.spatial_iou,
        spatiotemporal=_mean_of_rounded(pair.spatiotemporal_iou),
        weighted_spatial=pair.weighted_spatial_iou,
        mse=_mean_of_rounded(pair.mse),
    )


def mean_values(values: Iterable[MetricValues]) -> MetricValues:
    """The mean of each metric. Raises `ValueError` for no values at all."""
    rows = np.array(
        [(each.spatial, each.spatiotemporal, each.weighted_spatial, each.mse) for each in values], np.float64
    )
    if not len(rows):
        raise ValueError("no values, no mean")
    return MetricValues(*(float(mean) for mean in rows.mean(axis=0)))


def mean_over_scenes(scenes: Sequence[str], values: Sequence[MetricValues]) -> MetricValues:
    """The mean over the views of each scene, then over scenes: what the original score is made of."""
    by_scene: dict[str, list[MetricValues]] = {}
    for scene, value in zip(scenes, values, strict=True):
        by_scene.setdefault(scene, []).append(value)
    return mean_values(mean_values(views) for views in by_scene.values())


def original_score(means: MetricValues, variances: MetricValues) -> float | None:
    """The original score, 0 to 100, from a data set's mean metrics and mean physical variances.

    (ST/varST + SP/varSP + WS/varWS) / 3 − (MSE − varMSE), clipped. None where it is undefined (0/0).
    """
    ious = (
        _share(means.spatiotemporal, variances.spatiotemporal)
        + _share(means.spatial, variances.spatial)
        + _share(means.weighted_spatial, variances.weighted_spatial)
    )
    score = ious / 3 - (means.mse - variances.mse)
    return None if math.isnan(score) else 100 * min(max(score, 0.0), 1.0)


def verified_ratios(metrics: MetricValues, variance: MetricValues) -> MetricValues:
    """A clip's four shares of what real physics reaches, each from 0 to 1: their mean is its verified score.

    metric / (variance + 1e-8), for MSE (variance + 1e-8) / MSE, clipped. A clip that equals the truth has MSE 0 and
    ratio 1. A clip that reaches its variance has ratio 1, not 1 − 1e-8 / variance: the ceiling is 100, exactly.
    """
    return MetricValues(
        spatial=_reached(metrics.spatial, variance.spatial),
        spatiotemporal=_reached(metrics.spatiotemporal, variance.spatiotemporal),
        weighted_spatial=_reached(metrics.weighted_spatial, variance.weighted_spatial),
        mse=min((variance.mse + EPSILON) / metrics.mse, 1.0) if metrics.mse else 1.0,
    )


def clip_score(ratios: MetricValues) -> float:
    """The verified score of one clip, 0 to 1: the mean of its four ratios."""
    return (ratios.spatial + ratios.spatiotemporal + ratios.weighted_spatial + ratios.mse) / 4


def sample_std(scores: Sequence[float]) -> float | None:
    """The standard deviation over independent runs (n − 1); None for fewer than two."""
    return float(np.std(scores, ddof=1)) if len(scores) > 1 else None


def percent_mean(values: Iterable[MetricValues], of: Callable[[MetricValues], float]) -> float:
    """The mean of one number over clips, times 100. Exactly 100 if each is 1."""
    return 100 * float(np.mean([of(value) for value in values]))


def _mean_of_rounded(values: Sequence[float]) -> float:
    return float(np.mean([round(value, _LIST_DECIMALS) for value in values]))


def _share(mean: float, variance: float) -> float:
    if variance:
        return mean / variance
    return math.inf if mean else math.nan


def _reached(iou: float, variance: float) -> float:
    if iou >= variance > 0:
        return 1.0
    return min(iou / (variance + EPSILON), 1.0)
