"""The scenes obey the laws that they show."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runners.demo.physics import GRAVITY
from runners.demo.scene import SAMPLES_PER_S
from tests.demo.takes import take


def test_a_dropped_ball_lands_after_the_time_of_free_fall() -> None:
    states = take("bouncing-balls").states
    height, radius = states["balls"][:, 0, 1], 0.055
    falling = np.flatnonzero(height < height[0] - 1e-6)[0]
    landing = falling + int(np.argmax(np.diff(height[falling:]) > 0))
    assert (landing - falling) / SAMPLES_PER_S == pytest.approx(math.sqrt(2 * (height[0] - radius) / GRAVITY), rel=0.04)


def test_no_ball_gains_height_by_bouncing() -> None:
    height = take("bouncing-balls").states["balls"][:, :, 1]
    assert (height.max(axis=0) <= height[0] + 1e-9).all()


def test_the_cradle_keeps_most_of_its_swing_and_gains_none() -> None:
    angles = np.abs(take("newtons-cradle").states["angles"])
    assert angles.max() <= angles[0, 0] + 1e-9
    assert angles[-2 * SAMPLES_PER_S :].max() > 0.5 * angles[0, 0]


def test_the_tank_loses_no_water() -> None:
    depth = take("dam-break").states["depth"]
    assert depth.sum(axis=1) == pytest.approx(depth[0].sum(), rel=1e-9)
    assert depth.min() > 0


def test_heat_flows_from_hot_to_cold_and_beads_fall_in_its_order() -> None:
    states = take("heat-melts-wax").states
    assert (np.diff(states["heat"], axis=1) <= 1e-9).all()
    z = states["beads"][:, :, 1]
    falls = [int(np.argmax(z[:, bead] < z[0, bead] - 1e-3)) for bead in range(z.shape[1])]
    assert falls == sorted(falls)
    assert falls[0] > 0


def test_magnets_never_touch_and_end_up_above_one_another() -> None:
    lower, upper = take("floating-magnets").states["heights"].T
    assert (upper - lower > 0.032).all()
    assert (lower > 0.03 + 0.032).all()
