"""Glass beads run out of a hopper and down a zigzag of chutes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pymunk

from runners.demo.canvas import Rgb, Shape
from runners.demo.physics import disc, ground, new_space, track
from runners.demo.props import DARK, WOOD
from runners.demo.scene import SWITCH_S, Now, Scene, States, Texts, clock
from runners.demo.shapes import Beads, Prism, box, slab
from runners.demo.studio import BIRCH, Stage

_COUNT = 110
_RADIUS = 0.0125
_GATE_Z = 0.56
_GATE = (-0.36, -0.26)
_FUNNEL = (((-0.52, 0.70), (-0.36, 0.56)), ((-0.10, 0.70), (-0.26, 0.56)))
_CHUTES = (((-0.42, 0.485), (0.20, 0.415)), ((0.42, 0.36), (-0.18, 0.29)), ((-0.40, 0.235), (0.20, 0.165)))
_STOPS = (((-0.43, 0.485), (-0.43, 0.57)), ((0.43, 0.36), (0.43, 0.46)), ((-0.41, 0.235), (-0.41, 0.335)))
_TRAY = ((0.12, 0.10), (0.12, 0.005), (0.50, 0.005), (0.50, 0.14))
_PALETTE: tuple[Rgb, ...] = ((64, 156, 212), (240, 150, 52), (232, 84, 90), (104, 182, 108), (246, 214, 92))
_DEPTH = 0.035
_SETTLE_STEPS = 900


class PouredBeads(Scene):
    """Granular flow: a jet, slides, and a heap."""

    name = "poured-beads"
    category = "Solid Mechanics"
    stage = Stage(width=1.34, target_z=0.36, table=BIRCH, wall=(206, 212, 218))
    texts = Texts(
        description=(
            "Coloured beads lie in a hopper above three sloping chutes and a tray, all on an upright white board. The "
            "gate under the hopper slides open and the beads pour out. Static shot with no camera movement."
        ),
        subject_action="The gate of the hopper slides open and the coloured beads pour out.",
        postfix="They run down the three chutes, from side to side, into the tray at the bottom.",
        scene="An upright white board carries a hopper, three wooden chutes that slope in turn, and a tray below.",
        before="The gate of the hopper was shut and the beads lay still in it.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """The beads first settle behind the gate, from places of their own in each take."""
        space = new_space(damping_per_s=0.9)
        space.iterations = 10
        for line in (
            *_FUNNEL,
            *_CHUTES,
            *_STOPS,
            _TRAY,
            ((-1, 0), (1, 0)),
            ((-0.52, 0.70), (-0.52, 1.5)),
            ((-0.10, 0.70), (-0.10, 1.5)),
        ):
            ground(space, *line, friction=0.25, elasticity=0.35)
        gate = pymunk.Segment(space.static_body, (_GATE[0], _GATE_Z), (_GATE[1], _GATE_Z), 0.0)
        space.add(gate)
        beads = []
        for i in range(_COUNT):
            x = -0.46 + 0.027 * (i % 12) + rng.normal(0, 0.001)
            beads.append(disc(space, x, 0.72 + 0.03 * (i // 12), _RADIUS, 0.01, friction=0.15, elasticity=0.35))
        for _ in range(_SETTLE_STEPS):
            space.step(1 / 480)
        release = SWITCH_S + 0.1 + rng.uniform(-0.02, 0.02)

        def open_gate(t: float) -> None:
            if t >= release and gate in space.shapes:
                space.remove(gate)

        path = track(space, beads, open_gate, substeps=2, rest_until=release)
        return {"beads": path[:, :, :2], "gate": np.clip((clock() - release) / 0.1, 0, 1)}

    def fixtures(self) -> list[Shape]:
        """Board, hopper, chutes and tray; the near wall of all of them is clear glass, which we leave out."""
        shapes: list[Shape] = [slab([(-0.56, 0), (0.56, 0), (0.56, 0.76), (-0.56, 0.76)], 0.036, 0.05, (240, 240, 236))]
        for start, end in _FUNNEL:
            shapes.append(_plank(start, end, DARK))
        for start, end in _CHUTES:
            shapes.append(_plank(start, end, WOOD))
        for start, end in (*_STOPS, *pairwise(_TRAY)):
            shapes.append(_plank(start, end, DARK))
        return shapes

    def shapes(self, now: Now) -> list[Shape]:
        """The beads and the gate."""
        x, z = now["beads"][:, 0], now["beads"][:, 1]
        places = np.stack([x, np.zeros(_COUNT), z], axis=1)
        gate: Rgb = (200, 60, 50)
        shift = 0.11 * float(now["gate"])
        return [
            box((_GATE[0] + _GATE[1]) / 2 + shift, _GATE_Z - 0.006, (0.12, 2 * _DEPTH, 0.01), gate, layer=1),
            Beads(places, _RADIUS, _PALETTE),
        ]


def _plank(start: tuple[float, float], end: tuple[float, float], colour: Rgb) -> Prism:
    """A board whose upper or inner face runs from start to end."""
    (x0, z0), (x1, z1) = start, end
    length = float(np.hypot(x1 - x0, z1 - z0))
    nx, nz = (z1 - z0) / length * 0.012, -(x1 - x0) / length * 0.012
    if nz > 0:
        nx, nz = -nx, -nz
    return slab([(x0, z0), (x1, z1), (x1 + nx, z1 + nz), (x0 + nx, z0 + nz)], -_DEPTH, _DEPTH, colour, layer=1)
