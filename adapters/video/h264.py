"""As much of H.264's and HEVC's syntax as tells what a packet holds. Part of `adapters.video.reading`.

Clauses are those of ITU-T H.264 (08/2021); avcC and hvcC are the headers of ISO/IEC 14496-15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_START_CODE = re.compile(b"\x00\x00\x01")
_SPS, _SLICES = 7, (1, 5)
_WITH_CHROMA_FORMAT = (44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244)
"""Profiles whose parameter sets state chroma format, bit depths and scaling lists (7.3.2.1.1)."""
_LONGEST_SET = 1024
_MOST_PADDING = 64
_HEAD_BYTES = 24
"""More than the part of a slice's header that is read."""


class Damaged(ValueError):
    """Bytes that no encoder writes; the message completes "the file is …"."""


@dataclass(frozen=True)
class ParameterSet:
    """What a sequence parameter set says about fields."""

    frames_only: bool
    frame_num_bits: int
    separate_planes: bool


@dataclass(frozen=True)
class Slice:
    """The beginning of a slice's header. `field`: None in a frame, else whether it is the bottom field."""

    first: bool
    field: bool | None


def units(data: bytes, length_size: int | None) -> Iterator[bytes]:
    """The NAL units of a packet, none empty; `length_size` is that of the numbers before them, None for start codes.

    Raises `Damaged` where the lengths do not add up.
    """
    return _by_start_codes(data) if length_size is None else _by_lengths(data, length_size)


def _by_lengths(data: bytes, length_size: int) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        begins = at + length_size
        at = begins + int.from_bytes(data[at:begins], "big")
        if at == begins or at > len(data):
            raise Damaged("has a packet whose parts do not add up to it")
        yield data[begins:at]


def _by_start_codes(data: bytes) -> Iterator[bytes]:
    marks = [match.span() for match in _START_CODE.finditer(data)]
    for (_, begins), (ends, _) in pairwise([*marks, (len(data), len(data))]):
        if begins < ends:
            yield data[begins:ends]


def refuse_hole(unit: bytes, length_size: int | None) -> None:
    """Raise `Damaged` for three zero bytes inside a slice, which emulation prevention (7.4.1) rules out.

    A few at its end are some muxers' padding; before start codes there may be any number.
    """
    if b"\0\0\0" in unit:
        inside = unit.rstrip(b"\0")
        if b"\0\0\0" in inside or (length_size and len(unit) - len(inside) > _MOST_PADDING):
            raise Damaged("has a hole of zeros")


def parameter_sets(unit: bytes) -> ParameterSet | None:
    """What a unit says if it is a sequence parameter set, else None. `IndexError` for one cut short."""
    if unit[0] & 31 != _SPS:
        return None
    bits = _Bits(unit[1:_LONGEST_SET])
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    separate = False
    if profile in _WITH_CHROMA_FORMAT:
        separate = _skip_chroma(bits)
    frame_num_bits = bits.golomb() + 4
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1)
        bits.golomb()
        bits.golomb()
        for _ in range(bits.golomb()):
            bits.golomb()
    bits.golomb()
    bits.take(1)
    bits.golomb()
    bits.golomb()
    return ParameterSet(bool(bits.take(1)), frame_num_bits, separate)


def _skip_chroma(bits: _Bits) -> bool:
    """Read past the high profiles' part of a parameter set; returns whether the planes are coded apart."""
    chroma = bits.golomb()
    separate = chroma == 3 and bool(bits.take(1))
    bits.golomb()
    bits.golomb()
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return separate


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_golomb()) % 256
        last = following or last


def slice_of(unit: bytes, known: ParameterSet) -> Slice | None:
    """The slice that a unit holds, None if it holds none."""
    if unit[0] & 31 not in _SLICES:
        return None
    bits = _Bits(unit[1:_HEAD_BYTES])
    first = bits.golomb() == 0
    if known.frames_only:
        return Slice(first, None)
    bits.golomb()
    bits.golomb()
    bits.take(2 if known.separate_planes else 0)
    bits.take(known.frame_num_bits)
    return Slice(first, bool(bits.take(1)) if bits.take(1) else None)


class _Bits:
    """Reads bits from the front of a unit; `IndexError` at its end."""

    def __init__(self, data: bytes) -> None:
        plain = data.replace(b"\0\0\3", b"\0\0")
        self._value, self._left = int.from_bytes(plain, "big"), 8 * len(plain)

    def take(self, count: int) -> int:
        """An unsigned number of so many bits."""
        if count > self._left:
            raise IndexError("the unit ends too soon")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """An unsigned Exp-Golomb number (9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        """A signed one (9.1.1)."""
        number = self.golomb()
        return (number + 1) // 2 if number % 2 else -(number // 2)
