"""What the official toolbox wrote: its CSV as metrics, and the scores that it came to itself."""

from __future__ import annotations

import ast
import csv
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runners.core.errors import UserError
from runners.dataset.layout import VIEWS
from runners.dataset.scenarios import Scenario
from runners.scoring.formulas import MetricValues, original_score
from runners.scoring.metrics import PairMetrics
from runners.scoring.table import Measured
from runners.scoring.toolbox_result import Final


def find_results(output: Path, name: str) -> Path:
    """The CSV of the clips' folder `name`, wherever under `output` its generation puts it. Raises `UserError`."""
    found = sorted(output.rglob(f"{name}.csv"))
    if not found:
        there = ", ".join(str(path.relative_to(output)) for path in sorted(output.rglob("*"))[:5]) or "nothing"
        raise UserError(f"the official toolbox ended without an error, but wrote no {name}.csv ({there} is there)")
    return found[0]


def read_final(table: Path, lines: Sequence[str]) -> Final:
    """Its own scores: from `<folder>_metrics.json` beside its CSV, or, where it writes none, from what it printed."""
    path = table.with_name(f"{table.stem}_metrics.json")
    if path.is_file():
        try:
            values = json.loads(path.read_text("utf-8"))
            rounded = _number(values.get("final_score_origround"), 1)
            return Final(_number(values["final_score_view"], 100), _number(values["final_score_orig"], 100), rounded)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"the official toolbox's {path.name} is not as expected: {error!r}") from None
    printed = [found for line in lines if (found := re.search(rf"{re.escape(table.stem)}: (\d+(?:\.\d+)?)$", line))]
    return Final(original_rounded=float(printed[-1][1])) if printed else Final()


def _number(value: float | None, scale: float) -> float | None:
    return None if value is None or math.isnan(value) else float(value) * scale


def rounded_original(metrics: MetricValues, variances: MetricValues) -> float | None:
    """The original score by the older toolbox's rule: rounded variances, rounded result."""
    coarse = replace(
        variances,
        spatial=round(variances.spatial, 5),
        spatiotemporal=round(variances.spatiotemporal, 4),
        weighted_spatial=round(variances.weighted_spatial, 4),
        mse=round(variances.mse, 4),
    )
    score = original_score(metrics, coarse)
    return None if score is None or math.isinf(score) else round(score, 2)


def read_metrics(table: Path, scenarios: Sequence[Scenario], count: int) -> list[Measured]:
    """The metrics of each scenario, in their order; lists hold `count` values. Raises `UserError` for any other table.

    Reads the official CSV and our own metrics.csv of a complete run alike.
    """
    with table.open(encoding="utf-8", newline="") as file:
        rows = {row.get("scenario"): row for row in csv.DictReader(file)}
    wanted = {f"{scenario.name}.mp4" for scenario in scenarios}
    if set(rows) != wanted:
        odd = min(map(str, set(rows) ^ wanted))
        raise UserError(f"{table.name}: {odd} is {'missing' if odd in wanted else 'no scene of this data set'}")
    return [_measured(_Cells(table, rows[f"{s.name}.mp4"], s.view, count), s) for s in scenarios]


@dataclass(frozen=True)
class _Cells:
    """One view's cells of a row."""

    table: Path
    row: dict[str, str]
    view: str
    count: int

    def number(self, column: str) -> float:
        value = self._value(column)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise self._fault(column, value)
        return float(value)

    def numbers(self, column: str) -> tuple[float, ...]:
        values = self._value(column)
        if not isinstance(values, list) or not all(isinstance(value, int | float) for value in values):
            raise self._fault(column, values)
        if len(values) != self.count:
            raise UserError(
                f"{self.table.name}: {column} of {self.row['scenario']} from the {self.view} holds {len(values)} "
                f"values, not one for each of {self.count} frames"
            )
        return tuple(map(float, values))

    def _value(self, column: str) -> object:
        text = self.row.get(f"{column}_perspective-{self.view}") or ""
        try:
            value: object = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text
        return value

    def _fault(self, column: str, value: object) -> UserError:
        told = repr(value)[:60] if value != "" else "empty"
        return UserError(f"{self.table.name}: {column} of {self.row['scenario']} from the {self.view} is {told}")


def _measured(cells: _Cells, scenario: Scenario) -> Measured:
    assert cells.view in VIEWS
    first, second = (
        PairMetrics(
            mse=cells.numbers(f"{take}_mse"),
            spatiotemporal_iou=cells.numbers(f"spatiotemporal_iou_{take}"),
            spatial_iou=cells.number(f"spatial_iou_{take}"),
            weighted_spatial_iou=cells.number(f"weighted_spatial_iou_{take}"),
        )
        for take in ("v1", "v2")
    )
    variance = PairMetrics(
        mse=cells.numbers("variance_mse"),
        spatiotemporal_iou=cells.numbers("variance_spatiotemporal_iou"),
        spatial_iou=cells.number("variance_spatial"),
        weighted_spatial_iou=cells.number("variance_weighted_spatial"),
    )
    return Measured(scenario.name, scenario.view, first, second, variance)
