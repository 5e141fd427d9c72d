"""A lamp swings on its cord, and the shadows of three solids sweep over the table."""

from __future__ import annotations

import math

import numpy as np

from runners.demo.camera import Point, Vec
from runners.demo.canvas import Rgb, Shape
from runners.demo.flats import Sheet
from runners.demo.lighting import Light
from runners.demo.physics import GRAVITY, integrate
from runners.demo.props import BLUE, DARK, GREEN, RED
from runners.demo.scene import SAMPLES, SAMPLES_PER_S, Now, Scene, States, Texts
from runners.demo.shapes import CIRCLE, Ball, Rod, cylinder, slab
from runners.demo.studio import BIRCH, Stage

_PIVOT = (0.0, -0.10, 1.34)
_LENGTH = 0.80
_SHADE = 0.085
_DRAG = 0.04


class SwingingLamp(Scene):
    """Rectilinear light: shadows by central projection, brightness by the inverse-square and cosine laws."""

    name = "swinging-lamp-shadows"
    category = "Optics"
    stage = Stage(width=1.5, target_z=0.32, table=BIRCH, wall=(170, 172, 186), elevation_deg=18)
    texts = Texts(
        description=(
            "In a dim room a lit lamp swings on its cord above a table with a red cylinder, a green triangular prism "
            "and a blue ball. Their shadows move over the table. Static shot with no camera movement."
        ),
        subject_action="The lit lamp swings from side to side on its cord, and the three objects' shadows follow.",
        postfix="The shadows sweep over the table, always away from the lamp.",
        scene="A red cylinder, a green triangular prism and a blue ball stand on a light table in a dim room.",
        before="The lamp above the table had been set swinging from side to side.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """A damped pendulum of two angles: mostly to the sides, a little to and fro."""
        rate = GRAVITY / _LENGTH

        def slope(_: float, y: Vec) -> Vec:
            return np.array([y[1], -rate * math.sin(y[0]) - _DRAG * y[1], y[3], -rate * math.sin(y[2]) - _DRAG * y[3]])

        start = np.radians([27 + rng.normal(0, 1.2), 0, 5 + rng.normal(0, 1.0), 0])
        y = integrate(slope, start, substeps=1)
        late = round(SAMPLES_PER_S * rng.uniform(0, 0.04))  # the lamp is not let go at the same instant each time
        return {"angles": np.concatenate([np.repeat(y[:1], late, axis=0), y])[:SAMPLES, ::2]}

    def light(self, now: Now) -> Light:
        """The bulb."""
        return Light(_bulb(now), ambient=0.36, shadow=0.72, local=True)

    def shapes(self, now: Now) -> list[Shape]:
        """Everything: the light that falls on the solids moves too."""
        bulb = _bulb(now)
        axis = tuple((p - b) / _LENGTH for p, b in zip(_PIVOT, bulb, strict=True))
        return [
            cylinder((-0.36, 0.02, 0.0), 0.07, 0.2, RED),
            slab([(-0.09, 0.0), (0.09, 0.0), (0.0, 0.19)], -0.09, 0.05, GREEN),
            Ball((0.36, -0.02, 0.085), 0.085, BLUE),
            *_lamp(bulb, (axis[0], axis[1], axis[2])),
        ]


def _bulb(now: Now) -> Point:
    side, away = now["angles"].tolist()
    return (
        _PIVOT[0] + _LENGTH * math.sin(side),
        _PIVOT[1] + _LENGTH * math.sin(away),
        _PIVOT[2] - _LENGTH * math.cos(side) * math.cos(away),
    )


def _lamp(bulb: Point, axis: Point) -> list[Shape]:
    """Cord, glowing bulb, and a shade around it; none of it casts a shadow, being above the light."""
    glow: Rgb = (255, 240, 190)
    x, y, z = bulb
    rim = [(x + _SHADE * c, y + _SHADE * s, z + 0.005 - _SHADE * (axis[0] * c + axis[1] * s)) for c, s in CIRCLE]
    crown = [(x + 0.3 * _SHADE * c + 0.09 * axis[0], y + 0.3 * _SHADE * s, z + 0.09) for c, s in CIRCLE]
    quads: list[Shape] = []
    for i in range(len(CIRCLE)):
        j = (i + 1) % len(CIRCLE)
        tone = 74 + 22 * CIRCLE[i][0] * -0.7
        if CIRCLE[i][1] + CIRCLE[j][1] < 0.4:  # the near side; the far one is seen through the mouth only
            quads.append(Sheet([rim[i], rim[j], crown[j], crown[i]], (tone, tone * 1.02, tone * 1.1), layer=4))
    return [
        Rod(_PIVOT, (x + 0.09 * axis[0], y, z + 0.09), 0.008, DARK, 2, casts=False),
        Sheet(rim, (250, 226, 160), layer=3),
        Ball((x, y, z - 0.012), 0.026, glow, gloss=1.0, layer=5, casts=False),
        *quads,
    ]
