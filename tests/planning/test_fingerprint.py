"""What a run's identity is made of, and what it never depends on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import Adapter
from adapters.command.adapter import Command
from adapters.harness import RollOut
from adapters.precomputed import Precomputed
from runners.benchmarks.benchmark import open_benchmark
from runners.core.errors import UserError
from runners.core.settings import (
    BenchmarkSettings,
    GenerateSettings,
    ModelSettings,
    OutputSettings,
    PromptsSettings,
    ScorerSettings,
    SelectSettings,
)
from runners.planning.fingerprint import Fingerprint, differences
from runners.planning.make_plan import make_plan
from tests.run.harness import MINI, Paint, settings

MODEL = ModelSettings(name="paint", adapter={"_target_": "x.Paint", "steps": 50})
OUTPUT = OutputSettings(name="custom", width=96, height=54, fps=8, preset="ultrafast")


def prints(asked: GenerateSettings, adapter: Adapter | None = None) -> Fingerprint:
    return make_plan(asked, open_benchmark(asked.benchmark), adapter or Paint()).fingerprint


def changed(*, adapter: Adapter | None = None, before: Adapter | None = None, **changes: Any) -> set[str]:
    """Which lines of the fingerprints differ for a command with these changes."""
    asked = settings(Path("/nowhere"), model=MODEL, output=OUTPUT)
    lines = differences(prints(asked, before), prints(replace(asked, **changes), adapter or before))
    return {line.partition(": ")[0] for line in lines}


NEUTRAL: dict[str, dict[str, Any]] = {
    "selection": {"select": SelectSettings(ids=["2"], limit=1)},
    "views": {"select": SelectSettings(views=["left"], categories=["Solid Mechanics"])},
    "shard": {"shard": "1/2"},
    "max_failures": {"max_failures": 3},
    "early_stop": {"early_stop": False},
    "deadline": {"deadline_s": 3.0},
    "attempts": {"attempts": 9},
    "retry_refused": {"retry_refused": True},
    "concurrency": {"concurrency": 2},
    "scorer": {"scorer": ScorerSettings(name="builtin", workers=3)},
    "progress": {"progress": "live"},
    "tracker": {"tracker": "wandb", "tracker_project": "elsewhere"},
    "plan": {"plan": True},
    "keep_raw": {"keep_raw": True},
    "paid": {"model": replace(MODEL, paid=True)},
    "facts": {"model": replace(MODEL, facts={"licence": "MIT", "memory_gb": 24})},
    "the default fit, stated": {"model": replace(MODEL, fit="stretch")},
    "tag": {"tag": "x"},
    "results": {"results": "/elsewhere"},
}


@pytest.mark.parametrize("what", NEUTRAL)
def test_what_changes_no_clip_is_in_neither_fingerprint(what: str) -> None:
    assert changed(**NEUTRAL[what]) == set()


GENERATION: dict[str, tuple[dict[str, Any], set[str]]] = {
    "seed": ({"seed": 1}, {"seed.seed"}),
    "seeds": ({"seeds": "same"}, {"seed.seeds"}),
    "a list of seeds": ({"seeds": [7, 8]}, {"seed.seed", "seed.seeds"}),
    "run": ({"run": 2}, {"seed.run"}),
    "model": ({"model": replace(MODEL, name="other")}, {"model.name"}),
    "argument": ({"model": replace(MODEL, adapter={**MODEL.adapter, "steps": 30})}, {"model.adapter.steps"}),
    "new argument": ({"model": replace(MODEL, adapter={**MODEL.adapter, "cfg": 3})}, {"model.adapter.cfg"}),
    "target": ({"model": replace(MODEL, adapter={**MODEL.adapter, "_target_": "y"})}, {"model.adapter._target_"}),
    "fit": ({"model": replace(MODEL, fit="pad")}, {"conditioning.fit"}),
    "negative": ({"model": replace(MODEL, negative_prompt="blur")}, {"negative_prompt"}),
    "own negative": ({"prompts": PromptsSettings(mode="op", negative="blur")}, {"negative_prompt"}),
    "prompts": ({"prompts": PromptsSettings(mode="none")}, {"prompts.mode"}),
    "benchmark": (
        {"benchmark": BenchmarkSettings(name="other", kind="original", root=str(MINI / "dataset"))},
        {"benchmark.name"},
    ),
}


@pytest.mark.parametrize("what", GENERATION)
def test_what_the_model_sees_or_is_told_is_in_the_generation_alone(what: str) -> None:
    changes, expected = GENERATION[what]
    assert changed(**changes) == {f"generation.{line}" for line in expected}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"fps": 12}, "output.fps"),
        ({"width": 48}, "output.width"),
        ({"crf": 20}, "output.crf"),
        ({"preset": "fast"}, "output.preset"),
        ({"sampling": "nearest"}, "output.sampling"),
    ],
)
def test_the_output_is_in_the_publication_alone_for_a_model_of_its_own_size_and_rate(
    change: dict[str, Any], line: str
) -> None:
    assert changed(output=replace(OUTPUT, **change)) == {f"publication.{line}"}


def test_a_model_that_follows_the_run_s_size_and_rate_is_asked_for_something_else_by_another_output() -> None:
    follows = Paint(sizes=(), native_fps=None)
    assert changed(before=follows, output=replace(OUTPUT, fps=12, height=36)) == {
        "publication.output.fps",
        "publication.output.height",
        "generation.conditioning.clip_fps",
        "generation.conditioning.sizes",
    }


def test_what_becomes_of_short_clips_is_in_neither() -> None:
    """A run whose short clips failed goes on with model.short=hold, as its own message proposes."""
    assert changed(model=replace(MODEL, short="hold")) == changed(model=replace(MODEL, short="roll_out")) == set()


def test_what_the_model_needs_is_part_of_it() -> None:
    assert changed(adapter=Paint(mode="multiframe", conditioning_frames=9)) == {
        "generation.conditioning.mode",
        "generation.conditioning.frames",
    }
    assert changed(adapter=Paint(concurrency=1, max_batch=3)) == set()


@pytest.mark.parametrize(
    ("adapter", "argument"),
    [
        (Command(command="x {output}"), "timeout_s"),
        (Command(command="x {output}"), "concurrency"),
        (Precomputed(folder="/x"), "note"),
    ],
)
def test_arguments_that_never_change_a_pixel_are_left_out_wrapped_or_not(adapter: Adapter, argument: str) -> None:
    other = replace(MODEL, adapter={**MODEL.adapter, argument: 99})
    adapter.needs = Paint.needs
    assert changed(before=adapter, model=other) == set()
    assert changed(before=RollOut(adapter), model=other) == set()
    assert changed(before=Paint(), model=other) == {f"generation.model.adapter.{argument}"}


def test_other_rows_are_another_benchmark_and_other_prompts_are_recorded_clip_by_clip(tmp_path: Path) -> None:
    text = (MINI / "dataset" / "descriptions.csv").read_text("utf-8")
    (tmp_path / "prompts.csv").write_text(text.replace("a ball", "a cat"), "utf-8")
    (tmp_path / "rows.csv").write_text("\n".join(line for line in text.splitlines() if "0003_" not in line), "utf-8")
    mini = settings(tmp_path).benchmark
    assert changed(benchmark=replace(mini, descriptions=str(tmp_path / "prompts.csv"))) == set()
    assert changed(benchmark=replace(mini, descriptions=str(tmp_path / "rows.csv"))) == {
        "generation.benchmark.scenarios",
        "generation.benchmark.rows_sha256",
    }


def test_fingerprints_are_plain_json_and_come_back_as_they_were() -> None:
    whole = prints(settings(Path("/nowhere")), Paint(conditioning_fps=24, conditioning_frames=3, mode="multiframe"))
    assert json.loads(json.dumps(whole)) == whole
    assert list(differences(json.loads(json.dumps(whole)), whole)) == []


def test_a_difference_is_told_with_its_path_and_both_values() -> None:
    old = {"a": {"b": 1, "gone": 2}, "same": [1]}
    new = {"a": {"b": "1", "new": None}, "same": [1], "more": {"x": 0}}
    assert list(differences(old, new)) == ["a.b: 1 → '1'", "a.gone: 2 → None", "more: None → {'x': 0}"]


def test_an_unknown_kind_of_benchmark_is_told() -> None:
    with pytest.raises(UserError, match="did you mean 'custom'"):
        open_benchmark(BenchmarkSettings(name="x", kind="costum"))
