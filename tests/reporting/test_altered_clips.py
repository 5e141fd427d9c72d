"""Clips that are not those which a run published: no row, no score, in no table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.core.files import sha256_file
from runners.core.outcome import DONE, FAILED
from runners.core.settings import BenchmarkSettings, ScorerSettings, ScoreSettings, SelectSettings
from runners.scoring.score_folder import score_folder
from tests.reporting.conftest import ask, table, text
from tests.run.harness import MINI, run


def exchange_two_clips(run: Path) -> None:
    first, second = sorted((run / "videos").iterdir())[:2]
    first.rename(run / "apart")
    second.rename(first)
    (run / "apart").rename(second)


def replace_a_clip(run: Path) -> None:
    name = min(path.name for path in (run / "videos").iterdir())
    shutil.copy2(run.parent / "paint-op-run_02/videos" / name, run / "videos" / name)


@pytest.mark.parametrize("alter", [exchange_two_clips, replace_a_clip])
def test_a_run_with_altered_clips_has_no_row(alter: Callable[[Path], None], results: Path) -> None:
    run = results / "mini/paint-op-run_01"
    before = (run / "scores/scores.json").read_bytes()
    alter(run)
    outcome = ask(results)
    assert outcome.code == FAILED
    assert "error: mini/paint-op-run_01: " in text(outcome)
    assert "that the run published" in text(outcome)
    assert table(results)["paint"]["run_folders"] == "paint-op-run_02"
    assert (run / "scores/scores.json").read_bytes() == before


def test_the_rows_of_an_earlier_call_do_not_stay_in_its_files(results: Path) -> None:
    ask(results)
    assert set(table(results)) == {"paint", "other"}
    for folder in (results / "mini").iterdir():
        exchange_two_clips(folder)
    outcome = ask(results)
    assert outcome.code == FAILED
    assert table(results) == {}
    assert all("paint" not in path.read_text() for path in results.glob("leaderboard.*"))


def test_altered_clips_that_somebody_scored_have_no_row_either(results: Path) -> None:
    run = results / "mini/paint-op-run_01"
    name = min(path.name for path in (run / "videos").iterdir())
    shutil.copy2(run.parent / "paint-op-run_02/videos" / name, run / "videos" / name)
    scores = json.loads((run / "scores/scores.json").read_bytes())
    scores["per_clip"][0]["sha256"] = sha256_file(run / "videos" / name)
    (run / "scores/scores.json").write_text(json.dumps(scores))
    assert ask(results).code == FAILED
    assert table(results)["paint"]["run_folders"] == "paint-op-run_02"


def test_altered_clips_are_not_scored_as_the_run_s_and_a_copy_elsewhere_is(results: Path, tmp_path: Path) -> None:
    run = results / "mini/paint-op-run_01"
    replace_a_clip(run)
    benchmark = BenchmarkSettings(name="mini", kind="original", root=str(MINI / "dataset"))
    asked = ScoreSettings(
        benchmark=benchmark,
        videos=str(run / "videos"),
        scores=str(tmp_path / "scores"),
        scorer=ScorerSettings(workers=1),
    )
    with pytest.raises(UserError, match="1 clip is not the one that the run published"):
        score_folder(asked)
    shutil.copytree(run / "videos", tmp_path / "copy")
    assert score_folder(replace(asked, videos=str(tmp_path / "copy"))).code == DONE


def test_beside_a_damaged_manifest_it_is_told_that_nothing_is_known_of_the_clips(results: Path, tmp_path: Path) -> None:
    run = results / "mini/paint-op-run_01"
    (run / "manifest.json").write_text('{"oracle": true')
    benchmark = BenchmarkSettings(name="mini", kind="original", root=str(MINI / "dataset"))
    scores = str(tmp_path / "scores")
    asked = ScoreSettings(
        benchmark=benchmark, videos=str(run / "videos"), scores=scores, scorer=ScorerSettings(workers=1)
    )
    assert "so it is not known whether these clips are that run's" in text(score_folder(asked))


def test_the_run_itself_is_not_scored_over_altered_clips_that_were_not_chosen(results: Path) -> None:
    folder = results / "mini/paint-op-run_01"
    replace_a_clip(folder)
    (folder / "scores/scores.json").unlink()
    chosen = SelectSettings(ids=["0006"])
    outcome = run(results, select=chosen, scorer=ScorerSettings(workers=1))
    assert "not the one that the run published" in text(outcome)
    assert outcome.scores is None
