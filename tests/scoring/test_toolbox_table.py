"""A table of the official toolbox is read exactly, or refused with the cell that is wrong."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.dataset.layout import Item, output_name
from runners.dataset.scenarios import Scenario
from runners.scoring.formulas import MetricValues
from runners.scoring.metrics import PairMetrics
from runners.scoring.official.results import find_results, read_final, read_metrics, rounded_original
from runners.scoring.table import Measured, metrics_csv
from runners.scoring.toolbox_result import Final

VIEWS = ("left", "center", "right")


def measured(view: str = "left", mse: float = 0.5) -> Measured:
    pair = PairMetrics((0.5,), (0.25,), 0.125, 1 / 3)
    return Measured("trimmed-s", view, PairMetrics((mse,), (0.25,), 0.125, 1 / 3), pair, pair)


def scenarios() -> list[Scenario]:
    items = [Item(f"{number:04}", view, 1, "trimmed-s") for number, view in enumerate(VIEWS, 1)]
    return [Scenario(item, "Optics", "", output_name(item), item) for item in items]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "clips.csv"
    path.write_text(metrics_csv([measured(view) for view in VIEWS]))
    return path


def change(table: Path, column: str, value: str) -> None:
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    rows[0][column] = value
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    table.write_text(text.getvalue())


def test_every_value_comes_back_in_full_precision(table: Path) -> None:
    assert read_metrics(table, scenarios(), 1) == [measured(view) for view in VIEWS]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("v1_mse_perspective-left", "[nan]", r"v1_mse of trimmed-s\.mp4 from the left is '\[nan\]'"),
        ("v2_mse_perspective-left", "", "v2_mse of .* is empty"),
        (
            "variance_mse_perspective-right",
            "[0.1, 0.2]",
            r"from the right holds 2 values, not one for each of 1 frames",
        ),
        ("spatial_iou_v1_perspective-center", "nan", "from the center is 'nan'"),
        ("spatial_iou_v1_perspective-center", "1e999", "from the center is inf"),
        ("variance_spatial_perspective-left", "[1.0]", r"variance_spatial of .* is \[1.0\]"),
        ("scenario", "trimmed-other.mp4", "trimmed-other.mp4 is no scene of this data set"),
    ],
)
def test_a_wrong_cell_is_named(table: Path, column: str, value: str, told: str) -> None:
    change(table, column, value)
    with pytest.raises(UserError, match=told):
        read_metrics(table, scenarios(), 1)


def test_a_table_without_a_scene_is_refused(table: Path) -> None:
    table.write_text(table.read_text().splitlines()[0])
    with pytest.raises(UserError, match=r"trimmed-s\.mp4 is missing"):
        read_metrics(table, scenarios(), 1)


def test_no_result_is_told_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    with pytest.raises(UserError, match=r"wrote no clips\.csv \(results is there\)"):
        find_results(tmp_path, "clips")


def test_final_scores_become_points_and_nan_is_none(table: Path) -> None:
    path = table.with_name("clips_metrics.json")
    path.write_text('{"final_score_view": 0.5, "final_score_orig": NaN}')
    assert read_final(table, []) == Final(verified=50.0)
    path.write_text('{"final_score_view": 0.5}')
    with pytest.raises(UserError, match="final_score_orig"):
        read_final(table, [])


def test_the_older_toolbox_s_score_is_the_last_that_it_printed(table: Path) -> None:
    assert read_final(table, ["score for clips: 1.0", "score for clips: 48.63", "---"]) == Final(original_rounded=48.63)
    assert read_final(table, []) == Final()


def test_the_older_rule_rounds_variances_first(tmp_path: Path) -> None:
    metrics = MetricValues(spatial=0.2, spatiotemporal=0.1, weighted_spatial=0.05, mse=0.01)
    variances = MetricValues(spatial=0.600004, spatiotemporal=0.50004, weighted_spatial=0.60004, mse=0.00204)
    # (0.1 / 0.5 + 0.2 / 0.6 + 0.05 / 0.6) / 3 − (0.01 − 0.002)
    assert rounded_original(metrics, variances) == 19.76


def test_scores_agree_but_for_rounding() -> None:
    final = Final(verified=50.0, original=40.0, original_rounded=40.01)
    assert final.agrees(50.004, 40.0, 40.02)
    assert not final.agrees(50.2, 40.0, 40.01)
    assert not final.agrees(None, 40.0, 40.01)
    assert Final().agrees(50.0, 40.0, 40.0)
