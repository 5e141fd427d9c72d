"""A ball starts a row of dominoes, and the last one strikes a hanging ball."""

from __future__ import annotations

import numpy as np
import pymunk

from runners.demo.canvas import Rgb, Shape
from runners.demo.physics import block, disc, ground, new_space, track
from runners.demo.props import DARK, GREEN, RED
from runners.demo.scene import Now, Scene, States, Texts
from runners.demo.shapes import Ball, Rod, box
from runners.demo.studio import OAK, Stage

_COUNT = 13
_SIZE = (0.03, 0.22)
_DEPTH = 0.11
_PITCH = 0.083
_FIRST_X = -0.72
_BALL = 0.06
_PIVOT = (0.43, 0.66)
_LENGTH = 0.52
_COLOURS: tuple[Rgb, ...] = ((236, 232, 222), (52, 54, 60))


class Dominoes(Scene):
    """A travelling chain of impacts."""

    name = "dominoes"
    category = "Solid Mechanics"
    stage = Stage(width=1.9, target_z=0.3, table=OAK, wall=(198, 208, 216))
    texts = Texts(
        description=(
            "A row of black and white dominoes stands on a wooden table. A green ball hangs on a string from a dark "
            "stand at the right end of the row. A red ball rolls from the left into the first domino. "
            "Static shot with no camera movement."
        ),
        subject_action="The red ball rolls to the right and hits the first domino.",
        postfix="The dominoes fall one after the other; the last one makes the green ball swing on its string.",
        scene="Black and white dominoes stand in a row on a wooden table; a green ball hangs at the row's right end.",
        before="The red ball was rolling slowly over the table towards the first domino.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """The ball rolls in from the left so that it arrives a little after the switch."""
        space = new_space(damping_per_s=0.97)
        ground(space, (-4, 0), (4, 0), friction=0.7, elasticity=0.3)
        speed = 0.17 * (1 + rng.normal(0, 0.004))
        start = _FIRST_X - _SIZE[0] / 2 - _BALL - speed * 3.15
        ball = disc(space, start, _BALL, _BALL, 0.5, friction=0.6, elasticity=0.3)
        ball.velocity, ball.angular_velocity = (speed, 0), -speed / _BALL
        dominoes = [
            block(
                space,
                _FIRST_X + i * _PITCH + rng.normal(0, 0.0008),
                _SIZE[1] / 2,
                _SIZE,
                0.1,
                friction=0.35,
                elasticity=0.1,
            )
            for i in range(_COUNT)
        ]
        last = disc(space, _PIVOT[0], _PIVOT[1] - _LENGTH, _BALL, 0.12, friction=0.2, elasticity=0.7)
        space.add(pymunk.PinJoint(space.static_body, last, _PIVOT, (0, 0)))

        def keep_rolling(t: float) -> None:
            if t < 3.0:
                ball.velocity = (speed, 0)

        path = track(space, [ball, last, *dominoes], keep_rolling)
        return {"bodies": path}

    def fixtures(self) -> list[Shape]:
        """The stand that the ball hangs from."""
        x, top = _PIVOT
        return [
            box(x, 0.01, (0.3, 0.2, 0.02), DARK, y=0.25),
            Rod((x, 0.25, 0.02), (x, 0.25, top + 0.012), 0.024, DARK, layer=1),
            Rod((x, 0.25, top), (x, 0.0, top), 0.024, DARK, layer=2),
        ]

    def shapes(self, now: Now) -> list[Shape]:
        """The row between the rolling and the hanging ball."""
        first, last, *dominoes = now["bodies"].tolist()
        shapes: list[Shape] = [
            Ball((x, 0, z), _BALL, colour, turn) for (x, z, turn), colour in ((first, RED), (last, GREEN))
        ]
        shapes.append(Rod((_PIVOT[0], 0, _PIVOT[1]), (last[0], 0, last[1]), 0.006, (96, 84, 72)))
        for i, (x, z, turn) in enumerate(dominoes):
            shapes.append(box(x, z, (_SIZE[0], _DEPTH, _SIZE[1]), _COLOURS[i % 2], turn=turn))
        return shapes
