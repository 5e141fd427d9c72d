"""Clips that OpenCV, or whoever counts frames, would take for others give no number, wherever a folder is scored."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.harness import VideoInfo
from runners.clips.footage import Unfit, is_steady, rate_fault
from runners.core.files import sha256_file
from runners.core.shell import setting
from runners.dataset.scenarios import Scenario
from runners.scoring import Scores, reuse_scores
from runners.scoring.decode import first_frame
from runners.scoring.inputs import ScoringInput, find_clips
from runners.scoring.looks import look
from runners.scoring.partial import ViewLog
from runners.scoring.pipeline import score_videos
from runners.scoring.scores import CHECKS
from runners.scoring.views import Resources
from tests.adapters.video.files import scenes, write_plain
from tests.scoring.conftest import Scored, Tiny, score
from tests.scoring.odd_files import changing_size, coded_as_av1, late, mirrored, turned, two_tracks, varying_rate
from tests.scoring.tiny import slide, write_clip

ODD: list[tuple[Callable[[Path], object], str]] = [
    (turned, "holds a display matrix"),
    (lambda path: turned(path, 270), "holds a display matrix"),
    (mirrored, "holds a display matrix"),
    (varying_rate, "its frames do not follow each other at a constant rate"),
    (changing_size, "frame 20 is 32x18, the ones before it are 64x36"),
    (two_tracks, "holds 2 video tracks"),
    (coded_as_av1, "is coded as AV1, which this OpenCV"),
]


@pytest.fixture
def scenario(tiny_run: Tiny) -> Scenario:
    return tiny_run.scenarios[0]


@pytest.mark.parametrize(("make", "told"), ODD)
def test_a_clip_that_would_be_scored_wrongly_is_refused_with_the_way_through(
    make: Callable[[Path], object], told: str, scenario: Scenario, tmp_path: Path
) -> None:
    path = tmp_path / "it's theirs" / scenario.output_name
    path.parent.mkdir()
    make(path)
    with pytest.raises(Unfit, match=f"{path.name}: {told}") as error:
        find_clips(path.parent, [scenario], 1)
    assert "ffmpeg" in str(error.value)


def test_the_way_through_is_a_command_to_be_typed(scenario: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "it's theirs" / scenario.output_name
    path.parent.mkdir()
    turned(path)
    with pytest.raises(Unfit) as error:
        find_clips(path.parent, [scenario], 1)
    assert setting("model.adapter.folder", path.parent) in str(error.value)


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libvpx-vp9", "libvpx", "mpeg4"])
def test_what_opencv_reads_as_others_do_is_taken(codec: str, tmp_path: Path) -> None:
    write_plain(tmp_path / "clip.mkv", scenes(8, 128, 72), codec=codec)
    assert look(tmp_path / "clip.mkv", whole=True).fault is None


def test_another_picture_in_opencv_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clip.mp4"
    write_plain(path, scenes(8, 128, 72))
    upside_down = first_frame(path)
    assert upside_down is not None
    monkeypatch.setattr("runners.scoring.decode.first_frame", lambda _: upside_down[::-1, ::-1])
    assert "is read by OpenCV as another picture" in str(look(path).fault)


def test_frames_may_be_off_by_what_a_clock_s_ticks_make_and_not_by_half_a_frame() -> None:
    assert is_steady([round(k / 30, 3) for k in range(150)], 30)
    assert is_steady([k / 29.97 for k in range(150)], 30)
    assert not is_steady([k / 30 + (0.5 / 30 if k > 70 else 0) for k in range(150)], 30)
    assert not is_steady([k / 30.3 for k in range(150)], 30)


def test_a_clip_that_begins_late_is_scored_and_its_fate_elsewhere_told(own: Tiny, tmp_path: Path) -> None:
    for scenario in own.scenarios:
        write_clip(own.videos, scenario, slide(5.0))
    assert score(own, tmp_path / "before").remarks == ()
    late(own.videos / own.scenarios[0].output_name)
    (remark,) = score(own, tmp_path / "after").remarks
    assert remark.startswith(f"1 clip does not begin at 0 on the time line ({own.scenarios[0].output_name})")
    assert json.loads((tmp_path / "after" / "scores.json").read_bytes())["remarks"] == [remark]


# scores of the time before


def as_before(out: Path, **changes: Any) -> None:
    """What was written when nobody checked."""
    scores = json.loads((out / "scores.json").read_bytes())
    for key in ("checks", "ceiling", "remarks"):
        scores.pop(key)
    (out / "scores.json").write_text(json.dumps({**scores, **changes}))


def reused(run: Tiny, out: Path) -> Scores | None:
    return reuse_scores(ScoringInput(run.videos, run.dataset, run.scenarios, benchmark="tiny", expected=2), out)


def test_older_scores_of_good_inputs_are_used_again_and_looked_at_once(
    own: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = score(own, tmp_path / "out").verified
    as_before(tmp_path / "out")
    known = reused(own, tmp_path / "out")
    assert known is not None
    assert (known.verified, known.checks) == (verified, CHECKS)

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a video was opened")

    monkeypatch.setattr("av.open", opened)
    assert reused(own, tmp_path / "out") == known


@pytest.mark.parametrize(("make", "told"), ODD)
def test_older_scores_of_a_clip_that_is_refused_now_are_not_used_again(
    make: Callable[[Path], object], told: str, own: Tiny, tmp_path: Path
) -> None:
    score(own, tmp_path / "out")
    path = own.videos / own.scenarios[0].output_name
    make(path)
    rows = json.loads((tmp_path / "out" / "scores.json").read_bytes())["per_clip"]
    rows[0]["sha256"] = sha256_file(path)
    as_before(tmp_path / "out", per_clip=rows)
    with pytest.raises(Unfit):
        reused(own, tmp_path / "out")


def test_older_views_of_a_killed_invocation_are_scored_anew(own: Tiny, tmp_path: Path) -> None:
    def stop(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    dataset, scenarios, videos = own
    with pytest.raises(KeyboardInterrupt):
        score_videos(
            ScoringInput(videos, dataset, scenarios, benchmark="t", expected=2),
            tmp_path / "out",
            Resources(workers=1, progress=stop),
        )
    log = tmp_path / "out" / ".views.jsonl"
    assert len(ViewLog(tmp_path / "out").read()) == 1
    log.write_text(log.read_text().replace(f'"checks": {CHECKS}, ', ""))
    assert ViewLog(tmp_path / "out").read() == {}


def test_scores_of_untouched_inputs_are_what_they_were(tiny_scored: Scored, tiny_run: Tiny, tmp_path: Path) -> None:
    shutil.copytree(tiny_scored.out, tmp_path / "out")
    as_before(tmp_path / "out")
    known = reuse_scores(
        ScoringInput(tiny_run.videos, tiny_run.dataset, tiny_run.scenarios, benchmark="tiny", expected=6),
        tmp_path / "out",
    )
    assert known is not None
    assert known.verified == tiny_scored.scores.verified


def test_a_rate_of_29_97_stands_in_a_folder_of_30(tmp_path: Path) -> None:
    info = VideoInfo(64, 36, 29.97, 150, 5.005, "h264", "bt709")
    assert rate_fault(info, 30) is None
    assert rate_fault(info, 24) == "runs at 29.97 FPS, and its place says 24"
