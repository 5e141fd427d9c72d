"""The streaming metrics against a plain reference over whole clips."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from runners.scoring.metrics import SquaredErrors, overlap
from runners.scoring.stack import MaskStack
from tests.scoring import reference


def frame_mse(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return SquaredErrors(a.shape).mse(a, [b])[0]


SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 11))


def _two(dtype: Any, channels: tuple[int, ...]) -> st.SearchStrategy[tuple[NDArray[Any], NDArray[Any]]]:
    return SHAPES.flatmap(lambda shape: st.tuples(*[arrays(dtype, shape + channels)] * 2))


@given(_two(np.bool_, ()))
def test_ious_equal_the_reference(stacks: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> None:
    a, b = list(stacks[0]), list(stacks[1])
    found = overlap(a, b)
    assert found.spatiotemporal_iou == pytest.approx(reference.spatiotemporal_iou(a, b), abs=1e-12)
    assert found.spatial_iou == pytest.approx(reference.spatial_iou(a, b), abs=1e-12)
    assert found.weighted_spatial_iou == pytest.approx(reference.weighted_spatial_iou(a, b), abs=1e-12)


@given(_two(np.bool_, ()))
def test_ious_do_not_depend_on_which_clip_comes_first(stacks: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> None:
    a, b = list(stacks[0]), list(stacks[1])
    assert overlap(a, b) == overlap(b, a)
    assert set(overlap(a, a).spatiotemporal_iou) == {1.0}


@given(_two(np.uint8, (3,)))
def test_mse_equals_the_reference_to_float32(clips: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    found = [frame_mse(a, b) for a, b in zip(*clips, strict=True)]
    assert found == pytest.approx(reference.mse(*clips), rel=1e-5, abs=1e-9)


def test_mse_has_the_bits_of_the_official_formula() -> None:
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(np.divide(levels, np.float32(255), dtype=np.float32), (levels / 255.0).astype(np.float32))
    rng = np.random.default_rng(0)
    for height, width in ((3, 7), (67, 120), (180, 321)):
        a, b = rng.integers(0, 256, (2, height, width, 3), np.uint8)
        scaled_a, scaled_b = ((frame / 255.0).astype(np.float32) for frame in (a, b))
        assert frame_mse(a, b) == float(np.mean((scaled_a - scaled_b) ** 2))


def test_equal_frames_have_no_error_and_black_against_white_has_all() -> None:
    black, white = np.zeros((4, 5, 3), np.uint8), np.full((4, 5, 3), 255, np.uint8)
    assert frame_mse(white, white) == 0.0
    assert frame_mse(black, white) == 1.0


def test_no_motion_in_both_clips_is_full_agreement() -> None:
    still = [np.zeros((3, 4), np.bool_)] * 2
    found = overlap(still, still)
    assert (found.spatiotemporal_iou, found.spatial_iou, found.weighted_spatial_iou) == ((1.0, 1.0), 1.0, 1.0)


def test_stacks_of_different_length_are_refused() -> None:
    mask = np.zeros((3, 4), np.bool_)
    with pytest.raises(ValueError, match="zip"):
        overlap([mask], [mask, mask])


@given(SHAPES.flatmap(lambda shape: arrays(np.bool_, shape)))
def test_packed_masks_come_back_unchanged_as_often_as_wanted(masks: NDArray[np.bool_]) -> None:
    stack = MaskStack.of(masks, (masks.shape[2], masks.shape[1]))
    assert len(stack) == len(masks)
    for _ in range(2):
        np.testing.assert_array_equal(list(stack), masks)
