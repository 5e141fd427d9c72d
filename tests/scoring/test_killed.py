"""Scoring and building that are killed go on: nothing half done is used, nothing done is done again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.harness import examine
from runners.dataset.layout import DataSet
from runners.scoring import view
from runners.scoring.cache import TruthCache
from runners.scoring.inputs import ScoringInput
from runners.scoring.partial import ViewLog
from runners.scoring.pipeline import score_videos
from runners.scoring.truth_file import read_entry
from runners.scoring.views import Resources
from tests.scoring import tiny
from tests.scoring.conftest import Tiny

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clips that were scored, in this process."""
    seen: list[str] = []
    real: Callable[..., Any] = view.score_view

    def watched(task: view.ViewTask, scratch: Path) -> Any:
        seen.append(task.clip.name)
        return real(task, scratch)

    monkeypatch.setattr(view, "score_view", watched)
    return seen


class Stopped(Exception):
    """As if the process had ended here."""


def score(run: Tiny, out: Path, stop_after: int | None = None) -> dict[str, bytes]:
    def progress(done: int, total: int) -> None:
        if done == stop_after:
            raise Stopped

    dataset, scenarios, videos = run
    score_videos(
        ScoringInput(videos, DataSet(dataset.root), scenarios, benchmark="tiny", expected=2),
        out,
        Resources(workers=1, progress=progress),
    )
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.full
def test_killed_at_every_step_the_next_run_ends_with_the_same_bytes(own: Tiny, tmp_path: Path) -> None:
    wanted = score(own, tmp_path / "plain")
    words = [sys.executable, "-m", "tests.scoring.killed", str(own.dataset.root), str(own.videos), str(tmp_path / "k")]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) > 15
    for report in reports:
        work = Path(report["work"])
        assert {path.name: path.read_bytes() for path in (work / "scores").iterdir()} == wanted
        kept = sorted(path.name for path in (work / "cache").iterdir() if path.name != ".lock")
        assert len(kept) == 2
        for name in kept:
            read_entry(work / "cache" / name)
    assert any(name.endswith(".part") for report in reports for name in report["left"])
    assert any("1 of 2 views were scored before" in line for report in reports for line in report["told"])
    assert any(
        "1 of 1 views are there" in line or "1 of 2 views are there" in line for r in reports for line in r["told"]
    )


def test_views_that_were_scored_are_not_scored_again(own: Tiny, tmp_path: Path, scored: list[str]) -> None:
    wanted = score(own, tmp_path / "plain")
    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=1)
    scored.clear()
    assert score(own, tmp_path / "out") == wanted
    assert scored == [own.scenarios[1].output_name]


def test_a_clip_that_was_replaced_meanwhile_is_scored_anew(own: Tiny, tmp_path: Path, scored: list[str]) -> None:
    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=1)
    tiny.write_clip(own.videos, own.scenarios[0], tiny.slide(9.0))
    scored.clear()
    assert score(own, tmp_path / "out") == score(own, tmp_path / "plain")
    assert len(scored) == 2 + 2


def test_truth_that_changed_meanwhile_makes_its_views_stale(own: Tiny, tmp_path: Path, scored: list[str]) -> None:
    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=1)
    second = own.scenarios[0].second
    assert second is not None
    tiny.write_truth(own.dataset.root, second, tiny.slide(9.0), tiny.FPS)
    scored.clear()
    assert score(own, tmp_path / "out") == score(own, tmp_path / "plain")
    assert len(scored) == 2 + 2


def test_killed_between_metrics_and_scores_no_old_scores_stand_beside_new_metrics(
    own: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Stopped

    score(own, tmp_path / "out")
    tiny.write_clip(own.videos, own.scenarios[0], tiny.slide(9.0))
    monkeypatch.setattr("runners.scoring.pipeline.write_scores", killed)
    with pytest.raises(Stopped):
        score(own, tmp_path / "out")
    assert not (tmp_path / "out" / "scores.json").exists()


def test_touched_truth_and_clips_are_taken_over(own: Tiny, tmp_path: Path, scored: list[str]) -> None:
    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=1)
    for path in (*own.videos.iterdir(), *own.dataset.root.rglob("*.mp4")):
        os.utime(path, ns=(1, 1))
    scored.clear()
    score(own, tmp_path / "out")
    assert len(scored) == 1


@pytest.mark.parametrize("version", ["SCORER_VERSION", "opencv"])
def test_another_scorer_or_opencv_takes_nothing_over(
    version: str, own: Tiny, tmp_path: Path, scored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=1)
    if version == "opencv":
        monkeypatch.setattr("cv2.__version__", "0.0")
    else:
        monkeypatch.setattr("runners.scoring.partial.SCORER_VERSION", 0)
    scored.clear()
    score(own, tmp_path / "out")
    assert len(scored) == 2


@pytest.mark.parametrize(
    "torn",
    [b"\n" + b"[" * 100_000, b'\n{"key": "', b"\n[]\n", b"\n\xff\xfe\n", b'\n{"key": "a", "view": {"first": 3}}\n'],
)
def test_a_torn_line_is_a_view_that_was_not_scored(torn: bytes, own: Tiny, tmp_path: Path, scored: list[str]) -> None:
    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=1)
    log = tmp_path / "out" / ".views.jsonl"
    log.write_bytes(log.read_bytes() + torn)
    scored.clear()
    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=2)
    score(own, tmp_path / "out")
    assert scored == [own.scenarios[1].output_name]


def test_a_clip_that_decoded_to_its_end_before_is_not_decoded_for_that_again(
    own: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runners.scoring import looks

    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=1)
    looked: list[str] = []

    def watched(path: Path) -> object:
        looked.append(path.name)
        return examine(path)

    monkeypatch.setattr(looks, "examine", watched)
    score(own, tmp_path / "out")
    assert looked == [own.scenarios[1].output_name]


def test_a_finished_run_leaves_two_files(own: Tiny, tmp_path: Path) -> None:
    assert sorted(score(own, tmp_path / "out")) == ["metrics.csv", "scores.json"]
    assert ViewLog(tmp_path / "out").read() == {}


def test_the_cache_s_own_views_are_taken_over_in_the_same_way(own: Tiny, tmp_path: Path) -> None:
    """Whether truth came from a cache or not is in no number, so a run may begin with one and end without."""
    wanted = score(own, tmp_path / "plain")
    dataset, scenarios, videos = own
    with pytest.raises(Stopped):
        score(own, tmp_path / "out", stop_after=1)
    score_videos(
        ScoringInput(videos, dataset, scenarios, benchmark="tiny", expected=2),
        tmp_path / "out",
        Resources(workers=1, cache=TruthCache(tmp_path / "cache", 10_000_000)),
    )
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == wanted
