"""Tiny real clips: a coloured square that moves as a hash of the job's inputs says. The same inputs, the same bytes."""

from __future__ import annotations

import hashlib
import io
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from adapters import Frame, write_video

_encoding = threading.Lock()


@dataclass(frozen=True)
class ClipSpec:
    """What a clip looks like from outside; its first `echo` frames stand for the video that was to be continued."""

    width: int = 128
    height: int = 72
    fps: int = 24
    frames: int = 121
    echo: int = 0

    @property
    def total(self) -> int:
        """The frames of the whole file."""
        return self.echo + self.frames


def make_clip(identity: str, spec: ClipSpec) -> bytes:
    """The mp4 of these inputs, encoded once in this process."""
    with _encoding:  # two clients that ask for one clip at once would encode it twice
        return _encoded(identity, spec)


@lru_cache(maxsize=512)
def _encoded(identity: str, spec: ClipSpec) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write_video(path, _frames(identity, spec), spec.fps)
        return path.read_bytes()


def _frames(identity: str, spec: ClipSpec) -> Iterator[Frame]:
    digest = hashlib.sha256(identity.encode()).digest()
    back, colour = np.array([[digest[:3]], [digest[3:6]]]).view(np.uint8).reshape(2, 3)
    side = max(4, spec.height // 4)
    across, down = spec.width - side, spec.height - side
    for index in range(spec.total):
        echoed = index < spec.echo
        frame = np.empty((spec.height, spec.width, 3), np.uint8)
        frame[:] = 128 if echoed else back // 2
        x = (digest[6] + index * (1 + digest[8] % 3)) % across
        y = (digest[7] + index * (digest[9] % 3)) % down
        frame[y : y + side, x : x + side] = 255 if echoed else colour // 2 + 128
        yield frame


def as_matroska(mp4: bytes) -> bytes:
    """The same pictures in the wrong container: it decodes, but is no mp4."""
    import av

    target = io.BytesIO()
    with av.open(io.BytesIO(mp4), "r") as source, av.open(target, "w", format="matroska") as out:
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
    return target.getvalue()


def as_png() -> bytes:
    """A still image."""
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (16, 9), (200, 30, 30)).save(target, "PNG")
    return target.getvalue()


def damaged(mp4: bytes) -> bytes:
    """The right length and head, garbage in the middle."""
    start, length = len(mp4) // 2, min(400, len(mp4) // 4)
    return mp4[:start] + b"\xa5" * length + mp4[start + length :]
