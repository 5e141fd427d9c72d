"""A negative prompt per clip: sent as the prompts file has it, and compared clip by clip like the prompt itself."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import Clip, Refused, Request
from runners.core.errors import UserError
from runners.core.outcome import Outcome
from runners.core.settings import ModelSettings, PromptsSettings, SelectSettings
from runners.dataset.layout import DataSet
from runners.dataset.scenarios import load_scenarios
from tests.run.harness import MINI, Paint, Scripted, run, videos

ROWS = load_scenarios(DataSet(MINI / "dataset"), MINI / "dataset" / "descriptions.csv")
OWN = ModelSettings(name="paint", adapter={"_target_": "x"}, negative_prompt="blur")


def prompts(path: Path, **negatives: str) -> PromptsSettings:
    """A prompts file with a column of negative prompts where any are given; the others' cells are empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["scenario", "description", *(["negative_prompt"] if negatives else [])])
        for row in ROWS:
            name = f"{row.id}_perspective-{row.view}_take-1_{row.name}.mp4"
            table.writerow([name, f"best {row.id}", *([negatives.get(f"n{row.id}", "")] if negatives else [])])
    return PromptsSettings(mode="bpp", file=str(path))


def manifest(outcome: Outcome) -> Any:
    assert outcome.folder is not None
    return json.loads((outcome.folder / "manifest.json").read_text("utf-8"))


def sent(model: Paint) -> dict[str, str | None]:
    return {request.scenario_id: request.negative_prompt for request in model.calls}


def test_each_clip_is_sent_its_own_and_an_empty_cell_means_none(tmp_path: Path) -> None:
    model = Paint()
    made = run(tmp_path, model, model=OWN, prompts=prompts(tmp_path / "p.csv", n0001="hovering", n0003="smoke"))
    assert sent(model) == {row.id: {"0001": "hovering", "0003": "smoke"}.get(row.id, "") for row in ROWS}
    found = manifest(made)
    assert found["fingerprint"]["generation"]["negative_prompt"] == ["by clip"]
    assert found["sessions"][-1]["prompts"]["negative_prompts"] == 2
    assert found["clips"]["0001"]["published"]["generation"]["negative_prompt_given"] == "hovering"


def test_a_file_without_the_column_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    model = Paint()
    made = run(tmp_path, model, model=OWN, prompts=prompts(tmp_path / "p.csv"))
    assert set(sent(model).values()) == {"blur"}
    found = manifest(made)
    assert found["fingerprint"]["generation"]["negative_prompt"] == "blur"
    assert "negative_prompts" not in found["sessions"][-1]["prompts"]
    assert "negative_prompt_given" not in found["clips"]["0001"]["published"]["generation"]


def test_one_that_is_typed_replaces_them_all(tmp_path: Path) -> None:
    model = Paint()
    own = prompts(tmp_path / "p.csv", n0001="hovering")
    made = run(tmp_path, model, model=OWN, prompts=replace(own, negative="smoke"))
    assert set(sent(model).values()) == {"smoke"}
    assert manifest(made)["fingerprint"]["generation"]["negative_prompt"] == "smoke"


def test_a_changed_one_is_told_by_clip_and_none_is_made_of_two(tmp_path: Path) -> None:
    file, few = tmp_path / "p.csv", SelectSettings(ids=["1", "2"])
    first = run(tmp_path, prompts=prompts(file, n0001="hovering", n0003="x"), select=few)
    assert first.folder is not None
    before, model = videos(first.folder), Paint()
    run(tmp_path, model, prompts=prompts(file, n0001="hovering", n0003="another"))
    assert sorted(sent(model)) == ["0003", "0004", "0005", "0006"]
    with pytest.raises(UserError, match=r"the negative prompt of 0001 changed since the clip of 0001 was made"):
        run(tmp_path, prompts=prompts(file, n0001="floating"), select=few)
    with pytest.raises(UserError, match=r"generation\.negative_prompt: \['by clip'\] → None"):
        run(tmp_path, prompts=prompts(file), select=few)
    assert before.items() <= videos(first.folder).items()


def test_a_changed_one_is_a_way_out_of_a_refusal(tmp_path: Path) -> None:
    def declines(request: Request, number: int) -> Clip | None:
        if request.negative_prompt == "blood":
            raise Refused("no")
        return None

    one = SelectSettings(ids=["1"])
    for negative, refused in (("blood", 1), ("blood", 1), ("red", 0)):
        made = run(tmp_path, Scripted(declines), prompts=prompts(tmp_path / "p.csv", n0001=negative), select=one)
        assert made.counts.refused == refused


def test_a_model_that_takes_none_refuses_and_says_how_to_leave_them_out(tmp_path: Path) -> None:
    own, model = prompts(tmp_path / "p.csv", n0001="hovering"), Paint(negative=False)
    with pytest.raises(UserError, match=r"model paint takes no negative prompt, .* prompts\.negative='' leaves"):
        run(tmp_path, model, prompts=own)
    assert model.calls == []
    assert run(tmp_path, model, prompts=replace(own, negative="")).code == 0
    assert run(tmp_path / "deaf", Paint(negative=False, prompt="ignored"), prompts=own).code == 0


def test_a_plan_says_how_many_there_are(tmp_path: Path) -> None:
    told = run(tmp_path, prompts=prompts(tmp_path / "p.csv", n0001="hovering"), plan=True).lines
    assert "  negative prompts of the prompts file for 1 of 6 clips" in told
