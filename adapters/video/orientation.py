"""How a coded picture lies, as its file notes it, and how it is set upright. Part of `adapters.video.reading`."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from adapters.contract import Frame
from adapters.video.graphs import chain, through

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_SIDE_DATA = "DISPLAYMATRIX"
_NEWER_KINDS = (28, 29, 30, 31)
"""LCEVC, view, reference displays and EXIF in FFmpeg's AVFrameSideDataType, which PyAV 18 does not know."""
_NEARLY = 0.01
"""Writers round the matrix's entries; beyond a hundredth the picture would be visibly turned or sheared."""


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways in which a picture can lie: what is done to the coded picture, in this order."""

    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether left and right change places, as turning alone never makes them."""
        return self.transposed ^ self.flipped_x ^ self.flipped_y

    def upright(self, picture: Frame) -> Frame:
        """The picture (H, W, 3) as it is to be seen, in memory of its own where anything had to be done."""
        turned = picture.swapaxes(0, 1) if self.transposed else picture
        turned = turned[:: -1 if self.flipped_y else 1, :: -1 if self.flipped_x else 1]
        return np.ascontiguousarray(turned)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the upright picture from those of the coded one, and the other way round."""
        return (height, width) if self.transposed else (width, height)


AS_CODED = Orientation()


def orientation_of(frame: VideoFrame) -> Orientation:
    """What the frame's display matrix asks for. Raises `ValueError` for one that is none of the eight."""
    noted = next((data for data in _side_data(frame) if data.type.name == _SIDE_DATA), None)
    return AS_CODED if noted is None else _read(struct.unpack("9i", bytes(noted)))


def _side_data(frame: VideoFrame) -> Iterable[Any]:
    """What the decoder says beside the picture.

    A frame that was asked for it refers to itself from then on and is freed late, so a tiny one is asked. PyAV lists
    nothing at all once one kind is newer than itself, so those are dropped.
    """
    drops = (("sidedata", f"mode=delete:type={kind}") for kind in _NEWER_KINDS)
    tiny = next(through(chain(frame, ("scale", "16:16:flags=neighbor"), *drops), frame))
    return cast("Iterable[Any]", tiny.side_data)


def _read(matrix: tuple[int, ...]) -> Orientation:
    """From FFmpeg's layout: the coded point (x, y) is shown at (a·x + c·y, b·x + d·y), up to a scale."""
    a, b, _, c, d = matrix[:5]
    scale = max(map(abs, (a, b, c, d)))
    if not scale:  # means nothing, and every player shows the picture as it is coded
        return AS_CODED
    straight, crossed = (all(abs(abs(entry) / scale - 1) <= _NEARLY for entry in pair) for pair in ((a, d), (b, c)))
    if straight and max(abs(b), abs(c)) <= _NEARLY * scale:
        return Orientation(False, flipped_x=a < 0, flipped_y=d < 0)
    if crossed and max(abs(a), abs(d)) <= _NEARLY * scale:
        return Orientation(True, flipped_x=c < 0, flipped_y=b < 0)
    raise ValueError("its display matrix neither turns by a quarter nor mirrors")
