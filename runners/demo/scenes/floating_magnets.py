"""Ring magnets on a rod, like poles facing: a dropped one bounces on nothing but its field."""

from __future__ import annotations

import numpy as np

from runners.demo.camera import Vec
from runners.demo.canvas import Rgb, Shape
from runners.demo.physics import GRAVITY, integrate, opening
from runners.demo.props import DARK, STEEL, WOOD
from runners.demo.scene import SWITCH_S, Now, Scene, States, Texts, constant
from runners.demo.shapes import Rod, box, cylinder
from runners.demo.studio import WALNUT, Stage

_RADIUS, _HEIGHT = 0.074, 0.032
_BASE_Z = 0.03
_ROD_TOP = 0.60
_REST_GAP = 0.125
"""Distance of centres at which the field carries one magnet, metres."""
_STRENGTH = GRAVITY * _REST_GAP**4
"""Repulsion per mass times distance to the fourth, as of coaxial dipoles (Griffiths, Electrodynamics, ch. 6)."""
_DRAG = 0.12
_NORTH: Rgb = (206, 52, 44)
_SOUTH: Rgb = (62, 92, 168)


class FloatingMagnets(Scene):
    """Dipole repulsion against gravity."""

    name = "floating-magnets"
    category = "Magnetism"
    stage = Stage(width=1.0, target_z=0.245, table=WALNUT, wall=(210, 206, 198))
    texts = Texts(
        description=(
            "Three ring magnets, painted red on one side and blue on the other, sit on an upright rod with like poles "
            "facing. The lowest rests on the base, the second floats above it, and a grabber tool holds the third near "
            "the top and lets it go. Static shot with no camera movement."
        ),
        subject_action="The grabber tool releases the topmost ring magnet, which slides down the rod.",
        postfix="The magnets repel each other without touching, and the upper two bob up and down on the rod.",
        scene="Three red and blue ring magnets sit on an upright metal rod on a wooden base, on a dark wooden table.",
        before="The grabber tool was holding the topmost ring magnet near the upper end of the rod.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """Two free magnets over a fixed one: every pair repels with the fourth power of the distance."""
        floor = _BASE_Z + _HEIGHT / 2
        strength = _STRENGTH * (1 + rng.normal(0, 0.004))
        drag = _DRAG * (1 + rng.normal(0, 0.03))
        held = floor + 0.40 + rng.normal(0, 0.003)
        release = SWITCH_S + 0.1 + rng.uniform(-0.025, 0.025)

        def slope(t: float, y: Vec) -> Vec:
            lower, upper, v_lower, v_upper = y.tolist()
            below, between = strength / (lower - floor) ** 4, strength / (upper - lower) ** 4
            beyond = strength / (upper - floor) ** 4
            a_lower = below - between - GRAVITY - drag * v_lower
            a_upper = between + beyond - GRAVITY - drag * v_upper
            return (
                np.array([v_lower, v_upper, a_lower, a_upper]) if t >= release else np.array([v_lower, 0, a_lower, 0])
            )

        gap = _balance(strength, held - floor)
        start = np.array([floor + gap, held, 0.0, 0.0])
        heights = integrate(slope, start)[:, :2]
        return {"heights": heights, "opening": opening(release), "held": constant(np.array([held]))}

    def fixtures(self) -> list[Shape]:
        """The base."""
        return [box(0, _BASE_Z / 2, (0.24, 0.2, _BASE_Z), WOOD)]

    def shapes(self, now: Now) -> list[Shape]:
        """From below: each ring, then the piece of rod that shows above it."""
        shapes: list[Shape] = []
        centres = [_BASE_Z + _HEIGHT / 2, *now["heights"].tolist()]
        for i, z in enumerate(centres):
            lower, upper = (_SOUTH, _NORTH) if i % 2 == 0 else (_NORTH, _SOUTH)
            shapes.append(cylinder((0, 0, z - _HEIGHT / 2), _RADIUS, _HEIGHT / 2, lower, layer=3 * i + 1))
            shapes.append(cylinder((0, 0, z), _RADIUS, _HEIGHT / 2, upper, layer=3 * i + 2))
            shapes.append(Rod((0, 0, z + _HEIGHT / 2), (0, 0, _ROD_TOP), 0.016, STEEL, 3 * i + 3, casts=i == 0))
        held, opened = float(now["held"][0]), float(now["opening"])
        return shapes + _tongs(held, opened)


def _tongs(z: float, opened: float) -> list[Shape]:
    """Two arms from the sides that hold a ring and draw back."""
    arms: list[Shape] = []
    for side in (-1, 1):
        x = side * (_RADIUS + 0.004 + 0.05 * opened)
        arms.append(Rod((x, 0, z - 0.012), (x, 0, z + 0.03), 0.012, DARK, 12))
        arms.append(Rod((x, 0, z + 0.03), (x + side * 0.09, 0, 0.9), 0.012, DARK, 12))
    return arms


def _balance(strength: float, reach: float) -> float:
    """The gap at which the middle magnet rests while the upper one is held `reach` above the lowest (bisection)."""
    low, high = 0.02, reach - 0.02
    for _ in range(60):
        gap = (low + high) / 2
        force = strength / gap**4 - strength / (reach - gap) ** 4 - GRAVITY
        low, high = (gap, high) if force > 0 else (low, gap)
    return (low + high) / 2
