"""The official toolbox's results are read back as they are, held against the built-in scorer's, and used again."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runners.benchmarks.benchmark import Benchmark
from runners.core.errors import UserError
from runners.core.outcome import Outcome
from runners.core.settings import BenchmarkSettings, ScorerSettings
from runners.dataset.layout import DataSet
from runners.dataset.scenarios import load_scenarios
from runners.reporting.official import official_notes, official_tables
from runners.scoring.choose import score
from runners.scoring.scores import AggregateScores, ClipScore
from runners.scoring.stored import decode, encode
from tests.reporting.scored import VARIANCE
from tests.scoring import tiny
from tests.scoring.conftest import MINI
from tests.scoring.official_run import GENERATIONS, Place, Undisturbed, make_place
from tests.scoring.stand_in import make_checkout, make_ffprobe

EXPECTED = json.loads((MINI / "expected.json").read_text())


@pytest.fixture(autouse=True)
def ffprobe(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(make_ffprobe(tmp_path_factory.mktemp("bin"))), prepend=":")


@pytest.fixture(params=GENERATIONS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return make_place(tmp_path, request.param)


@pytest.fixture(params=GENERATIONS)
def scored(request: pytest.FixtureRequest, undisturbed: Callable[[str], Undisturbed]) -> Undisturbed:
    """A place that nothing is changed in."""
    return undisturbed(request.param)


def launched(capfd: pytest.CaptureFixture[str]) -> bool:
    """Whether the toolbox was heard at work."""
    return "official: -- Processing scenario" in capfd.readouterr().err


def test_it_scores_as_the_built_in_scorer_does(scored: Undisturbed, tmp_path: Path) -> None:
    place, theirs = scored.place, scored.scores
    settings = ScorerSettings(workers=1)
    ours = encode(score(place.videos, place.benchmark, settings, out=tmp_path / "ours", progress="plain").scores)
    for key in ("verified", "original", "verified_spatial", "verified_mse"):
        assert theirs[key] == pytest.approx(ours[key], abs=0.05)
    for one, other in zip(ours["per_clip"], theirs["per_clip"], strict=True):
        assert one["sha256"] == other["sha256"]
        assert list(one["metrics"].values()) == pytest.approx(list(other["metrics"].values()), abs=1e-3)


def test_the_files_say_who_scored(scored: Undisturbed) -> None:
    place, returned = scored.place, scored.scores
    written = json.loads((place.out / "scores.json").read_text())
    assert written == returned == json.loads((place.out / "official" / "scores.json").read_text())
    official = written["official"]
    assert written["scorer"] == "official"
    assert official["command_line"] == place.script.parent.name
    assert official["checkout"] == str(place.checkout)
    assert len(official["sha256"]) == 64
    assert official["versions"]["cv2"] == written["opencv"]
    assert (written["complete"], written["clips"], written["masks"]) == (True, 3, "made")


def test_metrics_csv_is_the_toolbox_s_own(scored: Undisturbed) -> None:
    place = scored.place
    with (place.out / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["scenario"] for row in rows] == ["trimmed-scene-0.mp4"]
    assert (place.out / "metrics.csv").read_text() == (place.out / "official" / "metrics.csv").read_text()


@pytest.mark.parametrize(("generation", "told"), [("physiq", 3), ("code", 1)])
def test_its_own_final_scores_stand_beside_ours_and_agree(
    generation: str, told: int, undisturbed: Callable[[str], Undisturbed]
) -> None:
    official = undisturbed(generation).scores["official"]
    assert official["agrees"]
    assert sum(value is not None for value in official["final"].values()) == told


def test_a_toolbox_that_comes_to_other_scores_than_its_metrics_give_is_told(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    text = place.script.read_text().replace("json.dumps(scores(table))", "json.dumps(scores(table) | FALSE)")
    place.script.write_text(text.replace("parser =", "FALSE = {'final_score_view': 0.99}\nparser =", 1))
    scores = place.score()
    assert not scores["official"]["agrees"]
    told = official_notes([Outcome(0, "run", scores=decode(scores))])
    assert any("are not those that follow" in note for note in told)


@pytest.mark.full
@pytest.mark.parametrize("run", ["flawed-24"])
def test_on_the_fixture_it_comes_to_the_official_numbers(run: str, tmp_path: Path) -> None:
    dataset = DataSet(MINI / "dataset")
    scenarios = load_scenarios(dataset, MINI / "dataset" / "descriptions.csv")
    benchmark = Benchmark(BenchmarkSettings(name="mini", kind="verified"), dataset, tmp_path, scenarios, ())
    scorer = ScorerSettings(name="official", path=str(make_checkout(tmp_path / "c", "physiq")), workers=1)
    scores = encode(score(MINI / "generated" / run, benchmark, scorer, out=tmp_path / "out", progress="plain").scores)
    assert {key: scores[key] for key in EXPECTED[run]} == pytest.approx(EXPECTED[run], abs=0.05)


@pytest.mark.rotating("place")
def test_both_shows_the_differences_per_metric_and_of_both_scores(place: Place) -> None:
    scores = place.score("both")
    assert "scorer" not in scores
    assert isinstance(scores["scorer_version"], int)
    differences = scores["official"]["differences"]
    assert set(differences["metrics"]) == {"spatial_iou", "spatiotemporal_iou", "weighted_spatial_iou", "mse"}
    for metric in differences["metrics"].values():
        assert 0 <= metric["mean"] <= metric["largest"] < 1e-3
    assert abs(differences["scores"]["verified"]) < 0.05
    assert abs(differences["scores"]["original"]) < 0.05
    assert scores["official"]["verified"] == pytest.approx(scores["verified"], abs=0.05)
    assert json.loads((place.out / "scores.json").read_text()) == scores


def test_the_table_of_differences_has_a_row_per_metric_and_per_score(
    undisturbed: Callable[[str], Undisturbed], tmp_path: Path
) -> None:
    scores = undisturbed("physiq").copy(tmp_path).score("both")
    builtin = replace(decode(scores), official=None)
    (table,) = official_tables([Outcome(0, "run", scores=decode(scores))])
    assert table.row_count == 6
    assert official_tables([Outcome(0, "run", scores=builtin)]) == []


def test_a_real_difference_is_measured(tmp_path: Path) -> None:
    from runners.scoring.official.compare import compare
    from tests.scoring.test_toolbox_table import measured

    ours, theirs = [measured(mse=0.25)], [measured(mse=0.125)]
    marks = AggregateScores.of([ClipScore("1", "a", "left", "Optics", "1.mp4", "", VARIANCE, VARIANCE)], complete=True)
    ours_marks, their_marks = replace(marks, verified=3.0, original=2.0), replace(marks, verified=1.0, original=None)
    found = compare(ours, theirs, ours_marks, their_marks)
    assert found.metrics["mse"].largest == 0.125
    assert found.metrics["mse"].largest_by_pair == {"first": 0.125, "second": 0.0, "variance": 0.0}
    assert found.metrics["mse"].mean == pytest.approx(0.125 / 3)
    assert found.metrics["spatial_iou"].largest == 0.0
    assert found.scores == {"verified": 2.0, "original": None}


@pytest.mark.rotating("scored")
def test_nothing_is_computed_again_for_the_same_clips_truth_and_checkout(
    scored: Undisturbed, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = scored.copy(tmp_path)
    first = json.loads((place.out / "scores.json").read_text())
    assert place.score() == first
    assert place.score("both")["official"]["verified"] == first["verified"]
    assert not launched(capfd)


def other_clip(place: Place) -> None:
    tiny.write_clip(place.videos, place.benchmark.scenarios[0], tiny.slide(9.0))


def other_truth(place: Place) -> None:
    item = place.benchmark.scenarios[0].item
    tiny.write_truth(place.benchmark.root, item, tiny.slide(7.0), tiny.FPS)


def other_toolbox(place: Place) -> None:
    place.act("# a later commit")


def torn_results(place: Place) -> None:
    path = place.out / "official" / "metrics.csv"
    path.write_text(path.read_text()[:-200])


def lost_results(place: Place) -> None:
    (place.out / "official" / "scores.json").unlink()


@pytest.mark.parametrize("change", [other_clip, other_truth, other_toolbox, torn_results, lost_results])
def test_it_scores_anew_after(
    change: Any, undisturbed: Callable[[str], Undisturbed], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = undisturbed("physiq").copy(tmp_path)
    change(place)
    place.score()
    assert launched(capfd)


def test_each_scorer_s_scores_are_its_own(undisturbed: Callable[[str], Undisturbed], tmp_path: Path) -> None:
    place = undisturbed("physiq").copy(tmp_path)
    builtin = place.score("builtin")
    assert "scorer" not in builtin
    assert place.score() == json.loads((place.out / "scores.json").read_text())


def test_a_stale_table_of_an_old_folder_name_is_not_taken_for_new_clips(
    undisturbed: Callable[[str], Undisturbed], tmp_path: Path
) -> None:
    place, old = undisturbed("physiq").copy(tmp_path), undisturbed("physiq").scores
    other_clip(place)
    new = place.score()
    assert [clip["sha256"] for clip in new["per_clip"]] != [clip["sha256"] for clip in old["per_clip"]]
    assert not np.isclose(new["verified"], old["verified"])


@pytest.mark.full
def test_shipped_masks_are_used_if_all_are_there(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    made = place.score()
    keep = tmp_path / "kept"
    place.act(
        f"import atexit, shutil; atexit.register(shutil.copytree, 'physics-IQ-benchmark/video-masks', {str(keep)!r})"
    )
    place.score()
    (keep / "real").rename(place.benchmark.root / "video-masks-real")
    (place.benchmark.root / "video-masks").mkdir()
    (place.benchmark.root / "video-masks-real").rename(place.benchmark.root / "video-masks" / "real")
    shipped = place.score()
    assert (made["masks"], shipped["masks"]) == ("made", "shipped")
    assert shipped["verified"] == made["verified"]
    first = next((place.benchmark.root / "video-masks").rglob("*.mp4"))
    first.unlink()
    with pytest.raises(UserError, match=r"masks are there for 5 of 6 truth videos.*scorer\.masks=made"):
        place.score()
    assert place.score(masks="made")["masks"] == "made"


def test_a_run_that_is_not_complete_is_refused_before_anything_is_started(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = make_place(tmp_path)
    (place.videos / place.benchmark.scenarios[1].output_name).unlink()
    with pytest.raises(UserError, match=r"complete runs only; 1 missing: 0002_.*scorer=builtin"):
        place.score()
    assert "official:" not in capfd.readouterr().err
