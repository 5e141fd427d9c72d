"""What the tests of the vendors' packages share: pictures to send and a look at what came back."""

from __future__ import annotations

import io
from pathlib import Path

from adapters import probe
from adapters.harness import VideoInfo


def picture(width: int = 128, height: int = 72) -> bytes:
    """A PNG of this size."""
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (width, height), (30, 120, 200)).save(target, "PNG")
    return target.getvalue()


def looked_at(data: bytes, folder: Path) -> VideoInfo:
    """What a downloaded clip holds."""
    path = folder / "clip.mp4"
    path.write_bytes(data)
    return probe(path)
