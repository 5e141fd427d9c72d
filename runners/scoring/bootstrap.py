"""How sure a score is: a bootstrap over scenes, in plain numpy, deterministic in its seed.

What is drawn again, with replacement, is scenes: the three views of a scene show the same physics and stay together.
Runs of one model are resampled consistently: in every resample all of them get the same scenes, each run is scored by
the benchmark's formula, and the model's score is the mean over its runs. An interval is thus about which scenes a
benchmark happens to hold, not about the noise between runs (that is the standard deviation over runs). The Original
score belongs to a data set as a whole, so each resample's own mean metrics and mean variances go into its formula.
Two models are compared on the scenes that both have, with the same resamples for both: paired by scene.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from runners.scoring.formulas import MetricValues, clip_score, mean_over_scenes, mean_values
from runners.scoring.scores import ClipScore, ScoreName

Floats = NDArray[np.float64]

KEYS: tuple[ScoreName, ...] = ("verified", "original")
LEVEL = 0.95


@dataclass(frozen=True)
class Scenes:
    """One run's clips by scene, S scenes in the order of their names.

    `views` (S,) how many views each has; `verified` (S,) the sum of its clips' verified scores, each 0 to 1;
    `metrics` and `variances` (S, 4) the means over its views of SP, ST, WS and MSE, as they enter the Original score.
    """

    names: tuple[str, ...]
    views: Floats
    verified: Floats
    metrics: Floats
    variances: Floats

    @classmethod
    def of(cls, clips: Sequence[ClipScore]) -> Scenes:
        """Group the clips of a run. Raises ValueError for a clip without a second take: it has no score."""
        groups: dict[str, list[ClipScore]] = {}
        for clip in clips:
            groups.setdefault(clip.scene, []).append(clip)
        names = tuple(sorted(groups))
        return cls(
            names=names,
            views=np.array([len(groups[name]) for name in names], dtype=np.float64),
            verified=np.array([sum(_verified(clip) for clip in groups[name]) for name in names]),
            metrics=np.array([astuple(mean_values(clip.metrics for clip in groups[name])) for name in names]),
            variances=np.array(
                [astuple(mean_values(v for clip in groups[name] if (v := clip.variance))) for name in names]
            ),
        )

    def only(self, names: Sequence[str]) -> Scenes:
        """The same run over some of its scenes."""
        index = [self.names.index(name) for name in names]
        return Scenes(tuple(names), self.views[index], self.verified[index], self.metrics[index], self.variances[index])


@dataclass(frozen=True)
class Difference:
    """Two models by one formula, 0 to 100 each, on common scenes; `low` and `high` bound 95 % of the resamples.

    `a_higher` and `equal` are shares of the resamples, 0 to 1.
    """

    a: float
    b: float
    low: float
    high: float
    a_higher: float
    equal: float

    @property
    def difference(self) -> float:
        """A − B, in points."""
        return self.a - self.b


def draw(scenes: int, resamples: int, seed: int) -> Floats:
    """How often each scene is in each resample: (resamples, scenes), every row sums to `scenes`."""
    drawn = np.random.default_rng(seed).integers(0, scenes, (resamples, scenes))
    flat = (drawn + scenes * np.arange(resamples)[:, None]).ravel()
    return np.bincount(flat, minlength=resamples * scenes).reshape(resamples, scenes).astype(np.float64)


def scores_of(runs: Sequence[Scenes], counts: Floats) -> dict[str, Floats]:
    """A model's scores, 0 to 100, in each resample: the mean over its runs, all over the same scenes.

    NaN where the Original score is undefined (0/0). Raises ValueError for runs over different scenes.
    """
    if any(run.names != runs[0].names for run in runs):
        raise ValueError("the runs of one model are over different scenes")
    return {
        "verified": np.mean([_verified_scores(run, counts) for run in runs], axis=0),
        "original": np.mean([_original_scores(run, counts) for run in runs], axis=0),
    }


def interval(samples: Floats) -> tuple[float, float] | None:
    """The bounds of the middle 95 % of the resamples (percentiles); None where a score was undefined in any."""
    if not len(samples) or np.isnan(samples).any():
        return None
    low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def intervals(runs: Sequence[Scenes], resamples: int, seed: int) -> dict[str, tuple[float, float] | None]:
    """The 95 % interval of a model's score by each formula; None over one scene, which says nothing of others."""
    if len(runs[0].names) < 2:
        return dict.fromkeys(KEYS)
    samples = scores_of(runs, draw(len(runs[0].names), resamples, seed))
    return {key: interval(samples[key]) for key in KEYS}


