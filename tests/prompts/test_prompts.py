"""Which text a model reads with each scenario, and what is recorded of where it came from."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from runners.core.errors import UserError
from runners.core.files import sha256_file
from runners.dataset.layout import DataSet, Item, scenario_name
from runners.dataset.scenarios import load_scenarios
from runners.prompts.prompts import BPP_FILE, DATA_FILE, PromptChoice, PromptPlan, plan_prompts

MINI = Path(__file__).parents[1] / "fixtures" / "mini" / "dataset"
SCENARIOS = load_scenarios(DataSet(MINI), MINI / "descriptions.csv")
# The form of the official data.yaml, with its two spellings of the postfix and keys that templates do not read.
DATA: dict[str, Any] = {
    "scenes": [
        {
            "scene": "scene-0",
            "category": "Solid Mechanics",
            "subject-action": "The ball falls.",
            "scene-description": "A ball above a table.",
            "subject-action post-fix": "Then it rests.",
            "takes": [{"take": 1, "left": 1}],
        },
        {"scene": "trimmed-scene-1", "subject-action": "The ball rolls.\n", "scene-description": None},
    ]
}


def _plan(choice: PromptChoice, root: Path = MINI, **templates: str) -> PromptPlan:
    return plan_prompts(choice, SCENARIOS, root, templates)


def _csv(path: Path, texts: dict[Item, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("scenario", "description"))
        writer.writerows((scenario_name(item), text) for item, text in texts.items())
    return path


def _yaml(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def _all_texts() -> dict[Item, str]:
    return {scenario.item: f"best {scenario.id}" for scenario in SCENARIOS}


def test_op_is_the_descriptions_text() -> None:
    plan = _plan(PromptChoice("op"))
    assert plan.mode == "op"
    assert plan.texts(SCENARIOS) == {scenario.id: scenario.prompt for scenario in SCENARIOS}


def test_none_is_no_text_at_all() -> None:
    plan = _plan(PromptChoice("none"))
    assert set(plan.texts(SCENARIOS).values()) == {None}
    assert plan.record == {"mode": "none"}


def test_bpp_reads_the_official_file_by_default(tmp_path: Path) -> None:
    path = _csv(tmp_path / BPP_FILE, _all_texts())
    plan = _plan(PromptChoice("bpp"), tmp_path)
    assert plan.texts(SCENARIOS)["0003"] == "best 0003"
    assert plan.record == {
        "mode": "bpp",
        "file": "descriptions_base.csv",
        "file_sha256": sha256_file(path),
        "upsampling": None,
    }


def test_bpp_reads_any_file_and_what_it_declares_of_its_making(tmp_path: Path) -> None:
    path = _csv(tmp_path / "mine.csv", _all_texts())
    declared = {"method": "an assistant", "source": "its model card", "cost": 1.5}
    _yaml(tmp_path / "mine.csv.yaml", {"upsampling": declared})
    assert _plan(PromptChoice("bpp", file=path)).record["upsampling"] == declared


def test_take_2_rows_of_a_prompts_file_are_ignored(tmp_path: Path) -> None:
    path = _csv(tmp_path / "p.csv", {**_all_texts(), Item("0007", "left", 2, "trimmed-scene-0"): "never"})
    assert "never" not in _plan(PromptChoice("bpp", file=path)).texts(SCENARIOS).values()


def test_a_missing_official_file_says_what_can_be_done(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"copy descriptions/best_practice/descriptions_base\.csv .*or use prompts=op"):
        _plan(PromptChoice("bpp"), tmp_path)


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (
            {Item("0400", "left", 1, "trimmed-scene-0"): "x"},
            "line 8: the benchmark has no take-1 scenario with the id 0400",
        ),
        ({Item("0001", "right", 1, "trimmed-scene-0"): "x"}, "0001 is scene-0 from the right here"),
        ({Item("1", "left", 1, "trimmed-scene-0"): "x"}, "line 8: the id 1 stands twice"),
    ],
)
def test_a_prompts_file_must_fit_the_benchmark(extra: dict[Item, str], told: str, tmp_path: Path) -> None:
    path = _csv(tmp_path / "p.csv", {**_all_texts(), **extra})
    with pytest.raises(UserError, match=told):
        _plan(PromptChoice("bpp", file=path))


def test_an_empty_prompt_is_told(tmp_path: Path) -> None:
    path = _csv(tmp_path / "p.csv", {**_all_texts(), SCENARIOS[2].item: " "})
    with pytest.raises(UserError, match="line 4: the prompt of 0003 is empty"):
        _plan(PromptChoice("bpp", file=path))


def test_only_the_prompts_that_are_used_must_be_there(tmp_path: Path) -> None:
    path = _csv(tmp_path / "p.csv", {SCENARIOS[0].item: "one"})
    plan = _plan(PromptChoice("bpp", file=path))
    assert plan.texts(SCENARIOS[:1]) == {"0001": "one"}
    with pytest.raises(UserError, match=r"p\.csv lacks the prompts of 0002 \(scene-0\), 0003 .*\(5 in all\)"):
        plan.texts(SCENARIOS)


def test_a_template_is_filled_per_scene(tmp_path: Path) -> None:
    data = _yaml(tmp_path / "data.yaml", DATA)
    plan = _plan(PromptChoice("bpp", template="base", data=data))
    texts = plan.texts(SCENARIOS)
    assert (texts["0001"] or "").endswith("described. A ball above a table. The ball falls. Then it rests.")
    assert (texts["0006"] or "").endswith("described. The ball rolls.")
    assert plan.record.items() >= {"mode": "bpp", "template": "base", "data": "data.yaml"}.items()
    assert plan.record["data_sha256"] == sha256_file(data)


def test_the_data_is_found_under_its_official_name_and_base_is_the_default_template(tmp_path: Path) -> None:
    path = _yaml(tmp_path / DATA_FILE, DATA)
    by_default = _plan(PromptChoice("bpp", template="base"), tmp_path)
    assert by_default == _plan(PromptChoice("bpp", data=path))
    with pytest.raises(UserError, match=r"copy descriptions/data\.yaml"):
        _plan(PromptChoice("bpp", template="base"))


def test_a_model_may_bring_its_own_template(tmp_path: Path) -> None:
    choice = PromptChoice("bpp", template="mine", data=_yaml(tmp_path / "data.yaml", DATA))
    plan = _plan(choice, mine="Do this: {subject-action}")
    assert plan.texts(SCENARIOS)["0001"] == "Do this: The ball falls."
    with pytest.raises(UserError, match=r"unknown template 'mine'.*choices: base, other"):
        _plan(choice, other="{subject_action}")


def test_data_may_be_a_mapping_and_declare_its_making(tmp_path: Path) -> None:
    content = {"upsampling": {"method": "by hand"}, "scenes": {"scene-0": {"subject_action": "It falls."}}}
    plan = _plan(PromptChoice("bpp", data=_yaml(tmp_path / "data.yaml", content)))
    assert plan.record["upsampling"] == {"method": "by hand"}
    assert (plan.texts(SCENARIOS[:3])["0002"] or "").endswith("It falls.")
    with pytest.raises(UserError, match=r"lacks the prompts of 0004 \(scene-1\)"):
        plan.texts(SCENARIOS)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("scenes: [", "line 1: not well-formed YAML"),
        ("[1, 2]", "expected a list of scenes"),
        ("scenes: 3", "expected a list of scenes"),
        ({"scenes": ["scene-0"]}, "entry 1 of 'scenes:' needs a 'scene'"),
        ({"scenes": [{"subject-action": "x"}]}, "entry 1 of 'scenes:' needs a 'scene'"),
        ({"scenes": {"scene-0": {"scene-description": "x"}}}, "scene 'scene-0' has no subject-action"),
        ({"scenes": {"scene-0": {"subject-action": " "}}}, "scene 'scene-0' has no subject-action"),
        ({"scenes": {"scene-0": {"subject-action": 3}}}, "must be a text"),
        ({"scenes": {"scene-0": {"subject-action": "x", "scene-descripton": "y"}}}, "did you mean 'scene-description'"),
        ({"scenes": [{"scene": "a", "subject-action": "x"}] * 2}, "'a' stands twice"),
        ({"scenes": {"a": {"subject-action": "x"}}, "upsampling": "yes"}, "'upsampling:' holds method"),
        ({"scenes": {"a": {"subject-action": "x"}}, "upsampling": {"methud": "y"}}, "did you mean 'method'"),
        ({"scenes": {"a": {"subject-action": "x"}}, "upsampling": {"method": ["y"]}}, "upsampling.method must be"),
    ],
)
def test_faulty_data_is_told(content: Any, told: str, tmp_path: Path) -> None:
    path = _yaml(tmp_path / "data.yaml", content)
    with pytest.raises(UserError, match=told) as raised:
        _plan(PromptChoice("bpp", data=path))
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (PromptChoice("bp"), "unknown mode 'bp'; did you mean 'bpp'"),
        (PromptChoice("op", file=Path("p.csv")), "prompts.file is only read with prompts=bpp"),
        (PromptChoice("none", template="base"), "prompts.template is only read with prompts=bpp"),
        (PromptChoice("bpp", file=Path("p.csv"), template="base"), "exclude each other"),
        (PromptChoice("bpp", file=Path("p.csv")), r"p\.csv: there is no such file"),
        (PromptChoice("bpp", data=Path("d.yaml")), r"d\.yaml: there is no such file"),
    ],
)
def test_settings_that_contradict_each_other_are_told(choice: PromptChoice, told: str) -> None:
    with pytest.raises(UserError, match=told):
        _plan(choice)


def test_the_identity_is_that_of_the_texts_wherever_they_lie(tmp_path: Path) -> None:
    here = _csv(tmp_path / "a.csv", _all_texts())
    there = Path(shutil.copy(here, tmp_path / "b.csv"))
    _yaml(tmp_path / "b.csv.yaml", {"upsampling": {"method": "by hand"}})
    other = _csv(tmp_path / "c.csv", {**_all_texts(), SCENARIOS[0].item: "another"})
    first, second, third = (_plan(PromptChoice("bpp", file=path)).identity for path in (here, there, other))
    assert first == second
    assert first != third
