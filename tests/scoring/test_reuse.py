"""Scores are used again only while everything that they came from is what it was."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.dataset.layout import DataSet
from runners.scoring import folder_rate, reuse_scores
from runners.scoring.inputs import ScoringInput
from runners.scoring.scores import Scores
from runners.scoring.stored import encode
from tests.scoring import tiny
from tests.scoring.conftest import Scored, Tiny


@pytest.fixture
def scored(tiny_run: Tiny, tiny_scored: Scored, tmp_path: Path) -> Scored:
    """The tiny run's scores in a folder of the test's own."""
    return tiny_scored._replace(out=Path(shutil.copytree(tiny_scored.out, tmp_path / "scores")))


@pytest.fixture
def own(tiny_run: Tiny, scored: Scored, tmp_path: Path) -> Tiny:
    """The tiny run and data set in folders of the test's own."""
    root = Path(shutil.copytree(tiny_run.dataset.root, tmp_path / "data"))
    videos = Path(shutil.copytree(tiny_run.videos, tmp_path / "videos"))
    return Tiny(DataSet(root), tiny_run.scenarios, videos)


def rewrite(scored: Scored, **changes: Any) -> None:
    path = scored.out / "scores.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def reused(run: Tiny, scored: Scored, **changes: Any) -> Scores | None:
    dataset = DataSet(run.dataset.root)  # looks at the folder anew, as another process would
    given = ScoringInput(run.videos, dataset, run.scenarios, benchmark="tiny", expected=len(run.scenarios))
    return reuse_scores(replace(given, **changes), scored.out)


def test_unchanged_scores_come_back_without_a_frame_being_decoded(
    own: Tiny, scored: Scored, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(*_: object, **__: object) -> None:
        raise AssertionError("a video was opened")

    monkeypatch.setattr("av.open", decoded)
    monkeypatch.setattr("cv2.VideoCapture", decoded)
    known = reused(own, scored)
    assert known == scored.scores


def other_clip(run: Tiny, scored: Scored) -> None:
    tiny.write_clip(run.videos, run.scenarios[2], tiny.slide(9.0))


def added_clip(run: Tiny, scored: Scored) -> None:
    (run.videos / "stranger.mp4").write_bytes(b"")


def lost_clip(run: Tiny, scored: Scored) -> None:
    (run.videos / run.scenarios[2].output_name).unlink()


def truth_file(run: Tiny, take: int) -> Path:
    scenario = run.scenarios[1]
    item = scenario.item if take == 1 else scenario.second
    assert item is not None
    path = run.dataset.find("testing", item, tiny.FPS)
    assert path is not None
    return path


def other_second_take(run: Tiny, scored: Scored) -> None:
    path, stamp = truth_file(run, 2), truth_file(run, 2).stat()
    path.write_bytes(path.read_bytes() + b"\0")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def masks_arrived(run: Tiny, scored: Scored) -> None:
    folder = run.dataset.root / "video-masks" / "real" / f"{tiny.FPS}FPS"
    folder.mkdir(parents=True)
    name = truth_file(run, 1).name.replace("testing-videos", "video-masks")
    shutil.copy(truth_file(run, 1), folder / name)


def no_metrics(run: Tiny, scored: Scored) -> None:
    (scored.out / "metrics.csv").unlink()


def no_scores(run: Tiny, scored: Scored) -> None:
    (scored.out / "scores.json").unlink()


def torn_scores(run: Tiny, scored: Scored) -> None:
    path = scored.out / "scores.json"
    path.write_text(path.read_text("utf-8")[:-40], "utf-8")


def no_object(run: Tiny, scored: Scored) -> None:
    (scored.out / "scores.json").write_text("[]", "utf-8")


def older_scorer(run: Tiny, scored: Scored) -> None:
    rewrite(scored, scorer_version=0)


def no_number(run: Tiny, scored: Scored) -> None:
    rewrite(scored, verified=float("nan"))


def no_number_of_a_clip(run: Tiny, scored: Scored) -> None:
    per_clip = encode(scored.scores)["per_clip"]
    rewrite(scored, per_clip=[{**clip, "metrics": {**clip["metrics"], "mse": float("inf")}} for clip in per_clip])


def foreign_fields(run: Tiny, scored: Scored) -> None:
    rewrite(scored, per_clip=[{"file": scenario.output_name} for scenario in run.scenarios])


CHANGES: list[Callable[[Tiny, Scored], None]] = [
    other_clip, added_clip, lost_clip, other_second_take, masks_arrived,
    no_metrics, no_scores, torn_scores, no_object, older_scorer, foreign_fields, no_number,
    no_number_of_a_clip,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_scores_are_made_anew_after(change: Callable[[Tiny, Scored], None], own: Tiny, scored: Scored) -> None:
    assert reused(own, scored) is not None
    change(own, scored)
    assert reused(own, scored) is None


def test_truth_that_was_touched_or_copied_elsewhere_is_the_same(own: Tiny, scored: Scored, tmp_path: Path) -> None:
    path = truth_file(own, 1)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1))
    assert reused(own, scored) is not None
    moved = Path(shutil.move(own.dataset.root, tmp_path / "elsewhere"))
    assert reused(own._replace(dataset=DataSet(moved)), scored) is not None


def test_another_benchmark_or_number_of_clips_is_another_score(own: Tiny, scored: Scored) -> None:
    assert reused(own, scored, benchmark="other") is None
    assert reused(own, scored, expected=198) is None


def test_a_corrected_category_is_seen_in_the_breakdown(own: Tiny, scored: Scored) -> None:
    corrected = [replace(own.scenarios[0], category="Magnetism"), *own.scenarios[1:]]
    assert reused(own._replace(scenarios=corrected), scored) is None
    backwards = own.scenarios[::-1]
    assert reused(own._replace(scenarios=backwards), scored) is None


def test_truth_that_is_gone_is_told(own: Tiny, scored: Scored) -> None:
    truth_file(own, 2).unlink()
    with pytest.raises(UserError, match="truth is missing"):
        reused(own, scored)


def test_a_folder_s_rate_is_that_of_its_first_clip(tiny_run: Tiny, tmp_path: Path) -> None:
    assert folder_rate(tiny_run.videos) == tiny.FPS
    assert folder_rate(tmp_path) is None
    assert folder_rate(tmp_path / "nowhere") is None
    (tmp_path / "a.mp4").write_bytes(b"<html>")
    with pytest.raises(UserError, match=r"a\.mp4"):
        folder_rate(tmp_path)
