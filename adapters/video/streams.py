"""A video file opened: which of its streams is the video, and what no decoder is let near."""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

MOST_PIXELS = 8192 * 4608
"""Of one frame: 8K in any shape. A decoder holds up to some twenty frames."""
_NEARLY_SQUARE = 0.02
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD")
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class BadVideo(Exception):
    """A file that is no usable video: one line naming the file and its fault."""


@dataclass(frozen=True)
class Source:
    """An open file and the stream that is its video; `videos` counts the moving ones to choose from."""

    path: Path | str
    container: InputContainer
    stream: VideoStream
    videos: int

    def packets(self) -> Iterator[Packet[Stream]]:
        """Those of all streams, and one for each stream's end."""
        # PyAV stumbles over the end of a stream that only appeared on the way, after those that it knows.
        with contextlib.suppress(IndexError):
            yield from self.container.demux()

    def owns(self, packet: Packet[Stream]) -> bool:
        """Whether a packet is the video's; the one that ends a stream knows its stream, but not the stream's number."""
        return packet.stream.index == self.stream.index

    @property
    def formats(self) -> list[str]:
        """FFmpeg's names of the container."""
        return self.container.format.name.split(",")

    @property
    def rates(self) -> list[Fraction]:
        """The frame rates that the file states, the likeliest first. Raises `BadVideo` if there is none."""
        stated = [rate for rate in (self.stream.average_rate, self.stream.guessed_rate, self.stream.base_rate) if rate]
        if not stated:
            raise BadVideo(f"{self.path}: states no frame rate")
        return stated


@contextlib.contextmanager
def opened(path: Path | str, threads: int) -> Iterator[Source]:
    """The file, ready to be read once; every fault inside the block becomes a `BadVideo`."""
    import av
    from av.codec.context import ThreadType

    try:
        _refuse_what_is_no_file(Path(path))
        # "file:" takes a name for nothing but a name; nothing in a file reaches the network.
        options = {"protocol_whitelist": "file", "max_pixels": str(MOST_PIXELS)}
        with av.open(f"file:{path}", options=options, metadata_errors="replace") as container:
            stream, videos = _chosen(path, container)
            _refuse_size(path, stream)
            _refuse_oblong_pixels(path, stream)
            # Without it the decoder paints over damage and says nothing.
            stream.codec_context.options = {"err_detect": "explode", "max_pixels": str(MOST_PIXELS)}
            stream.thread_type = ThreadType.AUTO
            stream.thread_count = threads
            yield Source(path, container, stream, videos)
    except av.error.FFmpegError as error:
        raise BadVideo(f"{path}: does not decode ({error.strerror}); make or fetch it again") from error
    except OSError as error:
        raise BadVideo(f"{path}: cannot be read ({error.strerror})") from error


def _refuse_what_is_no_file(path: Path) -> None:
    """Opening a pipe or a device would wait for ever; what a list names is in no one's hash."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        raise BadVideo(f"{path}: {'is a link to nothing' if path.is_symlink() else 'no such file'}") from None
    if kind != stat.S_IFREG:
        raise BadVideo(f"{path}: is {_KINDS.get(kind, 'no file')}; a video file belongs here")
    with path.open("rb") as file:
        if file.read(16).startswith(_PLAYLISTS):
            raise BadVideo(f"{path}: is a list of other files, no video; a video file belongs here")


def _chosen(path: Path | str, container: InputContainer) -> tuple[VideoStream, int]:
    """The default one of the moving streams, the largest of several, the first of equals; and how many move.

    Pictures of an album or of chapters are streams too, often the first ones.
    """
    from av.stream import Disposition

    aside = Disposition.attached_pic | Disposition.timed_thumbnails
    videos = [stream for stream in container.streams.video if not stream.disposition & aside]
    if not videos:
        only = ", only a picture" if container.streams.video else ""
        raise BadVideo(f"{path}: holds no video stream{only}")
    known = [stream for stream in videos if _has_decoder(stream)]
    if not known:
        raise BadVideo(f"{path}: holds a video of a kind that is not known here; re-encode it (ffmpeg -c:v libx264)")
    moving = [stream for stream in known if not _is_one_picture(stream)] or known

    def rank(stream: VideoStream) -> tuple[bool, int]:
        return bool(stream.disposition & Disposition.default), stream.codec_context.width * stream.codec_context.height

    return max(moving, key=rank), len(moving)


def _is_one_picture(stream: VideoStream) -> bool:
    """Whether the file says so: by a count, or in Matroska, which has none, by the tag with the track's duration."""
    if stream.frames or not stream.average_rate:
        return stream.frames == 1
    told = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if not told:
        return False
    hours, minutes, seconds = map(float, told.groups())
    return 0 < (3600 * hours + 60 * minutes + seconds) * float(stream.average_rate) < 1.5


def _has_decoder(stream: VideoStream) -> bool:
    codec: object = stream.codec_context  # None for a codec that this FFmpeg does not know, whatever PyAV's types say
    return codec is not None


def _refuse_size(path: Path | str, stream: VideoStream) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if not 0 < width * height <= MOST_PIXELS:  # of a size beyond the limit FFmpeg leaves none
        size = f"is {width}x{height}" if width * height else "states no size, or a larger one"
        raise BadVideo(f"{path}: {size}; at most 8K is read: scale it first (ffmpeg -vf scale=3840:-2)")


def _refuse_oblong_pixels(path: Path | str, stream: VideoStream) -> None:
    """Pixels of another shape than square would be shown stretched; tiny departures are an encoder's rounding."""
    ratio = stream.sample_aspect_ratio
    if ratio and abs(float(ratio) - 1) > _NEARLY_SQUARE:
        raise BadVideo(
            f"{path}: its pixels are {ratio.numerator}:{ratio.denominator}, not square; "
            "scale it first (ffmpeg -vf scale=iw*sar:ih,setsar=1)"
        )
