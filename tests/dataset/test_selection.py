"""Choosing scenarios: by id, view, category, count, and shard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.dataset.layout import VIEWS, Item, output_name
from runners.dataset.scenarios import Scenario
from runners.dataset.selection import Selection, select, shard


def _scenarios(count: int) -> list[Scenario]:
    items = [Item(f"{n:04d}", VIEWS[n % 3], 1, f"trimmed-scene-{n // 3}") for n in range(1, count + 1)]
    categories = ("Fluid Dynamics", "Optics")
    return [Scenario(item, categories[n % 2], "text", output_name(item)) for n, item in enumerate(items)]


SCENARIOS = _scenarios(12)


def _ids(selection: Selection) -> list[str]:
    return [scenario.id for scenario in select(SCENARIOS, selection)]


def test_an_empty_selection_is_everything() -> None:
    assert select(SCENARIOS, Selection()) == SCENARIOS


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["0003", "1"], ["0001", "0003"]),
        (["3-5"], ["0003", "0004", "0005"]),
        (["0003-0005", "5", "12"], ["0003", "0004", "0005", "0012"]),
        (["11-99"], ["0011", "0012"]),
    ],
)
def test_ids_may_be_short_padded_or_ranges(ids: list[str], expected: list[str]) -> None:
    assert _ids(Selection(ids=ids)) == expected


def test_views_are_named_short_or_long() -> None:
    assert (
        _ids(Selection(views=["left"]))
        == _ids(Selection(views=["perspective-left"]))
        == ["0003", "0006", "0009", "0012"]
    )


def test_categories_are_found_in_any_case() -> None:
    assert {s.category for s in select(SCENARIOS, Selection(categories=["fluid dynamics"]))} == {"Fluid Dynamics"}


def test_the_limit_comes_last() -> None:
    assert _ids(Selection(views=["left"], limit=2)) == ["0003", "0006"]


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (Selection(ids=["13"]), "'13'.*0001 to 0012"),
        (Selection(ids=["5-3"]), "5-3"),
        (Selection(ids=["one"]), "'one'"),
        (Selection(ids=["²"]), "select.ids"),
        (Selection(views=["centre"]), "did you mean 'center'"),
        (Selection(categories=["Fluids Dynamics"]), "did you mean 'Fluid Dynamics'"),
        (Selection(limit=0), "select.limit=0"),
        (Selection(ids=["3"], views=["right"]), "no scenario is left"),
    ],
)
def test_what_does_not_exist_is_told(selection: Selection, told: str) -> None:
    with pytest.raises(UserError, match=told):
        select(SCENARIOS, selection)


@given(count=st.integers(1, 40), shards=st.integers(1, 12))
def test_shards_together_are_all_scenarios_each_once(count: int, shards: int) -> None:
    scenarios = _scenarios(count)
    shards = min(shards, count)
    parts = [shard(scenarios, f"{i}/{shards}") for i in range(1, shards + 1)]
    assert sorted(s.id for part in parts for s in part) == [s.id for s in scenarios]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_no_shard_is_everything() -> None:
    assert shard(SCENARIOS, None) == SCENARIOS


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "-1/2", "1/2 and more"])
def test_a_shard_is_written_i_of_n(text: str) -> None:
    with pytest.raises(UserError, match="shard=1/4"):
        shard(SCENARIOS, text)


def test_a_shard_without_work_is_told() -> None:
    with pytest.raises(UserError, match="only 12 scenarios"):
        shard(SCENARIOS, "13/13")
