"""An extension that repeats what was sent is found out, whether the service says so or not: no frame counts twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adapters import BadClip, Conditioning, Frames, Request, probe, write_video
from adapters.api.extension import repeated_frames
from adapters.api.jobs.download import Fetched

FPS = 8
SENT_S = 3


def scene(begin_s: float, seconds: float, *, still: bool = False) -> Frames:
    """A bright bar that moves to the right, one place each second, from `begin_s` on."""
    frames = np.full((round(seconds * FPS), 36, 96, 3), 30, np.uint8)
    for k, frame in enumerate(frames):
        place = 4 if still else round(8 * (begin_s + k / FPS))
        frame[:, place : place + 16] = 220
    return frames


def returned(folder: Path, frames: Frames) -> Fetched:
    path = folder / "video.mp4"
    write_video(path, frames, FPS)
    return Fetched(path, "", path.stat().st_size, probe(path))


def request(folder: Path, *, still: bool = False) -> Request:
    sent = Conditioning.of(scene(0, SENT_S, still=still), FPS)
    return Request("0001", sent, seconds=5, fps=FPS, seed=1, scratch=folder)


def test_a_video_that_holds_both_begins_with_what_was_sent(tmp_path: Path) -> None:
    assert repeated_frames(request(tmp_path), returned(tmp_path, scene(0, 8))) == SENT_S * FPS


def test_a_video_of_what_is_new_alone_repeats_nothing(tmp_path: Path) -> None:
    assert repeated_frames(request(tmp_path), returned(tmp_path, scene(3, 5))) == 0


def test_a_length_that_counts_what_is_repeated_is_no_continuation_of_5_s(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match=r"begins with the 3\.00 s that were sent: only 2\.00 s are new"):
        repeated_frames(request(tmp_path), returned(tmp_path, scene(0, 5)))


def test_where_nothing_moved_the_length_decides(tmp_path: Path) -> None:
    still = request(tmp_path, still=True)
    assert repeated_frames(still, returned(tmp_path, scene(0, 5, still=True))) == 0
    assert repeated_frames(still, returned(tmp_path, scene(0, 8, still=True))) == SENT_S * FPS
