"""Video files put together from packets, and what others do to files: trimmed, spoilt."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.frame import VideoFrame

from adapters import Frames

AS_BEFORE = b"\0\0\1\xb6\x56\x40"
"""An MPEG-4 picture that is not coded (ISO/IEC 14496-2, vop_coded): the one before it stays."""


def coded_packets(
    frames: Frames, codec: str, options: dict[str, str] | None = None, fps: int = 8, pixels: str = "yuv420p"
) -> list[bytes]:
    """The frames as a codec writes them, in no container."""
    encoder: Any = av.CodecContext.create(codec, "w")
    encoder.height, encoder.width = frames.shape[1:3]
    encoder.pix_fmt, encoder.time_base, encoder.options = pixels, Fraction(1, fps), options or {}
    packets: list[bytes] = []
    for index, frame in enumerate(frames):
        coded = VideoFrame.from_ndarray(frame, "rgb24")
        coded.pts = index
        packets += map(bytes, encoder.encode(coded))
    return packets + [bytes(packet) for packet in encoder.encode(None)]


def write_packets(
    path: Path,
    codec: str,
    size: tuple[int, int],
    packets: Sequence[bytes],
    fps: int | Fraction = 8,
    *,
    instants: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
) -> None:
    """A file of pictures that are coded already, all of them key frames; `instants` counts frames."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_mux_stream(
            codec, fps, width=size[0], height=size[1], time_base=Fraction(1) / Fraction(fps)
        )
        for index, data in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1) / Fraction(fps), True
            packet.pts = packet.dts = instants[index] if instants else index
            container.mux(packet)


def spoil(path: Path, number: int) -> None:
    """Overwrite all but the head of a packet with bytes that any packet may hold: only decoding tells."""
    with av.open(str(path)) as container:
        packet = [each for each in container.demux(container.streams.video[0]) if each.size][number]
        assert packet.pos is not None
        inside = range(packet.pos + min(packet.size // 2, 40), packet.pos + packet.size)
    data = bytearray(path.read_bytes())
    data[inside.start : inside.stop] = b"\x55" * len(inside)
    path.write_bytes(data)


def edit(path: Path, begins_s: float, lasts_s: float) -> None:
    """Have the file's own edit list show another part of it, as QuickTime and phones trim without encoding."""
    data = bytearray(path.read_bytes())

    def clock_of(box: bytes) -> int:
        return int(struct.unpack_from(">I", data, data.index(box) + 16)[0])

    at = data.index(b"elst") + 12
    (media,) = struct.unpack_from(">i", data, at + 4)
    media += round(begins_s * clock_of(b"mdhd"))
    struct.pack_into(">Ii", data, at, round(lasts_s * clock_of(b"mvhd")), media)
    path.write_bytes(data)
