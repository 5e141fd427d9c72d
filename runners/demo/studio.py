"""The empty set: a wooden or laminate table top in front of a paper backdrop, in perspective."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters import Frame
from runners.demo.camera import Camera, Pixel
from runners.demo.canvas import Canvas, Rgb
from runners.demo.lighting import SHIFT, SUPERSAMPLING, Light, fixed_point

OAK: Rgb = (196, 160, 118)
WALNUT: Rgb = (134, 98, 72)
BIRCH: Rgb = (222, 203, 172)
SLATE: Rgb = (104, 112, 122)
_GRAIN_PX = 768


@dataclass(frozen=True)
class Stage:
    """What the cameras see: `width` metres across at the origin, aimed `target_z` above the table."""

    width: float
    target_z: float
    table: Rgb = OAK
    wall: Rgb = (205, 214, 222)
    elevation_deg: float = 13.0
    wall_y: float = 0.62
    """How far behind the origin the backdrop stands, in widths."""

    def camera(self, view: str, size: tuple[int, int]) -> Camera:
        """The camera of a view for supersampled pictures that become `size` (W, H)."""
        return Camera.on(
            view,
            width=self.width,
            target_z=self.target_z,
            elevation_deg=self.elevation_deg,
            size=(size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING),
        )

    def key_light(self) -> Light:
        """The light of the studio: from above, in front and a little left."""
        return Light((-0.9 * self.width, -1.6 * self.width, 2.3 * self.width))


def empty_set(stage: Stage, camera: Camera, light: Light) -> Frame:
    """The supersampled picture (2H, 2W, 3) of table and backdrop without anything on it."""
    pixels = _table(stage, camera)
    _backdrop(stage, camera, light, pixels)
    return pixels


def _table(stage: Stage, camera: Camera) -> Frame:
    """The table top, its texture laid out in table coordinates and warped into view."""
    span = stage.width * 3.2
    texture_to_table = np.array(
        [[span / _GRAIN_PX, 0, -span / 2], [0, span / _GRAIN_PX, -span / 2], [0, 0, 1]], dtype=np.float64
    )
    texture = _planks(stage.table)
    warp = camera.table_homography @ texture_to_table
    warped = cv2.warpPerspective(texture, warp, camera.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.uint8)


@cache
def _planks(colour: Rgb) -> Frame:
    """Boards along x with a fine grain, brightest in the middle where the light falls; always the same."""
    rng = np.random.default_rng(20250114)
    n = _GRAIN_PX
    fine = cv2.resize(rng.normal(size=(n, 24)), (n, n), interpolation=cv2.INTER_CUBIC)
    broad = cv2.resize(rng.normal(size=(64, 6)), (n, n), interpolation=cv2.INTER_CUBIC)
    boards = np.repeat(rng.normal(size=12), n // 12)[:, None]
    seams = np.where(np.arange(n) % (n // 12) < 2, -0.05, 0.0)[:, None]
    axis = np.linspace(-1, 1, n)
    glow = -0.55 * np.minimum(1.0, axis[:, None] ** 2 + axis[None, :] ** 2)
    level = 1.06 + 0.012 * fine + 0.014 * broad + 0.022 * boards + seams + glow
    texture: Frame = np.clip(level[..., None] * np.array(colour), 0, 255).astype(np.uint8)
    return texture


def _backdrop(stage: Stage, camera: Camera, light: Light, pixels: Frame) -> None:
    """Paper behind the table, lighter in the middle and darker towards the corners."""
    y = stage.wall_y * stage.width
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    foot = camera.pixel((-stage.width, y, 0)), camera.pixel((stage.width, y, 0))
    cv2.fillConvexPoly(mask, fixed_point(_above(*foot, width)), (255,), cv2.LINE_8, SHIFT)
    level = _vignette(width, height)
    paper = cv2.merge([np.clip(level * channel, 0, 255).astype(np.uint8) for channel in stage.wall])
    cv2.copyTo(paper, mask, pixels)
    _skirting(camera, light, pixels, y, stage.width)


def _above(left: Pixel, right: Pixel, width: int) -> list[Pixel]:
    """All of the picture above the straight line through two pixels."""
    slope = (right[1] - left[1]) / (right[0] - left[0])
    edges = (-50.0, width + 50.0)
    return [*((x, left[1] + slope * (x - left[0])) for x in edges), (edges[1], -50.0), (edges[0], -50.0)]


@cache
def _vignette(width: int, height: int) -> NDArray[np.float32]:
    """A soft pool of light, with a breath of noise that keeps 8-bit gradients from showing bands."""
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    pool = 1.07 - 0.2 * (x[None] * 0.9) ** 2 - 0.14 * (y[:, None] + 0.35) ** 2
    noise = np.random.default_rng(7).uniform(-0.006, 0.006, size=(height, width)).astype(np.float32)
    level: NDArray[np.float32] = (pool + noise).astype(np.float32)
    return level


def _skirting(camera: Camera, light: Light, pixels: Frame, y: float, width: float) -> None:
    """The dim line where table and backdrop meet."""
    canvas = Canvas(camera, light, pixels)
    for depth, alpha in ((0.05, 0.10), (0.025, 0.12), (0.008, 0.2)):
        corners = ((-2 * width, y - depth * width), (2 * width, y - depth * width), (2 * width, y), (-2 * width, y))
        canvas.fill([camera.pixel((cx, cy, 0.0)) for cx, cy in corners], (40.0, 36.0, 34.0), alpha)
