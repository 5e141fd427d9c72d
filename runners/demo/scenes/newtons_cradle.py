"""Newton's cradle, already swinging when the scene begins."""

from __future__ import annotations

import math

import numpy as np

from runners.demo.canvas import Shape
from runners.demo.physics import GRAVITY
from runners.demo.props import DARK, STEEL
from runners.demo.scene import SAMPLES, SAMPLES_PER_S, Now, Scene, States, Texts
from runners.demo.shapes import Ball, Rod, box
from runners.demo.studio import WALNUT, Stage

_BALLS = 5
_RADIUS = 0.022
_LENGTH = 0.17
_TOP = 0.215
_DEPTH = 0.06
_DRAG = 0.03
_RESTITUTION = 0.985
_SUBSTEPS = 8
_RELEASE_S = 0.5


class NewtonsCradle(Scene):
    """Momentum through a row of elastic balls."""

    name = "newtons-cradle"
    category = "Solid Mechanics"
    stage = Stage(width=0.56, target_z=0.118, table=WALNUT, wall=(196, 206, 204))
    texts = Texts(
        description=(
            "A Newton's cradle with five steel balls on a dark wooden table. The outer balls swing: each time one "
            "comes down, the one on the other side flies up. Static shot with no camera movement."
        ),
        subject_action="The outer balls of the cradle swing in turn: one comes down, the opposite one flies up.",
        postfix="The three balls in the middle hardly move.",
        scene="A Newton's cradle with five shiny steel balls stands on a dark wooden table.",
        before="The leftmost ball had been released and the cradle was already swinging.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """Equal pendulums whose impacts are worked out pair by pair.

        A rigid-body engine solves all contacts of the row at once, which spreads the blow; in steel it travels.
        """
        angle = [0.0] * _BALLS
        speed = [0.0] * _BALLS
        angle[0] = start = -math.radians(38 + rng.normal(0, 1.0))
        release = _RELEASE_S + rng.uniform(-0.02, 0.02)
        out = np.empty((SAMPLES, _BALLS))
        step = 1 / (SAMPLES_PER_S * _SUBSTEPS)
        for i in range(SAMPLES):
            out[i] = angle
            for k in range(_SUBSTEPS):
                _swing(angle, speed, step)
                _collide(angle, speed)
                if i / SAMPLES_PER_S + k * step < release:
                    angle[0], speed[0] = start, 0.0
        return {"angles": out}

    def fixtures(self) -> list[Shape]:
        """Base plate and the rear half of the frame."""
        return [box(0, 0.008, (0.32, 0.17, 0.016), DARK), *_frame(_DEPTH)]

    def shapes(self, now: Now) -> list[Shape]:
        """Balls on pairs of strings, then the front half of the frame."""
        shapes: list[Shape] = []
        for i, angle in enumerate(now["angles"].tolist()):
            pivot_x = (i - (_BALLS - 1) / 2) * 2 * _RADIUS
            x, z = pivot_x + _LENGTH * math.sin(angle), _TOP - _LENGTH * math.cos(angle)
            for y, layer in ((_DEPTH, 0), (-_DEPTH, 2)):
                shapes.append(
                    Rod((pivot_x, y, _TOP), (x, 0, z + 0.8 * _RADIUS), 0.0014, (90, 94, 100), layer, casts=False)
                )
            shapes.append(Ball((x, 0, z), _RADIUS, STEEL, gloss=0.9, layer=1))
        return shapes + _frame(-_DEPTH)


def _swing(angle: list[float], speed: list[float], step: float) -> None:
    """One semi-implicit Euler step of every pendulum by itself, with a little air drag."""
    for i in range(_BALLS):
        speed[i] -= (GRAVITY / _LENGTH * math.sin(angle[i]) + _DRAG * speed[i]) * step
        angle[i] += speed[i] * step


def _collide(angle: list[float], speed: list[float]) -> None:
    """Neighbours that touch and approach trade their velocities, until none approaches any more."""
    for _ in range(_BALLS * _BALLS):
        calm = True
        for i in range(_BALLS - 1):
            closing = speed[i] - speed[i + 1]
            if angle[i] > angle[i + 1] and closing > 1e-6:
                calm = False
                lost = (1 - _RESTITUTION) / 2 * closing
                speed[i], speed[i + 1] = speed[i + 1] + lost, speed[i] - lost
        if calm:
            return


def _frame(y: float) -> list[Shape]:
    """Two posts and a rail, in the plane at y."""
    width, half, layer = 0.007, 0.135, 1 if y > 0 else 3
    return [
        Rod((-half, y, 0.016), (-half, y, _TOP), width, STEEL, layer),
        Rod((half, y, 0.016), (half, y, _TOP), width, STEEL, layer),
        Rod((-half, y, _TOP), (half, y, _TOP), width, STEEL, layer),
    ]
