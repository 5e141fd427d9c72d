"""Seconds to frames and back, spelt out once: where a frame too few would hide."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def frames_for(seconds: float, fps: float) -> int:
    """How many frames cover `seconds` at `fps`; a begun frame counts (5 s at 29.97 are 150)."""
    return math.ceil(round(seconds * fps, 6))


def sample_backwards(times_s: NDArray[np.float64], count: int, fps: float) -> NDArray[np.intp]:
    """Indices (count,) of the frames nearest to `count` instants 1/fps apart, the last of them the last frame's.

    `times_s` (N,) are the frames' instants in seconds, ascending. Nearest rather than blended, because a blend of two
    frames shows a model a world with two of everything. A tie goes to the later frame.
    """
    if len(times_s) == 1:
        return np.zeros(count, dtype=np.intp)
    wanted = times_s[-1] - np.arange(count - 1, -1, -1) / fps
    after = np.clip(np.searchsorted(times_s, wanted - 1e-9), 1, len(times_s) - 1)
    before_is_nearer = wanted - times_s[after - 1] < times_s[after] - wanted - 1e-9
    return np.asarray(after - before_is_nearer, dtype=np.intp)
