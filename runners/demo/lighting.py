"""The light of a scene: what it leaves of the table and the backdrop, soft shadows included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters import Frame
from runners.demo.camera import Camera, Pixel, Point, Vec

SUPERSAMPLING = 2
"""Pictures are painted this much larger than they are shown."""
SHIFT = 4
"""cv2 takes coordinates in 1/16 pixel."""
_FACTOR = SUPERSAMPLING * 2  # shadows are soft: half the final size is fine enough


@dataclass(frozen=True)
class Light:
    """A point light at `position` (metres) in a room with a share `ambient` of light from everywhere.

    A `local` light also falls off with distance over the table; the studio's own is too far away for that.
    """

    position: Point
    ambient: float = 0.5
    shadow: float = 0.42
    """How much darker its shadows are."""
    local: bool = False

    def on_table(self, point: Point) -> Point:
        """Where the shadow of a point falls on the table."""
        x, y, z = point
        reach = z / (self.position[2] - z)
        return x + (x - self.position[0]) * reach, y + (y - self.position[1]) * reach, 0.0


class Illumination:
    """How much light reaches each pixel of the empty set, at half the final size."""

    def __init__(self, camera: Camera, wall_y: float) -> None:
        self._camera = camera
        self._wall_y = wall_y
        self.size = (camera.size[0] // _FACTOR, camera.size[1] // _FACTOR)
        self._blur = max(3, round(self.size[0] / 50) | 1)

    def mask(self, outlines: Sequence[Sequence[Point]], light: Light) -> Frame:
        """Light left over, uint8 of `self.size`, 255 = all, once things cast these shadows on the table."""
        mask = np.full((self.size[1], self.size[0]), 255, np.uint8)
        if outlines:
            shade = (round(255 * (1 - light.shadow)),)
            ends = np.cumsum([len(outline) for outline in outlines])[:-1]
            points = np.array([corner for outline in outlines for corner in outline])
            for pixels in np.split(fixed_point(self._camera.seen(points)[:, :2] / _FACTOR), ends):
                cv2.fillConvexPoly(mask, cv2.convexHull(pixels), shade, cv2.LINE_AA, SHIFT)
            mask = np.asarray(cv2.GaussianBlur(mask, (self._blur, self._blur), 0), np.uint8)
        return self._pool(mask, light) if light.local else mask

    def apply(self, pixels: Frame, mask: Frame) -> None:
        """Darken a supersampled picture in place by such a mask."""
        x, y, width, height = cv2.boundingRect(cv2.bitwise_not(mask))
        if not width:
            return
        left, top = max(0, x - 1), max(0, y - 1)
        part = mask[top : y + height + 1, left : x + width + 1]
        patch = pixels[top * _FACTOR : (y + height + 1) * _FACTOR, left * _FACTOR : (x + width + 1) * _FACTOR]
        share = cv2.resize(part, (patch.shape[1], patch.shape[0]), interpolation=cv2.INTER_LINEAR)
        cv2.multiply(patch, cv2.cvtColor(share, cv2.COLOR_GRAY2RGB), dst=patch, scale=1 / 255)

    def is_wall(self) -> NDArray[np.bool_]:
        """Where the backdrop is seen, rows × columns of `self.size`."""
        return self._surface[1]

    def _pool(self, mask: Frame, light: Light) -> Frame:
        """Add the inverse-square and cosine laws for a light that hangs over the table."""
        places, wall = self._surface
        x, y, z = (np.float32(at) - place for at, place in zip(light.position, places, strict=True))
        inverse = 1 / (x * x + y * y + z * z)
        cosine = np.where(wall, -y, z) * np.sqrt(inverse)
        around = np.float32(0.8 * light.ambient)
        full = cosine.clip(0, 1) * inverse * np.float32(light.position[2] ** 2)  # 1 right below the light
        level = around * 255 + full * (1 - around) * mask
        return np.asarray(level.clip(0, 255), np.uint8)

    @cached_property
    def _surface(self) -> tuple[list[NDArray[np.float32]], NDArray[np.bool_]]:
        """The world's x, y and z (h, w) on table or backdrop behind each pixel, and where it is the backdrop."""
        camera = self._camera
        columns, rows = np.meshgrid(np.arange(self.size[0]), np.arange(self.size[1]))
        across = ((columns + 0.5) * _FACTOR - camera.size[0] / 2)[..., None] / camera.focal_px
        down = ((rows + 0.5) * _FACTOR - camera.size[1] / 2)[..., None] / camera.focal_px
        rays: Vec = np.array(camera.forward) + across * np.array(camera.right) + down * np.array(camera.down)
        eye = np.array(camera.position)
        to_wall = (self._wall_y - eye[1]) / rays[..., 1:2]
        to_table = np.where(rays[..., 2:] < 0, -eye[2] / np.minimum(rays[..., 2:], -1e-9), np.inf)
        wall = (to_wall < to_table)[..., 0]
        points = eye + rays * np.minimum(to_wall, to_table)
        return [np.ascontiguousarray(points[..., axis], np.float32) for axis in range(3)], wall


def fixed_point(pixels: Sequence[Pixel] | cv2.typing.MatLike) -> cv2.typing.MatLike:
    """Pixel coordinates as the integers that cv2 wants; it counts from pixel centres."""
    return (np.asarray(pixels) * (1 << SHIFT) - 7.5).astype(np.int32)
