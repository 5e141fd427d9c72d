"""What every frame of a file must be: like the first one, upright, of a range and colours that are read right.

Part of `adapters.video.reading`.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.video.orientation import Orientation, orientation_of
from adapters.video.streams import BadVideo, Source

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_HIGH_RANGE = {16: "PQ", 18: "HLG"}
"""Transfer characteristics of ITU-T H.273 that are not those of a screen."""
_TONE_MAP = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)
_KNOWN_MATRICES = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10)
"""Matrix coefficients of H.273: not YCgCo, ICtCp and what is derived from chromaticities."""


class Likeness:
    """Compares a file's frames with its first one."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._first: tuple[int, int, int, Fraction] | None = None

    def check(self, frame: VideoFrame, number: int) -> None:
        """Raise `BadVideo` if this frame would come out wrong, alone or beside the ones before it."""
        path, pixel = self._source.path, self._source.stream.codec_context.sample_aspect_ratio
        seen = frame.width, frame.height, frame.rotation, pixel or Fraction(1)
        if self._first is None:
            self._first = seen
            _refuse_colours(path, frame)
            orientation(path, frame)
        elif seen != self._first:
            now, first = (_size(*each) for each in (seen, self._first))
            what = "lies another way or has pixels of another shape" if now == first else f"is {now}"
            raise BadVideo(
                f"{path}: frame {number} {what}, the ones before it are {first}; bring it to one size first "
                f"(ffmpeg -vf scale={first.replace('x', ':')},setsar=1)"
            )


def orientation(path: Path | str, frame: VideoFrame) -> Orientation:
    """How the picture is set upright. Raises `BadVideo` for one that lies askew."""
    try:
        return orientation_of(frame)
    except ValueError as error:
        raise BadVideo(f"{path}: {error}; set it upright first (ffmpeg -noautorotate, -vf rotate=ANGLE)") from None


def _refuse_colours(path: Path | str, frame: VideoFrame) -> None:
    if frame.color_trc in _HIGH_RANGE:
        raise BadVideo(
            f"{path}: is HDR ({_HIGH_RANGE[frame.color_trc]}), whose colours would come out wrong; "
            f"tone-map it first (ffmpeg -vf {_TONE_MAP})"
        )
    if frame.colorspace not in _KNOWN_MATRICES:
        raise BadVideo(
            f"{path}: its colours are coded in a way that is not known here (matrix {frame.colorspace} of H.273); "
            "re-encode it first (ffmpeg -vf zscale=m=bt709,format=yuv420p)"
        )


def _size(width: int, height: int, rotation: int, _: Fraction) -> str:
    """The upright picture's size."""
    return f"{height}x{width}" if abs(rotation) == 90 else f"{width}x{height}"
