"""What every adapter owes the harness, as checks that the author of one can run on theirs.

request = make_request(tmp_path, needs=MyModel().needs)
check_adapter(MyModel(), request)
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from adapters import Adapter, Clip, Conditioning, Frames, Needs, Request, read_frames


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


def make_request(scratch: Path, needs: Needs | None = None, **changes: Any) -> Request:
    """A request such as the harness would make for an adapter with these needs."""
    needs = needs or Needs()
    width, height = needs.sizes[0] if needs.sizes else (64, 36)
    fps = needs.fps or 24.0
    count = 1 if needs.mode == "i2v" else needs.frames or round(3 * fps)
    folder = scratch / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    request = Request(
        scenario_id="0001",
        conditioning=Conditioning.of(moving_disc(count, width, height, speed=0.25), fps),
        seconds=1.0,
        fps=needs.native_fps or 24.0,
        seed=7,
        scratch=folder,
        prompt=None if needs.prompt == "ignored" else "a disc moves to the right",
    )
    return replace(request, **changes)


def check_adapter(adapter: Adapter, request: Request, *, deterministic: bool = True) -> None:
    """Load, generate twice, in a batch, and close, as the harness would. Fails with what the adapter did not keep."""
    check_needs(adapter.needs)
    before = request.conditioning.frames.copy()
    adapter.check()
    adapter.load()
    try:
        assert json.dumps(adapter.describe()) is not None
        first = check_clip(adapter.generate(_afresh(request, "one")), request)
        (again,) = adapter.generate_many(iter([_afresh(request, "two")]))
        assert isinstance(again, Clip), f"generate_many gave {again!r}"
        second = check_clip(again, request)
    finally:
        adapter.close()
    assert np.array_equal(before, request.conditioning.frames), "the conditioning was changed"
    assert not deterministic or np.array_equal(first, second), "the same request gave another clip"


def check_needs(needs: Needs) -> None:
    """A model's needs make sense."""
    assert needs.mode in ("i2v", "multiframe")
    assert needs.prompt in ("required", "optional", "ignored")
    assert needs.concurrency >= 1
    assert needs.max_batch >= 1
    assert needs.frames is None or (needs.mode == "multiframe" and needs.frames >= 1)
    assert all(width > 0 and height > 0 for width, height in needs.sizes)


def check_clip(clip: Clip, request: Request) -> Frames:
    """A clip is what the contract says, and long enough. Returns its frames without the leading ones."""
    assert isinstance(clip, Clip)
    assert json.dumps(clip.info, allow_nan=False) is not None
    source = clip.frames if clip.file is None else read_frames(clip.file)
    frames = np.stack(list(source if source is not None else ()))
    assert frames.dtype == np.uint8
    assert frames.ndim == 4
    assert frames.shape[3] == 3
    assert 0 <= clip.leading < len(frames)
    if clip.fps is not None:
        assert (len(frames) - clip.leading) / clip.fps >= request.seconds - 1e-6, "too short"
    else:
        assert clip.file is not None, "frames came without a rate"
    return frames[clip.leading :]


def _afresh(request: Request, name: str) -> Request:
    folder = request.scratch / name
    folder.mkdir()
    return replace(request, scratch=folder)
