"""What a video must be to enter a score, by what it says of itself: the clips of a run, the truth, and its masks.

The scorer takes frames one by one and compares the n-th with the n-th, as the official toolbox does. So a file of
another rate, of a varying one, of another length or of another picture than its place says gives a wrong number, and no
error.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adapters.harness import VideoInfo
from runners.core.errors import UserError
from runners.dataset.layout import CONTINUATION_S

_RATE_TOLERANCE = 0.01
"""29.97 FPS stand in a folder of 30: over 5 s that is a seventh of a frame. 24 and 25 are not the same."""
_OFF_BEAT = 0.25
"""Frames: how far off its place in time a frame may be shown. Nearer to it than to any other, with room to spare."""
_SPARE_S = 0.1
"""What a cut by the clock may leave at the end of 5 s: a few frames, of which no scorer takes notice."""
_SAME_SHAPE = 0.02
"""Mask videos have even sizes, whatever the truth has: a pixel of a small picture."""
FROM_ZERO = "ffmpeg -i IN.mp4 -c copy -bsf:v setts=pts=PTS-STARTPTS:dts=DTS-STARTPTS OUT.mp4"
"""What shifts a clip's time line to 0 without coding its pictures anew."""


class Unfit(UserError):
    """A file that must not enter a score, since the number would be wrong."""


def check_file(path: Path, remedy: str = "a video belongs here") -> None:
    """Raise `Unfit` for what is no file to read: a folder, a named pipe (which blocks for ever), a link to nothing."""
    if not path.is_file():
        raise Unfit(f"{path}: this is no file, but a folder, a pipe or a link to nothing; {remedy}")


def has_rate(info: VideoInfo, fps: int) -> bool:
    """Whether a video's rate is that of a folder of `fps`."""
    return abs(info.fps / fps - 1) <= _RATE_TOLERANCE


def rate_fault(info: VideoInfo, fps: int) -> str | None:
    """What keeps frames of this video from being those of a folder of `fps`; None if nothing does."""
    if info.rotated:
        return (
            "holds a display matrix (it is to be shown turned or mirrored), which OpenCV, and so the official toolbox, "
            "carry out wrongly or not at all"
        )
    if not has_rate(info, fps):
        return f"runs at {info.fps:g} FPS, and its place says {fps}"
    return None


def truth_fault(info: VideoInfo, fps: int) -> str | None:
    """What is wrong with 5 s of truth, or of masks, at `fps`; None if nothing is.

    More frames than 5 s have would be cut off unseen, and of what is longer nobody knows which 5 s are the right ones.
    """
    wanted = CONTINUATION_S * fps
    fault = rate_fault(info, fps)
    if fault is None and not wanted <= info.frames <= wanted + max(1, int(_SPARE_S * fps)):
        fault = f"holds {info.frames} frames, not {wanted} (5 s at {fps} FPS)"
    return fault


def mask_fault(info: VideoInfo, truth: VideoInfo | None, fps: int) -> str | None:
    """What keeps a mask video from being that of its truth at `fps`; None if nothing does.

    Its size may be another, since the official toolbox fits it to the truth, but not its shape. It has a frame for each
    of the truth's, or just the 5 s: with any other count nobody knows which belong together. `truth` is None where the
    truth at this rate is made from another one.
    """
    fault = truth_fault(info, fps)
    if fault is not None or truth is None:
        return fault
    if info.frames not in (truth.frames, CONTINUATION_S * fps):
        return f"holds {info.frames} frames, and its truth {truth.frames}"
    if abs(info.width * truth.height / (info.height * truth.width) - 1) > _SAME_SHAPE:
        return f"is {info.width}×{info.height}, and its truth {truth.width}×{truth.height}, of another shape"
    return None


def is_steady(times_s: Sequence[float], fps: int) -> bool:
    """Whether frames that are shown at these times, from 0 on, follow each other at a constant `fps`."""
    return all(abs(time_s * fps - index) <= _OFF_BEAT for index, time_s in enumerate(times_s))
