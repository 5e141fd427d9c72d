"""Every figure on known data: its values as the CSV has them, its pictures, its words."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.core.settings import PageSettings, ScoreSettings
from runners.figures.footage import plan_filmstrips
from runners.figures.paper import write_paper
from runners.figures.plan import NoData, Plan
from runners.figures.scores import plan_scenes, plan_views
from runners.figures.style import KINDS, save
from runners.figures.write import chosen_scenarios, write_figures
from runners.reporting.collect import CollectedRuns
from runners.reporting.leaderboard import ScoredRun, group, rows
from runners.reporting.run_benchmarks import Benchmarks
from runners.scoring.memory import Memory
from runners.scoring.scores import Scores
from tests.figures.boards import HOSTILE, SETTINGS, board, full_board, made_run, mini, plans

NAMES = ("scores", "realism", "categories", "views", "scenes", "runs", "cost", "time", "frames", "filmstrips",
         "switch-frames", "mse-examples")  # fmt: skip
VIEWS = ("left", "center", "right")
ALPHA, BETA = "alpha-bpp", "beta-bpp"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    return plans(full_board(tmp_path_factory.mktemp("known")))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    return plans(full_board(tmp_path_factory.mktemp("hostile"), HOSTILE))


def read(plan: Plan, *columns: str) -> list[tuple[str | float, ...]]:
    """Those columns of a figure's CSV, numbers as such, rounded."""
    return [tuple(_cell(row[name]) for name in columns) for row in csv.DictReader(io.StringIO(plan.table.csv()))]


def _cell(text: str) -> str | float:
    try:
        return text if text.startswith("0") and text.isdecimal() and len(text) == 4 else round(float(text), 4)
    except ValueError:
        return text


def with_seed(run: ScoredRun, /, **seed: object) -> ScoredRun:
    """The same run with another record of its seed."""
    generation = {**run.record.manifest.fingerprint["generation"], "seed": seed}
    fingerprint = {**run.record.manifest.fingerprint, "generation": generation}
    return replace(run, record=replace(run.record, manifest=replace(run.record.manifest, fingerprint=fingerprint)))


def test_views_hold_each_model_s_mean_over_runs_by_view(known: dict[str, Plan]) -> None:
    expected = [(name, view, score) for name, score in ((ALPHA, 66.25), (BETA, 40.0)) for view in VIEWS]
    assert read(known["views"], "model", "view", "score") == expected


def test_scenes_go_from_easy_to_hard(known: dict[str, Plan]) -> None:
    easy, hard = "trimmed-scene-1", "trimmed-scene-0"
    found = read(known["scenes"], "model", "scene", "score")
    assert sorted(found) == [(ALPHA, hard, 47.5), (ALPHA, easy, 85.0), (BETA, hard, 32.5), (BETA, easy, 47.5)]


def test_runs_are_those_of_models_that_have_several(known: dict[str, Plan]) -> None:
    assert read(known["runs"], "model", "run", "score") == [(ALPHA, 1, 70.0), (ALPHA, 2, 62.5)]


def test_cost_is_the_mean_over_runs(known: dict[str, Plan]) -> None:
    assert read(known["cost"], "model", "cost_usd_per_run", "score") == [(ALPHA, 3, 66.25), (BETA, 0.1, 40)]


def test_time_is_the_mean_over_clips(known: dict[str, Plan]) -> None:
    assert read(known["time"], "model", "generate_s_per_clip") == [(ALPHA, 4), (BETA, 40)]


def test_frames_are_means_over_the_clips_of_all_runs_beside_the_physical_variance(known: dict[str, Plan]) -> None:
    found = read(known["frames"], "model", "time_s", "mse", "spatiotemporal_iou", "variance_mse", "clips")
    assert found[:2] == [(ALPHA, 0, 0.0015, 0.5, 0.001, 2), (ALPHA, 0.0333, 0.003, 0.5, 0.001, 2)]
    assert found[2][:3] == (BETA, 0, 0.003)


def test_categories_hold_each_metric_beside_the_physical_variance(known: dict[str, Plan]) -> None:
    found = read(known["categories"], "category", "metric", "model", "value", "variance")
    assert ("Optics", "spatial", ALPHA, 0.15, 0.5) in found
    assert ("Fluid Dynamics", "spatiotemporal", BETA, 0.12, 0.4) in found
    assert len(found) == 2 * 4 * 2


def test_filmstrips_are_the_best_and_the_worst_clip_of_the_best_model(known: dict[str, Plan]) -> None:
    found = read(known["filmstrips"], "id", "category", "model", "score")
    assert found == [("0004", "Fluid Dynamics", ALPHA, 85), ("0003", "Optics", ALPHA, 55)]


def test_chosen_filmstrips_are_those_that_were_named(tmp_path: Path) -> None:
    found = full_board(tmp_path)
    chosen = chosen_scenarios(["2", "0005"], [found])
    assert read(plan_filmstrips(found.models, mini(), chosen), "id") == [("0002",), ("0005",)]


def test_a_chosen_scenario_that_is_none_is_told_with_what_there_is() -> None:
    with pytest.raises(UserError, match=r"filmstrips: '0011' is no scenario of these runs; did you mean '0001'"):
        chosen_scenarios(["0011"], [board(made_run(Path("x"), "a"))])


