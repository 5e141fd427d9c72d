"""Truth at a rate that is not shipped, by the rule of the official FPS converter, without its lossy encoding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def resample(frames: Iterator[Image], source_count: int, count: int) -> Iterator[Image]:
    """`count` frames out of `source_count`: frame j is the source at j·(source_count − 1)/(count − 1).

    Between two frames they are blended linearly in float32 and truncated to uint8. Time is so warped by up to one
    frame, and the score says that its truth was resampled. Two source frames are held at a time.
    """
    index, first = 0, next(frames)
    second = next(frames, first)
    for j in range(count):
        place = j * (source_count - 1) / (count - 1)
        while index < int(place):
            index, first, second = index + 1, second, next(frames, second)
        yield _blend(first, second, place - index)


def _blend(first: Image, second: Image, share: float) -> Image:
    if share == 0:
        return first
    # By rows, because a float32 copy of a 4K frame is 100 MB.
    blended = np.empty_like(first)
    for top in range(0, len(first), 64):
        rows = slice(top, top + 64)
        mixed = (1 - share) * first[rows].astype(np.float32) + share * second[rows].astype(np.float32)
        blended[rows] = mixed.astype(np.uint8)
    return blended
