"""Flat things that cast no shadow: light, liquid, glass, and pictures on surfaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters import Frame
from runners.demo.camera import Point, middle
from runners.demo.canvas import Canvas, Rgb
from runners.demo.lighting import Light


@dataclass(frozen=True)
class Sheet:
    """A flat polygon of one plain colour: light, liquid, glass."""

    corners: Sequence[Point]
    colour: Rgb
    alpha: float = 1.0
    layer: int = 0

    @property
    def anchor(self) -> Point:
        """The middle."""
        return middle(self.corners)

    def shadows(self, light: Light) -> list[list[Point]]:  # noqa: ARG002 - a sheet lets light through
        """None."""
        return []

    def paint(self, canvas: Canvas) -> None:
        """As it is, unshaded."""
        canvas.fill(canvas.camera.pixels(self.corners), self.colour, self.alpha)


@dataclass(frozen=True, eq=False)
class Picture:
    """An RGB image (h, w, 3) stretched over a rectangle: four corners from its top left, clockwise."""

    image: Frame
    corners: Sequence[Point]
    layer: int = 0

    @property
    def anchor(self) -> Point:
        """The middle."""
        return middle(self.corners)

    def shadows(self, light: Light) -> list[list[Point]]:  # noqa: ARG002 - pictures lie on what casts
        """None."""
        return []

    def paint(self, canvas: Canvas) -> None:
        """Warped as the camera sees it."""
        canvas.paste(self.image, canvas.camera.pixels(self.corners))
