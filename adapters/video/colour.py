"""Colour between RGB arrays and coded frames, unbiased both ways.

swscale truncates unless told otherwise and takes its own default matrix whatever the stream's tag says: a naive
conversion darkens every picture by about a level. Imports PyAV at once, so import this module late.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from adapters.contract import Frame
from adapters.video.graphs import chain, through
from adapters.video.orientation import Orientation, orientation_of

_BT601 = 6
"""SMPTE 170M in ITU-T H.273: the code of the BT.601 matrix, and of its primaries and transfer curve."""
_LIMITED_RANGE = 1

_ACCURATE = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
_DECODE = Interpolation.BICUBIC | _ACCURATE
# Averaging areas shrinks a picture without aliasing, and makes a chroma sample the mean of its four pixels.
_SHRINK = Interpolation.AREA | _ACCURATE

_NAMES = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
_MATRICES = {
    "bt709": Colorspace.ITU709,
    "fcc": Colorspace.FCC,
    "bt601": Colorspace.ITU601,
    "smpte240m": Colorspace.SMPTE240M,
    "bt2020": Colorspace.BT2020,
}


def colour_name(tag: int) -> str:
    """The matrix a stream's tag (ITU-T H.273) stands for, or "unspecified"."""
    return _NAMES.get(tag, "unspecified")


class ToRgb:
    """Turns decoded frames into RGB arrays by the stream's own matrix and range, fitted to a size on the way.

    Untagged streams are read as BT.601, as every OpenCV reads them. The first frame's display matrix is carried out.
    """

    def __init__(self, size: tuple[int, int] | None) -> None:
        self._size = size
        self._convert = VideoReformatter()
        self._as_whole: Graph | None = None
        self._orientation: Orientation | None = None

    def __call__(self, frame: VideoFrame) -> Frame:
        """One frame, uint8 (H, W, 3) RGB, in memory of its own."""
        if frame.interlaced_frame:  # marked so, and known to be whole; its fields would be scaled one by one
            self._as_whole = self._as_whole or chain(frame, ("setfield", "prog"))
            frame = next(through(self._as_whole, frame))
        orientation = self._orientation = self._orientation or orientation_of(frame)
        width, height = orientation.size(*self._size) if self._size else (frame.width, frame.height)
        shrinks = width < frame.width or height < frame.height
        tag = colour_name(frame.colorspace)
        converted = self._convert.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24",
            src_colorspace=None if tag == "rgb" else _MATRICES.get(tag, Colorspace.ITU601),
            dst_color_range=ColorRange.JPEG,
            interpolation=_SHRINK if shrinks else _DECODE,
            threads=1,
        )
        return orientation.upright(cast("Frame", converted.to_ndarray()))


class ToCoded:
    """Turns RGB arrays into the encoder's frames: limited-range BT.601 in 4:2:0, or the RGB values themselves."""

    def __init__(self, lossless: bool) -> None:
        self._lossless = lossless
        self._convert = VideoReformatter()

    def __call__(self, frame: Frame) -> VideoFrame:
        """The coded side of a uint8 (H, W, 3) RGB frame, of the same size."""
        source = VideoFrame.from_numpy_buffer(np.ascontiguousarray(frame), "rgb24")
        if self._lossless:
            return source
        return self._convert.reformat(
            source,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU601,
            dst_color_range=ColorRange.MPEG,
            interpolation=_SHRINK,
            threads=1,
        )

    def describe(self, codec: VideoCodecContext, width: int, height: int) -> None:
        """Set the encoder's size, pixel format and tags to what the frames will be."""
        codec.width, codec.height = width, height
        codec.pix_fmt = "rgb24" if self._lossless else "yuv420p"
        if not self._lossless:
            codec.color_range = _LIMITED_RANGE
            codec.colorspace = codec.color_primaries = codec.color_trc = _BT601
