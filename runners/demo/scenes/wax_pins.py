"""Heat runs along a graphite strip and lets go of the beads that wax holds to it, one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runners.demo.canvas import Rgb, Shape
from runners.demo.flats import Picture, Sheet
from runners.demo.physics import disc, ground, new_space, track
from runners.demo.props import DARK, STEEL
from runners.demo.scene import SAMPLES, SAMPLES_PER_S, Now, Scene, States, Texts
from runners.demo.shapes import Ball, Rod, box
from runners.demo.studio import OAK, Stage

_LENGTH = 0.115
_LEFT = -0.045
_BAR_Z = 0.098
_THICK = 0.008
_DEPTH = 0.011
_CELLS = 150
_DIFFUSIVITY = 5.5e-4
"""m²/s: pyrolytic graphite along its layers (about 900 W/mK; copper has a fifth)."""
_LOSS = 0.03
"""Cooling by air, 1/s."""
_ROOM, _HOT, _MELTS = 20.0, 150.0, 52.0
_SWITCH_ON_S = 2.4
_BEAD = 0.0052
_BEADS = np.linspace(0.017, 0.094, 8)
_SUBSTEPS = 16
_COLD: Rgb = (48, 50, 62)


class WaxPins(Scene):
    """The heat equation in a strip, and melting."""

    name = "heat-melts-wax"
    category = "Thermodynamics"
    stage = Stage(width=0.265, target_z=0.060, table=OAK, wall=(212, 216, 220))
    texts = Texts(
        description=(
            "A dark strip leads out of a heater block; eight steel beads are stuck to its underside with wax. The "
            "heater is on and its heat spreads along the strip, whose paint turns bright where it is hot. "
            "Static shot with no camera movement."
        ),
        subject_action="Heat spreads along the strip from the heater, and its paint turns from dark to bright orange.",
        postfix="The wax melts and the steel beads drop onto the table one after the other, from left to right.",
        scene="A dark strip with eight steel beads waxed below it leads from a heater block to a thin post.",
        before="The heater on the left had just been switched on.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """Explicit finite differences; a bead falls once its place has reached the melting point."""
        drops = _MELTS + rng.normal(0, 0.35, len(_BEADS))
        heat, melted = _conduct(_HOT * (1 + rng.normal(0, 0.004)), drops)
        space = new_space()
        ground(
            space,
            (_LEFT, 1),
            (_LEFT, 0),
            (_LEFT + _LENGTH - 0.019, 0),
            (_LEFT + _LENGTH - 0.019, 1),
            friction=0.4,
            elasticity=0.75,
        )
        top = _BAR_Z - _THICK / 2 - _BEAD
        places = (_LEFT + _BEADS).tolist()
        speeds = rng.normal(0, 0.006, len(places)) + np.linspace(-0.02, 0.02, len(places))
        beads = [disc(space, x, top, _BEAD, 0.004, friction=0.4, elasticity=0.8) for x in places]

        def hold(t: float) -> None:
            for bead, x, until, speed in zip(beads, places, melted, speeds.tolist(), strict=True):
                if t < until:
                    bead.position, bead.velocity = (x, top), (speed, 0.0)

        return {"heat": heat, "beads": track(space, beads, hold)}

    def fixtures(self) -> list[Shape]:
        """Heater, bar and post."""
        end = _LEFT + _LENGTH
        return [
            box(_LEFT - 0.018, (_BAR_Z + 0.014) / 2, (0.036, 0.04, _BAR_Z + 0.014), DARK),
            Rod((end - 0.004, 0, 0), (end - 0.004, 0, _BAR_Z - _THICK / 2), 0.004, STEEL, 1),
            box(end - 0.004, 0.002, (0.03, 0.03, 0.004), DARK),
            box(_LEFT + _LENGTH / 2, _BAR_Z, (_LENGTH, 2 * _DEPTH, _THICK), _COLD, layer=2),
        ]

    def shapes(self, now: Now) -> list[Shape]:
        """The bar's paint (front and top), the heater's pilot light, and the beads."""
        paint = _painted(now["heat"])
        left, right, low, high = _LEFT, _LEFT + _LENGTH, _BAR_Z - _THICK / 2, _BAR_Z + _THICK / 2
        y = _DEPTH
        shapes: list[Shape] = [
            Picture(paint, [(left, -y, high), (right, -y, high), (right, -y, low), (left, -y, low)], layer=1),
            Picture(paint, [(left, y, high), (right, y, high), (right, -y, high), (left, -y, high)], layer=1),
            *(Ball((x, 0, z), _BEAD, STEEL, gloss=0.9) for x, z, _ in now["beads"].tolist()),
        ]
        lit = float(now["heat"][0]) > _ROOM + 1
        pilot = [
            (_LEFT - 0.022 + dx, -0.0201, _BAR_Z - 0.03 + dz)
            for dx, dz in ((0, 0), (0.008, 0), (0.008, 0.008), (0, 0.008))
        ]
        shapes.append(Sheet(pilot, (255, 96, 40) if lit else (96, 40, 36), layer=2))
        return shapes


def _conduct(hot: float, melts: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[float]]:
    """Temperatures (SAMPLES, cells) along the strip in °C, and when each bead's place melts (s; inf = never)."""
    cell = _LENGTH / _CELLS
    step = 1 / (SAMPLES_PER_S * _SUBSTEPS)
    share = _DIFFUSIVITY * step / cell**2
    places = (_BEADS / cell).astype(int)
    melted = np.full(len(_BEADS), np.inf)
    heat = np.full(_CELLS, _ROOM)
    out = np.empty((SAMPLES, _CELLS))
    for i in range(SAMPLES):
        out[i] = heat
        t = i / SAMPLES_PER_S
        if t < _SWITCH_ON_S:
            continue
        for _ in range(_SUBSTEPS):
            heat[1:-1] += share * (heat[2:] - 2 * heat[1:-1] + heat[:-2]) - _LOSS * step * (heat[1:-1] - _ROOM)
            heat[0], heat[-1] = hot, heat[-2]  # a heater held at its temperature; a free end
        melted = np.minimum(melted, np.where(heat[places] >= melts, t, np.inf))
    return out, melted.tolist()


def _painted(heat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Thermochromic paint as an image (2, cells, 3): dark when cold, orange from the melting point, yellow above."""
    stops = [_ROOM, _MELTS - 14, _MELTS + 4, 95.0, _HOT]
    colours = np.array([_COLD, (70, 50, 66), (232, 96, 40), (252, 178, 60), (255, 232, 150)])
    row = np.stack([np.interp(heat, stops, colours[:, channel]) for channel in range(3)], axis=1)
    return np.repeat(row[None], 2, axis=0).astype(np.uint8)
