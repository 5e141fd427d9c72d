"""What a model returned, looked at frame by frame: only uint8 (H, W, 3) of one size gets through, at known instants."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from adapters import BadClip, BadVideo, Clip, Frame, read_frames
from adapters.harness import VideoInfo, survey

_STAMP_TOLERANCE_S = Fraction(1, 900)
"""Some containers round time stamps to milliseconds; such a file still has a constant rate."""
_SURELY_S = 1e-3
"""Within it by so much that no exact reckoning is needed, which costs more than reading the file."""


def clip_frames(clip: Clip) -> Iterator[Frame]:
    """All frames of a clip, its leading ones too, each checked. Raises `BadClip` (also for frames without a rate)."""
    if clip.file is None:
        _stated_rate(clip.fps)
    first: Frame | None = None
    index = -1
    for index, frame in enumerate(_raw_frames(clip)):
        first = _checked(frame, index, first)
        yield frame
    if index < 0:
        raise BadClip("the clip holds no frame")


class KeptFrames:
    """The frames of a clip after its leading ones, with the instants at which they are shown, read one at a time.

    The rate is the clip's own word or, for a file without it, the file's; the time stamps of a file of variable rate
    are kept. Raises `BadClip` for whatever is no usable clip, at once or when the frame is reached.
    """

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._instants: list[Fraction] | None = None
        self.leading = _leading(clip)
        self.read = 0
        """Frames read so far, leading ones included."""
        surveyed = None if clip.file is None else _surveyed(clip.file)
        self.total = _known_length(clip) if surveyed is None else surveyed[0].frames
        """How many frames the clip has, None as long as nobody knows (an iterator)."""
        if clip.fps is not None or surveyed is None:
            self.fps = _stated_rate(clip.fps)
        else:
            self.fps, self._instants = _file_clock(*surveyed)
        if self.total is not None and self.leading >= self.total > 0:
            raise BadClip(f"all {self.total} frames are leading ones (leading={self.leading}), nothing is left")

    @property
    def kept(self) -> int:
        """Frames read so far, without the leading ones."""
        return max(0, self.read - self.leading)

    @property
    def length_s(self) -> Fraction:
        """Seconds that the frames read so far fill: the last one is shown as long as an average one."""
        return self._instant(self.kept - 1) + 1 / self.fps if self.kept else Fraction(0)

    def frames(self) -> Generator[tuple[Fraction, Frame]]:
        """(instant in seconds, frame), the first kept frame at 0."""
        for frame in clip_frames(self._clip):
            self.read += 1
            if self.kept:
                # A lazy clip may give the same buffer again and again, and two frames are held while blending.
                own = isinstance(self._clip.frames, np.ndarray) or self._clip.file is not None
                yield self._instant(self.kept - 1), frame if own else frame.copy()
        if not self.kept:
            raise BadClip(f"all {self.read} frames are leading ones (leading={self.leading}), nothing is left")

    def _instant(self, index: int) -> Fraction:
        if self._instants is None:
            return index / self.fps
        return self._instants[self.leading + index] - self._instants[self.leading]


def _raw_frames(clip: Clip) -> Iterator[Any]:
    if clip.file is not None:
        try:
            yield from read_frames(clip.file)
        except BadVideo as error:
            raise BadClip(str(error)) from error
        return
    frames: Any = clip.frames
    if isinstance(frames, np.ndarray) and frames.ndim != 4:
        raise BadClip(f"the frames have shape {frames.shape}; (T, H, W, 3) is wanted")
    if not isinstance(frames, Iterable):
        raise BadClip(f"the frames are a {type(frames).__name__}, not an array or an iterator of arrays")
    yield from frames


def _checked(frame: Any, index: int, first: Frame | None) -> Frame:
    """The clip's first frame, once this one is known to be like it. Raises `BadClip` telling how it is not."""
    if not isinstance(frame, np.ndarray):
        raise BadClip(f"frame {index} is a {type(frame).__name__}, not a numpy array")
    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
        raise BadClip(f"frame {index} has shape {frame.shape}; (H, W, 3) is wanted, RGB")
    if frame.dtype != np.uint8:
        raise BadClip(f"frame {index} is {frame.dtype}{_content(frame)}; uint8 from 0 to 255 is wanted")
    if first is not None and frame.shape != first.shape:
        raise BadClip(
            f"frame {index} is {frame.shape[1]}x{frame.shape[0]}, the ones before it {first.shape[1]}x{first.shape[0]}"
        )
    return frame if first is None else first


def _content(frame: Any) -> str:
    if np.issubdtype(frame.dtype, np.floating):
        if not np.isfinite(frame).all():
            return " and holds NaN or infinity"
        return f" with values from {frame.min():.3g} to {frame.max():.3g}"
    return ""


def _leading(clip: Clip) -> int:
    leading: Any = clip.leading
    if isinstance(leading, bool) or not isinstance(leading, int) or leading < 0:
        raise BadClip(f"leading={leading!r} is no count of frames")
    return leading


def _known_length(clip: Clip) -> int | None:
    return len(clip.frames) if isinstance(clip.frames, np.ndarray) else None


def _stated_rate(fps: Any) -> Fraction:
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not math.isfinite(fps) or fps < 0.01:
        raise BadClip(f"fps={fps!r} is no frame rate; frames need one")
    return _as_rate(fps)


def _file_clock(info: VideoInfo, times: list[float]) -> tuple[Fraction, list[Fraction] | None]:
    """The file's rate, and the instants of its frames unless they follow from it."""
    rate = _as_rate(info.fps)
    step = float(1 / rate)
    if all(abs(time - index * step) < _SURELY_S for index, time in enumerate(times)):
        return rate, None
    instants = [Fraction(time).limit_denominator(1_000_000) for time in times]
    constant = all(abs(instant - index / rate) <= _STAMP_TOLERANCE_S for index, instant in enumerate(instants))
    return rate, None if constant else instants


def _surveyed(file: Path) -> tuple[VideoInfo, list[float]]:
    try:
        return survey(file)
    except BadVideo as error:
        raise BadClip(str(error)) from error


def _as_rate(fps: float) -> Fraction:
    """The rate as a fraction: 23.976… becomes 24000/1001."""
    return Fraction(fps).limit_denominator(1001)
