"""How long an MP4 says that it is: what FFmpeg 5 and older report; later ones leave out what precedes its start."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO

from runners.clips.verify import DURATION_TOLERANCE_S
from runners.dataset.layout import CONTINUATION_S

_BOX = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")
_MOST_BOXES = 10_000
_HEADERS = {0: struct.Struct(">4x8xII"), 1: struct.Struct(">4x16xIQ")}
"""Of the `mvhd` box, by its version: flags and dates, then time scale and length in its units (ISO 14496-12)."""


def lasts(length_s: float | None, seconds: float = CONTINUATION_S) -> bool:
    """Whether a length is what the official toolbox insists on; one that is not stated does not speak against it."""
    # The difference has float noise: 5.001 s itself is still within the tolerance.
    return length_s is None or abs(length_s - seconds) <= DURATION_TOLERANCE_S + 1e-9


def stated_length_s(path: Path) -> float | None:
    """The length in the movie header in seconds; None where there is none, as in other containers and in fragments."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            movie = _find(file, b"moov", 0, end)
            header = movie and _find(file, b"mvhd", *movie)
            if not header:
                return None
            file.seek(header[0])
            data = file.read(min(header[1] - header[0], _HEADERS[1].size))
            form = _HEADERS[data[0]]
            scale, length = form.unpack(data[: form.size])
    except (OSError, KeyError, IndexError, struct.error):
        return None
    return length / scale if length and scale else None


def _find(file: IO[bytes], kind: bytes, begin: int, end: int) -> tuple[int, int] | None:
    """Where the contents of the first box of this kind begin and end, between two places of a file."""
    for _ in range(_MOST_BOXES):
        if begin + _BOX.size > end:
            break
        file.seek(begin)
        size, name = _BOX.unpack(file.read(_BOX.size))
        head = _BOX.size
        if size == 1:
            (size,) = _LARGE.unpack(file.read(_LARGE.size))
            head += _LARGE.size
        size = size or end - begin  # 0: to the end of the file
        if size < head:
            return None
        if name == kind:
            return begin + head, min(begin + size, end)
        begin += size
    return None
