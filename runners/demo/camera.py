"""Pinhole cameras around a table: the three perspectives from which every scene is filmed.

The world is in metres: x to the right, y away from the viewer, z up, the table top at z = 0. Images are in pixels.
Points are plain tuples where there are few of them: numpy costs more than it saves on three numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]
"""A place or direction in the world, metres."""
Pixel = tuple[float, float]
"""A place in a picture."""
Vec = NDArray[np.float64]

AZIMUTH_DEG = {"left": -24.0, "center": 0.0, "right": 24.0}
"""Where each camera stands on its circle around the scene: real parallax, not three crops."""

_FEW = 6
"""Numbers of points up to which plain Python is faster than numpy (measured)."""

DISTANCE = 2.3
"""How far the cameras stand, in widths of what they see: a field of view of about 25°."""


@dataclass(frozen=True)
class Camera:
    """A camera at `position` with its right, down and forward directions; `size` (W, H) is its picture's."""

    position: Point
    right: Point
    down: Point
    forward: Point
    size: tuple[int, int]

    @classmethod
    def on(cls, view: str, *, width: float, target_z: float, elevation_deg: float, size: tuple[int, int]) -> Camera:
        """The camera `left`, `center` or `right` of the origin, seeing `width` metres across there."""
        azimuth, elevation = math.radians(AZIMUTH_DEG[view]), math.radians(elevation_deg)
        sin_a, cos_a, sin_e, cos_e = math.sin(azimuth), math.cos(azimuth), math.sin(elevation), math.cos(elevation)
        backward = (sin_a * cos_e, -cos_a * cos_e, sin_e)
        forward = (-backward[0], -backward[1], -backward[2])
        right = (cos_a, sin_a, 0.0)
        reach = width * DISTANCE
        position = (backward[0] * reach, backward[1] * reach, target_z + backward[2] * reach)
        return cls(position, right, cross(forward, right), forward, size)

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.size[0] * DISTANCE

    def pixel(self, point: Point) -> Pixel:
        """Where a world point is seen."""
        seen = sub(point, self.position)
        scale = self.focal_px / dot(seen, self.forward)
        return self.size[0] / 2 + dot(seen, self.right) * scale, self.size[1] / 2 + dot(seen, self.down) * scale

    def pixels(self, points: Sequence[Point]) -> list[Pixel]:
        """Where world points are seen."""
        if len(points) > _FEW:
            return [(x, y) for x, y, _ in self.seen(np.array(points)).tolist()]
        return [self.pixel(point) for point in points]

    def seen(self, points: Vec) -> Vec:
        """Many world points (n, 3) to pixels and depths (n, 3)."""
        seen: Vec = points @ self.matrix[:, :3].T + self.matrix[:, 3]
        seen[:, :2] /= seen[:, 2:]
        return seen

    def depth(self, point: Point) -> float:
        """Distance along the viewing direction, in metres."""
        return dot(sub(point, self.position), self.forward)

    @cached_property
    def matrix(self) -> Vec:
        """The 3×4 projection from homogeneous world points to homogeneous pixels."""
        intrinsic = np.array(
            [[self.focal_px, 0, self.size[0] / 2], [0, self.focal_px, self.size[1] / 2], [0, 0, 1]], dtype=np.float64
        )
        axes = np.array([self.right, self.down, self.forward])
        matrix: Vec = intrinsic @ np.column_stack([axes, -axes @ np.array(self.position)])
        return matrix

    @property
    def table_homography(self) -> Vec:
        """The 3×3 map from table coordinates (x, y, 1) in metres to homogeneous pixels."""
        homography: Vec = self.matrix[:, [0, 1, 3]]
        return homography


def sub(a: Point, b: Point) -> Point:
    """The difference a − b."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def add(a: Point, b: Point, scale: float = 1.0) -> Point:
    """The sum a + scale·b."""
    return a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2]


def dot(a: Point, b: Point) -> float:
    """The scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Point, b: Point) -> Point:
    """The vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def unit(a: Point) -> Point:
    """The direction of a, of length 1."""
    length = math.sqrt(dot(a, a)) or 1.0
    return a[0] / length, a[1] / length, a[2] / length


def middle(points: Iterable[Point]) -> Point:
    """The mean of points."""
    xs, ys, zs = zip(*points, strict=True)
    n = len(xs)
    return sum(xs) / n, sum(ys) / n, sum(zs) / n
