"""The table at the end: it must not let its reader fool themselves."""

from __future__ import annotations

import io
import math
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from runners.core.outcome import DONE, Outcome
from runners.reporting.tables import COLUMNS, fitting_table, means, notes, print_outcomes, score_table
from runners.scoring.scores import AggregateScores, Origin, Scores
from tests.reporting.scored import SHARES, VARIANCE
from tests.reporting.scored import clips as made_of


def outcome(
    name: str,
    verified: float | None,
    *,
    oracle: bool = False,
    clips: int = 6,
    second_takes: bool = True,
    **changes: Any,
) -> Outcome:
    """A scored run; the other scores follow from the first, so that each column has its own number."""
    numbers: dict[str, Any] = {
        key: None if verified is None else verified + number for number, key in enumerate(COLUMNS)
    }
    marks = AggregateScores(**numbers, metrics=VARIANCE, variances=VARIANCE if second_takes else None)
    origin = replace(Origin("mini", 24, 1280, 720, "5.0", "bt709", 24, "made", "truth"), **changes)
    per_clip = tuple(made_of(SHARES[:2], "")[:clips])
    return Outcome(
        DONE, name, oracle=oracle,
        scores=Scores(marks, origin, 6, verified is not None, (), per_clip, (), (), ()),
    )  # fmt: skip


def rows(*outcomes: Outcome) -> list[list[str]]:
    """The cells of every printed row, heading first; a rule between sections is an empty row."""
    console = Console(file=io.StringIO(), width=200, color_system=None, _environ={})
    console.print(score_table(outcomes))
    assert isinstance(console.file, io.StringIO)
    found: list[list[str]] = []
    for line in console.file.getvalue().splitlines():
        if line.startswith("├"):
            found.append([])
        elif line[0] in "│┃":
            found.append([cell.strip() for cell in line[1:-1].replace("┃", "│").split("│")])
    return found


def test_every_score_stands_under_its_heading() -> None:
    assert rows(outcome("svd-op-run_01", 40.0)) == [
        ["run", "Verified", "95 %", "Original", "SP", "ST", "WS", "MSE", "clips", "output"],
        [
            "svd-op-run_01",
            "40.00",
            "32.5 … 47.5",
            "41.00",
            "42.00",
            "43.00",
            "44.00",
            "45.00",
            "6/6",
            "1280×720, 24 FPS",
        ],
    ]


def test_a_score_over_one_scene_has_no_interval() -> None:
    [_, row] = rows(outcome("svd-op-run_01", 40.0, clips=3))
    assert row[1:3] == ["40.00", "–"]


def test_the_best_run_comes_first_and_one_without_a_score_last() -> None:
    table = rows(outcome("a-op-run_01", None), outcome("b-op-run_01", 9.0), outcome("c-op-run_01", 31.5))
    assert [row[0] for row in table[1:]] == ["c-op-run_01", "b-op-run_01", "a-op-run_01"]


@pytest.mark.parametrize("ceiling", [100.0, 61.0, None])
def test_the_ceiling_is_marked_and_stands_apart_whatever_it_reaches(ceiling: float | None) -> None:
    table = rows(outcome("c-op-run_01", 70.0), outcome("real_take-op-run_01", ceiling, oracle=True))
    assert table[1][0] == "real_take-op-run_01 (ceiling, sees take 2)"
    assert table[2] == []
    assert [row[0] for row in table[3:]] == ["c-op-run_01"]


def test_a_ceiling_alone_has_no_rule_beneath() -> None:
    assert len(rows(outcome("real_take-op-run_01", 100.0, oracle=True))) == 2


