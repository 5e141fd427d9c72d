"""What is sent: the switch frame, or the seconds before it, as exact as the service's limits let."""

from __future__ import annotations

import io
from pathlib import Path

from adapters.api.wire import Media
from adapters.contract import Conditioning
from adapters.errors import Rejected
from adapters.video.reading import write_video

_PNG: tuple[dict[str, int], ...] = ({"compress_level": 1}, {"compress_level": 6})
"""The first takes a third of the time and has a sixth more bytes, which only matter where there is a limit."""
_JPEG: tuple[dict[str, int], ...] = tuple({"quality": quality, "subsampling": 0} for quality in (98, 95, 90, 85))
_CRFS = (8, 12, 16, 20, 24)


def picture(conditioning: Conditioning, most_bytes: int) -> Media:
    """The switch frame as PNG, or as the best JPEG (4:4:4) that fits. Raises `Rejected` if none does."""
    from PIL import Image

    image, size = Image.fromarray(conditioning.switch_frame), 0
    for kind, how in [*(("png", how) for how in _PNG), *(("jpeg", how) for how in _JPEG)]:
        file = io.BytesIO()
        image.save(file, kind.upper(), **how)
        size = file.tell()
        if size <= most_bytes:
            return Media(file.getvalue(), f"image/{kind}", f"switch-frame.{kind}", conditioning.sha256)
    raise Rejected(f"the switch frame has {size} bytes as JPEG, and the service takes {most_bytes}: lower its size")


def footage(conditioning: Conditioning, scratch: Path, most_bytes: int) -> Media:
    """The conditioning frames as the best H.264 that fits. Raises `Rejected` if none does."""
    path, size = scratch / "footage.mp4", 0
    for crf in _CRFS:
        write_video(path, conditioning.frames, conditioning.fps, crf=crf)
        size = path.stat().st_size
        if size <= most_bytes:
            data = path.read_bytes()
            path.unlink()
            return Media(data, "video/mp4", "conditioning.mp4", conditioning.sha256)
    raise Rejected(f"the conditioning has {size} bytes at CRF {_CRFS[-1]}, and the service takes {most_bytes}")
