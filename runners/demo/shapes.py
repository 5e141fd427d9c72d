"""The things that scenes are made of. All positions and sizes in metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from runners.demo.camera import Pixel, Point, Vec, add, cross, dot, middle, sub, unit
from runners.demo.canvas import Canvas, Rgb, mixed, tinted
from runners.demo.lighting import Light

CIRCLE: list[Pixel] = [(math.cos(k * math.pi / 8), math.sin(k * math.pi / 8)) for k in range(16)]
"""16 points of the unit circle, counter-clockwise."""

_THREAD_PX = 2.5
"""Rods with a smaller radius get one tone: two would not be told apart."""


@dataclass(frozen=True)
class Prism:
    """A solid: the flat polygon `base` moved along `along`. Each face that looks at the camera is shaded by itself.

    A base that is not convex is fine as long as no face hides another one; its shadow is that of its hull.
    """

    base: Sequence[Point]
    along: Point
    colour: Rgb
    layer: int = 0

    @property
    def top(self) -> list[Point]:
        """The polygon opposite the base."""
        return [add(corner, self.along) for corner in self.base]

    @property
    def anchor(self) -> Point:
        """The middle of the solid."""
        return add(middle(self.base), self.along, 0.5)

    def shadows(self, light: Light) -> list[list[Point]]:
        """The hull of all corners' shadows."""
        return [[light.on_table(corner) for corner in (*self.base, *self.top)]]

    def paint(self, canvas: Canvas) -> None:
        """Sides first, then the caps; what looks away is left out."""
        base, top = self.base, self.top
        pixels = canvas.camera.pixels([*base, *top])
        below, above = pixels[: len(base)], pixels[len(base) :]
        cap = unit(self.along)
        out = self._side()
        for i in range(len(base)):
            j = (i + 1) % len(base)
            edge = sub(base[j], base[i])
            at = add(base[i], add(edge, self.along), 0.5)
            normal = unit(cross(edge, out))
            self._face(canvas, [below[i], below[j], above[j], above[i]], normal, at)
        self._face(canvas, below, (-cap[0], -cap[1], -cap[2]), middle(base))
        self._face(canvas, above, cap, middle(top))

    def _side(self) -> Point:
        """`along`, or its opposite: whichever makes edge × it point out of the solid."""
        first = self.base[0]
        doubled_area = 0.0
        for a, b in pairwise(self.base[1:]):
            doubled_area += dot(cross(sub(a, first), sub(b, first)), self.along)
        return self.along if doubled_area > 0 else (-self.along[0], -self.along[1], -self.along[2])

    def _face(self, canvas: Canvas, outline: list[Pixel], normal: Point, at: Point) -> None:
        if dot(normal, sub(canvas.camera.position, at)) > 0:
            canvas.fill(outline, canvas.shaded(self.colour, normal, at))


@dataclass(frozen=True)
class Ball:
    """A sphere. `turn` (radians in the x-z plane, counter-clockwise) moves painted marks, so that rolling shows."""

    centre: Point
    radius: float
    colour: Rgb
    turn: float | None = None
    gloss: float = 0.35
    layer: int = 0
    casts: bool = True

    @property
    def anchor(self) -> Point:
        """The centre."""
        return self.centre

    def shadows(self, light: Light) -> list[list[Point]]:
        """The shadow of the great circle that faces the light."""
        if not self.casts:
            return []
        towards = unit(sub(light.position, self.centre))
        side = unit((towards[2], 0.0, -towards[0]))
        other = cross(side, towards)
        r = self.radius
        ring = (add(add(self.centre, side, r * c), other, r * s) for c, s in CIRCLE)
        return [[light.on_table(point) for point in ring]]

    def paint(self, canvas: Canvas) -> None:
        """Nested discs that shrink towards the light: a smooth shading at the price of a few circles."""
        camera = canvas.camera
        x, y = camera.pixel(self.centre)
        radius = self.radius * camera.focal_px / camera.depth(self.centre)
        towards = unit(sub(canvas.light.position, self.centre))
        lean_x, lean_y = dot(camera.right, towards) * radius, dot(camera.down, towards) * radius
        tones = _tones(self.colour, self.gloss, min(9, max(2, int(radius / 3))))
        for k, tone in enumerate(tones):
            t = k / (len(tones) - 1)
            canvas.circle((x + lean_x * 0.62 * t, y + lean_y * 0.62 * t), radius * (1 - 0.8 * t), tone, soft=k == 0)
        if self.turn is not None:
            self._mark(canvas, self.turn)
        if radius > 6:
            canvas.circle((x + lean_x * 0.66, y + lean_y * 0.66), radius * 0.1, mixed(self.colour, 0.4 + self.gloss))

    def _mark(self, canvas: Canvas, turn: float) -> None:
        """Two spots, opposite each other, on the side of the ball that the cameras see."""
        for angle in (turn, turn + math.pi):
            axis = unit((0.62 * math.cos(angle), -0.72, 0.62 * math.sin(angle)))
            u = (-math.sin(angle), 0.0, math.cos(angle))
            v = cross(axis, u)
            rim = [add(add(axis, u, 0.22 * c), v, 0.22 * s) for c, s in CIRCLE]
            outline = canvas.camera.pixels([add(self.centre, spot, self.radius * 0.97) for spot in rim])
            canvas.fill(outline, mixed(tinted(self.colour, 0.9), 0.7))


