"""Paints shapes as one camera sees them: anti-aliased, and shaded by one point light."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from adapters import Frame
from runners.demo.camera import Camera, Pixel, Point, dot, sub, unit
from runners.demo.lighting import SHIFT, Light, fixed_point

Rgb = tuple[float, float, float]
"""Red, green, blue, 0 to 255."""


class Shape(Protocol):
    """Something to paint. Lower layers first; within a layer, what is farther from the camera first."""

    @property
    def layer(self) -> int:
        """Painting order before distance counts."""

    @property
    def anchor(self) -> Point:
        """The point whose distance stands for the whole shape's."""

    def shadows(self, light: Light) -> list[list[Point]]:
        """Outlines on the table, each the hull of its points; empty if it casts none."""

    def paint(self, canvas: Canvas) -> None:
        """Draw itself."""


class Canvas:
    """A supersampled RGB picture, with the camera it is seen by and the light that shines on it."""

    def __init__(self, camera: Camera, light: Light, pixels: Frame) -> None:
        self.camera = camera
        self.light = light
        self.pixels = pixels

    def draw(self, shapes: Sequence[Shape]) -> None:
        """Paint all shapes in order, without their shadows."""
        for shape in sorted(shapes, key=lambda s: (s.layer, -self.camera.depth(s.anchor))):
            shape.paint(self)

    def fill(self, outline: Sequence[Pixel], colour: Rgb, alpha: float = 1.0) -> None:
        """A polygon; translucent where `alpha` < 1."""
        corners = fixed_point(outline)
        if alpha < 1:
            self._blend(corners, colour, alpha)
        else:
            cv2.fillPoly(self.pixels, [corners], colour, cv2.LINE_AA, SHIFT)

    def circle(self, centre: Pixel, radius: float, colour: Rgb, *, soft: bool = True) -> None:
        """A disc; the radius in pixels. One that hardly stands out from what it lies on needs no `soft` edge."""
        x, y = round(centre[0] * 16 - 8), round(centre[1] * 16 - 8)
        cv2.circle(
            self.pixels, (x, y), max(1, round(radius * 16)), colour, -1, cv2.LINE_AA if soft else cv2.LINE_8, SHIFT
        )

    def shaded(self, colour: Rgb, normal: Point, point: Point) -> Rgb:
        """A matt colour as the light shows it on a surface with this unit normal at this point."""
        cosine = dot(normal, unit(sub(self.light.position, point)))
        return tinted(colour, self.light.ambient + (1.08 - self.light.ambient) * max(0.0, cosine))

    def paste(self, image: Frame, corners: Sequence[Pixel]) -> None:
        """An image (h, w, 3) stretched to a quadrilateral: its corners in pixels from the top left, clockwise."""
        at = np.array(corners)
        left, top = np.floor(at.min(axis=0)).astype(int)
        right, bottom = np.ceil(at.max(axis=0)).astype(int)
        patch = self.pixels[top:bottom, left:right]
        size = (patch.shape[1], patch.shape[0])
        rows, columns = image.shape[:2]
        source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
        warp = cv2.getPerspectiveTransform(source - 0.5, (at - (left, top) - 0.5).astype(np.float32))
        warped = cv2.warpPerspective(image, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inside = np.zeros(patch.shape[:2], np.uint8)
        cv2.fillConvexPoly(inside, fixed_point(at - (left, top)), (255,), cv2.LINE_8, SHIFT)
        cv2.copyTo(warped, inside, patch)

    def _blend(self, corners: cv2.typing.MatLike, colour: Rgb, alpha: float) -> None:
        """Fill over a copy of the surroundings, then mix: cv2 itself knows no translucency."""
        height, width = self.pixels.shape[:2]
        left, top = np.maximum((corners.min(axis=0) >> SHIFT) - 2, 0)
        right, bottom = np.minimum((corners.max(axis=0) >> SHIFT) + 3, (width, height))
        if left >= right or top >= bottom:
            return
        patch = self.pixels[top:bottom, left:right]
        over = patch.copy()
        cv2.fillPoly(over, [corners - np.array([left << SHIFT, top << SHIFT], np.int32)], colour, cv2.LINE_AA, SHIFT)
        cv2.addWeighted(over, alpha, patch, 1 - alpha, 0, dst=patch)


def tinted(colour: Rgb, level: float) -> Rgb:
    """A colour made darker or lighter by a factor."""
    return min(255.0, colour[0] * level), min(255.0, colour[1] * level), min(255.0, colour[2] * level)


def mixed(colour: Rgb, white: float) -> Rgb:
    """A colour mixed with white, 0 = none, 1 = white."""
    red, green, blue = (channel + (255 - channel) * min(1.0, white) for channel in colour)
    return red, green, blue
