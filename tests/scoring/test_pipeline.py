"""A scored run as a whole: its files, its breakdowns, and what it says when something is missing."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runners.core.errors import UserError
from runners.scoring.formulas import MetricValues
from runners.scoring.inputs import ScoringInput
from runners.scoring.pipeline import score_videos
from runners.scoring.table import COLUMNS
from runners.scoring.truth import find_truth, truth_identity
from runners.scoring.views import Resources
from tests.scoring import tiny
from tests.scoring.conftest import Scored, Tiny, score

SCORES = (
    "original",
    "verified",
    "verified_spatial",
    "verified_spatiotemporal",
    "verified_weighted_spatial",
    "verified_mse",
)


def _json(out: Path) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    content: dict[str, Any] = json.loads((out / "scores.json").read_text(), parse_constant=refuse)
    return content


def _rows(out: Path) -> list[dict[str, str]]:
    with (out / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_two_workers_write_the_same_bytes_as_one(tiny_run: Tiny, tiny_scored: Scored, tmp_path: Path) -> None:
    score(tiny_run, tmp_path, workers=2)
    for name in ("metrics.csv", "scores.json"):
        assert (tmp_path / name).read_bytes() == (tiny_scored.out / name).read_bytes()


def test_the_order_of_the_scenarios_does_not_change_a_clip_s_numbers(
    tiny_run: Tiny, tiny_scored: Scored, tmp_path: Path
) -> None:
    backwards = tiny_run._replace(scenarios=tiny_run.scenarios[::-1])
    assert sorted(score(backwards, tmp_path).per_clip, key=lambda clip: clip.id) == list(tiny_scored.scores.per_clip)


def test_the_folder_holds_the_two_files_and_no_leftover(tiny_scored: Scored) -> None:
    assert sorted(path.name for path in tiny_scored.out.iterdir()) == ["metrics.csv", "scores.json"]


def test_a_failed_scoring_leaves_the_old_files_alone(tmp_path: Path, tiny_run: Tiny) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "scores.json").write_text("{}")
    with pytest.raises(UserError):
        score(tiny_run._replace(videos=tmp_path / "absent"), tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scores.json"]
    assert (tmp_path / "out" / "scores.json").read_text() == "{}"


def test_a_complete_run_has_all_scores_in_every_breakdown(tiny_scored: Scored) -> None:
    written = _json(tiny_scored.out)
    assert written["complete"]
    assert written["missing"] == []
    groups = [written, *written["per_scene"], *written["per_view"], *written["per_category"]]
    assert len(groups) == 1 + 2 + 3 + 2
    assert all(0 <= group[key] <= 100 for group in groups for key in SCORES)
    assert {group["name"] for group in written["per_category"]} == {"Solid Mechanics", "Optics"}
    assert [group["clips"] for group in written["per_view"]] == [2, 2, 2]


def test_breakdowns_add_up(tiny_scored: Scored) -> None:
    written = _json(tiny_scored.out)
    for groups in ("per_scene", "per_view", "per_category", "per_clip"):
        assert np.mean([group["verified"] for group in written[groups]]) == pytest.approx(written["verified"])
    parts = [written[key] for key in SCORES[2:]]
    assert np.mean(parts) == pytest.approx(written["verified"])


def test_every_clip_is_told_with_its_hash(tiny_run: Tiny, tiny_scored: Scored) -> None:
    for clip in _json(tiny_scored.out)["per_clip"]:
        data = (tiny_run.videos / clip["file"]).read_bytes()
        assert clip["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_score_names_the_truth_that_it_was_made_with(tiny_run: Tiny, tiny_scored: Scored) -> None:
    dataset, scenarios, _ = tiny_run
    sources = find_truth(dataset, scenarios, tiny.FPS)
    assert tiny_scored.scores.origin.truth_sha256 == truth_identity(sources)
    assert truth_identity(sources[:-1]) != truth_identity(sources)


def test_nothing_heavy_is_imported_before_there_is_work() -> None:
    code = "import sys, runners.scoring.pipeline; sys.exit(bool({'cv2', 'av', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


def test_progress_is_told_from_nothing_to_all(tiny_run: Tiny, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    dataset, scenarios, videos = tiny_run
    score_videos(
        ScoringInput(videos, dataset, scenarios, benchmark="t", expected=6),
        tmp_path,
        Resources(workers=2, progress=lambda done, total: heard.append((done, total))),
    )
    assert heard == [(done, 6) for done in range(7)]


def test_a_missing_clip_leaves_metrics_and_no_score(tiny_run: Tiny, tiny_scored: Scored, tmp_path: Path) -> None:
    dataset, scenarios, _ = tiny_run
    videos = tiny.write_run(tmp_path / "videos", scenarios)
    (videos / scenarios[4].output_name).unlink()
    scores = score(Tiny(dataset, scenarios, videos), tmp_path / "out")
    written = _json(tmp_path / "out")
    assert (written["complete"], written["clips"], written["expected"]) == (False, 5, 6)
    assert written["missing"] == [scenarios[4].output_name]
    groups = [written, *written["per_scene"], *written["per_view"], *written["per_category"]]
    assert all(group[key] is None for group in groups for key in SCORES)
    assert written["metrics"]["mse"] > 0
    assert scores.per_clip == tiny_scored.scores.per_clip[:4] + tiny_scored.scores.per_clip[5:]
    rows, whole = _rows(tmp_path / "out"), _rows(tiny_scored.out)
    assert rows[0] == whole[0]
    absent = {column for column in COLUMNS if column.endswith("perspective-center")}
    assert {column for column in COLUMNS if rows[1][column] == ""} == absent


def test_a_run_with_fewer_clips_than_expected_is_incomplete(tiny_run: Tiny, tmp_path: Path) -> None:
    scores = score(tiny_run, tmp_path, expected=198)
    assert not scores.complete
    assert scores.verified is None


def test_without_second_takes_there_are_metrics_and_no_scores(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", second_takes=False)
    videos = tiny.write_run(tmp_path / "videos", scenarios)
    scores = score(Tiny(dataset, scenarios, videos), tmp_path / "out")
    written = _json(tmp_path / "out")
    assert not scores.second_takes
    assert not written["complete"]
    assert written["variances"] is None
    assert all(written[key] is None for key in SCORES)
    assert all(clip["verified"] is None and clip["metrics"]["spatial"] > 0 for clip in written["per_clip"])
    row = _rows(tmp_path / "out")[0]
    assert row["v1_mse_perspective-left"]
    assert not row["v2_mse_perspective-left"]
    assert not row["variance_spatial_perspective-left"]


def test_a_benchmark_with_fewer_than_three_views_is_scored(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["center"])
    videos = tiny.write_run(tmp_path / "videos", scenarios)
    scores = score(Tiny(dataset, scenarios, videos), tmp_path / "out")
    assert scores.complete
    assert scores.verified is not None
    assert [group.name for group in scores.per_view] == ["center"]
    row = _rows(tmp_path / "out")[0]
    assert row["v1_mse_perspective-center"]
    assert not row["v1_mse_perspective-left"]


def test_the_truth_itself_has_no_error_and_full_overlap(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"])
    videos = tmp_path / "videos"
    videos.mkdir()
    truth = dataset.find("testing", scenarios[0].item, tiny.FPS)
    assert truth is not None
    (videos / scenarios[0].output_name).write_bytes(truth.read_bytes())
    scores = score(Tiny(dataset, scenarios, videos), tmp_path / "out")
    assert scores.marks.metrics == MetricValues(spatial=1, spatiotemporal=1, weighted_spatial=1, mse=0)
    assert (scores.original, scores.verified) == (100.0, 100.0)


def test_an_all_black_clip_is_scored(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"])
    black = [np.zeros((36, 64, 3), np.uint8)] * 40
    tiny.write_clip(tmp_path / "videos", scenarios[0], black)
    scores = score(Tiny(dataset, scenarios, tmp_path / "videos"), tmp_path / "out")
    assert scores.marks.metrics.spatial == 0.0
    assert scores.marks.metrics.mse > 0.1
    assert scores.verified is not None
    assert scores.verified < 30
    _json(tmp_path / "out")


def test_a_still_scene_and_a_still_clip_agree(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"])
    second = scenarios[0].second
    assert second is not None
    for item in (scenarios[0].item, second):
        tiny.write_truth(dataset.root, item, tiny.slide(0.0), tiny.FPS)
    tiny.write_clip(tmp_path / "videos", scenarios[0], tiny.slide(0.0))
    scores = score(Tiny(dataset, scenarios, tmp_path / "videos"), tmp_path / "out")
    assert (scores.original, scores.verified) == (100.0, 100.0)


def test_truth_is_made_for_a_rate_that_is_not_shipped_and_the_score_says_so(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"], fps=12)
    videos = tiny.write_run(tmp_path / "videos", scenarios, fps=10)
    scores = score(Tiny(dataset, scenarios, videos), tmp_path / "out")
    written = _json(tmp_path / "out")
    assert (written["fps"], written["truth_fps"], written["truth_resampled"]) == (10, 12, True)
    assert scores.complete
    assert len(json.loads(_rows(tmp_path / "out")[0]["v1_mse_perspective-left"])) == 50


def test_clips_of_another_size_than_the_truth_are_compared_at_the_truth_s_quarter(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"])
    tiny.write_clip(tmp_path / "videos", scenarios[0], tiny.slide(5.0, size=(96, 36)))
    scores = score(Tiny(dataset, scenarios, tmp_path / "videos"), tmp_path / "out")
    assert (scores.origin.width, scores.origin.height) == (96, 36)
    assert scores.verified is not None
