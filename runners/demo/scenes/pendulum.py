"""A heavy pendulum swings into a wall of wooden blocks."""

from __future__ import annotations

import numpy as np
import pymunk

from runners.demo.canvas import Rgb, Shape
from runners.demo.physics import block, disc, ground, new_space, opening, track
from runners.demo.props import DARK, RED, grabber
from runners.demo.scene import SWITCH_S, Now, Scene, States, Texts, constant
from runners.demo.shapes import Ball, Rod, box
from runners.demo.studio import BIRCH, Stage

_PIVOT = (-0.22, 0.70)
_LENGTH = 0.56
_RADIUS = 0.055
_SIDE = 0.08
_DEPTH = 0.09
_COLOURS: tuple[Rgb, ...] = ((226, 178, 84), (92, 158, 104), (82, 128, 190), (196, 96, 80))


class Pendulum(Scene):
    """Gravity, a taut string, impact, and toppling."""

    name = "pendulum-hits-blocks"
    category = "Solid Mechanics"
    stage = Stage(width=1.75, target_z=0.36, table=BIRCH, wall=(214, 208, 196))
    texts = Texts(
        description=(
            "A red ball hangs on a string from a dark metal frame on a table and is held up to the left by a grabber "
            "tool. A stack of four wooden blocks stands in its way. The grabber tool lets go of the ball. "
            "Static shot with no camera movement."
        ),
        subject_action="The grabber tool releases the red ball, which swings down on its string and hits the blocks.",
        postfix="The blocks topple over and the ball keeps swinging.",
        scene="A dark metal frame stands on a light wooden table, next to a stack of four coloured wooden blocks.",
        before="The grabber tool was holding the red ball, hung on a taut string, up to the left.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """The string is a rigid massless link; the blocks stand slightly askew."""
        space = new_space(damping_per_s=0.97)
        ground(space, (-4, 0), (4, 0), friction=0.5, elasticity=0.2)
        angle = np.radians(-52 + rng.normal(0, 0.7))
        x, z = _PIVOT[0] + _LENGTH * np.sin(angle), _PIVOT[1] - _LENGTH * np.cos(angle)
        ball = disc(space, x, z, _RADIUS, 1.2, friction=0.3, elasticity=0.5)
        space.add(pymunk.PinJoint(space.static_body, ball, _PIVOT, (0, 0)))
        left = _PIVOT[0] + _RADIUS + 0.06
        blocks = [
            block(
                space,
                left + rng.normal(0, 0.0008),
                _SIDE * (i + 0.5),
                (_SIDE, _SIDE),
                0.12,
                friction=0.45,
                elasticity=0.2,
            )
            for i in range(len(_COLOURS))
        ]
        release = SWITCH_S + 0.1 + rng.uniform(-0.025, 0.025)

        def hold(t: float) -> None:
            if t < release:
                ball.position, ball.velocity, ball.angle, ball.angular_velocity = (x, z), (0, 0), angle, 0

        return {
            "ball": track(space, [ball, *blocks], hold),
            "opening": opening(release),
            "held": constant(np.array([x, z])),
        }

    def fixtures(self) -> list[Shape]:
        """The frame, behind the plane of motion."""
        x, top = _PIVOT
        return [
            box(x - 0.05, 0.01, (0.3, 0.2, 0.02), DARK, y=0.2),
            Rod((x - 0.05, 0.2, 0.02), (x - 0.05, 0.2, top + 0.01), 0.024, DARK, layer=1),
            Rod((x - 0.05, 0.2, top), (x, 0.0, top), 0.024, DARK, layer=2),
        ]

    def shapes(self, now: Now) -> list[Shape]:
        """String, ball, blocks and grabber."""
        (x, z, _), *blocks = now["ball"].tolist()
        held_x, held_z = now["held"].tolist()
        shapes: list[Shape] = [
            Rod((_PIVOT[0], 0, _PIVOT[1]), (x, 0, z), 0.007, (96, 84, 72)),
            Ball((x, 0, z), _RADIUS, RED, gloss=0.5, layer=1),
        ]
        for (bx, bz, turn), colour in zip(blocks, _COLOURS, strict=True):
            shapes.append(box(bx, bz, (_SIDE, _DEPTH, _SIDE), colour, turn=turn, layer=1))
        return shapes + grabber((held_x, 0, held_z), _RADIUS, float(now["opening"]), top=1.1, layer=2)
