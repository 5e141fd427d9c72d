"""What a clip looked like while it was scored: its preview and its motion masks, kept for the report."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

import numpy as np

from runners.previews.cache import Kind, PreviewCache
from runners.previews.make import PreviewWriter, make_mask_video
from runners.scoring.decode import Image
from runners.scoring.stack import MaskStack


class Seen:
    """Takes a clip's frames and masks as scoring meets them, and keeps what the cache lacks. It never fails a score."""

    def __init__(self, cache: PreviewCache | None, sha256: str, fps: int, count: int) -> None:
        """Without a cache nothing is taken."""
        self._cache, self._sha256, self._fps, self._count = cache, sha256, fps, count
        self._stack = ExitStack()
        self._writer: PreviewWriter | None = None
        self._masks: MaskStack | None = None

    def frame(self, frame: Image) -> None:
        """The next frame, BGR."""
        if self._writer is not None:
            self._writer.write(np.ascontiguousarray(frame[:, :, ::-1]))

    def masks(self, masks: MaskStack) -> None:
        """All masks, after the last frame."""
        self._masks = masks

    def keep(self) -> None:
        """The clip is the one that was meant: publish."""
        if self._writer is not None:
            self._writer.keep(self._sha256)
        if self._cache is not None and self._masks is not None:
            make_mask_video(self._masks, self._fps, self._sha256, self._cache)

    def __enter__(self) -> Self:
        kinds: tuple[Kind, ...] = ("preview", "thumb")
        lacking = self._cache is not None and not all(self._cache.find(self._sha256, kind) for kind in kinds)
        if lacking and self._cache is not None:
            self._writer = self._stack.enter_context(PreviewWriter(self._cache, self._fps, self._count))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()
