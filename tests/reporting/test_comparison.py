"""Two models compared: what a name means, and what a reader is warned of."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from runners.core.errors import UserError
from runners.reporting.comparison import (
    Comparison,
    MetricComparison,
    compare_models,
    comparison_notes,
    comparison_table,
    partial_groups,
)
from runners.reporting.leaderboard import ScoredRun, group
from runners.reporting.partial_runs import PartialRun
from runners.scoring.scores import Scores
from tests.reporting.scored import VARIANCE, scored_run

BETTER = (0.2, 0.4, 0.9)


def compared(*names: str, runs: list[Any]) -> list[Comparison]:
    found = compare_models(group(runs)[0], names, resamples=200, seed=0)
    assert all(isinstance(each, Comparison) for each in found)
    return [each for each in found if isinstance(each, Comparison)]


def part(run: ScoredRun, clips: Sequence[int]) -> PartialRun:
    """The run with only some of its clips."""
    whole = run.scores
    kept = [whole.per_clip[k] for k in clips]
    scores = Scores.of(kept, whole.origin, expected=whole.expected, missing=["the others"])
    return PartialRun(run.record, scores, "incomplete")


def metrics(*names: str, whole: Sequence[ScoredRun] = (), parts: Sequence[PartialRun] = ()) -> MetricComparison:
    [found] = compare_models(group(whole)[0], names, resamples=200, seed=0, partial=partial_groups(parts))
    assert isinstance(found, MetricComparison)
    return found


def cells(comparison: Comparison | MetricComparison) -> list[list[str]]:
    console = Console(file=io.StringIO(), width=200, color_system=None, _environ={})
    console.print(comparison_table(comparison))
    assert isinstance(console.file, io.StringIO)
    lines = [line for line in console.file.getvalue().splitlines() if line[0] in "│┃"]
    return [[cell.strip() for cell in line[1:-1].replace("┃", "│").split("│")] for line in lines]


def test_a_model_that_is_better_everywhere_is_higher_in_all_resamples() -> None:
    [found] = compared("good", "svd", runs=[scored_run("svd"), scored_run("good", shares=BETTER)])
    assert (found.benchmark, found.scenes) == ("verified", 3)
    heading, verified, original = cells(found)
    assert heading == ["score", "good-bpp", "svd-bpp", "difference", "95 %", "good-bpp higher"]
    assert original == ["Original", "50.00", "40.00", "+10.00", "+10.00 … +10.00", "100.0 %"]
    assert verified[3] == "+7.50"


def test_equal_models_tie_everywhere() -> None:
    [found] = compared("a", "b", runs=[scored_run("a"), scored_run("b")])
    assert cells(found)[1][3:] == ["+0.00", "+0.00 … +0.00", "0.0 % (100.0 % equal)"]


def test_all_runs_of_a_model_count_and_a_folders_name_means_that_run_alone() -> None:
    runs = [scored_run("svd", 1), scored_run("svd", 2, BETTER), scored_run("b")]
    [found] = compared("svd", "b", runs=runs)
    assert found.differences["original"] is not None
    assert found.differences["original"].a == pytest.approx(45.0)
    [found] = compared("svd-bpp-run_02", "b", runs=runs)
    assert found.differences["original"] is not None
    assert found.differences["original"].a == pytest.approx(50.0)
    [found] = compared("svd-bpp-run_01", "svd-bpp-run_02", runs=runs)
    assert found.differences["original"] is not None
    assert found.differences["original"].difference == pytest.approx(-10.0)


def test_each_benchmark_that_has_both_is_compared() -> None:
    runs = [scored_run(model, benchmark=name) for name in ("verified", "original") for model in ("a", "b")]
    found = compared("a", "b", runs=[*runs, scored_run("a", benchmark="demo")])
    assert [each.benchmark for each in found] == ["original", "verified"]
    [alone] = compared("verified/a-bpp", "b", runs=runs)
    assert alone.benchmark == "verified"


def test_a_name_that_means_two_settings_is_asked_about() -> None:
    runs = [scored_run("a", prompts="op"), scored_run("a"), scored_run("b")]
    with pytest.raises(UserError, match=r"'a' means several settings: a-bpp \(a-bpp-run_01\); a-op"):
        compared("a", "b", runs=runs)
    assert compared("a-op", "b", runs=runs)[0].a.label == "a-op"


def test_an_unknown_name_brings_the_nearest_one() -> None:
    with pytest.raises(UserError, match="no scored run of 'freze'; did you mean 'freeze'"):
        compared("freze", "svd", runs=[scored_run("freeze"), scored_run("svd")])


@pytest.mark.parametrize("names", [("a",), ("a", "b", "c")])
def test_it_takes_two(names: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="two models"):
        compared(*names, runs=[scored_run(name) for name in "abc"])


def test_models_on_different_benchmarks_are_not_compared() -> None:
    with pytest.raises(UserError, match="no common benchmark"):
        compared("a", "b", runs=[scored_run("a"), scored_run("b", benchmark="original")])


def test_what_makes_a_comparison_unfair_is_told() -> None:
    [fair] = compared("a", "b", runs=[scored_run("a"), scored_run("b")])
    assert not any("warning" in line for line in comparison_notes(fair, resamples=1, seed=0))
    runs = [scored_run("a"), scored_run("b", fps=8, prompts="op", oracle=True)]
    told = comparison_notes(compared("a", "b", runs=runs)[0], resamples=1, seed=0)
    assert [line.partition(":")[2].split(" ")[1] for line in told if line.startswith("warning")] == [
        "1280×720",
        "other",
        "b-op",
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"official": True}, "warning: b-bpp was scored by the official toolbox, the other by the built-in scorer"),
        (
            {"truth": "another"},
            "warning: scored against different truth files: a scene of one name may not be the same",
        ),
        ({"shares": (0.1, 0.3)}, "warning: only 2 of 3 scenes are common: all numbers are over those"),
    ],
)
def test_another_yardstick_is_told(change: dict[str, Any], told: str) -> None:
    [found] = compared("a", "b", runs=[scored_run("a"), scored_run("b", **change)])
    assert [line for line in comparison_notes(found, resamples=1, seed=0) if "warning" in line] == [told]


def test_over_one_scene_there_is_a_difference_and_nothing_to_be_sure_of() -> None:
    runs = [scored_run("a", shares=(0.5,)), scored_run("b", shares=(0.4,))]
    [found] = compared("a", "b", runs=runs)
    assert cells(found)[2] == ["Original", "50.00", "40.00", "+10.00", "–", "–"]
    assert any("there is no interval" in line for line in comparison_notes(found, resamples=1, seed=0))


def test_a_partial_run_is_compared_with_a_whole_one_by_the_metrics_of_the_clips_that_both_have() -> None:
    found = metrics("new", "svd", whole=[scored_run("svd")], parts=[part(scored_run("new", shares=BETTER), range(6))])
    assert (found.paired.clips, found.paired.scenes) == (6, 2)
    heading, spatial, *_, mse = cells(found)
    assert heading == ["metric", "new-bpp", "svd-bpp", "variance", "difference", "95 %", "new-bpp higher"]
    assert spatial[:5] == ["spatial", "0.1500", "0.1000", "0.5000", "+0.0500"]  # 0.5 · (0.2 + 0.4) / 2, … (0.1 + 0.3)
    assert spatial[5:] == ["+0.0500 … +0.0500", "100.0 %"]
    assert mse[4:] == ["+0.0000", "+0.0000 … +0.0000", "0.0 % (100.0 % equal)"]


def test_it_is_marked_and_no_score_is_shown() -> None:
    found = metrics("new", "svd", whole=[scored_run("svd")], parts=[part(scored_run("new"), range(6))])
    told = "metrics over 6 of 9 clips, no score"
    assert told in str(comparison_table(found).title)
    notes = comparison_notes(found, resamples=1, seed=0)
    assert any(line.startswith(told) for line in notes)
    assert not any("warning" in line for line in notes)
    assert not any("Verified" in cell or "Original" in cell for line in cells(found) for cell in line)


def test_of_two_partial_runs_a_scene_counts_with_the_views_that_both_have() -> None:
    a, b = part(scored_run("a"), (0, 1, 3, 4, 6)), part(scored_run("b", shares=BETTER), (1, 2, 3, 4))
    found = metrics("a", "b", parts=[a, b])
    assert (found.paired.clips, found.paired.scenes) == (3, 2)


def test_a_name_means_a_whole_run_before_it_means_a_partial_one() -> None:
    runs = [scored_run("a"), scored_run("b")]
    parts = partial_groups([part(scored_run("a", number=2), range(3))])
    [found] = compare_models(group(runs)[0], ["a", "b"], resamples=50, seed=0, partial=parts)
    assert isinstance(found, Comparison)


def test_partial_runs_that_share_no_clip_are_not_compared() -> None:
    with pytest.raises(UserError, match="no scene in common"):
        metrics("a", "b", parts=[part(scored_run("a"), range(3)), part(scored_run("b"), range(3, 6))])


def test_partial_runs_over_one_scene_have_no_interval() -> None:
    found = metrics("a", "b", parts=[part(scored_run("a"), range(3)), part(scored_run("b"), range(3))])
    assert cells(found)[1][5:] == ["–", "–"]
    assert any("there is no interval" in line for line in comparison_notes(found, resamples=1, seed=0))


def test_partial_runs_held_against_other_physics_come_with_a_warning() -> None:
    other = part(scored_run("b"), range(6))
    assert other.scores is not None
    moved = replace(VARIANCE, mse=0.5)
    clips = tuple(replace(clip, variance=moved) for clip in other.scores.per_clip)
    other = replace(other, scores=replace(other.scores, per_clip=clips))
    found = metrics("a", "b", parts=[part(scored_run("a"), range(6)), other])
    assert any("different truth files" in line for line in comparison_notes(found, resamples=1, seed=0))
