"""Whether a file's outermost structure is whole, where FFmpeg reads on past damage as if nothing were there.

Part of `adapters.video.reading`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEADER_BYTES = 12
"""At most four of an EBML element's name and eight of its size."""
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
"""What they hold is looked into (RFC 9559)."""
_TS_SIZES = (188, 192, 204)
"""Bytes from one transport packet to the next: as broadcast, as cameras write them, with error correction."""
_SYNC = 0x47
_AT_ONCE = 2**16


def riff_is_whole(path: Path | str) -> bool:
    """Whether an AVI's RIFF chunks (a large file has several) reach to its end and no further."""
    at, size = 0, Path(path).stat().st_size
    with Path(path).open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            head = file.read(8)
            if head[:4] != b"RIFF":
                break  # what others append; all of the video is there
            at += 8 + int.from_bytes(head[4:], "little")
            at += at % 2
    return 0 < at <= size + 1


def ebml_is_whole(path: Path | str) -> bool:
    """Whether a Matroska or WebM file is elements from end to end, down to the blocks: a hole of zeros is none.

    Of what lies between two elements FFmpeg only says in its log that it was passed over.
    """
    at, size = 0, Path(path).stat().st_size
    with Path(path).open("rb") as file:
        while at < size:
            head = os.pread(file.fileno(), _HEADER_BYTES, at)
            name_bytes = _length(head[0])
            size_bytes = _length(head[name_bytes]) if len(head) > name_bytes else 9
            if name_bytes > 4 or size_bytes > 8:
                return False
            name = int.from_bytes(head[:name_bytes], "big")
            content = int.from_bytes(head[name_bytes:][:size_bytes], "big") - (1 << 7 * size_bytes)
            at += name_bytes + size_bytes
            if name == _SEGMENT:
                size = min(size, at + content)  # what others append is not the video's
            elif name != _CLUSTER:
                at += content
    return at == size


def _length(first: int) -> int:
    """How many bytes a number has that begins with this one (RFC 8794, 4); 9 for a zero."""
    return 9 - first.bit_length()


def ts_is_whole(path: Path | str, pid: int) -> bool:
    """Whether packet follows packet in a transport stream, and those of `pid` are numbered without a gap.

    FFmpeg looks for the next packet that it understands, and a frame that began in between is never missed.
    Numbers and marks are those of ISO/IEC 13818-1, 2.4.3.2: continuity_counter, discontinuity_indicator.
    """
    last = None
    for packets in _ts_packets(path):
        if (packets[:, 0] != _SYNC).any():
            return False
        mine = packets[((packets[:, 1] & 0x1F).astype(int) << 8 | packets[:, 2]) == pid]
        mine = mine[mine[:, 3] & 0x10 != 0]
        numbers = mine[:, 3] & 0x0F
        excused = (mine[:, 3] & 0x20 != 0) & (mine[:, 4] > 0) & (mine[:, 5] & 0x80 != 0)
        if last is not None and len(numbers):
            numbers, excused = np.append(last, numbers), np.append(False, excused)
        steps = (numbers[1:] - numbers[:-1]) & 0x0F  # 0: the same packet once more
        if ((steps > 1) & ~excused[1:]).any():
            return False
        last = numbers[-1] if len(numbers) else last
    return True


def _ts_packets(path: Path | str) -> Iterator[NDArray[np.uint8]]:
    """The file's whole packets, many at a time, each from its mark on, uint8 (N, 188 or more)."""
    with Path(path).open("rb") as file:
        head = file.read(4096)
        places = ((begin, size) for begin in range(len(head)) for size in _TS_SIZES)
        begin, size = next((place for place in places if _marked(head, *place)), (0, _TS_SIZES[0]))
        file.seek(begin)
        while data := file.read(size * _AT_ONCE):
            yield np.frombuffer(data, np.uint8, len(data) // size * size).reshape(-1, size)


def _marked(head: bytes, begin: int, size: int) -> bool:
    """Whether packets of this size begin here, as far as the beginning of a file shows."""
    marks = head[begin::size]
    return len(marks) > 1 and marks == bytes([_SYNC]) * len(marks)
