"""What `make test` leaves out of a cross product: never a kind, and no case of many kinds."""

from __future__ import annotations

from itertools import product
from typing import Any

from tests.full import left_out

ROWS: list[dict[str, Any]] = [{"case": case, "kind": kind} for case, kind in product("abc", range(6))]


def kept(name: str, **changes: Any) -> list[dict[str, Any]]:
    gone = left_out(name, "case", ROWS, **changes)
    return [row for place, row in enumerate(ROWS) if place not in gone]


def test_every_kind_is_met_once_and_the_cases_take_turns() -> None:
    rows = kept("one")
    assert sorted(row["kind"] for row in rows) == list(range(6))
    assert sorted(row["case"] for row in rows) == list("aabbcc")


def test_tests_of_one_kind_do_not_all_keep_the_same_case() -> None:
    first = {row["case"] for number in range(20) for row in kept(f"test_{number}") if row["kind"] == 0}
    assert first == set("abc")


def test_what_is_a_case_of_its_own_stays_beside_the_diagonal() -> None:
    rows = kept("one", also=lambda row: row["case"] == "b")
    assert len([row for row in rows if row["case"] == "b"]) == 6
    assert len(rows) == 6 + 4
