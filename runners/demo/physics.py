"""Rigid bodies in the x-z plane by pymunk, in metres, kilograms and seconds, and small ODEs by Runge-Kutta."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pymunk
from numpy.typing import NDArray

from runners.demo.scene import SAMPLES, SAMPLES_PER_S, clock

Track = NDArray[np.float64]
"""x, z (metres) and turn (radians) of bodies over time: (SAMPLES, bodies, 3)."""

GRAVITY = 9.81
SUBSTEPS = 4


def new_space(damping_per_s: float = 1.0) -> pymunk.Space:
    """An empty world; `damping_per_s` is the share of velocity that air leaves after a second."""
    space = pymunk.Space()
    space.gravity = (0, -GRAVITY)
    space.iterations = 30
    space.collision_slop = 2e-5  # pymunk's default suits pixels
    space.damping = damping_per_s
    return space


def ground(space: pymunk.Space, *points: tuple[float, float], friction: float = 0.6, elasticity: float = 0.5) -> None:
    """A fixed chain of line segments through `points` (x, z)."""
    for start, end in pairwise(points):
        segment = pymunk.Segment(space.static_body, start, end, 0.0)
        segment.friction, segment.elasticity = friction, elasticity
        space.add(segment)


def disc(
    space: pymunk.Space, x: float, z: float, radius: float, mass: float, *, friction: float, elasticity: float
) -> pymunk.Body:
    """A ball that rolls in the plane."""
    body = pymunk.Body(mass, 0.4 * mass * radius**2)  # a solid sphere's moment of inertia
    body.position = x, z
    shape = pymunk.Circle(body, radius)
    shape.friction, shape.elasticity = friction, elasticity
    space.add(body, shape)
    return body


def block(
    space: pymunk.Space,
    x: float,
    z: float,
    size: tuple[float, float],
    mass: float,
    *,
    friction: float,
    elasticity: float,
    turn: float = 0.0,
) -> pymunk.Body:
    """A rectangle with its centre at (x, z)."""
    body = pymunk.Body(mass, pymunk.moment_for_box(mass, size))
    body.position, body.angle = (x, z), turn
    shape = pymunk.Poly.create_box(body, size)
    shape.friction, shape.elasticity = friction, elasticity
    space.add(body, shape)
    return body


def track(
    space: pymunk.Space,
    bodies: Sequence[pymunk.Body],
    each_step: Callable[[float], None] | None = None,
    substeps: int = SUBSTEPS,
    rest_until: float = 0.0,
) -> Track:
    """Run the world for the length of a scene. `each_step(t)` is called before every fixed time step.

    A world that has come to rest may be left alone until `rest_until` (s): nothing would move but rounding errors.
    """
    out = np.empty((SAMPLES, len(bodies), 3))
    step_s = 1 / (SAMPLES_PER_S * substeps)
    for i in range(SAMPLES):
        for j, body in enumerate(bodies):
            (x, z), turn = body.position, body.angle
            out[i, j] = x, z, turn
        if (i + 1) / SAMPLES_PER_S <= rest_until:
            continue
        for k in range(substeps):
            if each_step is not None:
                each_step(i / SAMPLES_PER_S + k * step_s)
            space.step(step_s)
    return out


def integrate(
    slope: Callable[[float, NDArray[np.float64]], NDArray[np.float64]],
    start: NDArray[np.float64],
    substeps: int = SUBSTEPS,
) -> NDArray[np.float64]:
    """Solve dy/dt = slope(t, y) over a scene by the classic Runge-Kutta method: (SAMPLES, len(start))."""
    step = 1 / (SAMPLES_PER_S * substeps)
    y = start.astype(np.float64)
    out = np.empty((SAMPLES, len(y)))
    for i in range(SAMPLES):
        out[i] = y
        for k in range(substeps):
            t = (i * substeps + k) * step
            a = slope(t, y)
            b = slope(t + step / 2, y + step / 2 * a)
            c = slope(t + step / 2, y + step / 2 * b)
            d = slope(t + step, y + step * c)
            y = y + step / 6 * (a + 2 * b + 2 * c + d)
    return out


def opening(release_s: float, duration_s: float = 0.08) -> NDArray[np.float64]:
    """How far a grabber is open over time: 0 until the release, 1 after it."""
    return np.clip((clock() - release_s) / duration_s, 0, 1)
