"""The four metrics between two videos of one view (section 3 of the paper), one frame at a time.

Each is computed clip vs take-1, clip vs take-2, and take-1 vs take-2, which is the *physical variance*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import SupportsInt

import numpy as np
from numpy.typing import NDArray

from runners.scoring.nodes import Node

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

    @classmethod
    def read(cls, node: Node) -> PairMetrics:
        """What `asdict` gave, after a way through JSON, which keeps every bit. Raises `nodes.Damaged`."""
        return cls(
            mse=node.floats("mse"),
            spatiotemporal_iou=node.floats("spatiotemporal_iou"),
            spatial_iou=node.finite("spatial_iou"),
            weighted_spatial_iou=node.finite("weighted_spatial_iou"),
        )

    @classmethod
    def read_or_none(cls, node: Node | None) -> PairMetrics | None:
        """The same of what may be null."""
        return None if node is None else cls.read(node)


class SquaredErrors:
    """Mean squared differences between frames of one shape, in memory that is used again for every frame.

    Scaling, difference and mean are float32, as in the official toolbox: the very same bits. (New memory for each
    frame would cost three times what the arithmetic does.)
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._frame, self._other = np.empty((2, *shape), np.float32)

    def mse(self, frame: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]]) -> list[float]:
        """Of a uint8 frame and each of the others, in units of full scale; 0 if they are equal."""
        np.divide(frame, _FULL_SCALE, out=self._frame, dtype=np.float32)
        return [self._mse(other) for other in others]

    def _mse(self, other: NDArray[np.uint8]) -> float:
        difference = np.divide(other, _FULL_SCALE, out=self._other, dtype=np.float32)
        difference -= self._frame
        return float(np.mean(np.square(difference, out=difference)))


def overlap(a: Iterable[NDArray[np.bool_]], b: Iterable[NDArray[np.bool_]]) -> Overlap:
    """The three IoUs of two equally long, non-empty stacks of bool masks (H, W).

    Counts are whole numbers until the one division, so the result is exact and symmetric in its arguments.
    """
    per_frame = []
    moved: NDArray[np.uint32] | None = None
    for pair in zip(a, b, strict=True):
        if moved is None:
            moved = np.zeros((2, *pair[0].shape), np.uint32)
        both = np.count_nonzero(pair[0] & pair[1])
        per_frame.append(_iou(both, sum(np.count_nonzero(mask) for mask in pair) - both))
        moved[0] += pair[0]
        moved[1] += pair[1]
    assert moved is not None, "masks of no frame at all"
    ever_a, ever_b = moved > 0
    return Overlap(
        spatiotemporal_iou=tuple(per_frame),
        spatial_iou=_iou(np.count_nonzero(ever_a & ever_b), np.count_nonzero(ever_a | ever_b)),
        weighted_spatial_iou=_iou(np.minimum(*moved).sum(dtype=np.int64), np.maximum(*moved).sum(dtype=np.int64)),
    )


def _iou(intersection: SupportsInt, union: SupportsInt) -> float:
    return int(intersection) / int(union) if int(union) else 1.0
