"""Damaged and odd runs take no page away, and nothing that they say names a file elsewhere."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from runners.core.errors import UserError
from runners.core.outcome import DONE, FAILED
from runners.core.settings import PageSettings
from runners.page.build import check_place
from runners.page.media import make_missing
from runners.page.survey import free_name
from runners.page.watch import Served, keep_current
from runners.previews.cache import PreviewCache
from runners.reporting.show import _is_meant
from runners.scoring.frame_values import read_frame_values
from runners.scoring.nodes import Damaged, Node
from runners.sharing.redaction import place_free
from tests.page.conftest import ask
from tests.page.test_build import data


def change(results: Path, run: str, spoil: Callable[[dict[str, Any]], object]) -> None:
    path = next(results.glob(f"mini/{run}-*")) / "manifest.json"
    manifest = json.loads(path.read_bytes())
    spoil(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def odd(manifest: dict[str, Any]) -> None:
    nan = float("nan")
    clip = manifest["clips"].pop("0001")
    clip["published"]["publication"] |= {"fps": nan, "frames": "many", "width": [], "height": 10**400}
    clip["published"]["generation"] |= {"cost_usd": nan, "generate_s": float("inf"), "seed": 10**400}
    manifest["clips"]["9" * 5000] = clip
    manifest["fingerprint"] |= {"generation": None, "publication": [nan]}
    manifest["loaded"][0]["hardware"] = {"gpus": 5}
    manifest["configuration"]["model"]["name"] = "x\0../y"
    manifest["cost_usd"] = nan


def test_a_manifest_of_odd_values_is_shown_as_far_as_it_goes(results: Path, tmp_path: Path) -> None:
    change(results, "part", odd)
    assert ask(results, tmp_path / "report").code == DONE
    (part,) = (model for model in data(tmp_path / "report")["models"] if not model["complete"])
    assert part["cost_usd"] is None
    (line,) = (scene for scene in data(tmp_path / "report")["scenes"] if len(scene["id"]) == 5000)
    scene = data(tmp_path / "report", f"scene-{line['key']}", "PIQ_SCENE")
    (player,) = (player for player in scene["players"] if player.get("model") == part["key"])
    assert [player[name] for name in ("frames", "width", "height", "cost_usd", "generate_s")] == [None] * 5


def test_a_complete_run_that_holds_nan_is_a_line_and_the_others_are_shown(results: Path, tmp_path: Path) -> None:
    change(results, "other", lambda manifest: manifest["fingerprint"]["generation"].update(seed=float("nan")))
    outcome = ask(results, tmp_path / "report")
    assert outcome.code == FAILED
    assert any(line.startswith("error: mini/other-") and "damaged" in line for line in outcome.lines)
    assert [model["label"] for model in data(tmp_path / "report")["models"]] == ["paint-op", "part-op-run_01"]


def test_a_hash_that_is_a_way_out_names_no_file(results: Path, tmp_path: Path) -> None:
    change(results, "part", lambda manifest: manifest["clips"]["0001"]["published"].update(sha256="../../../../../x"))
    ask(results, tmp_path / "deep" / "report", report=PageSettings(media="copy"))
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"report"}
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "results"}


def test_an_altered_clip_gives_no_pictures_to_the_hash_of_another(results: Path, tmp_path: Path) -> None:
    clip = next(results.glob("mini/part-*/videos/*.mp4"))
    cache = PreviewCache(tmp_path / "cache")
    assert not make_missing((clip, "0" * 64, cache), tmp_path)
    assert not make_missing((tmp_path / "gone.mp4", "0" * 64, cache), tmp_path)
    assert cache.find("0" * 64, "preview") is None


def test_runs_that_are_called_the_same_have_files_of_their_own(results: Path, tmp_path: Path) -> None:
    (run,) = results.glob("mini/other-*")
    (second,) = results.glob("mini/paint-*run_02")
    (results / "results").mkdir()
    second.rename(results / "results" / run.name)
    run.rename(results / run.name)
    ask(results, tmp_path / "report")
    keys = [run["key"] for model in data(tmp_path / "report")["models"] for run in model["runs"]]
    assert len(keys) == len(set(keys)) == 4


def test_a_name_that_is_taken_gets_the_first_free_number() -> None:
    assert free_name("demo-1", set()) == "demo-1"
    assert free_name("demo-1", {"demo-1", "demo-1-2"}) == "demo-1-3"


def test_links_to_the_truth_hold_in_a_report_that_is_reached_by_a_link(results: Path, tmp_path: Path) -> None:
    (tmp_path / "disk" / "far" / "away").mkdir(parents=True)
    (tmp_path / "report").symlink_to(tmp_path / "disk" / "far" / "away")
    ask(results, tmp_path / "report")
    players = data(tmp_path / "report", "scene-mini-0001", "PIQ_SCENE")["players"]
    ways = [player["clip"] for player in players if player["kind"] == "truth"]
    assert ways
    assert all(Path(os.path.normpath(tmp_path / "report" / unquote(way))).is_file() for way in ways)


def test_no_report_is_made_in_a_run_that_a_link_leads_into(results: Path, tmp_path: Path) -> None:
    (run,) = results.glob("mini/other-*")
    (tmp_path / "link").symlink_to(run / "videos")
    with pytest.raises(UserError, match="run's folder"):
        check_place(tmp_path / "link" / "report")


def test_what_keeps_a_page_from_being_renewed_ends_no_watch(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looks: list[float] = []

    def build() -> set[Path]:
        raise UserError("no room")

    def wait(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep_current(results, Served(tmp_path), build, wait)
    assert capsys.readouterr().err.count("could not be renewed: no room") == 1


def test_a_run_whose_files_cannot_be_opened_is_a_line_and_the_others_are_shown(results: Path, tmp_path: Path) -> None:
    (table,) = results.glob("mini/other-*/scores/metrics.csv")
    table.unlink()
    table.mkdir()
    outcome = ask(results, tmp_path / "report")
    assert outcome.code == FAILED
    assert any(line.startswith("error: mini/other-") and "metrics.csv" in line for line in outcome.lines)
    assert (tmp_path / "report" / "index.html").is_file()


@pytest.mark.parametrize("name", ["a" * 5000 + ".mp4", "a\0b.mp4", "../a.mp4"])
def test_a_clip_whose_name_no_file_can_have_is_told_as_damage(results: Path, tmp_path: Path, name: str) -> None:
    change(results, "part", lambda manifest: manifest["clips"]["0001"].update(name=name))
    outcome = ask(results, tmp_path / "report")
    assert outcome.code == FAILED
    assert any("the record of clip 0001 is incomplete" in line for line in outcome.lines)


LISTS = ["5", "[null]", "[[1]]", "[NaN, 1]", "[1e999]", '["1"]', "[1", "[1, 2, 3]", "[" * 100_000, f"[{10**400}]"]


@pytest.mark.parametrize("cell", LISTS, ids=range(len(LISTS)))
def test_a_table_of_frames_that_holds_no_numbers_is_damaged(tmp_path: Path, cell: str) -> None:
    with (tmp_path / "metrics.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["scenario", "v1_mse_perspective-left", "spatiotemporal_iou_v1_perspective-left"])
        writer.writerow(["trimmed-ball.mp4", cell, "[0.5, 0.5]"])
    with pytest.raises(UserError, match="damaged"):
        read_frame_values(tmp_path)


def test_a_number_too_large_for_a_float_is_damage() -> None:
    with pytest.raises(Damaged):
        Node({"mse": 10**400}).finite("mse")


def test_a_long_text_of_question_marks_is_cleaned_in_one_pass() -> None:
    long = "a?" * 300_000
    assert place_free(long) == long
    assert place_free("https://x.org/clip.mp4?size=1&sig=abc end") == "https://x.org/clip.mp4?… end"


def test_a_number_of_any_length_is_a_scenario_like_another() -> None:
    assert _is_meant("7", "0007")
    assert not _is_meant("7", "9" * 5000)
