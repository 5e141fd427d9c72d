"""Constant-velocity extrapolation of a clip filmed by a camera at rest.

Dense optical flow tells which regions of the switch frame move. Each region is cut out and carries one velocity along,
the one that fits its flow best: a steady *field* of velocities would pin things to where they were last seen, and a
velocity per pixel tears them apart, since an error of 0.1 pixel a frame is 15 pixels after 5 s. What a region uncovers
is the clip's median over time where that shows something else, else it is painted in from its surroundings.

Every step gives the same numbers for any number of OpenCV threads (a test holds it).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.contract import Frame, Frames

Field = NDArray[np.float32]
Mask = NDArray[np.uint8]
Size = tuple[int, int]

_BACKGROUND_FRAMES = 15
_LEAST_AREA = 2e-4
"""Smaller regions, as a share of the picture, are taken for noise."""
_LEAST_THING = 0.01
"""A region of which less than this share surely moved is taken for noise, too."""
_MOST_PAINTED = 0.5
"""If more than this share of the picture moves, the camera does: there is no background to paint in."""


@dataclass(frozen=True)
class MotionSettings:
    """`grid`: the longer side, in points, of the grid on which flow is computed. `pairs`: how many frame pairs vote.

    A region moves if it is faster than `min_speed` (grid pixels per conditioning frame) and a tenth of it changed by
    more than `difference` levels over the pairs.
    """

    grid: int
    pairs: int
    min_speed: float
    difference: int


@dataclass(frozen=True)
class Layer:
    """One moving region of the switch frame, cut out along its box.

    `left`, `top`: where its box begins. `alpha`: float32 (h, w, 1), 0 to 1, soft at the edge. `colour`: float32
    (h, w, 3), multiplied by alpha. `velocity`: x, y in pixels per conditioning frame.
    """

    left: int
    top: int
    alpha: Field
    colour: Field
    velocity: tuple[float, float]

    def draw(self, picture: Frame, step: float) -> None:
        """Put the region where it is `step` conditioning frames after the switch frame, to a fraction of a pixel."""
        x, y = self.left + self.velocity[0] * step, self.top + self.velocity[1] * step
        left, top = int(np.floor(x)), int(np.floor(y))
        height, width = self.alpha.shape[0] + 1, self.alpha.shape[1] + 1
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + width, picture.shape[1]), min(top + height, picture.shape[0])
        if x0 >= x1 or y0 >= y1:
            return
        shift = np.array([[1, 0, x - left], [0, 1, y - top]], np.float32)
        alpha, colour = (cv2.warpAffine(part, shift, (width, height)) for part in (self.alpha, self.colour))
        inside = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        under = picture[y0:y1, x0:x1]
        under[:] = np.rint(under * (1 - alpha[inside][..., None]) + colour[inside]).astype(np.uint8)


@dataclass(frozen=True)
class Motion:
    """What moves in a switch frame, and what lies behind it: `behind` is uint8 (H, W, 3)."""

    behind: Frame
    layers: tuple[Layer, ...]

    def at(self, step: float) -> Frame:
        """The picture `step` conditioning frames after the switch frame, uint8 (H, W, 3); the fastest in front."""
        picture = self.behind.copy()
        for layer in self.layers:
            layer.draw(picture, step)
        return picture


def estimate_motion(frames: Frames, settings: MotionSettings) -> Motion:
    """Separate what moves from what rests in uint8 (T, H, W, 3); in one frame alone nothing moves."""
    switch = frames[-1]
    pairs = min(settings.pairs, len(frames) - 1)
    if pairs < 1:
        return Motion(switch, ())
    size = _size(switch)
    grid = _grid_of(size, settings.grid)
    small = [_shrunk(frames[-1 - k], grid) for k in range(pairs + 1)]
    gray = [np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8) for frame in small]
    field, reliable = _velocity(gray[0], gray[1:])
    moving = reliable * (np.hypot(field[..., 0], field[..., 1]) > settings.min_speed).astype(np.uint8)
    scale = size[0] / grid[0], size[1] / grid[1]
    layers, covered = [], np.zeros_like(moving)
    for region in _regions(moving):
        velocity = _region_velocity(field, region, gray[0])
        exact = _object(small[0], small[-1], region, velocity, pairs, settings.difference)
        if exact is not None:
            layers.append(_layer(switch, exact, velocity, scale))
            covered |= exact
    layers.sort(key=lambda layer: float(np.hypot(*layer.velocity)))
    return Motion(_behind(frames, covered, settings.difference), tuple(layers))


def _grid_of(size: Size, longest: int) -> Size:
    scale = min(1.0, longest / max(size))
    return max(round(size[0] * scale), 16), max(round(size[1] * scale), 16)


def _size(frame: NDArray[np.uint8]) -> Size:
    return int(frame.shape[1]), int(frame.shape[0])


def _shrunk(frame: Frame, size: Size) -> Frame:
    return (
        frame if _size(frame) == size else np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    )


def _velocity(now: Mask, before: list[Mask]) -> tuple[Field, Mask]:
    """Velocities (h, w, 2) in grid pixels per frame, and where most votes are reliable (h, w), 0 or 1.

    Vote k is −flow(now → k frames earlier) / k; the median of the votes wins. A vote is reliable if the flow back
    leads to where it came from: |f + b| < 0.5 + 0.1·|f| (after Sundaram et al., 2010); what was just uncovered fails.
    """
    search = cv2.DISOpticalFlow.create(cv2.DISOpticalFlow_PRESET_MEDIUM)
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in _size(now)))
    votes, trust = [], []
    for k, earlier in enumerate(before, start=1):
        there = np.asarray(search.calc(now, earlier, None))  # type: ignore[call-overload]
        back = np.asarray(search.calc(earlier, now, None))  # type: ignore[call-overload]
        returned = cv2.remap(back, x + there[..., 0], y + there[..., 1], cv2.INTER_LINEAR)
        miss, length = (np.hypot(flow[..., 0], flow[..., 1]) for flow in (there + returned, there))
        votes.append(-there / k)
        trust.append(miss < 0.5 + 0.1 * length)
    reliable = np.mean(trust, axis=0) > 0.5
    return np.median(votes, axis=0).astype(np.float32), reliable.astype(np.uint8)


def _regions(moving: Mask) -> list[Mask]:
    """The connected regions of a mask, holes filled, specks left out, each a mask (h, w) of 0 and 1."""
    opened = cv2.morphologyEx(moving, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = (cv2.drawContours(np.zeros_like(moving), [outline], -1, 1, cv2.FILLED) for outline in outlines)
    return [np.asarray(region, np.uint8) for region in filled if region.sum() >= _LEAST_AREA * region.size]


def _region_velocity(velocity: Field, region: Mask, gray: Mask) -> tuple[float, float]:
    """The one velocity that fits a region's flow best along its gradients (Lucas and Kanade, 1981); x, y.

    Only across an edge is flow known: averaged with the weight of the gradients, plain areas have no say.
    """
    inside = region > 0
    slope = np.stack([cv2.Sobel(gray, cv2.CV_64F, dx, 1 - dx)[inside] for dx in (1, 0)], axis=1)
    across = (slope * velocity[inside]).sum(axis=1)
    x, y = np.linalg.solve(slope.T @ slope + 1e-6 * np.eye(2), slope.T @ across)
    return float(x), float(y)


def _object(
    now: Frame, earlier: Frame, region: Mask, velocity: tuple[float, float], pairs: int, difference: int
) -> Mask | None:
    """All pixels of the thing that moves in a region and around it; None if rest explains them all.

    Where only motion explains what is seen it is the thing, where only rest does it is background; plain areas fit both
    and go to whichever of the two has more of their colour, as far as they hang together with the thing.
    """
    shift = np.array([[1, 0, velocity[0] * pairs], [0, 1, velocity[1] * pairs]], np.float32)
    came = cv2.warpAffine(earlier, shift, _size(now), borderMode=cv2.BORDER_REPLICATE)
    calm = cv2.blur(now, (3, 3))  # noise is no difference
    moved, rested = (cv2.absdiff(calm, cv2.blur(then, (3, 3))).max(axis=2) <= difference for then in (came, earlier))
    rim, ring = (cv2.dilate(region, np.ones((side, side), np.uint8)) > 0 for side in (5, 15))
    thing, rest = rim & moved & ~rested, ring & rested & ~moved | ring & ~rim
    own = _colour_share(now, thing) > _colour_share(now, rest)
    thing &= own  # plain background that was just uncovered looks as if it had moved along
    if thing.sum() < max(4.0, _LEAST_THING * region.sum()):
        return None
    plain = _near(region) & moved & rested & own
    _, label = cv2.connectedComponents((thing | plain).astype(np.uint8))
    parts = _regions(np.isin(label, label[thing]).astype(np.uint8))
    whole = np.max(parts, axis=0) if parts else None
    return None if whole is None else np.asarray(cv2.dilate(whole, np.ones((3, 3), np.uint8)), np.uint8)


def _near(region: Mask) -> NDArray[np.bool_]:
    """The box around a region, larger than it by its own size on every side: flow may know only part of a thing."""
    x, y, width, height = cv2.boundingRect(region)
    near = np.zeros(region.shape, bool)
    near[max(y - height, 0) : y + 2 * height, max(x - width, 0) : x + 2 * width] = True
    return near


def _colour_share(frame: Frame, inside: NDArray[np.bool_]) -> Field:
    """For each pixel, the share of the pixels inside of about its colour: within one bin of 16 levels a channel."""
    bins = frame >> 4
    counts = np.zeros((18, 18, 18), np.float32)
    np.add.at(counts, tuple(bins[inside].T + 1), 1)
    for axis in range(3):
        counts = counts + np.roll(counts, 1, axis) + np.roll(counts, -1, axis)
    red, green, blue = np.moveaxis(bins + 1, 2, 0)
    return np.asarray(counts[red, green, blue] / max(inside.sum(), 1), np.float32)


def _layer(switch: Frame, region: Mask, velocity: tuple[float, float], scale: tuple[float, float]) -> Layer:
    soft = cv2.GaussianBlur(region.astype(np.float32), (3, 3), 0)
    matte = cv2.resize(soft, _size(switch), interpolation=cv2.INTER_LINEAR)
    left, top, width, height = cv2.boundingRect((matte > 0).astype(np.uint8))
    box = np.s_[top : top + height, left : left + width]
    alpha = np.asarray(matte[box], np.float32)
    colour = switch[box].astype(np.float32) * alpha[..., None]
    return Layer(left, top, alpha, colour, (velocity[0] * scale[0], velocity[1] * scale[1]))


def _behind(frames: Frames, covered: Mask, difference: int) -> Frame:
    """The switch frame with what moves taken away: the clip's median where that shows something else, or painted in."""
    switch: Frame = frames[-1]
    size = _size(switch)
    if not covered.any() or covered.mean() > _MOST_PAINTED:
        return switch
    background = _background(frames)
    core = cv2.resize(covered, size, interpolation=cv2.INTER_NEAREST)
    known = core * (np.abs(switch.astype(np.int16) - background).max(axis=2) > difference).astype(np.uint8)
    known = cv2.erode(known, np.ones((5, 5), np.uint8))  # not the blend at the edge of where it rested
    rim = cv2.resize(cv2.dilate(covered, np.ones((7, 7), np.uint8)), size, interpolation=cv2.INTER_NEAREST)
    behind = np.where(known[..., None] > 0, background, switch)
    return np.asarray(cv2.inpaint(behind, rim - known, 3, cv2.INPAINT_NS), np.uint8)


def _background(frames: Frames) -> Frame:
    """The median over an odd number of frames spread over the clip: exact in uint8, whatever passes through it."""
    count = min(len(frames), _BACKGROUND_FRAMES)
    count -= 1 - count % 2
    chosen = np.linspace(0, len(frames) - 1, count).round().astype(int)
    return np.asarray(np.partition(frames[chosen], count // 2, axis=0)[count // 2], np.uint8)
