"""A block and a ball start side by side on an incline: one slides against friction, the other rolls and bounces."""

from __future__ import annotations

import math

import numpy as np

from runners.demo.canvas import Shape
from runners.demo.physics import Track, block, disc, ground, new_space, track
from runners.demo.props import BLUE, DARK, RED, WOOD
from runners.demo.scene import SWITCH_S, Now, Scene, States, Texts, clock
from runners.demo.shapes import Ball, box, slab
from runners.demo.studio import SLATE, Stage

_ANGLE = math.radians(14)
_FOOT = (0.72, 0.03)
_TOP_X = -0.84
_STOP_Z = 0.15
_START = 1.38
"""How far up the incline both wait, metres from its foot."""
_BLOCK = (0.12, 0.09)
_BALL = 0.05
_LANE_Y = 0.085
_EDGE_Y = 0.16


class Incline(Scene):
    """Coulomb friction against rolling."""

    name = "block-and-ball-on-incline"
    category = "Solid Mechanics"
    stage = Stage(width=1.85, target_z=0.24, table=SLATE, wall=(214, 214, 210), elevation_deg=16)
    texts = Texts(
        description=(
            "A blue block and a red ball wait side by side near the top of a long wooden incline, behind a dark bar. "
            "The bar drops; the ball rolls and the block slides down. Static shot with no camera movement."
        ),
        subject_action="The dark bar drops and lets the red ball roll and the blue block slide down the incline.",
        postfix="The ball is faster, bounces off the stop at the foot and rolls up again; the block slides slowly.",
        scene="A long wooden incline with a low wooden stop at its foot stands on a grey table.",
        before="A dark bar held a blue block and a red ball side by side near the top of the incline.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """Two lanes that do not meet; friction differs a little from take to take."""
        release = SWITCH_S + 0.1 + rng.uniform(-0.02, 0.02)
        friction = 0.226 * (1 + rng.normal(0, 0.006))
        bounce = 0.84 * (1 + rng.normal(0, 0.01))
        return {
            "block": self._lane(release, rolls=False, friction=friction, bounce=0.1),
            "ball": self._lane(release + rng.uniform(-0.008, 0.008), rolls=True, friction=0.6, bounce=bounce),
            "bar": 1 - np.clip((clock() - release + 0.03) / 0.06, 0, 1),
        }

    def _lane(self, release: float, *, rolls: bool, friction: float, bounce: float) -> Track:
        """One of the two, alone on the incline: (SAMPLES, 1, 3)."""
        space = new_space(damping_per_s=0.985)
        ground(space, (_TOP_X, _surface(_TOP_X)), _FOOT, friction=1.0, elasticity=0.0)
        ground(space, _FOOT, (_FOOT[0], 1.0), friction=0.0, elasticity=1.0)
        height = _BALL if rolls else _BLOCK[1] / 2
        x, z = _above(_START, height)
        body = (
            disc(space, x, z, _BALL, 0.3, friction=friction, elasticity=bounce)
            if rolls
            else block(space, x, z, _BLOCK, 0.5, friction=friction, elasticity=bounce, turn=-_ANGLE)
        )

        def hold(t: float) -> None:
            if t < release:
                body.position, body.velocity, body.angle, body.angular_velocity = (x, z), (0, 0), -_ANGLE, 0

        return track(space, [body], hold)

    def fixtures(self) -> list[Shape]:
        """The incline with a ridge between its lanes, and the stop at its foot."""
        x, z = _FOOT
        top = _surface(_TOP_X)
        return [
            slab([(_TOP_X, 0), (x, 0), (x, z), (_TOP_X, top)], -_EDGE_Y, _EDGE_Y, WOOD),
            slab(
                [(_TOP_X, top), (x, z), (x, z + 0.008), (_TOP_X, top + 0.008)], -0.006, 0.006, (188, 142, 88), layer=1
            ),
            slab([(x, 0), (x + 0.03, 0), (x + 0.03, _STOP_Z), (x, _STOP_Z)], -_EDGE_Y, _EDGE_Y, WOOD, layer=2),
        ]

    def shapes(self, now: Now) -> list[Shape]:
        """Block behind, ball in front, and the bar while it stands."""
        (block_x, block_z, block_turn), (x, z, turn) = now["block"][0].tolist(), now["ball"][0].tolist()
        shapes: list[Shape] = [
            box(block_x, block_z, (_BLOCK[0], 0.1, _BLOCK[1]), BLUE, y=_LANE_Y, turn=block_turn),
            Ball((x, -_LANE_Y, z), _BALL, RED, turn, layer=2),
        ]
        up = 0.05 * float(now["bar"])
        if up > 0:
            bar_x, bar_z = _above(_START - _BLOCK[0] / 2 - 0.01, up / 2)
            shapes.append(box(bar_x, bar_z, (0.014, 2 * _EDGE_Y, up), DARK, turn=-_ANGLE, layer=1))
        return shapes


def _surface(x: float) -> float:
    """The incline's height."""
    return _FOOT[1] + (_FOOT[0] - x) * math.tan(_ANGLE)


def _above(along: float, height: float) -> tuple[float, float]:
    """The place (x, z) at a distance up the incline and a height over it."""
    return (
        _FOOT[0] - along * math.cos(_ANGLE) + height * math.sin(_ANGLE),
        _FOOT[1] + along * math.sin(_ANGLE) + height * math.cos(_ANGLE),
    )
