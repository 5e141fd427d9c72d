"""Requests such as the harness makes, over a moving disc."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from adapters import Conditioning, Frames, Needs, Request, Size, write_video

_FPS = 24.0
"""The rate asked of a model that has none of its own, and that of the conditioning where it asks for none."""


def make_request(scratch: Path, needs: Needs | None = None, *, size: Size | None = None, **changes: Any) -> Request:
    """A request such as the harness would make for an adapter with these needs: a disc that moves, 1 s of it.

    `size` (width, height): of its conditioning, in pixels (the first of the needs', or 64×36). `changes`: other fields.
    """
    needs = needs or Needs()
    width, height = size or (needs.sizes[0] if needs.sizes else (64, 36))
    fps = needs.conditioning_fps or _FPS
    count = 1 if needs.mode == "i2v" else needs.conditioning_frames or round(3 * fps)
    folder = scratch / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    request = Request(
        scenario_id="0001",
        conditioning=Conditioning.of(moving_disc(count, width, height, speed=0.25), fps),
        seconds=1.0,
        fps=needs.native_fps or _FPS,
        seed=7,
        scratch=folder,
        prompt=None if needs.prompt == "ignored" else "a disc moves to the right",
    )
    request = replace(request, **changes)
    if needs.oracle and request.oracle is None:
        take_2 = moving_disc(round(request.seconds * _FPS), width, height, speed=0.25)
        write_video(scratch / "take_2.mp4", take_2, _FPS, lossless=True)
        request = replace(request, oracle=scratch / "take_2.mp4")
    return request


def moving_disc(count: int, width: int = 64, height: int = 36, speed: float = 1.0, first: float = 12.0) -> Frames:
    """A bright disc that moves right by `speed` pixels a frame over a soft gradient, uint8 (count, H, W, 3)."""
    y, x = np.mgrid[:height, :width].astype(float)
    ground = np.stack([40 + 30 * x / width, 60 + 20 * y / height, 90 - 20 * x / width], axis=-1)
    pictures = []
    for k in range(count):
        radius = np.hypot(x - first - speed * k, y - height / 2)
        cover = np.clip(height / 6 - radius + 0.5, 0, 1)[..., None]
        pictures.append(ground * (1 - cover) + np.array([230.0, 190.0, 60.0]) * cover)
    return np.rint(pictures).astype(np.uint8)
