"""Truth at a rate that is not shipped: the official converter's rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.scoring.decode import Image
from runners.scoring.truth_rate import resample


def _clip(count: int, seed: int = 0) -> list[Image]:
    return list(np.random.default_rng(seed).integers(0, 256, (count, 3, 4, 3), dtype=np.uint8))


@given(st.integers(2, 60), st.integers(2, 90), st.integers(0, 9))
def test_frames_are_blended_linearly_and_truncated(source: int, count: int, seed: int) -> None:
    frames = _clip(source, seed)
    found = list(resample(iter(frames), source, count))
    assert len(found) == count
    for j, frame in enumerate(found):
        place = j * (source - 1) / (count - 1)
        low = int(place)
        high, share = min(low + 1, source - 1), place - low
        exact = (1 - share) * frames[low].astype(np.float64) + share * frames[high].astype(np.float64)
        # Truncation may fall on either side of a whole number, where float32 is a hair below it.
        assert np.all((exact - frame > -1e-3) & (exact - frame < 1 + 1e-3))


def test_first_and_last_frame_are_the_source_s_own() -> None:
    frames = _clip(150)
    found = list(resample(iter(frames), 150, 120))
    np.testing.assert_array_equal(found[0], frames[0])
    np.testing.assert_array_equal(found[-1], frames[-1])


def test_the_same_rate_changes_nothing() -> None:
    frames = _clip(20)
    np.testing.assert_array_equal(list(resample(iter(frames), 20, 20)), frames)


def test_halves_are_cut_and_not_rounded() -> None:
    dark, light = np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 255, np.uint8)
    found = [int(frame[0, 0, 0]) for frame in resample(iter([dark, light]), 2, 3)]
    assert found == [0, 127, 255]


def test_blending_in_strips_covers_tall_frames() -> None:
    frames = [np.full((200, 2, 3), value, np.uint8) for value in (10, 30)]
    assert {int(value) for value in list(resample(iter(frames), 2, 3))[1].ravel()} == {20}


def test_a_source_s_own_error_passes_through() -> None:
    def broken() -> object:
        yield _clip(1)[0]
        raise UserError("too short")

    with pytest.raises(UserError, match="too short"):
        list(resample(broken(), 10, 5))  # type: ignore[arg-type]