def test_an_incomplete_run_has_its_metrics_beside_the_variance_of_its_clips_and_no_score(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_outcomes([outcome("svd-op-run_01", None, clips=4), outcome("whole-op-run_01", 30.0)])
    above, _, below = capsys.readouterr().out.partition("Metrics, no score")
    assert "whole-op-run_01" in above
    assert "svd" not in above
    found = [[cell.strip() for cell in line[1:-1].split("│")] for line in below.splitlines() if line[:1] == "│"]
    assert found == [
        ["svd-op-run_01", "0.5000", "0.4000", "0.5000", "0.0020"],
        ["metrics over 4 of 6 clips, no score", "", "", "", ""],
        ["physical variance of these clips", "0.5000", "0.4000", "0.5000", "0.0020"],
    ]


def test_without_second_takes_there_are_metrics_and_no_variance(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcomes([outcome("svd-op-run_01", None, second_takes=False)])
    out = capsys.readouterr().out
    assert "metrics over 6 of 6 clips, no score" in out
    assert "variance" not in out


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_metrics_are_never_wider_than_the_window_or_than_a_hundred_columns(width: int) -> None:
    console = Console(width=width, file=io.StringIO(), color_system=None, _environ={})
    print_outcomes([outcome("extrapolate+guidance_scale=5+fit=pad-op-run_01", None)], console)
    assert isinstance(console.file, io.StringIO)
    table = [line for line in console.file.getvalue().splitlines() if line[:1] in "│┃┏┡└├"]
    assert len(table) > 5
    assert max(map(len, table)) <= min(width, 100)


def test_what_is_piped_has_no_codes_of_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcomes([outcome("a-op-run_01", 3.0), outcome("b-op-run_01", None)])
    assert "\x1b" not in capsys.readouterr().out


def next_of(text: str) -> list[list[str]]:
    """The words of the commands that come next."""
    return [shlex.split(line)[1 if line.startswith("next:") else 0 :] for line in text.splitlines()[-2:]]


def test_it_ends_with_the_two_next_commands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    results = tmp_path / "my results"
    print_outcomes([replace(outcome("a-op-run_01", 3.0), results=results)])
    assert next_of(capsys.readouterr().out) == [
        ["python", "-m", "runners.report", f"results={results}"],
        ["python", "-m", "runners.score", f"results={results}"],
    ]


def test_after_several_models_the_two_best_are_to_be_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    runs = [("a-op-run_01", 3.0), ("b-op-run_01", 9.0), ("b-op-run_02", 8.0), ("c-op-run_01", 5.0)]
    ceiling = outcome("real_take-op-run_01", 100.0, oracle=True)
    print_outcomes([replace(run, results=tmp_path) for run in (ceiling, *(outcome(*each) for each in runs))])
    assert next_of(capsys.readouterr().out)[1][3:] == [f"results={tmp_path}", "compare=[b-op,c-op]"]


def test_of_clips_that_lie_in_no_run_nothing_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcomes([outcome("a", 3.0)])
    assert "next:" not in capsys.readouterr().out


def test_four_runs_have_a_mean_and_the_standard_deviation_of_a_sample() -> None:
    values = [30.0, 31.0, 33.0, 38.0]
    runs = [outcome(f"svd-op-run_{k:02d}", value) for k, value in enumerate(values, 1)]
    # n − 1: the squares of -3, -2, 0 and 5 sum to 38.
    std = math.sqrt(38 / 3)
    [(name, cells, count)] = means(runs)
    assert (name, count) == ("svd-op", 4)
    assert cells == [f"{33 + number:.2f} ± {std:.2f}" for number in range(6)]
    assert rows(*runs)[-1][:2] == ["svd-op: mean ± std of 4 runs", f"33.00 ± {std:.2f}"]


def test_an_incomplete_run_is_in_no_mean() -> None:
    runs = [outcome("svd-op-run_01", 30.0), outcome("svd-op-run_02", 32.0), outcome("svd-op-run_03", None)]
    [(_, cells, count)] = means(runs)
    assert (cells[0], count) == ("31.00 ± 1.41", 2)
    assert means(runs[1:]) == []


def test_runs_that_differ_in_more_than_their_number_share_no_mean() -> None:
    assert means([outcome("svd-op-run_01", 30.0), outcome("svd-bpp-run_02", 32.0)]) == []
    assert means([outcome("svd-op-run_01", 30.0), outcome("svd+x-op-run_02", 32.0)]) == []
    for change in ({"benchmark": "other"}, {"fps": 30, "truth_fps": 30}, {"width": 1920}, {"height": 1080}):
        assert means([outcome("svd-op-run_01", 30.0), outcome("svd-op-run_02", 32.0, **change)]) == [], change


def test_a_run_that_is_named_twice_counts_once() -> None:
    assert means([outcome("svd-op-run_01", 30.0), outcome("svd-op-run_01", 30.0)]) == []


def test_runs_over_several_benchmarks_say_over_which() -> None:
    runs = [
        outcome(f"svd-op-run_{k:02d}", 30.0 + k + 10 * (benchmark == "demo"), benchmark=benchmark)
        for benchmark in ("demo", "mini")
        for k in (1, 2)
    ]
    assert [row[0] for row in rows(*runs)[1:]] == [
        "demo/svd-op-run_02",
        "demo/svd-op-run_01",
        "mini/svd-op-run_02",
        "mini/svd-op-run_01",
        "demo/svd-op: mean ± std of 2 runs",
        "mini/svd-op: mean ± std of 2 runs",
    ]


def test_names_in_brackets_are_no_markup() -> None:
    assert rows(outcome("a[bold]-op-run_01", 3.0))[1][0] == "a[bold]-op-run_01"


def test_notes_name_runs_without_a_score_and_resampled_truth() -> None:
    whole, partial = outcome("a-op-run_01", 3.0), outcome("b-op-run_01", None)
    assert notes([whole]) == []
    [missing] = notes([whole, partial])
    assert missing == "no score for b-op-run_01: the set is incomplete (metrics are in scores/)"
    [alone] = notes([outcome("c-op-run_01", None, second_takes=False)])
    assert alone == "no score for c-op-run_01: the benchmark has no second takes (metrics are in scores/)"
    [resampled] = notes([outcome("a-op-run_01", 3.0, truth_fps=30)])
    assert resampled.startswith("truth was resampled")


def test_what_happened_is_told_before_the_table_and_a_failed_job_has_no_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = outcome("a-op-run_01", 3.0)
    told = Outcome(done.code, done.name, ("a-op-run_01: 6 of 6 clips [published]",), scores=done.scores)
    print_outcomes([told, Outcome.bad_input("there is no model 'b'")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["a-op-run_01: 6 of 6 clips [published]", "error: there is no model 'b'"]
    assert sum("a-op-run_01" in line for line in lines) == 2


def test_without_scores_there_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcomes([Outcome(DONE, "a", ("a: 1 of 6 clips",))])
    assert capsys.readouterr().out == "a: 1 of 6 clips\n"


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_number_is_ever_cut(width: int) -> None:
    console = Console(width=width, file=io.StringIO(), color_system=None, _environ={})
    runs = [outcome(f"extrapolate-op-run_{run:02d}", verified=20.0 + run) for run in range(1, 5)]
    console.print(fitting_table(runs, console))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert all("…" not in number for number in re.split(r"\s*│\s*| … ", shown))
    assert all(number in shown for number in ("21.00", "22.00", "23.00", "24.00", "22.50", "± 1.29"))


@pytest.mark.parametrize("width", [70, 80, 100, 140, 300])
def test_the_table_is_never_wider_than_the_window_or_than_a_hundred_columns(width: int) -> None:
    console = Console(width=width, file=io.StringIO(), color_system=None, _environ={})
    runs = [outcome(f"extrapolate+guidance_scale=5+fit=pad-op-run_{run:02d}", 20.0 + run) for run in range(1, 5)]
    ceiling = outcome("real_take-op-run_01", 100.0, oracle=True)
    console.print(fitting_table([*runs, ceiling], console))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, map(str.rstrip, lines))) <= min(width, 100)
    assert any("SP" in line for line in lines) == (width >= 100)
    assert "1280×720, 24 FPS" in console.file.getvalue()


def test_outputs_that_differ_stand_with_their_runs_however_narrow_the_table() -> None:
    console = Console(width=80, file=io.StringIO(), color_system=None, _environ={})
    runs = [outcome("a-op-run_01", 20.0), outcome("b-op-run_01", 21.0, fps=30, truth_fps=30, width=480, height=270)]
    console.print(fitting_table(runs, console))
    assert isinstance(console.file, io.StringIO)
    assert all(text in console.file.getvalue() for text in ("1280×720,", "24 FPS", "480×270,", "30 FPS"))
