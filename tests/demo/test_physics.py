"""The scenes obey the laws that they show."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.demo.physics import GRAVITY
from runners.demo.scene import SAMPLES_PER_S
from runners.demo.scenes.laser import outgoing
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


def test_the_dye_sinks() -> None:
    dye = take("sinking-dye").states["dye"]
    front = [
        int(np.flatnonzero(dye[second * SAMPLES_PER_S].max(axis=1) > 60).max(initial=0)) for second in (3, 4, 5, 6)
    ]
    assert front == sorted(front)
    assert front[-1] > front[0] + 20


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


@given(st.floats(0, 2 * math.pi))
def test_light_is_neither_lost_nor_made_at_the_glass(turn: float) -> None:
    beams = outgoing((math.cos(turn), math.sin(turn)))
    assert sum(share for _, share in beams) == pytest.approx(1)
    assert all(math.hypot(*direction) == pytest.approx(1) for direction, _ in beams)


def test_light_in_glass_is_totally_reflected_beyond_the_critical_angle() -> None:
    critical = math.asin(1 / 1.5)
    for incidence, beams in ((critical - 0.01, 2), (critical + 0.01, 1)):
        into_glass = math.pi + incidence  # where the normal points that leads from the face into the glass
        assert len(outgoing((math.sin(into_glass), -math.cos(into_glass)))) == beams


def test_a_beam_that_meets_the_face_head_on_goes_straight() -> None:
    (_, reflected), (direction, through) = outgoing((0.0, 1.0))
    assert direction == pytest.approx((1.0, 0.0))
    assert (reflected, through) == pytest.approx((0.04, 0.96))
