"""Previews, thumbnails and mask videos: from frames in memory where somebody has them, else from the clip's file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from adapters import BadVideo, Frame, read_frames, resize
from adapters.harness import Writer, glance
from runners.previews.cache import PRESET, PreviewCache

Size = tuple[int, int]


@dataclass(frozen=True)
class Previews:
    """A clip's small video, with its rate and every one of its frames, and the picture that stands for it."""

    preview: Path
    thumb: Path


def preview_size(size: Size, box: Size | None = None) -> Size:
    """The (width, height) of a preview: the clip's shape, even, within the box, never larger than the clip."""
    width, height = box or (int(PRESET["width"]), int(PRESET["height"]))
    scale = min(width / size[0], height / size[1], 1.0)
    return max(2, round(size[0] * scale) & -2), max(2, round(size[1] * scale) & -2)


class PreviewWriter:
    """Takes a clip's frames, one by one, and keeps its preview and thumbnail under the hash that is known at the end.

    A context manager that raises nothing of its own: what the cache's disk refuses only leaves the clip without.
    """

    def __init__(self, cache: PreviewCache, fps: float | Fraction, frames: int) -> None:
        """`frames` of the clip are expected: the one in the middle becomes the thumbnail."""
        self._cache, self._fps, self._middle = cache, fps, frames // 2
        self._seen = 0
        self._stack = ExitStack()
        self._writer: Writer | None = None
        self._thumb: Frame | None = None
        self.failed = False

    def write(self, frame: Frame) -> None:
        """The next frame, uint8 (H, W, 3) RGB; it may be written over afterwards."""
        if self.failed:
            return
        try:
            if self._writer is None:
                self._begin((frame.shape[1], frame.shape[0]))
            assert self._writer is not None
            small = resize(frame, self._size)
            if self._seen == self._middle or self._thumb is None:
                self._thumb = resize(frame, self._thumb_size)
            self._writer.write(small)
        except _faults():
            self.failed = True
        self._seen += 1

    def keep(self, sha256: str) -> Previews | None:
        """Publish what was written as that of the clip with this hash; None where that failed."""
        if self.failed or self._writer is None or self._thumb is None:
            return None
        try:
            self._writer.close()
            with self._cache.draft("thumb") as draft:
                write_jpeg(draft, self._thumb)
                thumb = self._cache.keep(draft, sha256, "thumb")
            return Previews(self._cache.keep(self._writer.path, sha256, "preview"), thumb)
        except _faults():
            self.failed = True
            return None

    def _begin(self, size: Size) -> None:
        self._size = preview_size(size)
        self._thumb_size = preview_size(size, (int(PRESET["thumb_width"]), int(PRESET["thumb_height"])))
        path = self._stack.enter_context(self._cache.draft("preview"))
        self._writer = _writer(path, self._size, self._fps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._writer is not None:
            with contextlib.suppress(*_faults()):
                self._writer.discard()
        with contextlib.suppress(OSError):
            self._stack.close()


def make_previews(clip: Path, sha256: str, cache: PreviewCache) -> Previews | None:
    """The preview and thumbnail of a clip's file, made if they are missing; None where they cannot be.

    The clip is decoded once. Raises nothing: a clip that does not decode is told by whoever scores it.
    """
    preview, thumb = cache.find(sha256, "preview"), cache.find(sha256, "thumb")
    if preview is not None and thumb is not None:
        return Previews(preview, thumb)
    try:
        info = glance(clip)
        with PreviewWriter(cache, Fraction(info.fps).limit_denominator(1001), info.frames) as writer:
            for frame in read_frames(clip):
                writer.write(frame)
            return writer.keep(sha256)
    except _faults():
        return None


def make_mask_video(
    masks: Iterable[NDArray[np.bool_]], fps: float | Fraction, sha256: str, cache: PreviewCache
) -> Path | None:
    """A clip's motion masks as a video of the preview's size, white where something moves; None where it cannot be.

    `masks` are bool (H, W), one for each frame of the clip.
    """
    found = cache.find(sha256, "masks")
    if found is not None:
        return found
    writer: Writer | None = None
    try:
        with cache.draft("masks") as draft:
            for mask in masks:
                size = preview_size((mask.shape[1], mask.shape[0]))
                writer = writer or _writer(draft, size, fps)
                gray = mask.astype(np.uint8) * 255
                writer.write(resize(np.repeat(gray[:, :, None], 3, axis=2), size))
            if writer is None:
                return None
            writer.close()
            return cache.keep(draft, sha256, "masks")
    except _faults():
        if writer is not None:
            writer.discard()
        return None


def make_still(picture: Path, target: Path) -> None:
    """A still picture, small, as a JPEG. Raises OSError, and `adapters.harness.BadPicture` for what is none."""
    from adapters.harness import read_picture

    frame = read_picture(picture)
    write_jpeg(target, resize(frame, preview_size((frame.shape[1], frame.shape[0]))))


def write_jpeg(path: Path, frame: Frame) -> None:
    """One frame, uint8 (H, W, 3) RGB, as a JPEG. Raises OSError."""
    from PIL import Image

    Image.fromarray(frame).save(path, "JPEG", quality=int(PRESET["jpeg"]), optimize=True)


def _faults() -> tuple[type[Exception], ...]:
    """What a disk, an encoder or a broken clip may raise: none of it is worth a run."""
    from av.error import FFmpegError

    return BadVideo, FFmpegError, OSError, ValueError, ArithmeticError


def _writer(path: Path, size: Size, fps: float | Fraction) -> Writer:
    return Writer(
        path, *size, fps, crf=int(PRESET["crf"]), preset=str(PRESET["preset"]), keyframes=int(PRESET["keyframes"])
    )
