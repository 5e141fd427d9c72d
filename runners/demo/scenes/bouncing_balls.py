"""Three balls of unlike bounce are let go above a table."""

from __future__ import annotations

import numpy as np

from runners.demo.canvas import Rgb, Shape
from runners.demo.physics import disc, ground, new_space, opening, track
from runners.demo.props import BLUE, RED, YELLOW, grabber
from runners.demo.scene import SWITCH_S, Now, Scene, States, Texts, constant
from runners.demo.shapes import Ball
from runners.demo.studio import OAK, Stage

_X = (-0.44, 0.0, 0.42)
_RADII = (0.055, 0.075, 0.045)
_HEIGHTS = (0.58, 0.48, 0.64)
_BOUNCE = (0.90, 0.85, 0.87)
_COLOURS: tuple[Rgb, ...] = (RED, BLUE, YELLOW)


class BouncingBalls(Scene):
    """Free fall and partly elastic impact."""

    name = "bouncing-balls"
    category = "Solid Mechanics"
    stage = Stage(width=1.6, target_z=0.33, table=OAK)
    texts = Texts(
        description=(
            "Three rubber balls, a red one, a large blue one and a small yellow one, are held by grabber tools above a "
            "wooden table. The grabber tools let go of the balls. Static shot with no camera movement."
        ),
        subject_action="The three grabber tools release the red, the blue and the yellow ball at the same time.",
        postfix="The balls fall straight down onto the table and bounce several times.",
        scene="A wooden table stands in front of a light grey wall, with three dark grabber tools above it.",
        before="The grabber tools were holding a red, a large blue and a small yellow rubber ball above the table.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """Each ball is held until its grabber opens, within a hundredth of a second of the others."""
        space = new_space(damping_per_s=0.99)
        ground(space, (-4, 0), (4, 0), friction=0.5, elasticity=1.0)
        heights = np.array(_HEIGHTS) * (1 + rng.normal(0, 0.004, 3))
        release = SWITCH_S + 0.1 + rng.uniform(-0.008, 0.008, 3)
        drift = rng.normal(0, 0.004, 3)
        balls = [
            disc(space, x, z, radius, 900 * radius**3, friction=0.5, elasticity=bounce)
            for x, z, radius, bounce in zip(_X, heights, _RADII, _BOUNCE, strict=True)
        ]

        def hold(t: float) -> None:
            for ball, x, z, until, speed in zip(balls, _X, heights, release, drift, strict=True):
                if t < until:
                    ball.position, ball.velocity = (x, z), (speed, 0.0)

        return {
            "balls": track(space, balls, hold),
            "opening": np.stack([opening(until) for until in release], axis=1),
            "height": constant(heights),
        }

    def shapes(self, now: Now) -> list[Shape]:
        """Balls, and the grabber over each."""
        shapes: list[Shape] = []
        for i, (x, z, turn) in enumerate(now["balls"].tolist()):
            shapes.append(Ball((x, 0, z), _RADII[i], _COLOURS[i], turn))
            shapes += grabber((_X[i], 0, float(now["height"][i])), _RADII[i], float(now["opening"][i]), top=0.98)
        return shapes
