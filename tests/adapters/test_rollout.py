"""Rolling out: a model that stops short goes on from its own last frames."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import Adapter, BadClip, Clip, Request, write_video
from adapters.harness import RollOut
from adapters.wrappers.rollout import segment_seed
from tests.adapters.clockwork import Clock, dark, read


def test_segments_join_without_a_frame_twice_or_lost(tmp_path: Path) -> None:
    clip = RollOut(Clock(frames=4)).generate(dark(tmp_path, seconds=1.0))
    assert read(clip) == list(range(10))  # the first leading frame, then 3 new ones a segment
    assert (clip.fps, clip.leading) == (8, 1)


def test_what_was_done_is_told(tmp_path: Path) -> None:
    clip = RollOut(Clock(frames=4)).generate(dark(tmp_path, seconds=1.0))
    seeds = [7, segment_seed(7, 1), segment_seed(7, 2)]
    assert clip.info == {
        "segment_of": 7,
        "roll_out": {
            "segments": 3,
            "frames": [3, 3, 3],
            "leading": [1, 1, 1],
            "seeds": seeds,
            "info": [{"segment_of": seed} for seed in seeds],
        },
    }


def test_a_clip_that_is_long_enough_passes_through_untouched(tmp_path: Path) -> None:
    frames = np.zeros((9, 36, 64, 3), np.uint8)
    made = Clip(fps=8, frames=frames, leading=1, info={"mine": True})

    class Once(Adapter):
        def generate(self, request: Request) -> Clip:
            return made

    clip = RollOut(Once()).generate(dark(tmp_path, seconds=1.0))
    assert clip.frames is frames
    assert clip == made


def test_a_file_that_is_long_enough_stays_a_file(tmp_path: Path) -> None:
    path = tmp_path / "whole.mp4"
    write_video(path, np.zeros((8, 36, 64, 3), np.uint8), 8)

    class Filed(Adapter):
        def generate(self, request: Request) -> Clip:
            return Clip(fps=None, file=path)

    assert RollOut(Filed()).generate(dark(tmp_path, seconds=1.0)).file == path


def test_short_files_are_decoded_and_joined(tmp_path: Path) -> None:
    class Filed(Clock):
        def generate(self, request: Request) -> Clip:
            clip = super().generate(request)
            path = request.scratch / "clip.mp4"
            write_video(path, np.asarray(clip.frames), 8, lossless=True)
            return replace(clip, frames=None, file=path, fps=None)

    clip = RollOut(Filed(frames=4)).generate(dark(tmp_path, seconds=1.0))
    assert (read(clip), clip.fps) == (list(range(10)), 8)


def test_a_lazy_clip_is_rolled_out_too(tmp_path: Path) -> None:
    class Lazy(Clock):
        def generate(self, request: Request) -> Clip:
            clip = super().generate(request)
            return replace(clip, frames=iter(np.asarray(clip.frames)))

    assert read(RollOut(Lazy(frames=4)).generate(dark(tmp_path, seconds=1.0))) == list(range(10))


def test_a_segment_has_its_own_seed_scratch_and_missing_seconds(tmp_path: Path) -> None:
    inner = Clock(frames=4)
    RollOut(inner).generate(dark(tmp_path, seconds=1.0))
    digest = hashlib.sha256(b"7:segment:1").digest()
    assert inner.asked[1].seed == int.from_bytes(digest[:4], "big") & 0x7FFFFFFF
    assert [request.seconds for request in inner.asked] == [1.0, 5 / 8, 2 / 8]
    folders = [request.scratch for request in inner.asked]
    assert len({*folders}) == 3
    assert all(folder.is_dir() and folder.parent in (folders[0], folders[0].parent) for folder in folders)


def test_the_next_switch_frame_has_the_size_of_the_first(tmp_path: Path) -> None:
    inner = Clock(frames=4, size=(72, 128))
    RollOut(inner).generate(dark(tmp_path, seconds=1.0))
    assert [request.conditioning.frames.shape for request in inner.asked] == [(1, 36, 64, 3)] * 3


def test_multiframe_goes_on_from_frames_at_their_exact_instants(tmp_path: Path) -> None:
    inner = Clock(frames=4, leading=0)
    request = dark(tmp_path, count=5, seconds=1.0)  # levels 0 … 4, the switch frame is level 4
    RollOut(inner).generate(request)
    assert inner.asked[1].conditioning.frames[:, 0, 0, 0].tolist() == [4, 5, 6, 7, 8]


def test_multiframe_at_another_rate_than_the_model_makes_takes_the_nearest_frames(tmp_path: Path) -> None:
    inner = Clock(frames=8, leading=0, fps=16)
    request = dark(tmp_path, count=5, fps=8.0, seconds=1.0)
    RollOut(inner).generate(request)
    # 8 new frames last half a second: instants 4/16 … 8/16, then 0 and before that one of the conditioning.
    assert inner.asked[1].conditioning.fps == 8
    assert inner.asked[1].conditioning.frames[:, 0, 0, 0].tolist() == [4, 6, 8, 10, 12]


class Wrong(Clock):
    """Its second segment is not like the first."""

    def __init__(self, **second: Any) -> None:
        super().__init__(frames=4)
        self.second = second

    def generate(self, request: Request) -> Clip:
        if self.asked:
            for name, value in self.second.items():
                setattr(self, name, value)
        return super().generate(request)


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ({"frames": 1}, "segment 1 has 1 frames, 1 of them leading"),
        ({"fps": 12}, "segment 1 came at 12 FPS, the first at 8"),
        ({"size": (18, 32)}, "segment 1 came at 32×18, the first at 64×36"),
    ],
)
def test_a_segment_that_does_not_go_on_is_refused(second: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(BadClip, match=told):
        RollOut(Wrong(**second)).generate(dark(tmp_path, seconds=1.0))


def test_a_model_cannot_be_asked_for_ever(tmp_path: Path) -> None:
    inner = Clock(frames=2)
    with pytest.raises(BadClip, match="5 of 8 frames after 5 segments"):
        RollOut(inner, max_segments=5).generate(dark(tmp_path, seconds=1.0))
    assert len(inner.asked) == 5


@pytest.mark.parametrize(
    ("frames", "fps", "told"),
    [
        (np.zeros((4, 36, 64, 3), np.float32), 8, "float32"),
        (np.zeros((4, 36, 64), np.uint8), 8, "not uint8"),
        (np.zeros((4, 36, 64, 3), np.uint8), None, "without a rate"),
        (iter([]), 8, "at least one"),
    ],
)
def test_frames_that_are_none_are_refused(frames: Any, fps: float | None, told: str, tmp_path: Path) -> None:
    class Odd(Adapter):
        def generate(self, request: Request) -> Clip:
            return Clip(fps=fps, frames=frames)

    with pytest.raises(BadClip, match=told):
        RollOut(Odd()).generate(dark(tmp_path))
