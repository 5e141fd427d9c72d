"""A gate is pulled out of a tank, and the water behind it surges and sloshes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runners.demo.canvas import Rgb, Shape, mixed
from runners.demo.flats import Sheet
from runners.demo.physics import GRAVITY
from runners.demo.props import DARK
from runners.demo.scene import SAMPLES, SAMPLES_PER_S, SWITCH_S, Now, Scene, States, Texts, clock
from runners.demo.shapes import Rod, box
from runners.demo.studio import OAK, Stage

_WIDTH = 0.96
_HEIGHT = 0.34
_DEPTH = 0.11
_FLOOR = 0.02
_CELLS = 128
_GATE = 0.34
_HIGH, _LOW = 0.24, 0.05
_SUBSTEPS = 2
_WATER: Rgb = (58, 132, 190)
_GLASS: Rgb = (222, 236, 240)

Row = NDArray[np.float64]


class DamBreak(Scene):
    """The shallow-water (Saint-Venant) equations in a closed tank."""

    name = "dam-break"
    category = "Fluid Dynamics"
    stage = Stage(width=1.2, target_z=0.19, table=OAK, wall=(220, 216, 208))
    texts = Texts(
        description=(
            "A long glass tank on a wooden table, divided by a dark gate: blue water stands high on the left of it and "
            "low on the right. The gate is pulled up. Static shot with no camera movement."
        ),
        subject_action="The dark gate is pulled straight up and lets loose the high water on its left.",
        postfix="A wave runs to the right end of the tank, climbs the wall, and the water sloshes to and fro.",
        scene="A long narrow glass tank with blue water stands on a wooden table.",
        before="A dark gate divided the tank, with the water high on its left and low on its right.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """Depth and discharge on a row of cells, second order in space, reflecting ends."""
        x = (np.arange(_CELLS) + 0.5) * _WIDTH / _CELLS
        depth = np.where(x < _GATE, _HIGH + rng.normal(0, 0.003), _LOW + rng.normal(0, 0.0015))
        flow = np.zeros(_CELLS)
        release = SWITCH_S + 0.1 + rng.uniform(-0.025, 0.025)
        out = np.empty((SAMPLES, _CELLS))
        step = 1 / (SAMPLES_PER_S * _SUBSTEPS)
        for i in range(SAMPLES):
            out[i] = depth
            if i / SAMPLES_PER_S < release:
                continue
            for _ in range(_SUBSTEPS):
                half = advance(depth, flow, step)
                full = advance(*half, step)
                depth, flow = (depth + full[0]) / 2, (flow + full[1]) / 2  # Heun's method
        return {"depth": out, "gate": np.clip((clock() - release) / 0.25, 0, 1.6)}

    def fixtures(self) -> list[Shape]:
        """The floor and the back of the tank."""
        left, right = -_WIDTH / 2, _WIDTH / 2
        y, top = _DEPTH, _FLOOR + _HEIGHT
        shapes: list[Shape] = [
            box(0, _FLOOR / 2, (_WIDTH + 0.03, 2 * _DEPTH + 0.02, _FLOOR), DARK),
            Sheet([(left, y, _FLOOR), (right, y, _FLOOR), (right, y, top), (left, y, top)], _GLASS, 0.35, 1),
        ]
        shapes += [
            Sheet([(x, -y, _FLOOR), (x, y, _FLOOR), (x, y, top), (x, -y, top)], _GLASS, 0.3, 1) for x in (left, right)
        ]
        return shapes + _edges(y, layer=2)

    def shapes(self, now: Now) -> list[Shape]:
        """The surface, the gate in it, the front of the water, then the front edges of the glass."""
        surface = (np.asarray(now["depth"]) + _FLOOR).tolist()
        xs = np.linspace(-_WIDTH / 2, _WIDTH / 2, _CELLS).tolist()
        shapes = _surface(xs, surface)
        lift = 0.3 * float(now["gate"])
        gate_x = _GATE - _WIDTH / 2
        shapes.append(box(gate_x, _FLOOR + _HEIGHT / 2 + lift, (0.012, 2 * _DEPTH, _HEIGHT), DARK, layer=1))
        y = -_DEPTH
        front = [(xs[0], y, _FLOOR), *((x, y, z) for x, z in zip(xs, surface, strict=True)), (xs[-1], y, _FLOOR)]
        shapes.append(Sheet(front, _WATER, 0.82, layer=2))
        for x, z in ((xs[0], surface[0]), (xs[-1], surface[-1])):
            shapes.append(Sheet([(x, y, _FLOOR), (x, -y, _FLOOR), (x, -y, z), (x, y, z)], _WATER, 0.5, layer=0))
        rim = [(x, y, z) for x, z in zip(xs, surface, strict=True)]
        below = [(x, y, z - 0.005) for x, _, z in reversed(rim)]
        shapes.append(Sheet(rim + below, mixed(_WATER, 0.6), layer=3))
        return shapes + _edges(y, layer=4)


def advance(depth: Row, flow: Row, step: float) -> tuple[Row, Row]:
    """One explicit step of the Saint-Venant equations (depth in m, flow = depth × velocity in m²/s).

    Interface values by minmod-limited slopes, fluxes by Rusanov (LeVeque, Finite Volume Methods, ch. 12-13).
    """
    h = np.concatenate([depth[1::-1], depth, depth[:-3:-1]])
    q = np.concatenate([-flow[1::-1], flow, -flow[:-3:-1]])
    half_h, half_q = _slopes(h) / 2, _slopes(q) / 2
    h_left, h_right = (h[1:-1] + half_h)[:-1], (h[1:-1] - half_h)[1:]
    q_left, q_right = (q[1:-1] + half_q)[:-1], (q[1:-1] - half_q)[1:]
    u_left, u_right = q_left / h_left, q_right / h_right
    fastest = np.maximum(np.abs(u_left) + np.sqrt(GRAVITY * h_left), np.abs(u_right) + np.sqrt(GRAVITY * h_right))
    flux_h = (q_left + q_right - fastest * (h_right - h_left)) / 2
    momentum = q_left * u_left + q_right * u_right + GRAVITY / 2 * (h_left**2 + h_right**2)
    flux_q = (momentum - fastest * (q_right - q_left)) / 2
    scale = step * _CELLS / _WIDTH
    return depth - scale * np.diff(flux_h), flow - scale * np.diff(flux_q)


def _slopes(values: Row) -> Row:
    """Minmod-limited differences of the inner values."""
    steps = np.diff(values)
    before, after = steps[:-1], steps[1:]
    return np.where(before * after > 0, np.sign(before) * np.minimum(np.abs(before), np.abs(after)), 0.0)


def _surface(xs: list[float], surface: list[float]) -> list[Shape]:
    """The water's top in strips, brighter where it slopes towards the light."""
    strips: list[Shape] = []
    for i in range(0, len(xs) - 1, 3):
        j = min(i + 3, len(xs) - 1)
        (x0, z0), (x1, z1) = (xs[i], surface[i]), (xs[j], surface[j])
        slope = (z1 - z0) / (x1 - x0)
        colour = mixed(_WATER, 0.32 + min(0.3, max(-0.25, 0.5 * slope)))
        y = _DEPTH
        strips.append(Sheet([(x0, -y, z0), (x1, -y, z1), (x1, y, z1), (x0, y, z0)], colour))
    return strips


def _edges(y: float, *, layer: int) -> list[Shape]:
    """The edges of the glass wall at y."""
    left, right, top = -_WIDTH / 2, _WIDTH / 2, _FLOOR + _HEIGHT
    edges: list[Shape] = [Rod((left, y, top), (right, y, top), 0.006, _GLASS, layer)]
    for x in (left, right):
        edges.append(Rod((x, y, _FLOOR), (x, y, top), 0.006, _GLASS, layer))
        edges.append(Rod((x, -_DEPTH, top), (x, _DEPTH, top), 0.006, _GLASS, layer))
    return edges
