"""Motion masks (Physics-IQ, section 3 of the paper; parameters as in the official mask generator).

The official tool stores masks as an `mp4v` video and reads them back, and what that codec loses shifts scores by up
to 0.3 points, so masks take the same round trip here, through a temporary file.
"""

from __future__ import annotations

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
_BOX = np.ones((5, 5), np.uint8)


class MotionDetector:
    """Marks what differs from a running mean of the frames before: 255 where something moves, else 0."""

    def __init__(self) -> None:
        self._background: NDArray[np.float64] | None = None

    def mask(self, frame: Image) -> NDArray[np.uint8]:
        """The mask of the next frame, uint8 (H, W); that of the first one is empty, since it is the background."""
        gray = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), _BLUR, 0)
        if self._background is None:
            self._background = gray.astype(np.float64)
            return np.zeros(gray.shape, np.uint8)
        cv2.accumulateWeighted(gray, self._background, LEARNING_RATE)
        difference = cv2.absdiff(gray, cv2.convertScaleAbs(self._background))
        _, binary = cv2.threshold(difference, THRESHOLD, 255, cv2.THRESH_BINARY)
        opened = cv2.morphologyEx(binary, cv2.MORPH_OPEN, _BOX)
        return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _BOX), dtype=np.uint8)


def read_mask_video(path: Path, count: int, size: tuple[int, int]) -> MaskStack:
    """The first `count` masks of a mask video, fitted to (width, height) and then made binary again (> 127).

    Mask videos are gray, so that one of OpenCV's three channels says all. Raises `UserError` if frames are missing.
    """
    return MaskStack.of((shrink(frame, size)[..., 0] > 127 for frame in read_frames(path, count)), size)


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
