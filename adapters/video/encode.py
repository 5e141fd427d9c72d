"""Frames into an mp4. Part of `adapters.video.reading`, which is the name to import it by."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from adapters.contract import Frame

DEFAULT_CRF = 12
DEFAULT_PRESET = "veryfast"
"""At CRF 12 as small and as exact as "medium" (within 0.03 level), in a half to a third of its time (measured)."""


def even_size(width: int, height: int) -> tuple[int, int]:
    """The nearest size that 4:2:0 video can have: odd numbers go up by one."""
    return width + width % 2, height + height % 2


def write_video(
    path: Path | str,
    frames: Iterable[Frame],
    fps: float | Fraction,
    *,
    crf: int = DEFAULT_CRF,
    preset: str = DEFAULT_PRESET,
    lossless: bool = False,
) -> None:
    """Write all frames, whose first sets the size, to an mp4 as `Writer` does; on any error no file is left."""
    source = iter(frames)
    first = next(source, None)
    if first is None:
        raise ValueError(f"{path}: no frames to write")
    height, width = first.shape[:2]
    with Writer(path, width, height, fps, crf=crf, preset=preset, lossless=lossless) as writer:
        writer.write(first)
        for frame in source:
            writer.write(frame)


def _mp4_options(rate: Fraction) -> dict[str, str]:
    """The index first, no dates or versions, and a clock in which every frame's end is a whole number of ticks."""
    ticks = rate.numerator * (1000 if rate.numerator < 1000 else 1)
    return {"movflags": "+faststart", "fflags": "+bitexact", "movie_timescale": str(ticks)}


class Writer:
    """Encodes frames into an mp4 of constant rate whose duration is exactly n / fps.

    H.264 4:2:0, limited range, BT.601 and tagged so (with any other matrix OpenCV versions disagree about what they
    read). The bytes depend on frames and arguments alone: one encoder thread, no dates, no choice by processor.
    `lossless=True` keeps the very RGB values, for clips that are read again rather than shown; whatever is built on
    FFmpeg reads it, browsers do not.

    As a context manager it leaves no file behind when its block raises. Raises `ValueError` for odd sizes and for
    frames that do not fit, `OSError` when the disk does not take the file.
    """

    def __init__(
        self,
        path: Path | str,
        width: int,
        height: int,
        fps: float | Fraction,
        *,
        crf: int = DEFAULT_CRF,
        preset: str = DEFAULT_PRESET,
        lossless: bool = False,
        keyframes: int | None = None,
    ) -> None:
        """`keyframes`: at most so many frames from one key frame to the next, for clips that are scrubbed through."""
        import av

        from adapters.video.colour import ToCoded

        if not lossless and even_size(width, height) != (width, height):
            nearest = "x".join(map(str, even_size(width, height)))
            raise ValueError(f"{path}: H.264 needs even sizes, not {width}x{height}; the nearest is {nearest}")
        rate = Fraction(fps).limit_denominator(1001)
        if rate <= 0:
            raise ValueError(f"{path}: {fps} is no frame rate")
        self.path = Path(path)
        self.frames = 0
        self._shape = (height, width, 3)
        self._to_coded = ToCoded(lossless)
        self._tick = 1 / rate
        self._container = av.open(str(self.path.absolute()), "w", format="mp4", options=_mp4_options(rate))
        options = {"crf": str(crf), "preset": preset, "x264-params": "cpu-independent=1"}
        if lossless:
            options |= {"crf": "0", "preset": "ultrafast"}
        if keyframes is not None:
            options["g"] = str(keyframes)
        self._stream = self._container.add_stream("libx264rgb" if lossless else "libx264", rate, options=options)
        self._to_coded.describe(self._stream.codec_context, width, height)
        self._stream.codec_context.thread_count = 1

    def write(self, frame: Frame) -> None:
        """Append one frame, uint8 (H, W, 3) RGB of the writer's size."""
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise ValueError(
                f"{self.path}: frame {self.frames} is {frame.dtype} {frame.shape}, not uint8 {self._shape}"
            )
        coded = self._to_coded(frame)
        coded.pts = self.frames
        coded.time_base = self._tick
        self._container.mux(self._stream.encode(coded))
        self.frames += 1

    def close(self) -> None:
        """Finish the file. Without a single frame there is no file and this raises `ValueError`."""
        if not self.frames:
            self.discard()
            raise ValueError(f"{self.path}: no frames were written")
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Give up: close what is open and remove the unfinished file."""
        with contextlib.suppress(Exception):
            self._container.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()
