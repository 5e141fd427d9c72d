"""Runs become rows: of one setting together, of two never; the ceiling and what others published stand apart."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from runners.reporting.leaderboard import LeaderboardRow, group, ranked, row, rows
from runners.reporting.leaderboard_table import notes, print_leaderboard
from runners.reporting.published import published_rows
from tests.reporting.scored import SHARES, scored_run


def board(*runs: Any) -> list[LeaderboardRow]:
    return rows(group(runs)[0], resamples=200, seed=0)


def printed(found: list[LeaderboardRow], width: int = 240) -> list[list[str]]:
    """The cells of every printed line, headings too; a rule between sections is an empty one."""
    console = Console(file=io.StringIO(), width=width, color_system=None, _environ={})
    print_leaderboard(found, console)
    assert isinstance(console.file, io.StringIO)
    lines: list[list[str]] = []
    for line in console.file.getvalue().splitlines():
        if line.startswith("├"):
            lines.append([])
        elif line[:1] in ("│", "┃"):
            lines.append([cell.strip() for cell in line[1:-1].replace("┃", "│").split("│")])
    return lines


def test_four_runs_are_one_row_with_the_standard_deviation_of_a_sample() -> None:
    shifts = (0.0, 0.01, 0.03, 0.08)
    runs = [scored_run(number=k, shares=[share + shift for share in SHARES]) for k, shift in enumerate(shifts, 1)]
    [found] = board(*runs)
    assert (found.model, found.prompts, found.count, found.clips, found.expected) == ("svd", "bpp", 4, 9, 9)
    assert found.runs == tuple(f"svd-bpp-run_{k:02d}" for k in range(1, 5))
    original = found.scores["original"]
    assert original is not None
    assert original.mean == pytest.approx(100 * (sum(SHARES) / 3 + 0.03))
    # n − 1: the squares of -3, -2, 0 and 5 sum to 38.
    assert original.std == pytest.approx(math.sqrt(38 / 3))
    assert original.low is not None
    assert original.high is not None
    assert original.low < original.mean < original.high


def test_one_run_has_no_spread() -> None:
    [found] = board(scored_run())
    assert all(mean is not None and mean.std is None for mean in found.scores.values())


@pytest.mark.parametrize(
    "change",
    [
        {"benchmark": "original"}, {"prompts": "op"}, {"tag": "x"}, {"model": "svd_xt"}, {"fps": 30}, {"width": 1920},
        {"crf": 8}, {"text": "Another text."}, {"revision": "abc"}, {"oracle": True}, {"adapter": {"steps": 25}},
        {"official": True}, {"opencv": "4.12"},
    ],
)  # fmt: skip
def test_runs_of_two_settings_are_never_averaged(change: dict[str, Any]) -> None:
    found = board(scored_run(number=1), scored_run(number=2, **change))
    assert [each.count for each in found] == [1, 1]


def test_what_keeps_runs_of_one_name_apart_is_told() -> None:
    _, told = group([scored_run(number=1), scored_run(number=2, crf=8)])
    assert told == ["svd-bpp-run_01 and svd-bpp-run_02 are not averaged: publication.output.crf: 12 → 8"]


def test_a_copy_of_a_run_counts_once() -> None:
    kinds, told = group([scored_run(), scored_run(parent="results/old")])
    assert [len(kind.runs) for kind in kinds] == [1]
    places = "results/verified/svd-bpp-run_01 is a copy of results/old/verified/svd-bpp-run_01"
    assert told == [f"{places} (same number, same clips): it counts once"]


def test_runs_of_one_seed_made_twice_are_told_to_be_no_independent_runs() -> None:
    kinds, told = group([scored_run(salt="here"), scored_run(salt="there", parent="results/old")])
    assert [len(kind.runs) for kind in kinds] == [2]
    places = "results/old/verified/svd-bpp-run_01 and results/verified/svd-bpp-run_01"
    assert told == [f"{places} were made with the same seeds: no independent runs, so the ± is too small"]


def test_runs_over_scenes_of_other_names_are_never_averaged() -> None:
    one, two = scored_run(number=1), scored_run(number=2)
    renamed = tuple(replace(clip, scene=f"{clip.scene}-b") for clip in two.scores.per_clip)
    two = replace(two, scores=replace(two.scores, per_clip=renamed))
    assert [each.count for each in board(one, two)] == [1, 1]


def test_a_model_that_makes_the_same_clips_every_time_has_two_runs_nevertheless() -> None:
    [found] = board(scored_run(number=1, salt="same"), scored_run(number=2, salt="same"))
    assert found.count == 2
    assert found.scores["verified"] is not None
    assert found.scores["verified"].std == 0.0


def test_verified_comes_first_then_original_then_others_best_first_and_the_ceiling_apart() -> None:
    found = board(
        scored_run("demo_model", benchmark="demo"),
        scored_run("poor", shares=(0.1, 0.1, 0.1)),
        scored_run("rich", shares=(0.9, 0.9, 0.9)),
        scored_run("original_model", benchmark="original"),
        scored_run("real_take", shares=(0.2, 0.2, 0.2), oracle=True),
    )
    assert [each.model for each in found] == ["real_take", "rich", "poor", "original_model", "demo_model"]
    assert [line[0] if line else "---" for line in printed(found)] == [
        *("model", "real_take (ceiling, sees take 2)", "---", "rich", "poor"),
        *("model", "original_model", "model", "demo_model"),
    ]


def test_the_original_benchmark_is_ranked_by_its_own_score() -> None:
    one, two = (row(group([scored_run(name, benchmark="original")])[0][0], resamples=10, seed=0) for name in "ab")
    worse = {**one.scores, "original": None}
    assert [each.model for each in ranked([LeaderboardRow(**{**vars(one), "scores": worse}), two])] == ["b", "a"]


def test_a_row_shows_clips_rate_size_prompts_and_the_number_of_runs() -> None:
    heading, cells = printed(board(scored_run(number=1), scored_run(number=2)))
    assert heading == ["model", "prompts", "runs", "Verified", "95 %", "Original", "95 %", "SP", "ST", "WS", "MSE",
                       "clips", "output"]  # fmt: skip
    assert cells[:3] == ["svd", "bpp", "2"]
    assert cells[5] == "40.00 ± 0.00"
    assert cells[6] == "10.0 … 80.0"
    assert cells[-2:] == ["9/9", "1280×720, 24 FPS"]


def test_an_undefined_score_is_a_dash() -> None:
    run = scored_run()
    marks = replace(run.scores.marks, original=None)
    [_, cells] = printed(board(replace(run, scores=replace(run.scores, marks=marks))))
    assert cells[5] == "–"
    assert cells[3] != "–"


@pytest.mark.parametrize("width", [70, 110, 150, 240])
def test_no_number_is_ever_cut(width: int) -> None:
    text = "\n".join(" ".join(line) for line in printed(board(scored_run(number=1), scored_run(number=2)), width))
    assert "40.00 ± 0.00" in text


@pytest.mark.parametrize("name", ["a[bold]b", "x|y*z", "a & b_c%", "naïve模型", "a\nb\tc", "=1+1"])
def test_odd_names_are_shown_as_they_are_on_one_line(name: str) -> None:
    [_, cells] = printed(board(scored_run(name)))
    assert cells[0] == " ".join(name.split())


def test_published_rows_are_marked_and_stand_below_what_was_made_here() -> None:
    found = ranked([*board(scored_run("mine")), *published_rows()])
    verified = [each for each in found if each.kind == "verified"]
    assert [each.published for each in verified] == [False] + [True] * (len(verified) - 1)
    scores = [mean.mean for each in verified[1:] if (mean := each.scores["verified"])]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 17 + 7  # on the list, and beside it
    lines = printed(verified)
    assert lines[2] == []
    chosen = "Magi-1 24B + GeoPhys, best of N (multiframe) [published, 2026-06-19]"
    assert lines[3][:4] == [chosen, "op", "1", "58.2"]
    beside = "Seedance 2.5 + Isoquant, not merged (multiframe) [published, 2026-09-03]"
    assert lines[4][:4] == [beside, "bpp", "4", "57.1 ± 0.8"]
    assert ["Magi-1 24B (multiframe) [published, 2026-06-19]", "op", "16", "48.4 ± 1.1"] in [line[:4] for line in lines]
    assert "arXiv 2606.18943 (2026-06-17)" in notes(found, resamples=1, seed=0)[-1]


def test_rows_of_several_sizes_and_resampled_truth_come_with_a_warning() -> None:
    same = board(scored_run("a"), scored_run("b"))
    assert len(notes(same, resamples=1, seed=0)) == 1
    other = board(scored_run("a"), scored_run("b", fps=8))
    assert any("compare only rows of one output" in line for line in notes(other, resamples=1, seed=0))
    run = scored_run()
    origin = replace(run.scores.origin, truth_fps=run.scores.origin.fps + 1)
    run = replace(run, scores=replace(run.scores, origin=origin))
    assert any(line.startswith("truth was resampled") for line in notes(board(run), resamples=1, seed=0))


def test_what_the_official_toolbox_scored_is_marked() -> None:
    found = board(scored_run("theirs", official=True), scored_run("ours"))
    assert {line[0] for line in printed(found)[1:]} == {"theirs [official toolbox]", "ours"}
    assert any(line.startswith("[official toolbox]") for line in notes(found, resamples=1, seed=0))


def test_two_data_sets_of_one_name_come_with_a_warning() -> None:
    found = board(scored_run("a", benchmark="custom"), scored_run("b", benchmark="custom", truth="another"))
    told = "rows of custom were scored against different truth files: do not compare them"
    assert told in notes(found, resamples=1, seed=0)


def test_a_score_over_one_scene_has_no_interval() -> None:
    [_, cells] = printed(board(scored_run(shares=(0.4,))))
    assert (cells[3], cells[4], cells[5], cells[6]) == ("55.00", "–", "40.00", "–")


@pytest.mark.parametrize(("width", "told"), [(80, True), (240, False)])
def test_a_narrow_table_says_where_the_rest_is(width: int, told: bool) -> None:
    console = Console(file=io.StringIO(), width=width, color_system=None, _environ={})
    print_leaderboard(board(scored_run()), console)
    assert isinstance(console.file, io.StringIO)
    assert ("more columns are in leaderboard.md" in console.file.getvalue()) is told
