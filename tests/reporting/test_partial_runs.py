"""Runs without a score, as far as they go: whose metrics are shown, and of which clips."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import Refused
from runners.core.locks import Lock
from runners.core.outcome import DONE
from runners.core.settings import ScorerSettings, ScoreSettings, SelectSettings
from runners.reporting.collect import CollectedRuns, gather
from runners.reporting.partial_runs import PartialRun, mark
from runners.scoring.memory import Memory
from tests.reporting.conftest import ask, table, text
from tests.run.harness import Scripted, run, settings

PART = Path("mini/part-op-run_01")


def make(results: Path, limit: int = 4) -> None:
    run(results, model=replace(settings(results).model, name="part"), select=SelectSettings(limit=limit))


@pytest.fixture
def unfinished(results: Path) -> Path:
    """The scored runs, and one with 4 of 6 clips that was not scored."""
    make(results)
    return results


def gathered(results: Path, scorer: str = "builtin") -> CollectedRuns:
    asked = ScoreSettings(results=str(results), scorer=ScorerSettings(name=scorer, workers=1), progress="plain")
    return gather(results, asked, Memory(), partial=True)


def part(results: Path, scorer: str = "builtin") -> PartialRun:
    [found] = gathered(results, scorer).partial
    assert found.scores is None or (found.scores.verified, found.scores.original) == (None, None)
    return found


def test_clips_that_were_not_measured_are_measured_and_make_no_score(unfinished: Path) -> None:
    found = part(unfinished)
    assert found.scores is not None
    assert mark(found.scores) == "metrics over 4 of 6 clips, no score"
    assert found.scores.marks.variances is not None
    assert found.why.startswith("incomplete: 4 of 6 clips")


def test_the_metrics_stand_below_the_leaderboard_and_in_no_file_of_it(
    unfinished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(unfinished).code == DONE
    above, _, below = capsys.readouterr().out.partition("Metrics, no score")
    assert "part" not in above
    assert "mini/part-op-run_01" in below
    assert "metrics over 4 of 6 clips, no score" in below
    assert "physical variance of these clips" in below
    assert "part" not in table(unfinished)
    assert "part" not in (unfinished / "leaderboard.md").read_text()


def test_without_any_score_the_metrics_are_shown_all_the_same(
    unfinished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("paint-op-run_01", "paint-op-run_02", "other-op-run_01"):
        shutil.rmtree(unfinished / "mini" / name)
    assert "there is no score to show" in text(ask(unfinished))
    assert "metrics over 4 of 6 clips, no score" in capsys.readouterr().out


def test_a_partial_run_is_compared_with_a_whole_one(unfinished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(unfinished, compare=["part", "paint"]).code == DONE
    assert "metrics over 4 of 6 clips, no score, paired over 2 scenes" in capsys.readouterr().out


def test_clips_that_were_refused_have_no_part_in_the_metrics(results: Path) -> None:
    def refuse(request: Any, _: int) -> None:
        if request.scenario_id == "0002":
            raise Refused("no")

    run(results, Scripted(refuse), model=replace(settings(results).model, name="part"))
    found = part(results)
    assert found.scores is not None
    assert (found.scores.clips, found.scores.expected) == (5, 6)
    assert found.why.startswith("refused clips (1 of 6)")


def test_a_busy_run_shows_what_was_measured_of_it_before_and_is_left_alone(unfinished: Path) -> None:
    part(unfinished)
    make(unfinished, limit=5)
    with Lock(unfinished / PART / "journal.jsonl"):
        found = part(unfinished)
    assert found.busy
    assert found.scores is not None
    assert found.scores.clips == 4
    assert part(unfinished).scores.clips == 5  # type: ignore[union-attr]


def test_a_busy_run_that_was_never_measured_has_no_metrics(unfinished: Path) -> None:
    with Lock(unfinished / PART / "journal.jsonl"):
        found = part(unfinished)
    assert (found.busy, found.scores) == (True, None)
    assert not (unfinished / PART / "scores").exists()


def test_clips_that_are_gone_leave_the_metrics_of_the_others_and_no_score(results: Path) -> None:
    folder = results / "mini/other-op-run_01"
    next((folder / "videos").iterdir()).unlink()
    before = (folder / "scores/scores.json").read_bytes()
    found = part(results)
    assert found.scores is not None
    assert (found.scores.clips, found.scores.complete) == (5, False)
    assert (folder / "scores/scores.json").read_bytes() == before


def test_old_scores_of_other_clips_are_not_believed(unfinished: Path) -> None:
    part(unfinished)
    path = unfinished / PART / "scores/scores.json"
    scores = json.loads(path.read_bytes())
    for clip in scores["per_clip"]:
        clip["sha256"] = "0" * 64
    path.write_text(json.dumps(scores))
    assert part(unfinished, scorer="none").scores is None
    found = part(unfinished).scores
    assert found is not None
    assert "0" * 64 not in found.hashes.values()


def test_clips_that_were_changed_have_no_metrics(unfinished: Path) -> None:
    part(unfinished)
    clip = next((unfinished / PART / "videos").iterdir())
    clip.write_bytes(clip.read_bytes() + b"\0")
    collected = gathered(unfinished)
    assert collected.partial[0].scores is None
    assert any("part-op-run_01 has no metrics" in line and "is not the one" in line for line in collected.told)


def test_without_the_data_set_what_was_measured_before_is_shown(unfinished: Path, tmp_path: Path) -> None:
    part(unfinished)
    make(unfinished, limit=5)
    for path in unfinished.glob("*/*/manifest.json"):
        manifest = json.loads(path.read_bytes())
        manifest["configuration"]["benchmark"]["root"] = manifest["data"]["root"] = str(tmp_path / "gone")
        path.write_text(json.dumps(manifest))
    collected = gathered(unfinished)
    scores = collected.partial[0].scores
    assert scores is not None
    assert scores.clips == 4
    assert any("part-op-run_01 has metrics of 4 clips alone: " in line for line in collected.told)


def test_without_a_scorer_only_what_was_measured_before_is_shown(unfinished: Path) -> None:
    assert part(unfinished, scorer="none").scores is None
    assert part(unfinished).scores is not None
    assert part(unfinished, scorer="none").scores is not None


def test_a_whole_run_whose_scores_are_not_true_any_more_has_no_metrics_either(results: Path) -> None:
    path = results / "mini/other-op-run_01/scores/scores.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"truth_sha256": "another"}))
    assert part(results, scorer="none").scores is None