def common_scenes(a: Sequence[Scenes], b: Sequence[Scenes]) -> tuple[str, ...]:
    """The scenes that all runs of both models have, with equally many views."""
    views: list[Mapping[str, float]] = [dict(zip(run.names, run.views, strict=True)) for run in (*a, *b)]
    return tuple(name for name in a[0].names if len({view.get(name) for view in views}) == 1)


def compare(a: Sequence[Scenes], b: Sequence[Scenes], resamples: int, seed: int) -> dict[str, Difference | None]:
    """Two models on their common scenes, by each formula; None where a score is undefined.

    Equal models differ by exactly 0 in every resample. Raises ValueError if they have no scene in common.
    """
    names = common_scenes(a, b)
    if not names:
        raise ValueError("no common scenes")
    a, b = [run.only(names) for run in a], [run.only(names) for run in b]
    whole = np.ones((1, len(names)))
    counts = draw(len(names), resamples, seed)
    points = scores_of(a, whole), scores_of(b, whole)
    samples = scores_of(a, counts), scores_of(b, counts)
    return {key: _difference(*(each[key] for each in (*points, *samples))) for key in KEYS}


@dataclass(frozen=True)
class PairedMetrics:
    """The mean metrics of two models over the clips that all their runs have, by the metrics' names: no score.

    The values of a `Difference` are the metrics' own here. `variance`: of these very clips, None without second takes.
    """

    clips: int
    scenes: int
    differences: dict[str, Difference | None]
    variance: MetricValues | None
    same_truth: bool = True
    """All runs were held against the same physical variance."""


def compare_metrics(
    a: Sequence[Sequence[ClipScore]], b: Sequence[Sequence[ClipScore]], resamples: int, seed: int
) -> PairedMetrics | None:
    """Two models, the clips of each of their runs given, paired by scene; None if they have no clip in common.

    A scene counts with the views that all of them have.
    """
    runs = [{(clip.scene, clip.view): clip for clip in run} for run in (*a, *b)]
    common = sorted(key for key in runs[0] if all(key in run for run in runs))
    if not common:
        return None
    scenes = sorted({scene for scene, _ in common})
    values = [[[run[key].metrics for key in common if key[0] == scene] for scene in scenes] for run in runs]
    means = np.array([[astuple(mean_values(views)) for views in run] for run in values])  # (runs, scenes, 4)
    one, other = means[: len(a)].mean(axis=0), means[len(a) :].mean(axis=0)
    counts = np.concatenate([np.ones((1, len(scenes))), draw(len(scenes), resamples, seed)]) / len(scenes)
    drawn = counts @ one, counts @ other
    names = [field.name for field in fields(MetricValues)]
    found = {
        name: _difference(*(each[part, k] for part in (slice(0, 1), slice(1, None)) for each in drawn))
        for k, name in enumerate(names)
    }
    known = [variance for key in common if (variance := runs[0][key].variance) is not None]
    variance = mean_over_scenes([scene for scene, _ in common], known) if len(known) == len(common) else None
    same_truth = all(run[key].variance == runs[0][key].variance for run in runs for key in common)
    return PairedMetrics(len(common), len(scenes), found, variance, same_truth)


def _difference(point_a: Floats, point_b: Floats, a: Floats, b: Floats) -> Difference | None:
    bounds = interval(a - b)
    if bounds is None or np.isnan(point_a[0] - point_b[0]):
        return None
    return Difference(
        a=float(point_a[0]),
        b=float(point_b[0]),
        low=bounds[0],
        high=bounds[1],
        a_higher=float(np.mean(a > b)),
        equal=float(np.mean(a == b)),
    )


def _verified(clip: ClipScore) -> float:
    if clip.ratios is None:
        raise ValueError(f"clip {clip.id} has no second take, so it has no score")
    return clip_score(clip.ratios)


def _verified_scores(run: Scenes, counts: Floats) -> Floats:
    """The mean over all clips of the drawn scenes."""
    scores: Floats = 100 * (counts @ run.verified) / (counts @ run.views)
    return scores


def _original_scores(run: Scenes, counts: Floats) -> Floats:
    """`formulas.original_score` over the drawn scenes' means, for all resamples at once."""
    weights = counts / counts.sum(axis=1, keepdims=True)
    means, variances = weights @ run.metrics, weights @ run.variances
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = means[:, :3] / variances[:, :3]  # inf over a variance of 0, NaN for 0/0, as there
    scores: Floats = 100 * np.clip(shares.mean(axis=1) - (means[:, 3] - variances[:, 3]), 0.0, 1.0)
    return scores
