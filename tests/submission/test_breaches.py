"""What keeps runs from being submitted, and what only comes with a warning."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runners.core.outcome import BAD_INPUT
from tests.run.harness import Paint
from tests.submission.conftest import SIGNED, VERIFIED, Ask, make_runs, text


def lose_a_clip(runs: list[Path]) -> str:
    clip = next((runs[0] / "videos").iterdir())
    clip.unlink()
    return f"paint-op-run_01/{clip.name}: is missing"


def change_a_clip(runs: list[Path]) -> str:
    name = min(clip.name for clip in (runs[0] / "videos").iterdir())
    shutil.copyfile(runs[1] / "videos" / name, runs[0] / "videos" / name)
    return f"paint-op-run_01/{name}: is not the clip that the run published"


def score_other_clips(runs: list[Path]) -> str:
    shutil.copyfile(runs[1] / "scores/scores.json", runs[0] / "scores/scores.json")
    return "was changed after it was scored; score the run again"


def lose_scores(runs: list[Path]) -> str:
    shutil.rmtree(runs[1] / "scores")
    return "paint-op-run_02: is not scored"


def edit(runs: list[Path], change: Callable[[dict[str, Any]], None]) -> None:
    path = runs[1] / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.write_text(json.dumps(manifest))


def show_take_2(runs: list[Path]) -> str:
    edit(runs, lambda manifest: manifest.update(oracle=True))
    return "paint-op-run_02: its model saw take 2: a ceiling is no submission"


def use_no_prompts(runs: list[Path]) -> str:
    edit(runs, lambda manifest: manifest["configuration"]["prompts"].update(mode="none"))
    return "prompts=none; the leaderboard knows op and bpp"


def use_another_benchmark(runs: list[Path]) -> str:
    edit(runs, lambda manifest: manifest["configuration"]["benchmark"].update(name="demo", kind="demo"))
    return "paint-op-run_02: is over the benchmark demo, and not over Physics-IQ Verified"


def repeat_a_number(runs: list[Path]) -> str:
    edit(runs, lambda manifest: manifest["configuration"].update(run=1))
    return "two runs are named paint-op-run_01"


def change_a_setting(runs: list[Path]) -> str:
    edit(runs, lambda manifest: manifest["fingerprint"]["publication"]["output"].update(crf=30))
    return "paint-op-run_02: is of another setting than paint-op-run_01: publication.output.crf: 12 → 30"


def leave_it_incomplete(runs: list[Path]) -> str:
    def change(manifest: dict[str, Any]) -> None:
        manifest["complete"] = False
        del manifest["clips"]["0003"]["published"]

    edit(runs, change)
    return "paint-op-run_02: is incomplete: 5 of 6 clips"


def expect_more_clips(runs: list[Path]) -> str:
    edit(runs, lambda manifest: manifest["configuration"]["benchmark"].update(expected=198))
    return "paint-op-run_02: 6 clips are described, and the benchmark has 198"


def lose_a_part_of_the_score(runs: list[Path]) -> str:
    path = runs[1] / "scores/scores.json"
    scores = json.loads(path.read_bytes())
    del scores["verified_mse"]
    path.write_text(json.dumps(scores))
    return "paint-op-run_02: is not scored"


def add_a_file(runs: list[Path]) -> str:
    (runs[0] / "videos" / "notes.txt").touch()
    return "paint-op-run_01/notes.txt: no .mp4, and nothing else may be here"


@pytest.mark.parametrize(
    "spoil",
    [
        lose_a_clip, change_a_clip, score_other_clips, lose_scores, show_take_2, use_no_prompts, use_another_benchmark,
        repeat_a_number, change_a_setting, leave_it_incomplete, expect_more_clips,
        lose_a_part_of_the_score, add_a_file,
    ],
)  # fmt: skip
def test_a_breach_is_told_and_nothing_is_written(
    runs: list[Path], ask: Ask, tmp_path: Path, spoil: Callable[[list[Path]], str]
) -> None:
    told = spoil(runs)
    outcome = ask(runs, SIGNED)
    assert outcome.code == BAD_INPUT
    assert any(line.startswith("error: ") and told in line for line in outcome.lines), text(outcome)
    assert not (tmp_path / "out").exists()


def test_the_leaderboard_wants_its_count_whatever_a_run_was_told_to_expect(runs: list[Path], ask: Ask) -> None:
    outcome = ask(runs, SIGNED, benchmark=replace(VERIFIED, expected=198))
    assert outcome.code == BAD_INPUT
    assert "error: paint-op-run_01: is over 6 clips, and the leaderboard wants 198" in outcome.lines


def test_a_card_of_another_rate_is_a_breach(runs: list[Path], ask: Ask) -> None:
    outcome = ask(runs, {"public_info": {"fps": 24}})
    assert "error: card: public_info.fps is 24, and the runs say 8" in text(outcome)


@pytest.mark.full
def test_runs_of_the_same_clips_and_prompts_unread_come_with_a_warning(tmp_path: Path, ask: Ask) -> None:
    class Deaf(Paint):
        def generate(self, request: Any) -> Any:
            return super().generate(replace(request, seed=7))

    runs = make_runs(tmp_path / "results", adapter=Deaf(prompt="ignored"))
    told = text(ask(runs, SIGNED))
    assert "warning: paint-op-run_01 and paint-op-run_02 are the same, clip by clip" in told
    assert "warning: paint-op-run_02: the model read no text, so descriptions.csv holds none" in told


def test_prompts_that_were_reworded_on_the_way_come_with_a_warning(runs: list[Path], ask: Ask) -> None:
    def reword(manifest: dict[str, Any]) -> None:
        manifest["clips"]["0001"]["published"]["generation"]["prompt"] = "Cinematic!"

    edit(runs, reword)
    assert "warning: paint-op-run_02: 1 prompts were reworded on their way to the model" in text(ask(runs, SIGNED))
