"""A model's file is published with its own coded pictures, and its time line begins at 0."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from adapters import Clip, read_frames
from adapters.harness import glance
from runners.clips.movie_header import lasts, stated_length_s
from runners.clips.passing_on import pass_on
from runners.clips.standardize import Output, standardize
from tests.adapters.video.files import clocks, read_clock, write_plain
from tests.clips.test_standardize import AS_IT_IS as SAME
from tests.scoring.odd_files import late, two_tracks


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_a_clip_that_begins_late_is_published_from_0_with_the_same_pictures(tmp_path: Path) -> None:
    source, target = late(tmp_path / "late.mp4", list(clocks(40))), tmp_path / "published.mp4"
    assert glance(source).start_s == pytest.approx(0.125)
    assert stated_length_s(source) == pytest.approx(5.125)  # what FFmpeg 5 reports
    made = standardize(Clip(None, file=source), SAME, Output(64, 36, 8), 5.0, target)
    assert made.passthrough
    assert packets(target) == packets(source)
    assert glance(target).start_s == 0
    assert stated_length_s(target) == pytest.approx(5.0, abs=1e-3)
    assert [read_clock(frame) for frame in read_frames(target)] == list(range(40))


@pytest.mark.parametrize("by", [2, 24])
def test_however_late(by: int, tmp_path: Path) -> None:
    assert pass_on(late(tmp_path / "late.mp4", by=by), tmp_path / "from-0.mp4", (64, 36), 8, 5.0)
    assert lasts(stated_length_s(tmp_path / "from-0.mp4"))
    assert packets(tmp_path / "from-0.mp4") == packets(tmp_path / "late.mp4")


def test_what_begins_at_0_stays_byte_for_byte(tmp_path: Path) -> None:
    write_plain(tmp_path / "theirs.mp4", clocks(40), 8)
    assert pass_on(tmp_path / "theirs.mp4", tmp_path / "ours.mp4", (64, 36), 8, 5.0)
    assert (tmp_path / "ours.mp4").read_bytes() == (tmp_path / "theirs.mp4").read_bytes()


def test_of_two_tracks_one_is_coded_anew(tmp_path: Path) -> None:
    """Who scores the clip would take one, and who watches it the other."""
    assert not pass_on(two_tracks(tmp_path / "two.mp4"), tmp_path / "out.mp4", (64, 36), 8, 5.0)
    assert not (tmp_path / "out.mp4").exists()
    made = standardize(Clip(None, file=tmp_path / "two.mp4"), SAME, Output(64, 36, 8), 5.0, tmp_path / "out.mp4")
    assert not made.passthrough


def test_what_was_rendered_begins_at_0_too(tmp_path: Path) -> None:
    standardize(Clip(8, np.zeros((40, 36, 64, 3), np.uint8)), SAME, Output(64, 36, 8), 5.0, tmp_path / "out.mp4")
    assert glance(tmp_path / "out.mp4").start_s == 0
    assert lasts(stated_length_s(tmp_path / "out.mp4"))


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"\xff\xff\xff\xffmoov", b"\0\0\0\x08moov", b"\0\0\0\x10moov\0\0\0\x08mvhd"]
)
def test_what_states_no_length_speaks_against_nothing(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(data)
    assert stated_length_s(tmp_path / "odd") is None
    assert lasts(None)
