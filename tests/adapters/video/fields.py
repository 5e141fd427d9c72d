"""H.264 field pictures (PAFF) by hand, as AVCHD cameras and broadcasters write them, which no encoder at hand does.

Every macroblock is I_PCM: its samples as they are. Clauses are those of ITU-T H.264.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from adapters import Frame

SIZE = (64, 64)
"""(width, height): whole macroblocks in each field."""


class _Bits:
    def __init__(self) -> None:
        self._bits: list[int] = []

    def u(self, count: int, value: int) -> _Bits:
        self._bits += [value >> k & 1 for k in reversed(range(count))]
        return self

    def ue(self, *values: int) -> _Bits:
        for value in values:
            length = (value + 1).bit_length()
            self.u(2 * length - 1, value + 1)
        return self

    def aligned(self) -> _Bits:
        return self.u(-len(self._bits) % 8, 0)

    def samples(self, values: NDArray[np.uint8]) -> _Bits:
        self._bits += np.unpackbits(values.reshape(-1)).tolist()
        return self

    def unit(self, kind: int, reference: int) -> bytes:
        """A NAL unit (7.3.1) with trailing bits, emulation prevention and a start code."""
        body = np.packbits(np.array(self.u(1, 1).aligned()._bits, np.uint8)).tobytes()
        escaped, zeros = bytearray(), 0
        for byte in body:
            if zeros >= 2 and byte <= 3:
                escaped.append(3)
                zeros = 0
            escaped.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return b"\0\0\0\1" + bytes([reference << 5 | kind]) + bytes(escaped)


def _header() -> bytes:
    """Parameter sets (7.3.2.1, 7.3.2.2): main profile, fields allowed, picture order by type 0."""
    width, height = SIZE
    sequence = _Bits().u(8, 77).u(8, 0).u(8, 30).ue(0, 0, 0, 4, 1).u(1, 0).ue(width // 16 - 1, height // 32 - 1)
    sequence.u(1, 0).u(1, 0).u(1, 1).u(1, 0).u(1, 0)
    picture = _Bits().ue(0, 0).u(1, 0).u(1, 0).ue(0, 0, 0).u(1, 0).u(2, 0).ue(0, 0, 0).u(1, 1).u(1, 0).u(1, 0)
    return sequence.unit(7, 3) + picture.unit(8, 3)


def _field(luma: NDArray[np.uint8], number: int, *, bottom: bool) -> bytes:
    """One field as a slice (7.3.3): the top one an IDR picture, the bottom one its companion."""
    bits = _Bits().ue(0, 7, 0).u(4, 0).u(1, 1).u(1, bottom)
    if not bottom:
        bits.ue(number % 2)
    bits.u(8, bottom).u(1, 0)
    if not bottom:
        bits.u(1, 0)
    bits.ue(0, 1)
    grey = np.full(128, 128, np.uint8)
    for top in range(0, luma.shape[0], 16):
        for left in range(0, luma.shape[1], 16):
            bits.ue(25).aligned().samples(luma[top : top + 16, left : left + 16]).samples(grey)
    return bits.unit(1 if bottom else 5, 1)


def field_packets(pairs: Sequence[tuple[Frame, Frame]]) -> list[bytes]:
    """Two packets a frame: the even lines of the one grey picture, the odd lines of the other (the same, or later)."""
    packets = []
    for number, (first, second) in enumerate(pairs):
        top, bottom = (np.rint(16 + picture[..., 0] * (219 / 255)).astype(np.uint8) for picture in (first, second))
        packets.append(b"\0\0\0\1\x09\xf0" + _header() + _field(top[0::2], number, bottom=False))
        packets.append(b"\0\0\0\1\x09\xf0" + _field(bottom[1::2], number, bottom=True))
    return packets


def write_fields(path: Path, pairs: Sequence[tuple[Frame, Frame]], fps: int) -> None:
    """The pairs of fields in any container, each field a packet with a time of its own."""
    packets = field_packets(pairs)
    raw = path.with_suffix(".264")
    raw.write_bytes(b"".join(packets))
    with av.open(str(raw), format="h264") as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        stream.time_base = Fraction(1, 2 * fps)
        for index, data in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 2 * fps), index % 2 == 0
            packet.pts = packet.dts = index
            packet.duration = 1
            container.mux(packet)
    raw.unlink()
