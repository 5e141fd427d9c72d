"""Whether a file is what a run publishes: the right size and rate, exactly the right length, decodable to its end."""

from __future__ import annotations

from pathlib import Path

from adapters import BadVideo
from adapters.harness import VideoInfo, examine

DURATION_TOLERANCE_S = 1e-3
"""The official scorer's tolerance on `ffprobe -show_entries format=duration`."""

_CLOCK_TOLERANCE_S = 1e-3


def verify(path: Path, size: tuple[int, int], fps: int, seconds: float) -> None:
    """Raise `BadVideo` unless the file is an mp4 of this (width, height), FPS and length that decodes to its end."""
    fault = find_fault(path, size, fps, seconds)
    if fault is not None:
        raise BadVideo(f"{path}: {fault}")


def find_fault(path: Path, size: tuple[int, int], fps: int, seconds: float) -> str | None:
    """What keeps the file from being published as it is, None if nothing does. Raises `BadVideo` for a broken one.

    Decodes the file, once; `header_fault` tells the most of it at once.
    """
    info, times = examine(path)
    fault = header_fault(info, size, fps, seconds)
    if fault is not None:
        return fault
    if any(abs(time - index / fps) > _CLOCK_TOLERANCE_S for index, time in enumerate(times)):
        return "its frames do not follow each other at a constant rate"
    frames = round(seconds * fps)
    return None if len(times) == frames else f"holds {len(times)} frames, not {frames}"


def header_fault(info: VideoInfo, size: tuple[int, int], fps: int, seconds: float) -> str | None:
    """What the header alone says against the file; None if nothing."""
    if "mp4" not in info.container.split(","):
        return f"is {info.container}, not mp4"
    if info.rotated or (info.width, info.height) != size:
        return f"is {info.width}x{info.height}{' after a rotation' if info.rotated else ''}, not {size[0]}x{size[1]}"
    if abs(info.fps - fps) > 1e-3:
        return f"runs at {info.fps:g} FPS, not {fps}"
    if abs(info.duration_s - seconds) > DURATION_TOLERANCE_S:
        return f"lasts {info.duration_s:.4f} s, not {seconds:g} s"
    return None
