"""Things that several scenes share."""

from __future__ import annotations

from runners.demo.camera import Point
from runners.demo.canvas import Rgb, Shape
from runners.demo.shapes import Rod

STEEL: Rgb = (176, 182, 190)
DARK: Rgb = (58, 62, 70)
RED: Rgb = (206, 52, 44)
BLUE: Rgb = (44, 104, 190)
YELLOW: Rgb = (240, 186, 40)
GREEN: Rgb = (58, 150, 92)
WOOD: Rgb = (214, 170, 112)


def grabber(held: Point, radius: float, opening: float, top: float, *, layer: int = 1) -> list[Shape]:
    """A pole from `top` metres up with two fingers around a thing of this radius; `opening` 0 (shut) to 1."""
    x, y, z = held
    width = radius * 0.24
    wrist = (x, y, z + radius * 1.9)
    spread = radius * (1.02 + 0.9 * opening)
    parts: list[Shape] = [Rod((x, y, top), wrist, width * 1.4, DARK, layer)]
    for side in (-1, 1):
        knuckle = (x + side * spread * 1.04, y, z + radius * 0.9)
        parts.append(Rod(wrist, knuckle, width, DARK, layer))
        parts.append(Rod(knuckle, (x + side * spread, y, z - radius * 0.1), width, DARK, layer))
    return parts
