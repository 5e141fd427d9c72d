"""The leaderboard's rows as the page lays them out, and its numbers as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from runners.page.board import duration, money, number, sections

COLUMNS = {"verified": "Verified", "original": "Original"}


def _scores(verified: float | None, original: float | None = None) -> dict[str, Any]:
    values = {"verified": verified, "original": original}
    return {key: None if value is None else {"mean": value, "high": None} for key, value in values.items()}


def _model(label: str, verified: float | None, **more: Any) -> dict[str, Any]:
    usual = {"key": label, "benchmark": "mine", "complete": verified is not None, "oracle": False, "cost_usd": None}
    return {**usual, "label": label, "scores": None if verified is None else _scores(verified), **more}


def _published(label: str, benchmark: str, **scores: float) -> dict[str, Any]:
    return {"label": label, "benchmark": benchmark, "scores": _scores(scores.get("verified"), scores.get("original"))}


def _sections(*models: dict[str, Any], published: tuple[dict[str, Any], ...] = ()) -> list[dict[str, Any]]:
    return sections({"columns": COLUMNS, "models": list(models), "published": list(published)})


def test_a_benchmarks_runs_stand_among_its_published_rows_best_first() -> None:
    (section,) = _sections(
        _model("low", 10), _model("high", 30), published=(_published("theirs", "mine", verified=20),)
    )
    assert [row["label"] for row in section["rows"]] == ["high", "theirs", "low"]


def test_ceilings_and_incomplete_runs_stand_apart() -> None:
    (section,) = _sections(_model("oracle", 100, oracle=True), _model("part", None), _model("whole", 10))
    assert [[row["label"] for row in section[name]] for name in ("rows", "ceilings", "partial")] == [
        ["whole"],
        ["oracle"],
        ["part"],
    ]
    assert section["scale"] == 10, "a ceiling does not shrink the others' bars"


def test_benchmarks_without_own_runs_come_last_with_the_columns_that_they_publish() -> None:
    mine, theirs = _sections(_model("whole", 10), published=(_published("paper", "theirs", original=25),))
    assert (mine["own"], theirs["own"]) == (True, False)
    assert list(mine["columns"]) == ["verified", "original"]
    assert list(theirs["columns"]) == ["original"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.04, "0.0 s"), (59.4, "59 s"), (110, "1.8 min"), (2400, "40 min"), (123456, "34.3 h")],
)
def test_durations_are_told_in_units_that_people_think_in(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_what_is_unknown_is_a_dash_and_small_sums_keep_their_digits() -> None:
    assert (number(None), number(1.005, 1), money(None)) == ("–", "1.0", "–")
    assert (money(0), money(0.0123), money(12.345)) == ("$0.00", "$0.0123", "$12.35")
