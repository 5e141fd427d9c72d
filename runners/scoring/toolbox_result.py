"""What scores keep of the official toolbox: which it was, what it came to, and how far both scorers are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_TOLERANCE = 0.01
"""Points, of 100: it prints two decimals, and its 1e-8 costs as much where a clip reaches a small variance."""


@dataclass(frozen=True)
class Final:
    """The scores that the toolbox itself came to, 0 to 100; None for those that it did not tell."""

    verified: float | None = None
    original: float | None = None
    original_rounded: float | None = None
    """By the older rule: variances rounded to 4 decimals (spatial: 5) first, the score to 2."""

    def agrees(self, verified: float | None, original: float | None, rounded: float | None) -> bool:
        """Whether our formulas, over its metrics, come to the same but for rounding."""
        pairs = ((self.verified, verified), (self.original, original), (self.original_rounded, rounded))
        return all(
            theirs is None or (ours is not None and abs(theirs - ours) <= _TOLERANCE + 1e-9) for theirs, ours in pairs
        )


@dataclass(frozen=True)
class MetricDifference:
    """Absolute differences of one metric over all views, frames and comparisons."""

    largest: float
    mean: float
    largest_by_pair: Mapping[str, float]
    """By comparison: `first` and `second` for the clip with take 1 and take 2, `variance` for take 1 with take 2."""


@dataclass(frozen=True)
class Differences:
    """How far the built-in scorer and the toolbox are apart, by metric; of the scores ours minus theirs, in points."""

    metrics: Mapping[str, MetricDifference]
    scores: Mapping[str, float | None]


@dataclass(frozen=True)
class Beside:
    """What stands beside the built-in scorer's scores where both scored: the toolbox's, and all differences."""

    verified: float | None
    original: float | None
    opencv: str
    masks: str
    differences: Differences


@dataclass(frozen=True)
class ToolboxResult:
    """A call of the official toolbox; `beside` only where the built-in scorer's scores are the file's."""

    command_line: str
    checkout: str
    revision: str | None
    sha256: str
    versions: Mapping[str, str]
    """Of its interpreter and modules."""
    processes: int
    final: Final
    original_rounded: float | None
    """What our formulas come to by the rule of `Final.original_rounded`."""
    failed: str | None
    """How it ended badly, after its table was complete."""
    agrees: bool
    """Its own scores are those that follow from its metrics."""
    identity: str
    """Everything that the result depends on, as one hash."""
    beside: Beside | None = None
