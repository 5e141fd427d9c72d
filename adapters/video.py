"""Video files in and out, the only road to a codec: colour-accurate, strict about damage, the same bytes every time.

Sizes are (width, height) in pixels, times are seconds, frames are uint8 (H, W, 3) RGB.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from adapters._encode import DEFAULT_CRF, DEFAULT_PRESET, Writer, even_size, write_video
from adapters._orientation import AS_CODED, Orientation, orientation_of
from adapters.contract import Frame

if TYPE_CHECKING:  # PyAV is imported late: whoever only names these types pays nothing for it
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = [
    "DEFAULT_CRF",
    "DEFAULT_PRESET",
    "BadVideo",
    "VideoInfo",
    "Writer",
    "even_size",
    "examine",
    "frame_times",
    "glance",
    "probe",
    "read_frames",
    "read_timed",
    "write_video",
]

_DECODER_THREADS = 4
_NEARLY_SQUARE = 0.02


class BadVideo(Exception):
    """A file that is no usable video: one line naming the file and its fault."""


@dataclass(frozen=True)
class VideoInfo:
    """What a file holds; `width` and `height` are those of the upright picture, `frames` those a decoder returns.

    `duration_s` is the container's (what `ffprobe -show_entries format=duration` prints). `colour` is the tagged
    matrix: "bt709", "bt601", "bt2020", …, "rgb" or "unspecified". `container` is FFmpeg's name of the format.
    `rotated`: a display matrix turns or mirrors the coded picture. `start_s`: when the first frame is shown on the
    container's clock.
    """

    width: int
    height: int
    fps: float
    frames: int
    duration_s: float
    codec: str
    colour: str
    container: str = ""
    rotated: bool = False
    start_s: float = 0.0


def glance(path: Path | str) -> VideoInfo:
    """The header and the first frame: cheap. Goes through the file only where the header does not count the frames.

    Raises `BadVideo`.
    """
    with _opened(path, threads=1) as (container, stream):
        first = next(container.decode(stream), None)
        if first is None:
            raise BadVideo(f"{path}: holds no frame that decodes")
        info = _described(path, container, stream, first)
    return info if info.frames else replace(info, frames=len(frame_times(path)))


def examine(path: Path | str) -> tuple[VideoInfo, list[float]]:
    """Decode to the end, in one pass: as `glance`, with the frames that do decode counted, and when each is shown.

    Nothing is turned into RGB. The times are seconds, the first one 0. Raises `BadVideo`.
    """
    info, times = None, []
    with _opened(path, threads=1) as (container, stream):
        for time_s, frame in _decoded(path, container, stream):
            info = info or _described(path, container, stream, frame)
            times.append(time_s)
    if info is None:
        raise BadVideo(f"{path}: holds no frame that decodes")
    return replace(info, frames=len(times)), times


def probe(path: Path | str) -> VideoInfo:
    """As `glance`, with the frames counted packet by packet to the end of the file, which finds one cut short.

    Reads the whole file but decodes only its first frame; `examine` decodes them all. Raises `BadVideo`.
    """
    return replace(glance(path), frames=len(frame_times(path)))


def frame_times(path: Path | str) -> list[float]:
    """When each frame is shown, by the packets' time stamps, the first at 0. `BadVideo` for a file cut short."""
    with _opened(path, threads=1) as (container, stream):
        step = 1 / _rate(path, stream)
        packets, reach, stamps = 0, _Reach(stream, step), []
        for packet in container.demux(stream):
            if packet.size:
                packets += 1
                reach.take(packet)
                if not packet.is_discard:
                    stamps.append(packet.pts)
        _check_complete(path, container, stream, packets, reach.end)
        known, unit = sorted(stamp for stamp in stamps if stamp is not None), stream.time_base
    if len(known) < len(stamps) or not unit:  # a container without time stamps: its rate is all there is
        return [float(index * step) for index in range(len(stamps))]
    return [(stamp - known[0]) * unit.numerator / unit.denominator for stamp in known]


def read_frames(
    path: Path | str, *, size: tuple[int, int] | None = None, only: Collection[int] | None = None
) -> Iterator[Frame]:
    """The frames in order, stretched to `size` while they are decoded if one is given.

    `only` names the indices of the frames wanted: the others are decoded but never converted, and reading stops at
    the last of them. Read to its end, a file that is cut short or damaged raises `BadVideo`: never just fewer frames.
    """
    return (frame for _, frame in read_timed(path, size=size, only=only))


def read_timed(
    path: Path | str, *, size: tuple[int, int] | None = None, only: Collection[int] | None = None
) -> Iterator[tuple[float, Frame]]:
    """As `read_frames`, each with the seconds from the first frame's time stamp to its own."""
    from adapters._colour import ToRgb

    to_rgb = ToRgb(size)
    last = None if only is None else max(only, default=-1)
    with _opened(path, _DECODER_THREADS) as opened, contextlib.closing(_decoded(path, *opened)) as decoded:
        for index, (time_s, frame) in enumerate(decoded):
            if only is None or index in only:
                yield time_s, to_rgb(frame)
            if last is not None and index >= last:
                return