def test_switch_frames_are_of_the_centre_view(known: dict[str, Plan]) -> None:
    assert read(known["switch-frames"], "id", "scene") == [("0002", "scene-0"), ("0005", "scene-1")]


def test_mse_examples_go_from_equal_to_worst(known: dict[str, Plan]) -> None:
    found = read(known["mse-examples"], "distortion", "mse")
    assert found[:1] == [("unchanged", 0)]
    assert found == sorted(found, key=lambda row: row[1])


def test_a_ceiling_is_a_mark_of_reference_without_a_rank(known: dict[str, Plan]) -> None:
    found = read(known["scores"], "model", "score", "mean_rank", "role")
    assert found == [(ALPHA, 66.25, 1.125, "model"), (BETA, 40, 1.875, "model"), ("take2-bpp", 100, "", "ceiling")]
    assert "Dotted: take2-bpp (100.0), which saw the second take" in known["scores"].caption


def test_a_caption_says_what_was_run(known: dict[str, Plan]) -> None:
    told = ("Benchmark mini, 6 clips; 1280×720 at 30 FPS; 1 to 2 runs per model; base seed 0, each clip's derived from "
            "it and the run; scorer version 1.")  # fmt: skip
    assert all(known[name].caption.endswith(told) for name in ("scores", "realism", "categories", "views", "frames"))


def test_a_caption_names_seeds_that_all_clips_of_a_run_share() -> None:
    runs = [with_seed(made_run(Path("x"), "a", number), seed=42, seeds="same", run=number) for number in (1, 2)]
    assert "; seeds 42, 43, one for all clips of a run; " in plan_views(board(*runs).models).caption


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_text_in_every_figure(
    hostile: dict[str, Plan], name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> None:  # fmt: skip
    plan = hostile[name]
    save(tmp_path / name, plan.size, plan.draw, kinds=("svg",))
    drawn = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
    assert "<script" not in drawn
    assert ("&lt;script&gt;" in drawn) == (name not in ("switch-frames", "mse-examples"))
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


@pytest.mark.parametrize(
    "name", [name if name == "views" else pytest.param(name, marks=pytest.mark.full) for name in NAMES]
)
def test_two_drawings_are_equal(hostile: dict[str, Plan], name: str, tmp_path: Path) -> None:
    plan = hostile[name]
    for turn in ("one", "two"):
        save(tmp_path / turn, plan.size, plan.draw)
    for kind in KINDS:
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


def test_a_second_run_draws_only_what_is_new(tmp_path: Path) -> None:
    settings = replace(SETTINGS, report=PageSettings(figures=True, truth="none"))
    collected = CollectedRuns(tmp_path, runs=[one_clip(made_run(tmp_path, "a", seconds=1.0))])
    told: list[str] = []

    def draw() -> dict[str, int]:
        write_figures(collected, tmp_path / "out", settings, Benchmarks(ScoreSettings(), Memory()), None, told)
        return {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.*g")}

    first = draw()
    assert {"scores.svg", "categories.png", "time.svg"} <= set(first)
    assert draw() == first
    collected.runs = [one_clip(made_run(tmp_path, "a", seconds=2.0))]
    assert {name for name, when in draw().items() if when != first[name]} == {"time.svg", "time.png"}
    assert "no figure of success and failure: it shows the data set's pictures, and report.truth=none" in told


def one_clip(run: ScoredRun) -> ScoredRun:
    """The run cut to one clip, of which there are the fewest figures."""
    return replace(run, scores=Scores.of(run.scores.per_clip[:1], run.scores.origin, expected=1, missing=[]))


def test_one_view_and_one_scene_have_no_figure_of_views_and_scenes() -> None:
    models = board(one_clip(made_run(Path("x"), "a"))).models
    for plan in (plan_views, plan_scenes):
        with pytest.raises(NoData, match=r"one view|one scene"):
            plan(models)


def test_missing_matplotlib_is_told_with_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match=r"figures need matplotlib: pip install -e '\.\[figures\]'"):
        write_figures(CollectedRuns(tmp_path), tmp_path / "out", SETTINGS, Benchmarks(ScoreSettings(), Memory()))


def test_a_paper_has_scores_and_parts_in_tables_of_their_own(tmp_path: Path) -> None:
    found = rows(group([made_run(tmp_path, HOSTILE)])[0], resamples=20, seed=0)
    write_paper(found, [], tmp_path, "told")
    tables = (tmp_path / "tables.tex").read_text(encoding="utf-8")
    assert tables.isascii()
    assert tables.count(r"\begin{tabular}") == 2
    assert max(map(len, tables.splitlines())) < 400
    assert "model & SP & ST & WS & MSE" in tables


def test_a_name_that_begins_with_a_star_is_no_part_of_the_line_s_end(tmp_path: Path) -> None:
    found = rows(group([made_run(tmp_path, "*x")])[0], resamples=20, seed=0)
    write_paper(found, [], tmp_path, "told")
    assert "\n{*}x-bpp & 1 & " in (tmp_path / "tables.tex").read_text(encoding="utf-8")


def test_a_long_table_is_continued_on_another_page(tmp_path: Path) -> None:
    found = rows(group([made_run(tmp_path, "a")])[0], resamples=20, seed=0)
    write_paper(found * 46, [], tmp_path, "told")
    assert (tmp_path / "tables.tex").read_text(encoding="utf-8").count(r"\begin{tabular}") == 4
