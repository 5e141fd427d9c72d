"""The metrics as plainly as they can be written: whole clips as float64 lists, no streaming, no packing.

Slow and obviously right; the scorer is held against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Frames = Sequence[NDArray[np.uint8]] | NDArray[np.uint8]
Masks = Sequence[NDArray[np.bool_]]


def mse(a: Frames, b: Frames) -> list[float]:
    """Per frame: the mean over pixels and channels of the squared difference of values from 0 to 1."""
    pairs = [(x.astype(np.float64) / 255, y.astype(np.float64) / 255) for x, y in zip(a, b, strict=True)]
    return [float(np.mean((x - y) ** 2)) for x, y in pairs]


def iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Sum of the smaller values over sum of the larger ones: for zeros and ones, intersection over union."""
    union = np.maximum(a, b).sum()
    return 1.0 if union == 0 else float(np.minimum(a, b).sum() / union)


def spatiotemporal_iou(a: Masks, b: Masks) -> list[float]:
    """Per frame."""
    return [iou(x.astype(np.float64), y.astype(np.float64)) for x, y in zip(a, b, strict=True)]


def spatial_iou(a: Masks, b: Masks) -> float:
    """Of where anything ever moved."""
    return iou(np.max(a, axis=0).astype(np.float64), np.max(b, axis=0).astype(np.float64))


def weighted_spatial_iou(a: Masks, b: Masks) -> float:
    """Of the share of time that something moved."""
    return iou(np.mean(a, axis=0), np.mean(b, axis=0))


def motion_masks(gray: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.bool_]]:
    """Masks from blurred gray frames, pixel by pixel from the definitions; edges as in OpenCV, where nothing
    outside the picture erodes or dilates."""
    background = gray[0].astype(np.float64)
    masks = [np.zeros(gray[0].shape, np.bool_)]
    for frame in gray[1:]:
        background = 0.7 * background + 0.3 * frame
        difference = np.abs(frame.astype(np.int64) - np.rint(background).astype(np.int64))
        moving = difference > 10
        masks.append(_erode(_dilate(_dilate(_erode(moving)))))
    return masks


def _dilate(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    padded = np.pad(mask, 2, constant_values=False)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5))
    return np.asarray(windows.any(axis=(2, 3)))


def _erode(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return ~_dilate(~mask)
