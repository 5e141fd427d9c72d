"""One view scored as plainly as it can be: whole clips in lists, OpenCV called as the official toolbox calls it.

Masks make their round trip through an `mp4v` file, and the truth is measured again for every clip (spec of the
benchmark, §4 and §5). Slow, large and obviously right: the scorer's numbers and its speed are held against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SECONDS = 5
Image = NDArray[np.uint8]
Real = NDArray[np.float64]


class Pair(NamedTuple):
    """The metrics between two videos of one view."""

    mse: list[float]
    spatiotemporal_iou: list[float]
    spatial_iou: float
    weighted_spatial_iou: float


class View(NamedTuple):
    """The clip against take-1 and take-2, and the takes against each other."""

    first: Pair
    second: Pair
    variance: Pair

    def columns(self, view: str) -> dict[str, Any]:
        """The values by the names of the official CSV."""
        named = {
            "v1_mse": self.first.mse,
            "v2_mse": self.second.mse,
            "variance_mse": self.variance.mse,
            "spatiotemporal_iou_v1": self.first.spatiotemporal_iou,
            "spatiotemporal_iou_v2": self.second.spatiotemporal_iou,
            "variance_spatiotemporal_iou": self.variance.spatiotemporal_iou,
            "spatial_iou_v1": self.first.spatial_iou,
            "spatial_iou_v2": self.second.spatial_iou,
            "variance_spatial": self.variance.spatial_iou,
            "weighted_spatial_iou_v1": self.first.weighted_spatial_iou,
            "weighted_spatial_iou_v2": self.second.weighted_spatial_iou,
            "variance_weighted_spatial": self.variance.weighted_spatial_iou,
        }
        return {f"{name}_perspective-{view}": value for name, value in named.items()}


def measure_view(
    clip: Path, takes: tuple[Path, Path], fps: int, folder: Path, shipped: tuple[Path, Path] | None = None
) -> View:
    """Score one clip; `folder` is where mask videos go, `shipped` are the truth's where the data set has them."""
    height, width = next(read(takes[0], 1)).shape[:2]
    size = width // 4, height // 4
    mask_files = [*(shipped or ()), folder / "take-1.mp4", folder / "take-2.mp4"][:2]
    if shipped is None:
        for video, file in zip(takes, mask_files, strict=True):
            write_masks(video, file, fps)
    write_masks(clip, folder / "clip.mp4", fps)
    videos = [unit_frames(path, SECONDS * fps, size) for path in (*takes, clip)]
    masks = [binary_masks(path, SECONDS * fps, size) for path in (*mask_files, folder / "clip.mp4")]
    return View(*(compare(videos[a], videos[b], masks[a], masks[b]) for a, b in ((0, 2), (1, 2), (0, 1))))


def read(path: Path, count: int) -> Iterator[Image]:
    """The first frames of a video, BGR."""
    capture = cv2.VideoCapture(str(path))
    for index in range(count):
        there, frame = capture.read()
        if not there:
            raise ValueError(f"{path}: only {index} of {count} frames")
        yield np.asarray(frame, np.uint8)
    capture.release()


def motion_masks(frames: Iterable[Image]) -> list[Image]:
    """As the official tool computes them: whole pictures, one OpenCV call after the other."""
    masks, background = [], None
    for frame in frames:
        gray = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (5, 5), 0)
        if background is None:
            background = gray.astype(np.float64)
            masks.append(np.zeros_like(gray))
            continue
        cv2.accumulateWeighted(gray, background, 0.3)
        difference = cv2.absdiff(gray, cv2.convertScaleAbs(background))
        moving = cv2.threshold(difference, 10, 255, cv2.THRESH_BINARY)[1]
        opened = cv2.morphologyEx(moving, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        masks.append(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
    return [np.asarray(mask, np.uint8) for mask in masks]


def write_masks(video: Path, file: Path, fps: int) -> None:
    """The motion masks of the first 5 s, as a gray mp4v video."""
    masks = motion_masks(read(video, SECONDS * fps))
    height, width = masks[0].shape
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height), isColor=False)
    for mask in masks:
        writer.write(mask)
    writer.release()


def unit_frames(path: Path, count: int, size: tuple[int, int]) -> list[Real]:
    """Frames at a size, with levels from 0 to 1."""
    return [np.asarray(cv2.resize(frame, size) / 255.0, np.float64) for frame in read(path, count)]


def binary_masks(path: Path, count: int, size: tuple[int, int]) -> list[Image]:
    """Masks at a size, 0 or 1 in each of three channels."""
    return [(cv2.resize(frame, size) > 127).astype(np.uint8) for frame in read(path, count)]


def compare(a: Sequence[Real], b: Sequence[Real], masks_a: Sequence[Image], masks_b: Sequence[Image]) -> Pair:
    """All four metrics."""
    return Pair(
        mse=[float(np.mean((x.astype(np.float32) - y.astype(np.float32)) ** 2)) for x, y in zip(a, b, strict=True)],
        spatiotemporal_iou=[iou(x, y) for x, y in zip(masks_a, masks_b, strict=True)],
        spatial_iou=iou(np.max(masks_a, axis=0), np.max(masks_b, axis=0)),
        # Averages over time, times the number of frames, which cancels: whole numbers have no rounding.
        weighted_spatial_iou=iou(*(np.asarray(np.sum(m, axis=0, dtype=np.int64)) for m in (masks_a, masks_b))),
    )


def iou(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Sum of the smaller values over sum of the larger ones; for zeros and ones, intersection over union."""
    union = np.maximum(a, b).sum()
    return float(np.minimum(a, b).sum() / union) if union else 1.0
