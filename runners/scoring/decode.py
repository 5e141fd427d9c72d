"""Frames exactly as the official toolbox sees them: OpenCV's decoder and its resizing, not the harness's accurate one.

The official numbers hold OpenCV's truncating colour conversion, for truth and model alike, so a scorer that wants the
same numbers must decode in the same way. One frame is in memory at a time.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from runners.core.errors import UserError

Image = NDArray[np.uint8]
"""One frame as OpenCV gives it, uint8 (H, W, 3) in BGR order."""

_MOST_THREADS = 4

# What is wrong with a file is told by us, in a line; FFmpeg's own lines name neither the file nor what to do.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def read_frames(path: Path, count: int) -> Iterator[Image]:
    """The first `count` frames of a video; raises `UserError` naming the file if there are fewer.

    Frames are decoded one by one into the same memory, so that each is valid only until the next is asked for; the
    file is closed when the iterator is.
    """
    seen = 0
    for frame in islice(_decode(path), count):
        seen += 1
        yield frame
    if seen < count:
        found = f"only {seen} of {count} frames decode" if seen else "no frame decodes"
        raise UserError(f"{path}: {found}; the file is too short or damaged: make it again")


def first_frame(path: Path) -> Image | None:
    """A video's first frame, None where OpenCV cannot decode it."""
    with closing(_decode(path)) as frames:
        return next(frames, None)


def shrink(frame: NDArray[np.uint8], size: tuple[int, int], out: Image | None = None) -> NDArray[np.uint8]:
    """A frame, or one channel of it, at (width, height), by OpenCV's bilinear default, in uint8.

    This is what every metric is computed on. It may be written into `out`, an array of that size; a frame that has the
    size already is given back itself.
    """
    small = frame if frame.shape[1::-1] == size else cv2.resize(frame, size, out)
    return np.asarray(small, dtype=np.uint8)


def quarter_size(path: Path) -> tuple[int, int]:
    """The (width, height) at which everything is compared with this truth video: a quarter of its own."""
    frames = read_frames(path, 1)
    height, width = next(frames).shape[:2]
    if min(width, height) < 4:
        raise UserError(f"{path}: {width}×{height} is too small to be scored; at least 4×4 is needed")
    return width // 4, height // 4


def _decode(path: Path) -> Generator[Image]:
    # With one OpenCV thread (as in worker processes) the decoder gets one too: workers share the cores by clips. A
    # decoder's thread holds frames of its own, 12 MB each at 4K, so that more than a few only cost memory.
    threads = min(cv2.getNumThreads(), _MOST_THREADS)
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
    frame: Image | None = None
    try:
        while True:
            # Decoding into memory that is there already: at 4K, new pages take as long as the colour conversion.
            there, picture = capture.read(frame) if frame is not None else capture.read()
            if not there:
                return
            frame = np.asarray(picture, dtype=np.uint8)
            yield frame
    finally:
        capture.release()
