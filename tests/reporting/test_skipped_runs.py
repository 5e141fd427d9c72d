"""Runs that have no score: each named with the reason, none shown as a score, and the others shown all the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import Refused
from runners.core.locks import Lock
from runners.core.outcome import BAD_INPUT, DONE, FAILED
from runners.core.settings import SelectSettings
from tests.reporting.conftest import ask, table, text
from tests.run.harness import Paint, Scripted, run, settings


def unfinished(results: Path) -> str:
    run(results, model=replace(settings(results).model, name="part"), select=SelectSettings(limit=4))
    return "incomplete: 4 of 6 clips; go on with the command that made it"


def refused(results: Path) -> str:
    def refuse(request: Any, _: int) -> None:
        if request.scenario_id == "0002":
            raise Refused("no")

    run(results, Scripted(refuse), model=replace(settings(results).model, name="part"))
    return "refused clips (1 of 6): metrics and no score"


def without_manifest(results: Path) -> str:
    unfinished(results)
    (results / "mini/part-op-run_01/manifest.json").unlink()
    return "it has no manifest yet; go on with the command that made it"


def with_lost_clips(results: Path) -> str:
    run(results, model=replace(settings(results).model, name="part"))
    next((results / "mini/part-op-run_01/videos").iterdir()).unlink()
    return "incomplete: 1 of its clips are gone"


@pytest.mark.parametrize("spoil", [unfinished, refused, without_manifest, with_lost_clips])
def test_a_partial_run_is_named_with_the_reason_and_never_shown_as_a_score(
    results: Path, spoil: Callable[[Path], str]
) -> None:
    why = spoil(results)
    outcome = ask(results)
    assert f"mini/part-op-run_01 skipped: {why}" in text(outcome)
    assert outcome.code == DONE
    assert "part" not in table(results)
    scores = results / "mini/part-op-run_01/scores/scores.json"
    assert not scores.exists() or json.loads(scores.read_bytes())["verified"] is None


def test_a_run_that_is_being_worked_on_is_left_alone(results: Path) -> None:
    unfinished(results)
    shutil.rmtree(results / "mini/other-op-run_01/scores")
    with Lock(results / "mini/part-op-run_01/journal.jsonl"), Lock(results / "mini/other-op-run_01/journal.jsonl"):
        outcome = ask(results)
    for name in ("part", "other"):  # one not complete, one complete and not scored
        assert f"mini/{name}-op-run_01 skipped: it is being worked on" in text(outcome)
    assert set(table(results)) == {"paint"}


def test_a_ceiling_is_scored_and_marked(results: Path) -> None:
    run(results, Paint(oracle=True), model=replace(settings(results).model, name="ceiling"))
    assert ask(results).code == DONE
    assert {model: row["section"] for model, row in table(results).items()} == {
        "ceiling": "ceiling", "paint": "own", "other": "own",
    }  # fmt: skip


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"name": "x"}', "null", "\x00"])
def test_a_damaged_manifest_is_told_and_the_others_are_shown(results: Path, damage: str) -> None:
    (results / "mini/other-op-run_01/manifest.json").write_text(damage)
    outcome = ask(results)
    assert outcome.code == FAILED
    assert "error: mini/other-op-run_01: " in text(outcome)
    assert "manifest.json is damaged" in text(outcome)
    assert set(table(results)) == {"paint"}


@pytest.mark.parametrize(
    "damage", [{"loaded": ["x"]}, {"loaded": [{"facts": "x"}]}, {"fingerprint": {"generation": 1}}]
)
def test_a_manifest_with_odd_parts_costs_nobody_else_their_row(results: Path, damage: dict[str, Any]) -> None:
    path = results / "mini/other-op-run_01/manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | damage))
    outcome = ask(results)
    assert outcome.code == FAILED
    assert "manifest.json is damaged" in text(outcome)
    assert set(table(results)) == {"paint"}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"verified": 99.0}', "null"])
def test_damaged_scores_are_told_and_made_again(results: Path, damage: str) -> None:
    path = results / "mini/other-op-run_01/scores/scores.json"
    whole = path.read_bytes()
    path.write_text(damage)
    outcome = ask(results)
    assert "other-op-run_01 has to be scored again" in text(outcome)
    assert path.read_bytes() == whole


def test_a_model_that_cannot_be_compared_is_told_with_what_was_skipped(results: Path) -> None:
    why = with_lost_clips(results)
    outcome = ask(results, compare=["part", "paint"])
    assert outcome.code == BAD_INPUT
    assert f"mini/part-op-run_01 skipped: {why}" in text(outcome)
    assert "error: compare: no scored run of 'part'" in text(outcome)


@pytest.mark.parametrize("path", [("verified",), ("original",), ("per_clip", 0, "metrics", "mse")])
def test_a_score_that_is_no_number_is_made_again_though_its_clips_are_the_same(
    results: Path, path: tuple[str | int, ...]
) -> None:
    file = results / "mini/other-op-run_01/scores/scores.json"
    whole = file.read_bytes()
    scores = json.loads(whole)
    node = scores
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = float("nan")
    file.write_text(json.dumps(scores))
    outcome = ask(results)
    assert outcome.code == DONE
    assert "other-op-run_01 has to be scored again" in text(outcome)
    assert file.read_bytes() == whole
    assert table(results)["other"]["verified_mean"] != "nan"
