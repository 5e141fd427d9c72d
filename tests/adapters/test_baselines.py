"""The models without a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from adapters import AdapterError, Conditioning, Frames, Request
from adapters.baselines import Extrapolate, Freeze, RealTake
from adapters.testing import make_request, moving_disc


def continued(frames: Frames, rate: float, tmp_path: Path, **changes: Any) -> Frames:
    request = make_request(tmp_path, Extrapolate().needs, conditioning=Conditioning.of(frames, rate), **changes)
    clip = Extrapolate().generate(request)
    return np.stack(list(clip.frames if clip.frames is not None else ()))


def disc_x(frame: np.ndarray) -> float:
    """Where the disc's centre is: the only thing that is bright red."""
    return float(np.nonzero(frame[..., 0] > 150)[1].mean())


@pytest.mark.parametrize(("fps", "count"), [(8, 40), (24, 120), (30000 / 1001, 150)])
def test_freeze_shows_the_switch_frame_all_the_time(fps: float, count: int, tmp_path: Path) -> None:
    request = make_request(tmp_path, seconds=5.0, fps=fps)
    clip = Freeze().generate(request)
    frames = np.asarray(clip.frames)
    assert (len(frames), clip.fps, clip.leading) == (count, fps, 0)
    assert (frames == request.conditioning.switch_frame).all()


def test_freeze_costs_no_memory_however_long(tmp_path: Path) -> None:
    assert np.asarray(Freeze().generate(make_request(tmp_path)).frames).strides[0] == 0


def test_what_moved_moves_on_at_its_speed(tmp_path: Path) -> None:
    past = moving_disc(30, 160, 90, speed=2.0, first=20)
    future = continued(past, 30, tmp_path, fps=30.0)
    for k in (0, 9, 19):
        assert abs(disc_x(future[k]) - (20 + 2.0 * (30 + k))) < 1.5


def test_another_rate_draws_each_frame_for_its_own_instant(tmp_path: Path) -> None:
    past = moving_disc(30, 160, 90, speed=2.0, first=20)
    at_30, at_15 = (continued(past, 30, tmp_path, fps=fps) for fps in (30.0, 15.0))
    assert len(at_15) == 15
    assert np.array_equal(at_30[1::2], at_15)


def test_what_is_uncovered_is_background(tmp_path: Path) -> None:
    past = moving_disc(30, 160, 90, speed=2.0, first=20)
    empty = moving_disc(1, 160, 90, first=-500)[0]
    last = continued(past, 30, tmp_path, fps=30.0, seconds=2.0)[-1]
    assert np.abs(last.astype(int) - empty).mean() < 1
    assert np.abs(last.astype(int) - empty).max() < 60  # the very rim of what was there may stay faintly


def test_a_disc_that_rested_before_leaves_no_ghost(tmp_path: Path) -> None:
    moving = moving_disc(12, 160, 90, speed=2.0, first=40)
    past = np.concatenate([np.repeat(moving[:1], 60, axis=0), moving])
    last = continued(past, 30, tmp_path, fps=30.0)[-1]
    assert np.count_nonzero((last[..., 0] > 150)[:, :100]) < 20
    assert abs(disc_x(last) - (40 + 2.0 * (11 + 30))) < 3


def test_a_scene_at_rest_stays_the_switch_frame(tmp_path: Path) -> None:
    past = np.repeat(moving_disc(1), 20, axis=0)
    assert (continued(past, 24, tmp_path) == past[-1]).all()


def test_noise_is_no_motion(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 3, (20, 90, 160, 3))
    past = np.clip(np.repeat(moving_disc(1, 160, 90), 20, axis=0) + noise, 0, 255).astype(np.uint8)
    assert (continued(past, 24, tmp_path) == past[-1]).all()


def test_one_frame_moves_nowhere(tmp_path: Path) -> None:
    past = moving_disc(1)
    assert (continued(past, 24, tmp_path) == past[0]).all()


def test_a_moving_camera_is_survived(tmp_path: Path) -> None:
    wall = np.random.default_rng(0).integers(0, 255, (12, 40, 3), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    past = np.stack([wall[:, 2 * k : 2 * k + 160] for k in range(20)])
    assert continued(past, 24, tmp_path).shape == (24, 96, 160, 3)


def test_extrapolation_does_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    past = moving_disc(20, 160, 90, speed=1.3)
    before = cv2.getNumThreads()
    try:
        results = []
        for threads in (1, 3, 8):
            cv2.setNumThreads(threads)
            results.append(continued(past, 24, tmp_path))
    finally:
        cv2.setNumThreads(before)
    assert all(np.array_equal(results[0], other) for other in results[1:])


def test_extrapolation_works_at_a_size_beyond_its_grid(tmp_path: Path) -> None:
    past = moving_disc(12, 800, 450, speed=8, first=100)
    future = continued(past, 24, tmp_path, seconds=0.5)
    assert abs(disc_x(future[-1]) - (100 + 8 * 23)) < 6


def with_oracle(tmp_path: Path, oracle: Path | None) -> Request:
    return replace(make_request(tmp_path, RealTake.needs), oracle=oracle)


def test_real_take_gives_the_second_take_back_untouched(tmp_path: Path) -> None:
    clip = RealTake().generate(with_oracle(tmp_path, tmp_path / "take-2.mp4"))
    assert (clip.file, clip.fps, clip.leading) == (tmp_path / "take-2.mp4", None, 0)


def test_only_real_take_asks_for_the_second_take() -> None:
    assert RealTake.needs.oracle
    assert not Freeze.needs.oracle
    assert not Extrapolate().needs.oracle


def test_a_scenario_without_a_second_take_is_told(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="0001 has no second take"):
        RealTake().generate(with_oracle(tmp_path, None))
