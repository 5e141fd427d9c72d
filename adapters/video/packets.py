"""What a packet's own bytes tell before it is decoded: how many pictures it shows, and damage that decoders pass over.

Part of `adapters.video.reading`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.video.h264 import Damaged, ParameterSet, Slice, parameter_sets, refuse_hole, slice_of, units

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_HOLE = bytes(128)
"""Arithmetic coders do not write so many zeros in a row (at most 35 in what was tried, VP8 at 4K)."""
_NO_START_CODE = re.compile(b"\x00{3,}[^\x00\x01]")
_NEARLY_EMPTY = 19
"""Bytes of the longest MPEG-4 packet that may say no more than "as before" (FFmpeg's MAX_NVOP_SIZE)."""


class Contents:
    """Reads the packets of one stream in their order. For codecs that tell nothing, each one shows a picture."""

    plain = False
    """Whether the stream's header alone says that each packet shows one whole picture."""
    exact = False
    """Whether `pictures` is what a decoder returns, of all that was read so far."""

    def __init__(self, header: bytes) -> None:
        self.header = header
        """The codec's own, which the container keeps apart from the packets."""

    def pictures(self, data: bytes) -> float:
        """How many pictures the packet shows: a half for a field; where not `exact`, how many at the least.

        Raises `Damaged` for bytes that no encoder writes.
        """
        return len(data) > 0


class _Shown(Contents):
    """AV1: a packet is a temporal unit, which shows one picture (AV1 specification, 7.5)."""

    plain = exact = True

    def pictures(self, data: bytes) -> float:
        _refuse_hole(data)
        return 1


class _Vp8(Contents):
    """Some packets only renew a reference picture and show nothing (RFC 6386, 9.1: show_frame)."""

    exact = True

    def pictures(self, data: bytes) -> float:
        _refuse_hole(data)
        return data[0] >> 4 & 1


class _Vp9(Contents):
    """A packet may hold several frames, of which some are hidden (VP9 specification, 6.2 and annex B)."""

    exact = True

    def pictures(self, data: bytes) -> float:
        _refuse_hole(data)
        return sum(map(self._shows, _vp9_frames(data)))

    def _shows(self, frame: bytes) -> bool:
        """By the header's first bits: marker, profile, show_existing_frame, frame_type, show_frame."""
        bits = f"{int.from_bytes(frame[:2].ljust(2, bytes(1)), 'big'):016b}"
        if bits[:2] != "10":
            raise Damaged("has a packet that is no VP9 frame")
        rest = bits[5:] if bits[2:4] == "11" else bits[4:]
        return rest[0] == "1" or rest[2] == "1"


def _vp9_frames(data: bytes) -> list[bytes]:
    """The frames of a superframe, or the one that the packet is."""
    marker = data[-1]
    count, size = (marker & 7) + 1, (marker >> 3 & 3) + 1
    index = data[-(2 + count * size) :]
    if marker & 0xE0 != 0xC0 or index[0] != marker:
        return [data]
    frames, at = [], 0
    for number in range(count):
        ends = at + int.from_bytes(index[1 + number * size :][:size], "little")
        frames.append(data[at:ends])
        at = ends
    return [frame for frame in frames if frame]


class _StartCoded(Contents):
    """MPEG-1, -2 and -4: 23 zero bits in a row begin a start code, before which zeros may pad."""

    def pictures(self, data: bytes) -> float:
        if b"\0\0\0" in data and _NO_START_CODE.search(data):
            raise Damaged("has a hole of zeros")
        return 1


class _Mpeg4(_StartCoded):
    """A tiny packet may say that the picture stays, or that it came with the packet before."""

    def pictures(self, data: bytes) -> float:
        return super().pictures(data) if len(data) > _NEARLY_EMPTY else 0


class _H264(Contents):
    """Frames, or the two fields of one in packets of their own."""

    _PICTURE = range(6)
    """Slices, their partitions, and what a hole makes of a unit's type."""

    def __init__(self, header: bytes) -> None:
        super().__init__(header)
        self._length_size = (header[4] & 3) + 1 if header[:1] == b"\1" and len(header) > 6 else None
        self.exact = True
        self._known: ParameterSet | None = None
        for unit in _listed(header) if self._length_size else units(header, None):
            self._learn(unit)

    @property
    def plain(self) -> bool:  # type: ignore[override]
        """As for the others; parameter sets within packets may say otherwise later on."""
        return self._known is not None and self._known.frames_only

    def pictures(self, data: bytes) -> float:
        slices = []
        for unit in units(data, self._length_size):
            self._learn(unit)
            if unit[0] & 31 in self._PICTURE:
                refuse_hole(unit, self._length_size)
                slices.append(self._slice(unit))
        found = [part for part in slices if part is not None]
        if not self._known or not self._known.frames_only or sum(part.first for part in found) > 1:
            self.exact = False
        fields = {part.field for part in found if part.field is not None}
        return len(fields) / 2 if fields else bool(found)

    def _learn(self, unit: bytes) -> None:
        try:
            self._known = parameter_sets(unit) or self._known
        except IndexError:
            self.exact = False

    def _slice(self, unit: bytes) -> Slice | None:
        try:
            return slice_of(unit, self._known) if self._known else None
        except IndexError:
            raise Damaged("has a packet that ends too soon") from None


def _listed(header: bytes) -> list[bytes]:
    """The sequence parameter sets of an avcC."""
    found, at = [], 6
    for _ in range(header[5] & 31):
        ends = at + 2 + int.from_bytes(header[at : at + 2], "big")
        found.append(header[at + 2 : ends])
        at = ends
    return [unit for unit in found if unit]


class _Hevc(Contents):
    """Whole frames, unless the stream may hold fields, or leading pictures that lack what they refer to.

    Types of units are those of ITU-T H.265, table 7-1.
    """

    _LEADING, _BROKEN_LINK, _RANDOM_ACCESS, _SLICES, _END = (8, 9), (16, 17, 18), range(16, 24), range(32), (36, 37)

    def __init__(self, header: bytes) -> None:
        super().__init__(header)
        stated = header[:1] == b"\1" and len(header) > 22
        self._length_size = (header[21] & 3) + 1 if stated else None
        self.plain = self.exact = stated and bool(header[6] & 0x10)  # general_frame_only_constraint_flag
        self._begins, self._skips = True, False

    def pictures(self, data: bytes) -> float:
        shown = 0
        for unit in units(data, self._length_size):
            if len(unit) < 2:
                raise Damaged("has a packet that ends too soon")
            kind, layer = unit[0] >> 1 & 63, (unit[0] & 1) << 5 | unit[1] >> 3
            if kind in self._SLICES:
                refuse_hole(unit, self._length_size)
            if kind in self._RANDOM_ACCESS:
                self._skips, self._begins = self._begins or kind in self._BROKEN_LINK, False
            self._begins = self._begins or kind in self._END
            if kind in self._SLICES and not layer and unit[2:] and unit[2] >> 7:
                skipped = kind in self._LEADING and self._skips
                shown += not skipped
                self.exact = self.exact and not skipped
        self.exact = self.exact and shown <= 1
        return shown


def _refuse_hole(data: bytes) -> None:
    if _HOLE in data:
        raise Damaged("has a hole of zeros")


_BY_CODEC: dict[str, type[Contents]] = {
    "h264": _H264,
    "hevc": _Hevc,
    "vp8": _Vp8,
    "vp9": _Vp9,
    "av1": _Shown,
    "mpeg4": _Mpeg4,
    "mpeg1video": _StartCoded,
    "mpeg2video": _StartCoded,
}


def contents_of(stream: VideoStream) -> Contents:
    """How this stream's packets are read."""
    codec = stream.codec_context
    return _BY_CODEC.get(codec.codec.canonical_name, Contents)(codec.extradata or b"")