@dataclass(frozen=True, eq=False)
class Beads:
    """Many small balls at once, centres (n, 3), coloured in turn; they cast no shadows."""

    centres: Vec
    radius: float
    palette: Sequence[Rgb]
    layer: int = 0

    @property
    def anchor(self) -> Point:
        """The middle of the swarm."""
        return middle(self.centres.tolist())

    def shadows(self, light: Light) -> list[list[Point]]:  # noqa: ARG002 - too small to matter
        """None."""
        return []

    def paint(self, canvas: Canvas) -> None:
        """Three discs a bead, in the order given: on one plane no bead hides another."""
        tones = [(tinted(colour, 0.62), colour, mixed(colour, 0.6)) for colour in self.palette]
        scale = self.radius * canvas.camera.focal_px
        for i, (x, y, depth) in enumerate(canvas.camera.seen(self.centres).tolist()):
            r = scale / depth
            dark, plain, bright = tones[i % len(tones)]
            canvas.circle((x, y), r, dark)
            canvas.circle((x - 0.18 * r, y - 0.2 * r), r * 0.74, plain, soft=False)
            canvas.circle((x - 0.3 * r, y - 0.38 * r), r * 0.28, bright, soft=False)


@dataclass(frozen=True)
class Rod:
    """A thin round bar from `start` to `end`."""

    start: Point
    end: Point
    width: float
    colour: Rgb
    layer: int = 0
    casts: bool = True

    @property
    def anchor(self) -> Point:
        """The middle."""
        return middle((self.start, self.end))

    def shadows(self, light: Light) -> list[list[Point]]:
        """A strip as wide as the bar."""
        if not self.casts:
            return []
        side = unit(cross(sub(self.end, self.start), sub(light.position, self.anchor)))
        return [[light.on_table(add(p, side, s * self.width / 2)) for p in (self.start, self.end) for s in (-1, 1)]]

    def paint(self, canvas: Canvas) -> None:
        """The whole width in shade and a lit strip along it; a thread is of one tone."""
        camera = canvas.camera
        (x0, y0), (x1, y1) = camera.pixel(self.start), camera.pixel(self.end)
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        side_x, side_y = (y0 - y1) / length, (x1 - x0) / length
        if side_x * 0.6 + side_y * 0.8 > 0:  # the lit side is up and left
            side_x, side_y = -side_x, -side_y
        r0, r1 = (self.width / 2 * camera.focal_px / camera.depth(p) for p in (self.start, self.end))
        strips = ((-1.0, 1.0, 0.7), (-0.2, 0.75, 1.05)) if r0 > _THREAD_PX else ((-1.0, 1.0, 0.9),)
        for low, high, level in strips:
            strip = [
                (x0 + side_x * r0 * low, y0 + side_y * r0 * low),
                (x0 + side_x * r0 * high, y0 + side_y * r0 * high),
                (x1 + side_x * r1 * high, y1 + side_y * r1 * high),
                (x1 + side_x * r1 * low, y1 + side_y * r1 * low),
            ]
            canvas.fill(strip, tinted(self.colour, level))


@cache
def _tones(colour: Rgb, gloss: float, steps: int) -> list[Rgb]:
    """The shades of a ball, from its dark rim to its lit side."""
    shares = [k / (steps - 1) for k in range(steps)]
    return [mixed(tinted(colour, 0.55 + 0.5 * t**0.7), gloss * max(0.0, t - 0.45) ** 1.5) for t in shares]


def box(
    x: float,
    z: float,
    size: tuple[float, float, float],
    colour: Rgb,
    *,
    y: float = 0.0,
    turn: float = 0.0,
    layer: int = 0,
) -> Prism:
    """A block of `size` (x, y, z) about its centre, turned by `turn` radians counter-clockwise in the x-z plane."""
    c, s = math.cos(turn), math.sin(turn)
    half_x, half_z = size[0] / 2, size[2] / 2
    corners = [(-half_x, -half_z), (half_x, -half_z), (half_x, half_z), (-half_x, half_z)]
    outline = [(x + a * c - b * s, z + a * s + b * c) for a, b in corners]
    return slab(outline, y - size[1] / 2, y + size[1] / 2, colour, layer=layer)


def slab(outline: Sequence[Pixel], near: float, far: float, colour: Rgb, *, layer: int = 0) -> Prism:
    """An outline of (x, z) corners, as thick as from y = near to y = far."""
    return Prism([(x, near, z) for x, z in outline], (0.0, far - near, 0.0), colour, layer)


def cylinder(foot: Point, radius: float, height: float, colour: Rgb, *, layer: int = 0) -> Prism:
    """An upright cylinder standing on `foot`."""
    base = [add(foot, (radius * c, radius * s, 0.0)) for c, s in CIRCLE]
    return Prism(base, (0.0, 0.0, height), colour, layer)
