"""How a picture is fitted to a model's size, and how that is undone: stretch, pad or crop.

The scorer compares pixel positions, so what was done to the conditioning is done backwards to the model's frames.
Sizes are (width, height); boxes are (left, top, width, height); pixel centres stand at half-integers, so that nothing
shifts by half a pixel when a size changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from adapters import Frame, resize
from adapters.harness import same_shape

Fit = Literal["stretch", "pad", "crop"]
FITS: tuple[Fit, ...] = get_args(Fit)
DEFAULT_FIT: Fit = "stretch"
Size = tuple[int, int]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Geometry:
    """Where the whole picture of size `source` lies on the plane of one of size `target`.

    `box` is in the target's pixels: for stretch all of it; for pad the part inside the black bars; for crop it reaches
    beyond the target on two sides, where the picture is cut off.
    """

    fit: Fit
    source: Size
    target: Size
    box: Box

    @property
    def identity(self) -> bool:
        """Whether fitting changes nothing at all."""
        return self.source == self.target

    @property
    def whole(self) -> bool:
        """Whether the target shows the whole source and nothing else, so that undoing it only changes the size."""
        return self.box == (0, 0, *self.target)

    @property
    def decoder_size(self) -> Size:
        """The size to which a decoder brings the source for `place`."""
        return self.box[2:]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the manifest."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Geometry:
        """What `to_dict` gave."""
        return cls(
            record["fit"],
            cast("Size", tuple(record["source"])),
            cast("Size", tuple(record["target"])),
            cast("Box", tuple(record["box"])),
        )


def plan_fit(fit: Fit, source: Size, target: Size) -> Geometry:
    """Decide where the source goes: pad and crop keep its shape (to a rounded pixel) and are centred."""
    if min(*source, *target) < 1:
        raise ValueError(f"cannot fit {_text(source)} to {_text(target)}")
    if fit == "stretch":
        return Geometry(fit, source, target, (0, 0, *target))
    scales = (target[0] / source[0], target[1] / source[1])
    scale, bound = (min(scales), min) if fit == "pad" else (max(scales), max)
    width = max(1, bound(target[0], round(source[0] * scale)))
    height = max(1, bound(target[1], round(source[1] * scale)))
    return Geometry(fit, source, target, ((target[0] - width) // 2, (target[1] - height) // 2, width, height))


def apply(geometry: Geometry, frame: Frame) -> Frame:
    """The source's frame at the target's size; the very same array if they are equal. ValueError for another size."""
    if size_of(frame) != geometry.source:
        raise ValueError(f"a {_text(size_of(frame))} frame where {_text(geometry.source)} was planned")
    return place(geometry, resize(frame, geometry.decoder_size))


def place(geometry: Geometry, picture: Frame) -> Frame:
    """Finish what a decoder began by bringing the source to `decoder_size`: add the bars, or cut."""
    if geometry.whole:
        return picture
    left, top, _, _ = geometry.box
    if geometry.fit == "crop":
        return _cut(picture, (-left, -top, *geometry.target))
    return _on_black(picture, geometry.box, geometry.target)


def undo(geometry: Geometry, frame: Frame, out_size: Size) -> Frame:
    """The source's whole field of view at `out_size`, from a frame that shows the target, at whatever size.

    A model that chose a size of its own is taken to have scaled the target, so boxes are scaled with it. What crop
    cut away comes back black. With nothing to do the very same array is returned.
    """
    if geometry.whole:
        return resize(frame, out_size)
    left, top, width, height = geometry.box
    if geometry.fit == "crop":
        shown = _rounded(_scaled((-left, -top, *geometry.target), (width, height), out_size))
        return _on_black(resize(frame, shown[2:]), shown, out_size)
    return _resize_part(frame, _scaled(geometry.box, geometry.target, size_of(frame)), out_size)


def for_clip(geometry: Geometry, size: Size, *, stated: bool) -> Geometry | None:
    """What is undone to a clip of this size; None for one of another shape than the model was shown.

    `stated`: whether the user said that the fit is so. Then it holds for such a clip too: of a model that was shown the
    source's own shape it is the clip that is taken for the picture fitted to another one.
    """
    if same_shape(size, geometry.target):
        return geometry
    if geometry.fit == "stretch":
        return geometry if stated or same_shape(size, geometry.source) else None
    if stated and same_shape(geometry.source, geometry.target):
        return plan_fit(geometry.fit, geometry.source, size)
    return None


def size_of(frame: Frame) -> Size:
    """(width, height) of a frame."""
    return int(frame.shape[1]), int(frame.shape[0])


def _resize_part(frame: Frame, part: tuple[float, ...], size: Size) -> Frame:
    """A box of the frame, whose edges may lie between pixels, at another size."""
    import cv2

    box = _rounded(part)
    exact = np.allclose(part, box, atol=1e-6)
    if exact or size[0] <= box[2] or size[1] <= box[3]:  # a rounded edge is then off by half an output pixel at most
        return resize(_cut(frame, box), size)
    scale_x, scale_y = part[2] / size[0], part[3] / size[1]
    matrix = np.array(
        [[scale_x, 0, part[0] + scale_x / 2 - 0.5], [0, scale_y, part[1] + scale_y / 2 - 0.5]], dtype=np.float64
    )
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cast("Frame", cv2.warpAffine(frame, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE))


def _scaled(box: Box, old: Size, new: Size) -> tuple[float, float, float, float]:
    scale_x, scale_y = new[0] / old[0], new[1] / old[1]
    return box[0] * scale_x, box[1] * scale_y, box[2] * scale_x, box[3] * scale_y


def _rounded(box: tuple[float, ...]) -> Box:
    """The box with its edges, not its extent, at the nearest whole pixels."""
    left, top = round(box[0]), round(box[1])
    return left, top, max(1, round(box[0] + box[2]) - left), max(1, round(box[1] + box[3]) - top)


def _cut(frame: Frame, box: Box) -> Frame:
    left, top, width, height = box
    return frame[top : top + height, left : left + width]


def _on_black(picture: Frame, box: Box, size: Size) -> Frame:
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    _cut(canvas, box)[:] = picture
    return canvas


def _text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
