"""The numbers of the official toolbox, on the fixture that it scored."""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from runners.scoring.cache import TruthCache
from runners.scoring.table import COLUMNS
from tests.scoring.conftest import MINI, Scored, score_official

RUNS = ("static-30", "take2-30", "flawed-24")
EXPECTED = json.loads((MINI / "expected.json").read_text())
Score = Callable[[str], Scored]


@pytest.mark.parametrize("run", RUNS)
def test_every_value_of_the_official_csv_is_reproduced(run: str, score_mini: Score) -> None:
    with (score_mini(run).out / "metrics.csv").open(newline="") as ours:
        rows = list(csv.DictReader(ours))
    with (MINI / "official_csv" / f"{run}.csv").open(newline="") as theirs:
        official = list(csv.DictReader(theirs))
    assert list(rows[0]) == list(official[0])
    for row, wanted in zip(rows, official, strict=True):
        assert row["scenario"] == wanted["scenario"]
        for column in COLUMNS[1:]:
            ours_, theirs_ = ast.literal_eval(row[column]), ast.literal_eval(wanted[column])
            assert np.shape(ours_) == np.shape(theirs_), column
            # The promise is 1e-3; a codec of another OpenCV version may move a few mask pixels.
            np.testing.assert_allclose(ours_, theirs_, rtol=0, atol=1e-3, err_msg=column)


@pytest.mark.parametrize("run", RUNS)
def test_the_scores_are_the_expected_ones(run: str, score_mini: Score) -> None:
    written = json.loads((score_mini(run).out / "scores.json").read_text())
    assert {key: written[key] for key in EXPECTED[run]} == pytest.approx(EXPECTED[run], abs=0.05)


@pytest.mark.full
def test_neither_cache_nor_workers_change_a_bit(score_mini: Score, tmp_path: Path) -> None:
    store = TruthCache(tmp_path / "cache", 10**9)
    ways = [
        ("flawed-24", 2, None), ("flawed-24", 1, store), ("flawed-24", 1, store), ("flawed-24", 2, store),
        ("static-30", 2, store), ("take2-30", 1, store),
    ]  # fmt: skip
    for number, (run, workers, cached) in enumerate(ways):
        wanted = {path.name: path.read_bytes() for path in score_mini(run).out.iterdir()}
        out = score_official(run, tmp_path / str(number), workers=workers, store=cached).out
        assert {path.name: path.read_bytes() for path in out.iterdir()} == wanted, (run, workers)


def test_the_untouched_second_take_scores_exactly_100(score_mini: Score) -> None:
    marks = score_mini("take2-30").scores.marks
    assert marks.original == 100.0
    assert marks.verified == 100.0
    assert marks.verified_spatial == 100.0
    assert marks.verified_spatiotemporal == 100.0
    assert marks.verified_weighted_spatial == 100.0
    assert marks.verified_mse == 100.0


def test_the_origin_of_a_score_is_told(score_mini: Score) -> None:
    written = json.loads((score_mini("flawed-24").out / "scores.json").read_text())
    assert (written["benchmark"], written["clips"], written["expected"], written["complete"]) == ("mini", 6, 6, True)
    assert (written["width"], written["height"], written["fps"]) == (256, 144, 24)
    assert (written["truth_resampled"], written["truth_fps"], written["masks"]) == (False, 24, "made")
    assert written["opencv"]
    assert written["truth_colour"]
    assert written["scorer_version"]
