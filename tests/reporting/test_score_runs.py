"""`score results=DIR`: what is scored, what is believed, and what is written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.core.outcome import DONE, FAILED
from runners.core.settings import BenchmarkSettings, ScorerSettings
from tests.api import shell
from tests.reporting.conftest import ask, table, text
from tests.run.harness import MINI

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_complete_is_scored_once_and_stands_in_one_row_per_setting(made: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(made, results)
    assert text(ask(results)).startswith(f"{results}: 3 of 3 runs have scores, 3 made now")
    found = table(results)
    assert {model: row["runs"] for model, row in found.items()} == {"paint": "2", "other": "1"}
    before = {path: path.stat().st_mtime_ns for path in results.rglob("scores.json")}
    assert ", 0 made now" in text(ask(results))
    assert {path: path.stat().st_mtime_ns for path in results.rglob("scores.json")} == before


def test_the_row_is_the_mean_of_the_runs_scores(scored: Path) -> None:
    files = sorted(scored.glob("mini/paint-op-run_0*/scores/scores.json"))
    verified = [json.loads(path.read_bytes())["verified"] for path in files]
    assert len(verified) == 2
    assert float(table(scored)["paint"]["verified_mean"]) == pytest.approx(sum(verified) / 2)


def test_the_same_seed_writes_the_same_files(results: Path) -> None:
    ask(results)
    first = {path.name: path.read_bytes() for path in results.glob("leaderboard.*")}
    ask(results)
    assert {path.name: path.read_bytes() for path in results.glob("leaderboard.*")} == first
    ask(results, seed=1)
    assert {path.name: path.read_bytes() for path in results.glob("leaderboard.*")} != first


def test_one_benchmarks_folder_will_do(results: Path) -> None:
    assert "3 of 3 runs have scores, 0 made now" in text(ask(results / "mini"))


def test_scores_are_shown_without_the_data_set_and_said_to_be_unchecked(results: Path, tmp_path: Path) -> None:
    away(results, tmp_path)
    outcome = ask(results)
    assert text(outcome).count("were not checked against the data set") == 1
    runs = "mini/other-op-run_01, mini/paint-op-run_01, mini/paint-op-run_02"
    assert f"warning: the scores of {runs} were not checked" in text(outcome)
    assert (outcome.code, set(table(results))) == (DONE, {"paint", "other"})


def test_without_the_data_set_only_the_very_clips_that_were_scored_have_a_score(results: Path, tmp_path: Path) -> None:
    away(results, tmp_path)
    clip = next((results / "mini/other-op-run_01/videos").iterdir())
    clip.write_bytes(clip.read_bytes() + b"\0")
    outcome = ask(results)
    assert outcome.code == FAILED
    assert "error: mini/other-op-run_01: benchmark mini: the data set's folder" in text(outcome)
    assert set(table(results)) == {"paint"}


def test_a_data_set_that_moved_is_named_once_for_all_runs(results: Path, tmp_path: Path) -> None:
    away(results, tmp_path)
    moved = BenchmarkSettings(name="mini", root=str(MINI / "dataset"))
    assert "not checked" not in text(ask(results, benchmark=moved))


def test_a_place_of_a_data_set_that_no_run_is_over_is_told_before_anything_is_scored(
    made: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    shutil.copytree(made, results)
    with pytest.raises(UserError, match="no run is over it"):
        ask(results, benchmark=BenchmarkSettings(name="verified", root=str(MINI / "dataset")))
    assert list(results.glob("*/*/scores")) == []


def test_scores_that_the_official_toolbox_made_before_are_shown_as_such(results: Path) -> None:
    path = results / "mini/other-op-run_01/scores/scores.json"
    scores = json.loads(path.read_bytes()) | {"scorer": "official", "scorer_version": "official:abc"}
    path.write_text(json.dumps(scores))
    told = text(ask(results))
    assert "note: the scores of mini/other-op-run_01 are the official toolbox's, made before" in told
    assert "[official toolbox]" in told
    assert {model: row["scorer"] for model, row in table(results).items()} == {"paint": "builtin", "other": "official"}


def test_which_run_is_being_scored_is_told(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(results / "mini/other-op-run_01/scores")
    ask(results)
    assert [line for line in capsys.readouterr().err.splitlines() if line.endswith("-run_01")] == [
        "scoring other-op-run_01"
    ]


def away(results: Path, tmp_path: Path) -> None:
    """The manifests name a data set that is nowhere."""
    for path in results.glob("*/*/manifest.json"):
        manifest = json.loads(path.read_bytes())
        manifest["configuration"]["benchmark"]["root"] = manifest["data"]["root"] = str(tmp_path / "gone")
        path.write_text(json.dumps(manifest))


def test_a_data_set_that_was_named_from_another_folder_is_found_where_it_was(results: Path) -> None:
    for path in results.glob("*/*/manifest.json"):
        manifest = json.loads(path.read_bytes())
        manifest["configuration"]["benchmark"]["root"] = "dataset"
        path.write_text(json.dumps(manifest))
    assert "not checked" not in text(ask(results))


def test_of_a_run_without_a_score_it_is_not_told_that_its_score_was_not_checked(results: Path, tmp_path: Path) -> None:
    away(results, tmp_path)
    path = results / "mini/other-op-run_01/scores/scores.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"second_takes": False, "variances": None}))
    told = text(ask(results))
    assert "mini/other-op-run_01 skipped: the benchmark has no second takes" in told
    assert "warning: the scores of mini/paint-op-run_01, mini/paint-op-run_02 were not checked" in told


def test_a_benchmark_of_another_size_than_it_should_have_is_told_once(results: Path) -> None:
    for path in results.glob("*/*/manifest.json"):
        manifest = json.loads(path.read_bytes())
        manifest["configuration"]["benchmark"]["expected"] = 198
        path.write_text(json.dumps(manifest))
    told = "warning: benchmark mini has 198 take-1 videos, but the descriptions file lists 6"
    assert text(ask(results)).count(told) == 1


def test_runs_are_scored_from_wherever_one_points(results: Path, tmp_path: Path) -> None:
    """At the folder above all results, at a benchmark, at one run."""
    run_01 = results / "mini" / "paint-op-run_01"
    for place, count in ((tmp_path, 3), (results / "mini", 3), (run_01, 1)):
        assert f"{count} of {count} runs have scores, 0 made now" in text(ask(place))
    assert {row["runs"] for row in table(run_01).values()} == {"1"}


def test_a_run_that_is_there_under_two_names_counts_once(results: Path) -> None:
    (results / "deeper").mkdir()
    (results / "deeper" / "mini").symlink_to(results / "mini")
    assert "3 of 3 runs have scores" in text(ask(results))


def test_a_results_folder_that_is_not_there_is_told_with_the_nearest_name(results: Path) -> None:
    with pytest.raises(UserError, match=r"resluts is no folder; did you mean .*/results\?"):
        ask(results.with_name("resluts"))


def test_a_run_of_a_newer_version_is_told(results: Path) -> None:
    path = results / "mini" / "other-op-run_01" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["sessions"][0]["schema"] = 2
    path.write_text(json.dumps(manifest))
    assert "warning: other-op-run_01: a newer version of this program worked on it (schema 2" in text(ask(results))


def test_a_folder_without_runs_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no runs"):
        ask(tmp_path)


def test_runs_without_any_score_leave_an_older_leaderboard_alone(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "results")
    outcome = ask(tmp_path / "results", scorer=ScorerSettings(name="none"))
    assert outcome.code == FAILED
    assert text(outcome).count("skipped: it is not scored, and scorer=none") == 3
    assert list((tmp_path / "results").glob("leaderboard.*")) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"videos": "x"}, "leave one of them out"),
        ({"resamples": 0}, "at least 1"),
        ({"seed": -1}, "at least 0"),
        ({"compare": ["a"]}, "two models"),
        ({"scorer": ScorerSettings(name="bultin")}, "did you mean 'builtin'"),
    ],
)
def test_wrong_settings_are_told_before_work(results: Path, change: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        ask(results, **change)


def test_a_table_of_ones_own_is_never_written_over(results: Path) -> None:
    (results / "leaderboard.md").write_text("# my notes\n")
    with pytest.raises(UserError, match="not the leaderboard's own"):
        ask(results)


def cli(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return shell.run(ROOT, "runners.score", words, os.environ, cwd)


def test_the_command_compares_two_models_and_writes_nothing(results: Path) -> None:
    for path in results.glob("leaderboard.*"):
        path.unlink()
    done = cli(results.parent, "compare=[paint,other]", "resamples=100")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "paint-op − other-op on mini, paired over 2 scenes" in done.stdout
    assert "100 resamples of scenes, seed 0; paint-op: mean of 2 runs, other-op: 1 run" in done.stdout
    assert list(results.glob("leaderboard.*")) == []


def test_the_command_shows_published_values_beside(results: Path) -> None:
    done = cli(results.parent, "results=results", "published=true")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Sora 2 (i2v) [published, 2026-06-17]" in done.stdout
    assert "were not made here" in done.stdout
    assert cli(results.parent, "published=true").returncode == 2
