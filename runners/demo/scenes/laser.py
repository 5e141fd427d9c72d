"""A laser beam is split by a half-disc of glass that turns."""

from __future__ import annotations

import math

import numpy as np

from runners.demo.camera import Vec
from runners.demo.canvas import Rgb, Shape, tinted
from runners.demo.flats import Sheet
from runners.demo.physics import integrate
from runners.demo.props import DARK
from runners.demo.scene import Now, Scene, States, Texts
from runners.demo.shapes import Prism, cylinder
from runners.demo.studio import SLATE, Stage

_INDEX = 1.5
_RADIUS = 0.15
_SCREEN = 0.44
_BEAM_Z = 0.045
_TABLE_Z = 0.03
_BEAM: Rgb = (50, 255, 96)
_GLASS: Rgb = (176, 214, 226)


class Laser(Scene):
    """Snell's law, total reflection, and Fresnel's equations for how bright each beam is."""

    name = "laser-and-glass"
    category = "Optics"
    stage = Stage(
        width=1.25, target_z=0.06, table=tinted(SLATE, 0.62), wall=(92, 98, 108), elevation_deg=42, wall_y=0.75
    )
    texts = Texts(
        description=(
            "A green laser beam enters a half-disc of clear glass on a slowly turning platform, seen from above at an "
            "angle. The beam is bent and reflected onto a round white screen. Static shot with no camera movement."
        ),
        subject_action="The platform turns the half-disc of glass slowly while the green beam shines at its centre.",
        postfix="The reflected and the refracted beam sweep along the round white screen.",
        scene="A laser points at a half-disc of clear glass on a round platform, inside a low round white screen.",
        before="The platform with the half-disc of glass was already turning counter-clockwise.",
    )

    def simulate(self, rng: np.random.Generator) -> States:
        """A turntable that friction slows a little."""
        start = np.array([math.radians(-62 + rng.normal(0, 0.6)), 0.62 * (1 + rng.normal(0, 0.008))])

        def slope(_: float, y: Vec) -> Vec:
            return np.array([y[1], -0.06 * y[1]])

        return {"turn": integrate(slope, start, substeps=1)[:, 0]}

    def fixtures(self) -> list[Shape]:
        """The screen and the laser."""
        return [*_screen(), Prism(_block(-0.62, -0.50, 0.028, 0.02), (0, 0, 0.05), DARK, layer=3)]

    def shapes(self, now: Now) -> list[Shape]:
        """Platform, beams below the glass's top, and the glass over them."""
        turn = float(now["turn"])
        flat = (math.cos(turn), math.sin(turn))
        arc = [turn + math.pi * k / 14 for k in range(15)]
        half_disc = [(_RADIUS * math.cos(a), _RADIUS * math.sin(a), _TABLE_Z) for a in arc]
        shapes: list[Shape] = [
            cylinder((0, 0, 0), 0.2, _TABLE_Z - 0.001, (70, 76, 84)),
            Prism(half_disc, (0, 0, 0.035), _GLASS, layer=2, alpha=0.34, casts=False),
        ]
        for k in range(8):
            a = turn + k * math.pi / 4
            shapes.append(_tick(a))
        shapes += _beam((-0.5, 0.0), (0.0, 0.0), 1.0)
        for direction, share in outgoing(flat):
            end = (_SCREEN * direction[0], _SCREEN * direction[1])
            shapes += _beam((0.0, 0.0), end, share)
        return shapes


def outgoing(flat: tuple[float, float]) -> list[tuple[tuple[float, float], float]]:
    """Directions and shares of light that leave the centre when a beam along +x meets the glass's flat face there.

    The glass lies to the left of the direction `flat`. The round side is met head on: it bends nothing.
    """
    normal = (-flat[1], flat[0])  # into the glass
    cosine = normal[0]
    inside = cosine < 0  # the beam comes through the glass
    ratio = _INDEX if inside else 1 / _INDEX
    if cosine > 0:
        normal = (-normal[0], -normal[1])
    c1 = abs(cosine)
    s2 = ratio * math.sqrt(max(0.0, 1 - c1 * c1))
    reflected = (1 + 2 * c1 * normal[0], 2 * c1 * normal[1])
    if s2 >= 1:
        return [(reflected, 1.0)]
    c2 = math.sqrt(1 - s2 * s2)
    bent = (ratio + (ratio * c1 - c2) * normal[0], (ratio * c1 - c2) * normal[1])
    n1, n2 = (_INDEX, 1.0) if inside else (1.0, _INDEX)
    across = ((n1 * c1 - n2 * c2) / (n1 * c1 + n2 * c2)) ** 2
    along = ((n1 * c2 - n2 * c1) / (n1 * c2 + n2 * c1)) ** 2
    share = (across + along) / 2
    return [(reflected, share), (bent, 1 - share)]


def _beam(start: tuple[float, float], end: tuple[float, float], share: float) -> list[Shape]:
    """A glowing line; a weak one is dimmer, but never too dim to be seen (as a camera on long exposure shows it)."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    nx, ny = -dy / length, dx / length
    bright = 0.25 + 0.75 * share**0.5
    strips: list[Shape] = []
    for width, colour, alpha in ((0.032, _BEAM, 0.16), (0.018, _BEAM, 0.45), (0.006, (214, 255, 220), 0.95)):
        w = width / 2
        corners = [(start[0] + w * nx, start[1] + w * ny), (end[0] + w * nx, end[1] + w * ny)]
        corners += [(end[0] - w * nx, end[1] - w * ny), (start[0] - w * nx, start[1] - w * ny)]
        strips.append(Sheet([(x, y, _BEAM_Z) for x, y in corners], colour, alpha * bright, layer=1))
    return strips


def _tick(angle: float) -> Shape:
    """A mark on the platform's rim."""
    c, s = math.cos(angle), math.sin(angle)
    z = _TABLE_Z
    corners = [(0.165 * c - 0.004 * s, 0.165 * s + 0.004 * c, z), (0.19 * c - 0.004 * s, 0.19 * s + 0.004 * c, z)]
    corners += [(0.19 * c + 0.004 * s, 0.19 * s - 0.004 * c, z), (0.165 * c + 0.004 * s, 0.165 * s - 0.004 * c, z)]
    return Sheet(corners, (196, 200, 206), layer=1)


def _block(x0: float, x1: float, half: float, z: float) -> list[tuple[float, float, float]]:
    return [(x0, -half, z), (x1, -half, z), (x1, half, z), (x0, half, z)]


def _screen() -> list[Shape]:
    """A low white wall around the table, open in front and where the laser stands."""
    walls: list[Shape] = []
    for k in range(-9, 46):
        a, b = (math.radians(k * 4 - 3), math.radians(k * 4 + 1))
        if abs(a - math.pi) < 0.12:
            continue
        foot = [(_SCREEN * math.cos(t), _SCREEN * math.sin(t), 0.0) for t in (a, b)]
        head = [(x, y, 0.09) for x, y, _ in foot]
        tone = 196 + 34 * math.cos(a - 4.2)
        walls.append(Sheet([foot[0], foot[1], head[1], head[0]], (tone, tone, tone * 0.98)))
    return walls
