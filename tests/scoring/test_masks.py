"""Motion masks: what counts as motion, and the round trip through the official tool's codec."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.scoring.decode import Image
from runners.scoring.masks import MaskVideo, MotionDetector, ShippedMasks, _fitted
from tests.scoring import reference
from tests.scoring.reference_pipeline import motion_masks
from tests.scoring.tiny import slide


def _masks(frames: list[Image]) -> list[Image]:
    detector = MotionDetector()
    return [detector.mask(frame).copy() for frame in frames]


@settings(max_examples=20, deadline=None)
@given(st.floats(-8, 30), st.integers(0, 2**31))
def test_masks_follow_their_definition(speed: float, seed: int) -> None:
    noise = np.random.default_rng(seed)
    frames = [
        np.clip(frame.astype(int) + noise.integers(-9, 9, frame.shape), 0, 255).astype(np.uint8)
        for frame in slide(abs(speed))[:12]
    ]
    gray = [cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (5, 5), 0) for frame in frames]
    wanted = reference.motion_masks([np.asarray(image, np.uint8) for image in gray])
    # Where a background lies halfway between two levels, the last bit of a sum decides: a box of pixels at most.
    assert np.mean((np.array(_masks(frames)) > 0) == wanted) > 0.995


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 130), st.integers(1, 200), st.integers(1, 40), st.integers(0, 2**31))
def test_working_in_bands_gives_the_bits_of_whole_pictures(width: int, height: int, blob: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ground = rng.integers(0, 200, (height, width, 3))
    frames = []
    for _ in range(6):
        frame = ground + rng.integers(-6, 7, ground.shape)
        top, left = rng.integers(0, height), rng.integers(0, width)
        frame[top : top + blob, left : left + blob] += 60
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
    np.testing.assert_array_equal(_masks(frames), motion_masks(frames))


@given(st.tuples(st.integers(4, 90), st.integers(4, 90)), st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_one_channel_is_fitted_as_three_are(own: tuple[int, int], size: tuple[int, int]) -> None:
    frame = np.random.default_rng(sum(own)).integers(0, 256, (own[1], own[0], 1), np.uint8).repeat(3, axis=2)
    np.testing.assert_array_equal(_fitted(frame, size), np.asarray(cv2.resize(frame, size))[..., 0])


def test_the_first_mask_is_empty_and_a_still_clip_has_none() -> None:
    assert not _masks(slide(20.0))[0].any()
    assert not np.any(_masks(slide(0.0)))


def test_a_moving_square_is_seen() -> None:
    assert np.any(_masks(slide(20.0))[5])


@pytest.mark.parametrize("size", [(64, 36), (65, 37)])
def test_the_round_trip_keeps_count_and_place_also_for_odd_sizes(size: tuple[int, int], tmp_path: Path) -> None:
    frames = slide(20.0, size=size)
    with MaskVideo(tmp_path / "masks.mp4", 8) as video:
        for frame in frames:
            video.add(frame)
        stack = video.read_back((64, 36))
    plain = [mask[:36, :64] > 0 for mask in _masks(frames)]
    assert len(stack) == len(plain)
    assert np.mean(np.array(list(stack)) == np.array(plain)) > 0.97


def test_the_temporary_mask_video_is_gone_afterwards_also_after_an_error(tmp_path: Path) -> None:
    def interrupted() -> None:
        with MaskVideo(tmp_path / "masks.mp4", 8) as video:
            video.add(slide(20.0)[0])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_lost_mask_frames_are_noticed(tmp_path: Path) -> None:
    with MaskVideo(tmp_path / "masks.mp4", 8) as video:
        for frame in slide(20.0):
            video.add(frame)
        video._release()
        (tmp_path / "masks.mp4").write_bytes(b"")  # what a full disk leaves
        video._writer = None
        with pytest.raises(UserError, match="disk full"):
            video.read_back((16, 9))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with MaskVideo(tmp_path / "absent" / "masks.mp4", 8) as video, pytest.raises(UserError, match="cannot write"):
        video.add(slide(20.0)[0])


def test_a_shipped_mask_video_that_is_too_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 8, (64, 36), isColor=False)
    for _ in range(39):
        writer.write(np.zeros((36, 64), np.uint8))
    writer.release()
    with pytest.raises(UserError, match=r"short\.mp4: only 39 of 40 frames"):
        ShippedMasks(path, 40).read_back((16, 9))
