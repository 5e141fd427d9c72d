"""Seconds and frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.timing import frames_for, sample_backwards


@pytest.mark.parametrize(("fps", "count"), [(8, 40), (24, 120), (30, 150), (30000 / 1001, 150), (12.5, 63), (6.25, 32)])
def test_a_begun_frame_counts(fps: float, count: int) -> None:
    assert frames_for(5, fps) == count


@given(st.integers(1, 100), st.integers(1, 30), st.sampled_from([7, 8, 12.5, 24, 30]), st.sampled_from([8, 15, 24, 30]))
def test_backward_samples_end_with_the_last_frame_and_are_the_nearest(
    have: int, count: int, from_fps: float, to_fps: float
) -> None:
    times = np.arange(have) / from_fps
    chosen = sample_backwards(times, count, to_fps)
    wanted = times[-1] - np.arange(count - 1, -1, -1) / to_fps
    misses = np.abs(times[chosen] - wanted)
    best = np.abs(times[None] - wanted[:, None]).min(axis=1)
    assert chosen[-1] == have - 1
    assert np.allclose(misses, best, atol=1e-8)


def test_the_same_rate_takes_each_frame_once() -> None:
    assert sample_backwards(np.arange(10) / 24, 4, 24).tolist() == [6, 7, 8, 9]


def test_a_tie_goes_to_the_later_frame() -> None:
    assert sample_backwards(np.array([0.0, 1.0, 2.0]), 2, 2).tolist() == [2, 2]
