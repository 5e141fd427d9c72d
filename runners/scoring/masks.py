"""Motion masks (Physics-IQ, section 3 of the paper; parameters as in the official mask generator).

The official tool stores masks as an `mp4v` video and reads them back, and what that codec loses shifts scores by up
to 0.3 points, so masks take the same round trip here, through a temporary file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from runners.core.errors import UserError
from runners.scoring.decode import Image, read_frames, shrink
from runners.scoring.stack import MaskStack

LEARNING_RATE = 0.3
THRESHOLD = 10
_BLUR = (5, 5)
_REACH = 2
"""How far blurring looks, in rows."""
_BOX = np.ones((5, 5), np.uint8)
_MARGIN = 8
"""How far a pixel can have a say in morphology: twice the box, there and back."""
_BAND = 64
"""Rows at a time. With 64, bands hold a multiple of 64 pixels, whatever the width: OpenCV's vector code takes the same
pixels as it would in the whole picture, and its slower loop for what is left over, which rounds otherwise, none."""


class MotionDetector:
    """Marks what differs from a running mean of the frames before: 255 where something moves, else 0.

    It works through a frame in bands of rows, whose float64 background fits into a processor's cache, and in memory
    that is used again: half the time of whole 4K frames, and the same bits. The steps on single pixels are the same
    anywhere; those that look at neighbours see enough of them.
    """

    def __init__(self) -> None:
        self._background: NDArray[np.float64] | None = None

    def mask(self, frame: Image) -> NDArray[np.uint8]:
        """The mask of the next frame, uint8 (H, W), valid until the one after it is asked for.

        That of the first frame is empty, since it is the background.
        """
        background = self._background
        if background is None:
            return self._begin(frame)
        for rows, blurred in self._bands(frame):
            known = background[rows]
            difference = self._difference[: len(known)]
            cv2.accumulateWeighted(blurred, known, LEARNING_RATE)
            cv2.convertScaleAbs(known, difference)
            cv2.absdiff(blurred, difference, difference)
            cv2.threshold(difference, THRESHOLD, 255, cv2.THRESH_BINARY, self._binary[rows])
        return self._cleaned()

    def _cleaned(self) -> NDArray[np.uint8]:
        """Opened and closed, around what moves: further off both leave zeros as they are."""
        self._mask.fill(0)
        left, top, width, height = cv2.boundingRect(self._binary)
        if width:
            place = (
                slice(max(top - _MARGIN, 0), top + height + _MARGIN),
                slice(max(left - _MARGIN, 0), left + width + _MARGIN),
            )
            opened = cv2.morphologyEx(self._binary[place], cv2.MORPH_OPEN, _BOX)
            self._mask[place] = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _BOX)
        return self._mask

    def _begin(self, frame: Image) -> NDArray[np.uint8]:
        height, width = frame.shape[:2]
        self._gray, self._blurred = np.empty((2, _BAND + 2 * _REACH, width), np.uint8)
        self._difference = np.empty((_BAND, width), np.uint8)
        self._binary, self._mask = np.zeros((2, height, width), np.uint8)
        self._background = np.empty((height, width), np.float64)
        for rows, blurred in self._bands(frame):
            self._background[rows] = blurred
        return self._mask

    def _bands(self, frame: Image) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
        """Rows of the frame with their blurred gray levels, which blurring the whole frame would give as well."""
        height = len(frame)
        for top in range(0, height, _BAND):
            end = min(top + _BAND, height)
            above, below = max(top - _REACH, 0), min(end + _REACH, height)
            gray, blurred = self._gray[: below - above], self._blurred[: below - above]
            cv2.cvtColor(frame[above:below], cv2.COLOR_BGR2GRAY, gray)
            cv2.GaussianBlur(gray, _BLUR, 0, blurred)
            yield slice(top, end), blurred[top - above : end - above]


def read_mask_video(path: Path, count: int, size: tuple[int, int]) -> MaskStack:
    """The first `count` masks of a mask video, fitted to (width, height) and then made binary again (> 127).

    Mask videos are gray, so that one of OpenCV's three channels says all. Raises `UserError` if frames are missing.
    """
    return MaskStack.of((_fitted(frame, size) > 127 for frame in read_frames(path, count)), size)


def _fitted(frame: Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    """One channel of a frame at (width, height), taken out where the picture is smaller: before or after fitting."""
    if frame.shape[0] * frame.shape[1] <= 4 * size[0] * size[1]:
        return shrink(np.asarray(cv2.extractChannel(frame, 0), dtype=np.uint8), size)
    return np.asarray(cv2.extractChannel(shrink(frame, size), 0), dtype=np.uint8)


class ShippedMasks:
    """A mask video that is there already, in the place of one to be made: frames in, nothing done, masks out."""

    def __init__(self, path: Path, count: int) -> None:
        self._path = path
        self._count = count

    def add(self, frame: Image) -> None:
        """The next frame; its mask is known."""

    def read_back(self, size: tuple[int, int]) -> MaskStack:
        """The masks at (width, height). Raises `UserError` if the file holds too few."""
        return read_mask_video(self._path, self._count, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """The file is the data set's own, and stays."""


class MaskVideo:
    """The round trip: frames in, their masks into an `mp4v` file at the frames' own size, the masks read back out.

    A context manager over a temporary file, which is gone afterwards. Sizes are cut to even ones, as the codec wants.
    """

    def __init__(self, path: Path, fps: int) -> None:
        self._path = path
        self._fps = fps
        self._detector = MotionDetector()
        self._writer: cv2.VideoWriter | None = None
        self._count = 0

    def add(self, frame: Image) -> None:
        """Compute and write the mask of the next frame."""
        mask = self._detector.mask(frame)
        height, width = mask.shape[0] & -2, mask.shape[1] & -2
        if self._writer is None:
            self._writer = self._open(width, height)
        self._writer.write(mask[:height, :width])
        self._count += 1

    def read_back(self, size: tuple[int, int]) -> MaskStack:
        """Finish the file and read its masks at (width, height). Raises `UserError` if not all of them came back."""
        self._release()
        try:
            return read_mask_video(self._path, self._count, size)
        except UserError as error:
            # OpenCV's writer says nothing when a disk is full; it shows here.
            raise UserError(f"motion masks did not survive in {self._path.parent}: is that disk full?") from error

    def _open(self, width: int, height: int) -> cv2.VideoWriter:
        codec = cv2.VideoWriter.fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(self._path), codec, self._fps, (width, height), isColor=False)
        if not writer.isOpened():
            raise UserError(
                f"OpenCV cannot write an mp4v video to {self._path.parent}: is it writable, is there space?"
            )
        return writer

    def _release(self) -> None:
        if self._writer is not None:
            self._writer.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._release()
        self._path.unlink(missing_ok=True)
