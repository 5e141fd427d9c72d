"""Moving pictures of two kinds, for timing encoders: what a camera or a video model gives, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters import Frame

Footage = Callable[[int, int, int], Iterator[Frame]]
"""(width, height, count) to frames."""

_OCTAVES = ((4, 18.0), (16, 30.0), (64, 50.0))
"""Size in pixels and contrast in levels of the texture's grains."""


def textured(width: int, height: int, count: int) -> Iterator[Frame]:
    """A view that pans by a pixel a frame over a surface rough at all scales, with a sensor's noise of ±2 levels."""
    rng = np.random.default_rng(1)
    ground = surface(rng, width + count, height)
    for index in range(count):
        noise = rng.integers(-2, 3, (height, width, 1), np.int16)
        yield np.clip(ground[:, index : index + width] + noise, 0, 255).astype(np.uint8)


def clean(width: int, height: int, count: int) -> Iterator[Frame]:
    """An anti-aliased ball that bounces before a wall that shades into light: hardly any detail."""
    wall = np.linspace(200, 235, height).astype(np.uint8)[:, None, None]
    ground = np.broadcast_to(wall, (height, width, 3)).copy()
    ground[height * 3 // 4 :] = (150, 130, 110)
    radius = height / 12
    for index in range(count):
        frame = ground.copy()
        x = radius + (width - 2 * radius) * index / count
        y = height * (0.65 - 0.4 * abs(np.sin(index / 12)))
        centre = (round(x * 16), round(y * 16))  # in sixteenths of a pixel
        cv2.circle(frame, centre, round(radius * 16), (200, 60, 30), -1, cv2.LINE_AA, 4)
        yield frame


def surface(rng: np.random.Generator, width: int, height: int) -> NDArray[np.int16]:
    """RGB levels (not yet clipped to 0 … 255) of a picture that is rough at all scales."""
    total = np.full((height, width, 3), 120, np.float32)
    for grain, contrast in _OCTAVES:
        coarse = rng.normal(0, contrast, (height // grain + 2, width // grain + 2, 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return total.astype(np.int16)
