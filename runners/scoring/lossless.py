"""Small frames kept without loss, in a few percent to a third of their size, and read back several times a second each.

H.264 with quantizer 0, of green and the differences of blue and red to it: on footage from still cameras smaller than
FFV1 and as fast to read as anything else that was tried (zlib, CABAC, HuffYUV; figures in tests/bench_score.py).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

Image = NDArray[np.uint8]

_LENGTH = struct.Struct(">I")
_OPTIONS = {"qp": "0", "preset": "ultrafast", "tune": "zerolatency", "x264-params": "cpu-independent=1:keyint=infinite"}
_GRAY = np.uint8(128)
"""No difference. Sums and differences are modulo 256, which loses nothing."""


class NotLossless(Exception):
    """Frames did not come back as they were written: the codec is broken."""


@dataclass(frozen=True)
class Stream:
    """Where a file holds the frames of one take, and what their raw bytes hash to."""

    offset: int
    length: int
    frames: int
    sha256: str


class StreamWriter:
    """Appends BGR frames of one (width, height) to an open file; `close` says where they are."""

    def __init__(self, file: IO[bytes], size: tuple[int, int]) -> None:
        self._file, self._size = file, size
        self._offset, self._frames = file.tell(), 0
        self._hash = hashlib.sha256()
        self._colours = np.empty((3, size[1], size[0]), np.uint8)
        self._codec = _codec("libx264", "w")
        self._codec.width, self._codec.height = size
        self._codec.pix_fmt = "yuv444p"
        self._codec.time_base = Fraction(1, 30)  # of no meaning here
        self._codec.options = _OPTIONS

    def add(self, frame: Image) -> None:
        """The next frame, uint8 (H, W, 3)."""
        import cv2
        from av.video.frame import VideoFrame

        self._hash.update(np.ascontiguousarray(frame).data)
        coded = VideoFrame(*self._size, "yuv444p")
        cv2.split(frame, tuple(self._colours))
        blue, green, red = self._colours
        first, *differences = _planes(coded)
        first[:] = green
        for plane, colour in zip(differences, (blue, red), strict=True):
            np.subtract(colour, green, out=colour)
            np.add(colour, _GRAY, out=plane)
        coded.pts = self._frames
        self._frames += 1
        self._put(coded)

    def close(self) -> Stream:
        """Write what the encoder still holds."""
        self._put(None)
        self._file.flush()
        return Stream(self._offset, self._file.tell() - self._offset, self._frames, self._hash.hexdigest())

    def _put(self, coded: VideoFrame | None) -> None:
        for packet in self._codec.encode(coded):
            data = bytes(packet)
            self._file.write(_LENGTH.pack(len(data)) + data)


def read_stream(path: Path, stream: Stream, size: tuple[int, int], *, verify: bool = False) -> Iterator[Image]:
    """The frames again, each valid until the next is asked for.

    With `verify` their hash is taken as well. Raises `NotLossless` at the end if they are not what was written.
    """
    digest = hashlib.sha256()
    codec, count = _codec("h264", "r"), 0
    frame = np.empty((size[1], size[0], 3), np.uint8)
    colours = np.empty((3, size[1], size[0]), np.uint8)
    for packet in chain(_packets(path, stream), [None]):
        for coded in _decoded(codec, packet, path):
            _to_bgr(coded, colours, frame)
            count += 1
            if verify:
                digest.update(frame.data)
            yield frame
    if count != stream.frames or (verify and digest.hexdigest() != stream.sha256):
        raise NotLossless(f"{path}: {count} of {stream.frames} frames came back, and not as they were written")


def _codec(name: str, mode: Literal["r", "w"]) -> VideoCodecContext:
    import av

    codec = av.CodecContext.create(name, mode)
    assert isinstance(codec, av.VideoCodecContext)
    codec.thread_count = 1
    return codec


def _packets(path: Path, stream: Stream) -> Iterator[Packet[Any]]:
    from av.packet import Packet

    with path.open("rb") as file:
        file.seek(stream.offset)
        while file.tell() < stream.offset + stream.length:
            (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
            yield Packet(file.read(length))


def _decoded(codec: VideoCodecContext, packet: Packet[Any] | None, path: Path) -> list[VideoFrame]:
    from av.error import FFmpegError

    try:
        return codec.decode(packet)
    except FFmpegError as error:
        raise NotLossless(f"{path}: {error}") from error


def _planes(coded: VideoFrame) -> list[Image]:
    """The frame's own memory as three arrays (H, W)."""
    return [
        np.frombuffer(cast("memoryview", plane), np.uint8).reshape(-1, plane.line_size)[: coded.height, : coded.width]
        for plane in coded.planes
    ]


def _to_bgr(coded: VideoFrame, colours: Image, frame: Image) -> None:
    """Undo the differences; `colours` (3, H, W) is memory to do it in."""
    import cv2

    blue, green, red = colours
    first, *differences = _planes(coded)
    green[:] = first
    for plane, colour in zip(differences, (blue, red), strict=True):
        np.add(plane, green, out=colour)
        np.subtract(colour, _GRAY, out=colour)
    cv2.merge((blue, green, red), frame)
