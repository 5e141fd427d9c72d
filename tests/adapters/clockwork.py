"""A model that counts frames, for the tests of rolling out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from adapters import Adapter, Clip, Conditioning, Needs, Request
from adapters.testing import make_request


class Clock(Adapter):
    """Each frame is one level brighter than the frame before it, the switch frame first: a clock that can be read."""

    def __init__(self, frames: int, fps: float = 8, leading: int = 1, size: tuple[int, int] = (36, 64)) -> None:
        self.needs = Needs(max_batch=4, concurrency=3)
        self.frames, self.fps, self.leading, self.size = frames, fps, leading, size
        self.asked: list[Request] = []

    def generate(self, request: Request) -> Clip:
        self.asked.append(request)
        now = int(request.conditioning.switch_frame[0, 0, 0])
        times = now + 1 - self.leading + np.arange(self.frames)
        frames = np.broadcast_to(times[:, None, None, None], (self.frames, *self.size, 3)).astype(np.uint8)
        return Clip(fps=self.fps, frames=frames, leading=self.leading, info={"segment_of": request.seed})


def dark(tmp_path: Path, count: int = 1, fps: float = 8.0, **changes: Any) -> Request:
    """A request whose conditioning counts up to 0 … count − 1."""
    levels = np.arange(count, dtype=np.uint8)[:, None, None, None]
    conditioning = Conditioning.of(np.broadcast_to(levels, (count, 36, 64, 3)).copy(), fps)
    return make_request(tmp_path, conditioning=conditioning, fps=8.0, **changes)


def read(clip: Clip) -> list[int]:
    return [int(level) for level in np.asarray(clip.frames)[:, 0, 0, 0]]
