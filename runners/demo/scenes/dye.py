"""Heavy dye runs from a nozzle into a clear thin syrup, sinks, and curls up."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from runners.demo.canvas import Rgb, Shape
from runners.demo.flats import Picture, Sheet
from runners.demo.props import DARK, STEEL
from runners.demo.scene import SAMPLES, SAMPLES_PER_S, SWITCH_S, Now, Scene, States, Texts
from runners.demo.shapes import Rod, box
from runners.demo.studio import BIRCH, Stage

_WIDTH, _HEIGHT, _DEPTH = 0.60, 0.38, 0.02
_FLOOR = 0.015
_CELLS = (96, 152)  # rows, columns
_CELL = _WIDTH / _CELLS[1]
_STEPS_PER_S = 60
_BUOYANCY = 1.6
"""Downward acceleration of pure dye, m/s²: a dye a sixth heavier than the liquid."""
_VISCOSITY = 9.4e-5
"""m²/s: a thin syrup, ninety times water, the least that this grid resolves."""
_DIFFUSIVITY = _VISCOSITY / 2
_FRICTION = 0.7
"""Drag of the two panes on the liquid between them, 1/s: 12 ν / b² for a gap b of 4 cm (Hele-Shaw)."""
_NOZZLE_X = 0.5
_INFLOW = 0.10
_WATER: Rgb = (206, 226, 232)
_DYE: Rgb = (150, 24, 92)

Field = NDArray[np.float32]


class Dye(Scene):
    """Incompressible flow driven by density, in a thin tank."""

    name = "sinking-dye"
    category = "Fluid Dynamics"
    stage = Stage(width=0.84, target_z=0.21, table=BIRCH, wall=(190, 200, 208))
    texts = Texts(
        description=(
            "A narrow glass tank of clear liquid on a table, with a metal nozzle just under the surface. Heavy magenta "
            "dye runs out of the nozzle into the liquid. Static shot with no camera movement."
        ),
        subject_action="Heavy magenta dye runs out of the nozzle and sinks through the clear liquid.",
        postfix="It reaches the bottom of the tank and spreads to both sides in curling clouds.",
        scene="A metal nozzle dips into a narrow glass tank full of clear liquid on a light table.",
        before="The metal nozzle had just begun to let magenta dye into the still liquid.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """Semi-Lagrangian transport and exact projection (Stam, Stable Fluids), in fixed steps of 1/60 s."""
        flow = _Flow(rng)
        out = np.empty((SAMPLES, *_CELLS), np.uint8)
        per_step = SAMPLES_PER_S // _STEPS_PER_S
        before = flow.density()
        for i in range(0, SAMPLES, per_step):
            flow.step(i / SAMPLES_PER_S)
            after = flow.density()
            for k in range(per_step):
                # Between the solver's steps the picture is interpolated: at 240 Hz the field changes smoothly.
                cv2.addWeighted(before, 1 - k / per_step, after, k / per_step, 0, dst=out[i + k])
            before = after
        return {"dye": out}

    def fixtures(self) -> list[Shape]:
        """The tank, its stand and its glass."""
        return [
            box(0, _FLOOR / 2, (_WIDTH + 0.03, 2 * _DEPTH + 0.02, _FLOOR), DARK),
            box(0, _FLOOR + _HEIGHT / 2, (_WIDTH, 2 * _DEPTH, _HEIGHT), _WATER, layer=1),
        ]

    def shapes(self, now: Now) -> list[Shape]:
        """The front of the tank as a picture, and the nozzle."""
        left, right, y, top = -_WIDTH / 2, _WIDTH / 2, -_DEPTH, _FLOOR + _HEIGHT
        corners = [(left, y, top), (right, y, top), (right, y, _FLOOR), (left, y, _FLOOR)]
        x = left + _NOZZLE_X * _WIDTH
        edge: Rgb = (236, 244, 246)
        return [
            Picture(_coloured(now["dye"]), corners),
            Sheet([(left, y, top), (right, y, top), (right, -y, top), (left, -y, top)], edge, layer=1),
            Rod((x, 0, 1.0), (x, 0, top), 0.022, STEEL, layer=2, casts=False),
            Rod((x, y, top), (x, y, top - 0.02), 0.018, STEEL, layer=2, casts=False),
            *(Rod((e, y, _FLOOR), (e, y, top), 0.005, edge, layer=3, casts=False) for e in (left, right)),
        ]


def _coloured(density: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Clear liquid to dye, by Beer-Lambert absorption."""
    fine = cv2.resize(density, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.applyColorMap(fine, _palette()), np.uint8)


@cache
def _palette() -> NDArray[np.uint8]:
    """256 shades (256, 1, 3) from clear to dye."""
    thickness = np.arange(256)[:, None, None] / 255
    absorbed = (1 - np.exp(-3.2 * thickness)) / (1 - np.exp(-3.2))
    return np.asarray(np.array(_WATER) * (1 - absorbed) + np.array(_DYE) * absorbed, np.uint8)