@contextlib.contextmanager
def _opened(path: Path | str, threads: int) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its first video stream; every fault inside the block becomes a `BadVideo`."""
    import av
    from av.codec.context import ThreadType

    try:
        with av.open(str(Path(path).absolute())) as container:  # c:v/clip.mp4 would be a protocol
            if not container.streams.video:
                raise BadVideo(f"{path}: holds no video stream")
            stream = container.streams.video[0]
            _refuse_oblong_pixels(path, stream)
            # Without it the decoder paints over damage and says nothing.
            stream.codec_context.options = {"err_detect": "explode"}
            stream.thread_type = ThreadType.AUTO
            stream.thread_count = threads
            yield container, stream
    except FileNotFoundError:
        raise BadVideo(f"{path}: no such file") from None
    except av.error.FFmpegError as error:
        raise BadVideo(f"{path}: does not decode ({error.strerror}); make or fetch it again") from error


def _refuse_oblong_pixels(path: Path | str, stream: VideoStream) -> None:
    """Pixels of another shape than square would be shown stretched; tiny departures are an encoder's rounding."""
    ratio = stream.sample_aspect_ratio
    if ratio and abs(float(ratio) - 1) > _NEARLY_SQUARE:
        raise BadVideo(
            f"{path}: its pixels are {ratio.numerator}:{ratio.denominator}, not square; "
            "scale it first (ffmpeg -vf scale=iw*sar:ih,setsar=1)"
        )


def _rate(path: Path | str, stream: VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate
    if not rate:
        raise BadVideo(f"{path}: states no frame rate")
    return rate


def _stated_frames(stream: VideoStream) -> int:
    """How many frames the header promises to show, 0 if it does not say (Matroska, WebM, transport streams)."""
    entries = stream.index_entries
    if stream.frames and len(entries) == stream.frames:  # an edit list may hide some of them
        return sum(not entry.is_discard for entry in entries)
    return stream.frames


def _described(path: Path | str, container: InputContainer, stream: VideoStream, first: VideoFrame) -> VideoInfo:
    """What the header and the first frame tell."""
    from adapters._colour import colour_name

    orientation = _orientation(path, first)
    width, height = orientation.size(first.width, first.height)
    return VideoInfo(
        width=width,
        height=height,
        fps=float(_rate(path, stream)),
        frames=_stated_frames(stream),
        duration_s=(container.duration or 0) / 1e6,
        codec=stream.codec_context.name,
        colour=colour_name(first.colorspace),
        container=container.format.name,
        rotated=orientation != AS_CODED,
        start_s=float(first.pts * first.time_base) if first.pts is not None and first.time_base else 0.0,
    )


def _orientation(path: Path | str, frame: VideoFrame) -> Orientation:
    try:
        return orientation_of(frame)
    except ValueError as error:
        raise BadVideo(
            f"{path}: {error}; set it upright first (ffmpeg -noautorotate -i IN -vf rotate=ANGLE OUT)"
        ) from None


def _decoded(path: Path | str, container: InputContainer, stream: VideoStream) -> Generator[tuple[float, VideoFrame]]:
    """Frames with their times; at the end of the file they are counted against what the file promised."""
    step = 1 / _rate(path, stream)
    packets, hidden, frames, reach = 0, 0, 0, _Reach(stream, step)
    start: float | None = None
    time_s = -float(step)
    for packet in container.demux(stream):
        packets += packet.size > 0
        hidden += packet.size > 0 and packet.is_discard
        reach.take(packet)
        for frame in packet.decode():
            if frame.is_corrupt:
                raise BadVideo(f"{path}: damaged at frame {frames}; make or fetch it again")
            unit = frame.time_base
            if frame.pts is None or unit is None:
                time_s += float(step)
            else:
                stamp = frame.pts * unit.numerator / unit.denominator
                start = stamp if start is None else start
                time_s = stamp - start
            _orientation(path, frame)
            yield time_s, frame
            frames += 1
    _check_complete(path, container, stream, packets, reach.end)
    if frames < packets - hidden:
        raise BadVideo(f"{path}: only {frames} of {packets - hidden} frames decode; make or fetch it again")


class _Reach:
    """Until when the packets seen so far are shown, on the container's own clock; counted in its ticks."""

    def __init__(self, stream: VideoStream, step: Fraction) -> None:
        self._step, self._unit = step, stream.time_base or Fraction(0)
        self._ticks = 0
        self._bare: int | None = None

    def take(self, packet: Packet[VideoStream]) -> None:
        """Look at one packet; one that states no duration lasts as long as the rate says."""
        begins, lasts = packet.pts, packet.duration
        if begins is None or not self._unit:
            return
        if lasts:
            self._ticks = max(self._ticks, begins + lasts)
        else:
            self._bare = begins if self._bare is None else max(self._bare, begins)

    @property
    def end(self) -> Fraction:
        """In seconds."""
        stated = self._ticks * self._unit
        return stated if self._bare is None else max(stated, self._bare * self._unit + self._step)


def _check_complete(
    path: Path | str, container: InputContainer, stream: VideoStream, packets: int, end: Fraction
) -> None:
    """Compare what was read with the header's count of frames, or, where it has none, with its duration."""
    if packets < stream.frames:
        raise BadVideo(f"{path}: cut short, {packets} of {stream.frames} frames are there; make or fetch it again")
    stated = Fraction(container.duration or 0, 1_000_000)
    alone = len(container.streams) == 1  # else another stream may be the longer one
    if not stream.frames and alone and end + Fraction(3, 4) / _rate(path, stream) < stated:
        raise BadVideo(
            f"{path}: cut short, {float(end):.2f} of {float(stated):.2f} s are there; make or fetch it again"
        )
