"""Video files in and out, the only road to a codec: colour-accurate, strict about damage, the same bytes every time.

Sizes are (width, height) in pixels, times are seconds, frames are uint8 (H, W, 3) RGB.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.contract import Frame
from adapters.video.decoded import orientation
from adapters.video.encode import DEFAULT_CRF, DEFAULT_PRESET, Writer, even_size, write_video
from adapters.video.orientation import AS_CODED
from adapters.video.packets import contents_of
from adapters.video.streams import BadVideo, Source, opened
from adapters.video.timeline import decoded, instants, packet_stamps, settled_rate

if TYPE_CHECKING:  # PyAV is imported late: whoever only names these types pays nothing for it
    from av.video.frame import VideoFrame

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
    "survey",
    "write_video",
]

_DECODER_THREADS = 4


@dataclass(frozen=True)
class VideoInfo:
    """What a file holds; `width` and `height` are those of the upright picture, `frames` those that are shown.

    `duration_s` is the container's (what `ffprobe -show_entries format=duration` prints). `colour` is the tagged
    matrix: "bt709", "bt601", "bt2020", …, "rgb" or "unspecified". `container` is FFmpeg's name of the format.
    `rotated`: a display matrix turns or mirrors the coded picture; `mirrored`: the latter. `start_s`: when the first
    frame is shown on the container's clock. `counted`: the header counts just the frames that are shown, so that any
    other reader agrees (edit lists hide some, fields are counted singly). `videos`: how many moving pictures the file
    holds, of which this is the one that is read.
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
    counted: bool = True
    videos: int = 1
    mirrored: bool = False


def glance(path: Path | str) -> VideoInfo:
    """The header and the first frame: cheap. Goes through the file only where the header does not count its frames.

    Raises `BadVideo`.
    """
    with opened(path, threads=1) as source:
        if _header_counts(source):
            return _described(source, _first_frame(source))
    return survey(path)[0]


def examine(path: Path | str) -> tuple[VideoInfo, list[float]]:
    """Decode to the end, in one pass: as `survey`, but sure that all frames decode.

    Nothing is turned into RGB. Raises `BadVideo`.
    """
    first, stamps = None, []
    with opened(path, threads=1) as source:
        for frame in decoded(source):
            first = first or frame
            stamps.append(frame.pts)
        if first is None:
            raise BadVideo(f"{path}: holds no frame that decodes")
        times = instants(source, stamps)
        return _described(source, first, times), times


def survey(path: Path | str) -> tuple[VideoInfo, list[float]]:
    """What the file holds, and when each frame is shown: seconds, the first one at 0.

    Reads to the end of the file, which finds one cut short. Decodes only the first frame where packets tell as much as
    frames do (H.264 without fields, HEVC, AV1, VP8 and VP9, with time stamps), else all. Raises `BadVideo`.
    """
    times = _packet_times(path)
    if times is None:
        return examine(path)
    with opened(path, threads=1) as source:
        return _described(source, _first_frame(source), times), times


def probe(path: Path | str) -> VideoInfo:
    """As `survey`, without the times."""
    return survey(path)[0]


def frame_times(path: Path | str) -> list[float]:
    """When each frame is shown, the first at 0, as `survey` tells."""
    times = _packet_times(path)
    return examine(path)[1] if times is None else times


def _packet_times(path: Path | str) -> list[float] | None:
    with opened(path, threads=1) as source:
        stamps = packet_stamps(source)
        return None if stamps is None else instants(source, stamps)


def read_frames(
    path: Path | str, *, size: tuple[int, int] | None = None, only: Collection[int] | None = None
) -> Iterator[Frame]:
    """The frames in order, stretched to `size` while they are decoded if one is given.

    `only` names the indices of the frames wanted: the others are decoded but never converted, and reading stops at
    the last of them. Read to its end, a file that is cut short or damaged raises `BadVideo`: never just fewer frames.
    """
    from adapters.video.colour import ToRgb

    to_rgb = ToRgb(size)
    last = None if only is None else max(only, default=-1)
    with opened(path, _DECODER_THREADS) as source, contextlib.closing(decoded(source)) as frames:
        for index, frame in enumerate(frames):
            if only is None or index in only:
                yield to_rgb(frame)
            if last is not None and index >= last:
                return


def read_timed(
    path: Path | str, *, size: tuple[int, int] | None = None, only: Collection[int] | None = None
) -> Iterator[tuple[float, Frame]]:
    """As `read_frames`, each with when it is shown, as `frame_times` tells."""
    times = frame_times(path)
    wanted = range(len(times)) if only is None else sorted(set(only))
    for index, frame in zip(wanted, read_frames(path, size=size, only=only), strict=True):
        yield times[index], frame


def _header_counts(source: Source) -> bool:
    """Whether the header alone counts the frames: an mp4 with its index, of whole pictures one a packet."""
    plain = contents_of(source.stream).plain
    return plain and "mp4" in source.formats and source.stream.frames > 0 and len(source.stream.index_entries) > 0


def _first_frame(source: Source) -> VideoFrame:
    with contextlib.closing(decoded(source)) as frames:
        for frame in frames:
            return frame
    raise BadVideo(f"{source.path}: holds no frame that decodes")


def _described(source: Source, first: VideoFrame, times: Sequence[float] | None = None) -> VideoInfo:
    """What the header and the first frame tell, and the frames' times where the header does not count them."""
    from adapters.video.colour import colour_name

    stream, container = source.stream, source.container
    how = orientation(source.path, first)
    width, height = how.size(first.width, first.height)
    shown = sum(not entry.is_discard for entry in stream.index_entries) if times is None else len(times)
    rate = source.rates[0] if times is None or _header_counts(source) else settled_rate(source.rates, times)
    return VideoInfo(
        width=width,
        height=height,
        fps=float(rate),
        frames=shown,
        duration_s=(container.duration or 0) / 1e6,
        codec=stream.codec_context.name,
        colour=colour_name(first.colorspace),
        container=container.format.name,
        rotated=how != AS_CODED,
        start_s=float(first.pts * first.time_base) if first.pts is not None and first.time_base else 0.0,
        counted=shown == stream.frames,
        videos=source.videos,
        mirrored=how.mirrored,
    )