class _Flow:
    """Velocity on cell faces, dye in cell centres; rows count downwards."""

    def __init__(self, rng: np.random.Generator) -> None:
        rows, columns = _CELLS
        self.u: Field = np.zeros((rows, columns + 1), np.float32)
        self.v: Field = np.zeros((rows + 1, columns), np.float32)
        self.dye: Field = np.zeros(_CELLS, np.float32)
        self._offset = float(rng.normal(0, 0.6))
        self._pulse = 1 + float(rng.normal(0, 0.05))
        self._start = SWITCH_S - 0.4 + float(rng.uniform(-0.05, 0.05))
        self._y, self._x = np.mgrid[0:rows, 0:columns].astype(np.float32)
        self._eigenvalues = _laplacian(rows, columns)

    def density(self) -> NDArray[np.uint8]:
        """The dye as a picture of 8 bits."""
        return np.asarray(np.clip(self.dye * 255, 0, 255), np.uint8)

    def step(self, t: float) -> None:
        """Pour, pull down, make divergence-free, carry along."""
        if t < self._start:
            return
        self._pour(t)
        dt = 1 / _STEPS_PER_S
        self.v[1:-1] += dt * _BUOYANCY * (self.dye[1:] + self.dye[:-1]) / 2
        self._project()
        self.u *= 1 - dt * _FRICTION
        self.v *= 1 - dt * _FRICTION
        self.u += _spread(self.u, _VISCOSITY)
        self.v += _spread(self.v, _VISCOSITY)
        self.dye += _spread(self.dye, _DIFFUSIVITY)
        self._carry(dt / _CELL)

    def _pour(self, t: float) -> None:
        """The nozzle's mouth: dye at a steady speed that wavers a little, as a hand-made nozzle does."""
        middle = _NOZZLE_X * _CELLS[1] + self._offset
        mouth = np.clip(2.6 - np.abs(self._x[4] - middle), 0, 1)
        self.dye[3:6] = np.maximum(self.dye[3:6], mouth)
        self.v[3:7] = self.v[3:7] * (1 - mouth) + _INFLOW * self._pulse * mouth
        sway = 0.012 * np.sin(2 * np.pi * 0.9 * (t - self._start) + 0.5)
        self.u[5:8, 1:] += (mouth * sway).astype(np.float32)

    def _project(self) -> None:
        """Take out divergence: a Poisson equation with closed walls, solved exactly by cosine transform."""
        divergence = np.diff(self.u, axis=1) + np.diff(self.v, axis=0)
        spectrum = cv2.dct(divergence)
        pressure = cv2.idct(spectrum / self._eigenvalues)
        self.u[:, 1:-1] -= np.diff(pressure, axis=1)
        self.v[1:-1] -= np.diff(pressure, axis=0)

    def _carry(self, cells_per_velocity: float) -> None:
        """Move velocity and dye back along the flow (midpoint rule), with cubic interpolation."""
        u = np.asarray((self.u[:, 1:] + self.u[:, :-1]) / 2 * cells_per_velocity, np.float32)
        v = np.asarray((self.v[1:] + self.v[:-1]) / 2 * cells_per_velocity, np.float32)
        middle_u = _look(u, self._x - u / 2, self._y - v / 2, cv2.INTER_LINEAR)
        middle_v = _look(v, self._x - u / 2, self._y - v / 2, cv2.INTER_LINEAR)
        x, y = self._x - middle_u, self._y - middle_v
        new_u, new_v = (_look(f, x, y, cv2.INTER_CUBIC) / np.float32(cells_per_velocity) for f in (u, v))
        self.dye = np.clip(_look(self.dye, x, y, cv2.INTER_CUBIC), 0, 1)
        self.u[:, 1:-1] = (new_u[:, 1:] + new_u[:, :-1]) / 2
        self.v[1:-1] = (new_v[1:] + new_v[:-1]) / 2


def _spread(field: Field, per_s: float) -> Field:
    """What diffusion adds in one step."""
    share = per_s / _STEPS_PER_S / _CELL**2
    return np.asarray(share * cv2.Laplacian(field, cv2.CV_32F, borderType=cv2.BORDER_REPLICATE), np.float32)


def _look(field: Field, x: Field, y: Field, how: int) -> Field:
    return np.asarray(cv2.remap(field, x, y, how, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _laplacian(rows: int, columns: int) -> Field:
    """Eigenvalues of the five-point Laplacian with closed walls, in the cosine basis; the constant one is moot."""
    row = 2 * np.cos(np.pi * np.arange(rows) / rows) - 2
    column = 2 * np.cos(np.pi * np.arange(columns) / columns) - 2
    values = np.asarray(row[:, None] + column[None], np.float32)
    values[0, 0] = 1
    return values
