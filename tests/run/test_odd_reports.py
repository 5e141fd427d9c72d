"""Whatever a model reports of itself or of its clips, the clips are published and the record is strict JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import AdapterError, Clip, Request
from runners.core.settings import SelectSettings
from tests.run.harness import Paint, Scripted, run, settings, videos

RUN = Path("mini/paint-op-run_01")
TWO = SelectSettings(ids=["1", "2"])


class Talking(Paint):
    """Reports what a function gives."""

    def __init__(self, says: Callable[[], Any], describes: Any = None, **changes: Any) -> None:
        super().__init__(**changes)
        self._says, self._describes = says, describes

    def describe(self) -> dict[str, Any]:
        told: dict[str, Any] = self._describes
        return told

    def generate(self, request: Request) -> Clip:
        made = super().generate(request)
        return Clip(np.float32(made.fps), made.frames, leading=np.int64(made.leading), info=self._says())  # type: ignore[arg-type]


def strict(path: Path) -> dict[str, Any]:
    def no(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    found: dict[str, Any] = json.loads(path.read_bytes().decode("utf-8"), parse_constant=no)
    return found


REPORTS: dict[str, Callable[[], Any]] = {
    "half a surrogate pair": lambda: {"prompt": "a lamp \ud83d", "\udcff": 1},
    "NaN": lambda: {"scores": [float("nan"), float("inf")]},
    "objects": lambda: {"device": object(), 7: b"\xff", "numbers": np.float32(0.5), "set": {1}},
    "a list": lambda: [1, "two"],
    "nothing": lambda: None,
    "endless": lambda: {str(k): "x" * 20_000 for k in range(400)},
}


@pytest.mark.parametrize("report", REPORTS)
def test_a_clip_is_never_lost_to_an_odd_report(tmp_path: Path, report: str) -> None:
    says = REPORTS[report]
    assert run(tmp_path / "plain", select=TWO).code == 0
    assert run(tmp_path / "odd", Talking(says, says()), select=TWO, keep_raw=True).code == 0
    assert videos(tmp_path / "odd" / RUN) == videos(tmp_path / "plain" / RUN)
    record = strict(tmp_path / "odd" / RUN / "manifest.json")
    assert (record["published"], record["cost_usd"]) == (2, None)
    assert (tmp_path / "odd" / RUN / "journal.jsonl").stat().st_size < 10_000_000
    again = Talking(says, says())
    assert run(tmp_path / "odd", again, select=SelectSettings(ids=["1", "2", "3"]), keep_raw=True).code == 0
    assert len(again.calls) == 1


@pytest.mark.parametrize("cost", [-2000.0, float("nan"), float("inf"), "five", True, [1.0], 10**400])
def test_a_cost_that_is_no_amount_counts_nothing_and_is_told(tmp_path: Path, cost: Any) -> None:
    costs = iter([cost, 0.25])
    outcome = run(tmp_path, Talking(lambda: {"cost_usd": next(costs)}), select=TWO, concurrency=1)
    assert outcome.code == 0
    record = strict(tmp_path / RUN / "manifest.json")
    assert record["cost_usd"] == 0.25
    (warning,) = record["warnings"]
    assert warning.startswith("what 1 of the clips cost is not known: the model reported ")
    assert f"warning: {warning}" in outcome.lines


def test_a_cost_of_a_library_s_own_kind_of_number_counts(tmp_path: Path) -> None:
    assert run(tmp_path, Talking(lambda: {"cost_usd": np.float32(0.5)}), select=TWO).code == 0
    assert strict(tmp_path / RUN / "manifest.json")["cost_usd"] == 1.0


def test_a_negative_cost_in_an_older_journal_is_not_taken_off(tmp_path: Path) -> None:
    assert run(tmp_path, Talking(lambda: {"cost_usd": 2.0}), select=TWO).code == 0
    journal = tmp_path / RUN / "journal.jsonl"
    lines = journal.read_bytes().split(b"\n")
    right, wrong = b'"cost_usd": 2.0', b'"cost_usd": -2000.0'
    journal.write_bytes(b"\n".join(line.replace(right, wrong if b'"0001"' in line else right) for line in lines))
    assert run(tmp_path, select=TWO).code == 0
    assert strict(tmp_path / RUN / "manifest.json")["cost_usd"] == 2.0


def test_costs_of_a_rolled_out_clip_are_unknown_if_one_of_them_is(tmp_path: Path) -> None:
    class Short(Paint):
        costs = iter([1.0, -5.0, 1.0, 1.0, 1.0, 1.0])

        def generate(self, request: Request) -> Clip:
            made = super().generate(request)
            assert isinstance(made.frames, np.ndarray)
            return Clip(8, made.frames[:25], leading=1, info={"cost_usd": next(self.costs)})

    model = replace(settings(tmp_path).model, short="roll_out")
    assert run(tmp_path, Short(), select=SelectSettings(ids=["1"]), model=model).code == 0
    record = strict(tmp_path / RUN / "manifest.json")
    assert record["cost_usd"] is None
    assert "reported [1.0, -5.0]" in record["warnings"][0]


def test_half_a_character_in_a_failure_is_told_and_recorded(tmp_path: Path) -> None:
    def act(request: Request, number: int) -> None:
        raise AdapterError("no \ud83d today")

    for _ in range(2):
        outcome = run(tmp_path, Scripted(act), select=SelectSettings(ids=["1"]))
        assert outcome.code == 1
        "\n".join(outcome.lines).encode()
    assert strict(tmp_path / RUN / "manifest.json")["clips"]["0001"]["failed"]["reason"] == "no \ufffd today"


def test_a_path_that_is_no_utf_8_is_no_bar_to_the_record(tmp_path: Path) -> None:
    results = Path(str(tmp_path / "r") + "\udcff")
    for _ in range(2):
        assert run(results, select=TWO).code == 0
    assert strict(results / RUN / "manifest.json")["published"] == 2
