"""Correlations with their p values, ranks, and the straight line with its band: plain formulas, without scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS = 300


@dataclass(frozen=True)
class Correlation:
    """A coefficient from -1 to 1, and how often one at least as large comes by chance (two-sided, t distribution)."""

    value: float
    p: float
    n: int


@dataclass(frozen=True)
class Line:
    """y = intercept + slope x by least squares over n points; `spread` their residual standard deviation (n - 2)."""

    slope: float
    intercept: float
    spread: float
    n: int
    mean_x: float
    sum_xx: float

    def at(self, x: Floats) -> Floats:
        """The line itself."""
        return self.intercept + self.slope * x

    def half_band(self, x: Floats, level: float = 0.95) -> Floats:
        """Half the width of the band in which the line's mean lies at `level`."""
        error: Floats = self.spread * np.sqrt(1 / self.n + (x - self.mean_x) ** 2 / self.sum_xx)
        return t_quantile((1 + level) / 2, self.n - 2) * error


def ranks(values: Sequence[float]) -> list[float]:
    """1 for the smallest; equal values share the mean of their ranks."""
    found = np.array(values, dtype=np.float64)
    return [float((found < value).sum() + ((found == value).sum() + 1) / 2) for value in found]


def pearson(x: Sequence[float], y: Sequence[float]) -> Correlation | None:
    """None for fewer than three points, or where one side is the same everywhere."""
    a, b = (np.array(side, dtype=np.float64) for side in (x, y))
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    a, b = a - a.mean(), b - b.mean()
    value = float(np.clip(a @ b / math.sqrt((a @ a) * (b @ b)), -1.0, 1.0))
    return Correlation(value, _p_of(value, len(a)), len(a))


def spearman(x: Sequence[float], y: Sequence[float]) -> Correlation | None:
    """Pearson's r of the ranks; None as there."""
    return pearson(ranks(x), ranks(y))


def fit(x: Sequence[float], y: Sequence[float]) -> Line | None:
    """The straight line through at least three points; None for fewer, or if all have one x."""
    a, b = (np.array(side, dtype=np.float64) for side in (x, y))
    if len(a) < 3 or np.ptp(a) == 0:
        return None
    mean = float(a.mean())
    sum_xx = float(((a - mean) ** 2).sum())
    slope = float(((a - mean) * (b - b.mean())).sum() / sum_xx)
    intercept = float(b.mean() - slope * mean)
    spread = math.sqrt(float(((b - intercept - slope * a) ** 2).sum()) / (len(a) - 2))
    return Line(slope, intercept, spread, len(a), mean, sum_xx)


def t_two_sided(t: float, freedom: int) -> float:
    """The chance of a value at least as far from 0 under Student's t distribution."""
    return beta_share(freedom / (freedom + t * t), freedom / 2, 0.5)


def t_quantile(share: float, freedom: int) -> float:
    """The value below which `share` (0.5 to 1) of Student's t distribution lies, by bisection."""
    low, high = 0.0, 1.0
    while t_two_sided(high, freedom) > 2 * (1 - share):
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if t_two_sided(middle, freedom) > 2 * (1 - share):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz's method)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    tiny = 1e-300
    c, d = 1.0, 1 / max(1 - (a + b) * x / (a + 1), tiny)
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / ((1 + term * d) or tiny), (1 + term / c) or tiny
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * value / a


def _p_of(r: float, n: int) -> float:
    if abs(r) == 1:
        return 0.0
    return t_two_sided(r * math.sqrt((n - 2) / (1 - r * r)), n - 2)
