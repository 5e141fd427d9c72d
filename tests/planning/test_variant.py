"""What a sweep tries out becomes part of each run's name: short, the same on every call, and never the same for two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.core.settings import BenchmarkSettings, GenerateSettings, ModelSettings, PromptsSettings, SelectSettings
from runners.planning.make_plan import run_path
from runners.planning.variant import check_apart, part, variant_tag

SVD = GenerateSettings(
    model=ModelSettings(name="svd"), benchmark=BenchmarkSettings(name="demo"), prompts=PromptsSettings(mode="op")
)


@pytest.mark.parametrize(
    ("swept", "tag"),
    [
        ({}, None),
        ({"seed": 2}, "seed=2"),
        ({"model.fit": "pad"}, "fit=pad"),
        ({"model.adapter.call.guidance_scale": 5}, "guidance_scale=5"),
        ({"model.adapter.call.guidance_scale": 5.0}, "guidance_scale=5"),
        ({"model.adapter.call.guidance_scale": 2.5}, "guidance_scale=2.5"),
        ({"output": "truth", "model": "svd", "run": 3}, "output=truth"),
        ({"seed": 2, "model.fit": "pad"}, "fit=pad+seed=2"),
        ({"model.fit": "pad", "seed": 2}, "fit=pad+seed=2"),
        ({"output.fps": 24, "model.adapter.fps": 16}, "adapter.fps=16+output.fps=24"),
        ({"fps": 24, "output.fps": 16}, "fps=24+output.fps=16"),
        ({"model.adapter.size": [832, 480]}, "size=832x480"),
        ({"seeds": [42, 20260830]}, "seeds=42x20260830"),
        ({"seeds": "same", "model.adapter.trust": True, "model.adapter.revision": None},
         "revision=null+trust=true+seeds=same"),
        ({"placement": "gpu24gb"}, "placement=gpu24gb"),
        # What the path shows as it is, or what is no part of a run's identity
        ({"model.name": "svd", "benchmark": "demo", "prompts": "op", "prompts.mode": "op", "results": "r"}, None),
        ({"select.ids": ["1"], "select.limit": 3, "shard": "1/2", "scorer": "none", "scorer.workers": 2}, None),
        ({"budget.max_usd": 3, "deadline_s": 5.0, "plan": True, "concurrency": 2, "attempts": 1}, None),
        ({"early_stop": False, "max_failures": 2}, None),
        # A choice whose name is not the one that the path shows
        ({"model": "svd_mine"}, "model=svd_mine"),
        ({"prompts": "mine", "benchmark": "other"}, "benchmark=other+prompts=mine"),
    ],
)  # fmt: skip
def test_each_swept_setting_that_the_path_does_not_show_is_a_part_of_the_tag(swept: dict[str, Any], tag: str) -> None:
    assert variant_tag(SVD, swept) == tag


def test_a_tag_that_was_given_stands_before_what_was_swept() -> None:
    assert variant_tag(replace(SVD, tag="mine"), {"seed": 2}) == "mine+seed=2"
    assert variant_tag(replace(SVD, tag="mine"), {"run": 2}) == "mine"


@pytest.mark.parametrize(
    "value",
    [
        "/data/my prompts.csv",
        "a=b",
        "a+b",
        "é",
        "",
        "x" * 200,
        "../..",
        {"a": [1, 2]},
        [[1, 2], [3]],
        "a b",
        "'q'",
        "\n",
    ],
)
def test_a_long_or_odd_value_is_shortened_to_what_folders_and_shells_take(value: Any) -> None:
    text = part("file", value)
    assert len(text) <= 5 + 16 + 1 + 8
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-=")
    assert text == part("file", value)


def test_values_that_are_shortened_alike_are_told_apart() -> None:
    values = ["/a/prompts one.csv", "/b/prompts one.csv", "/a/prompts-one.csv", ["/a/prompts one.csv"]]
    assert len({part("file", value) for value in values}) == len(values)
    assert part("file", "/a/prompts one.csv").startswith("file=prompts-one.csv-")


def test_more_than_a_name_holds_becomes_one_short_part() -> None:
    swept = {f"model.adapter.call.setting_number_{number}": number for number in range(9)}
    tag = variant_tag(replace(SVD, tag="mine"), swept)
    assert tag is not None
    assert tag.startswith("mine+sweep=")
    assert len(tag) < 30
    assert tag != variant_tag(replace(SVD, tag="mine"), {**swept, "seed": 1})
    assert run_path(replace(SVD, tag=tag)).name == f"svd+{tag}-op-run_01"


def apart(*jobs: GenerateSettings) -> None:
    check_apart(jobs, [run_path(job) for job in jobs])


def test_jobs_with_folders_of_their_own_are_let_through() -> None:
    apart(SVD, replace(SVD, run=2), replace(SVD, tag="seed=1", seed=1), replace(SVD, results="elsewhere", seed=3))


def test_jobs_that_share_a_run_on_purpose_are_let_through() -> None:
    apart(*(replace(SVD, shard=f"{number}/3", scorer=replace(SVD.scorer, workers=number)) for number in (1, 2, 3)))
    apart(*(replace(SVD, select=SelectSettings(ids=[number])) for number in "12"))


def test_jobs_that_would_meet_in_one_folder_with_other_settings_are_refused_with_what_differs() -> None:
    with pytest.raises(UserError, match=r"two jobs .* one folder, .*svd-op-run_01, .*\(seed: 0 → 1\); .*tag"):
        apart(SVD, replace(SVD, run=2), replace(SVD, seed=1))


def test_the_same_job_twice_is_refused() -> None:
    with pytest.raises(UserError, match=r"two jobs of the sweep are one and the same \(.*run_02\)"):
        apart(SVD, replace(SVD, run=2), replace(SVD, run=2))


def test_a_run_s_path_takes_the_tag_of_a_sweep_as_it_is(tmp_path: Path) -> None:
    tagged = replace(SVD, results=str(tmp_path), tag="fit=pad+guidance_scale=2.5")
    assert run_path(tagged) == tmp_path / "demo" / "svd+fit=pad+guidance_scale=2.5-op-run_01"
