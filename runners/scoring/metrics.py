"""The four metrics between two videos of one view (section 3 of the paper), one frame at a time.

Each is computed clip vs take-1, clip vs take-2, and take-1 vs take-2, which is the *physical variance*.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsInt

import numpy as np
from numpy.typing import NDArray

_FULL_SCALE = np.float32(255)
"""Dividing in float32 gives all 256 levels the bits that dividing in float64 and rounding gives (tested)."""


@dataclass(frozen=True)
class Overlap:
    """How far two stacks of masks agree: 1 for the same motion, 0 for motion at different places or times."""

    spatiotemporal_iou: tuple[float, ...]
    """Frame by frame."""
    spatial_iou: float
    """Where anything moved at all."""
    weighted_spatial_iou: float
    """Where, and for how long."""


@dataclass(frozen=True)
class PairMetrics:
    """All four metrics between two videos, in full precision; the lists hold a value per frame."""

    mse: tuple[float, ...]
    spatiotemporal_iou: tuple[float, ...]
    spatial_iou: float
    weighted_spatial_iou: float

    @classmethod
    def of(cls, mse: Iterable[float], overlap: Overlap) -> PairMetrics:
        """Join what comes from the frames with what comes from the masks."""
        return cls(tuple(mse), overlap.spatiotemporal_iou, overlap.spatial_iou, overlap.weighted_spatial_iou)


def frame_mse(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Mean squared difference of two uint8 frames of one shape, in units of full scale; 0 if they are equal.

    Scaling, difference and mean are float32, as in the official toolbox: the very same bits.
    """
    difference = np.divide(a, _FULL_SCALE, dtype=np.float32)
    difference -= np.divide(b, _FULL_SCALE, dtype=np.float32)
    return float(np.mean(np.square(difference, out=difference)))


def overlap(a: Iterable[NDArray[np.bool_]], b: Iterable[NDArray[np.bool_]]) -> Overlap:
    """The three IoUs of two equally long, non-empty stacks of bool masks (H, W).

    Counts are whole numbers until the one division, so the result is exact and symmetric in its arguments.
    """
    per_frame = []
    moved_a = moved_b = np.zeros((), np.int64)
    for mask_a, mask_b in zip(a, b, strict=True):
        per_frame.append(_iou(np.count_nonzero(mask_a & mask_b), np.count_nonzero(mask_a | mask_b)))
        moved_a = moved_a + mask_a
        moved_b = moved_b + mask_b
    ever_a, ever_b = moved_a > 0, moved_b > 0
    return Overlap(
        spatiotemporal_iou=tuple(per_frame),
        spatial_iou=_iou(np.count_nonzero(ever_a & ever_b), np.count_nonzero(ever_a | ever_b)),
        weighted_spatial_iou=_iou(np.minimum(moved_a, moved_b).sum(), np.maximum(moved_a, moved_b).sum()),
    )


def _iou(intersection: SupportsInt, union: SupportsInt) -> float:
    return int(intersection) / int(union) if int(union) else 1.0
