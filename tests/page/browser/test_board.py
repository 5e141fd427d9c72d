"""The leaderboard: sorted, compared, and all of it in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.page.browser.watched import Watched

Visit = Callable[..., Watched]
ROWS = "[...document.querySelectorAll('[data-board] [data-sorted] tr[data-row]')].map((row) => row.dataset.row)"
HEADING = "[data-board] th[data-key={}]"


def rows(board: Watched) -> list[str]:
    """The models of the table's body, as they stand: `copy-op` and so on."""
    return [str(key).removeprefix("small--") for key in board.ask(ROWS)]


def press(board: Watched, key: str) -> Any:
    """A click on a heading; returns what it says of the order then."""
    board.page.click(f"{HEADING.format(key)} button")
    return board.page.get_attribute(HEADING.format(key), "aria-sort")


def test_the_best_model_comes_first_and_incomplete_runs_and_ceilings_stand_apart(visit: Visit) -> None:
    board = visit("index.html")
    assert rows(board) == ["copy-op", "extrapolate-op", "freeze-op"]
    assert board.page.locator("tbody.ceilings tr[data-row]").count() == 1
    marks = board.page.locator("[data-partial] .mark").all_inner_texts()
    assert marks == ["metrics over 2 of 9 clips, no score"] * 2


def test_a_click_on_a_heading_sorts_by_it_and_another_turns_it_round(visit: Visit) -> None:
    board = visit("index.html")
    assert press(board, "model") == "ascending"
    assert rows(board) == ["copy-op", "extrapolate-op", "freeze-op"]
    assert press(board, "model") == "descending"
    assert rows(board) == ["freeze-op", "extrapolate-op", "copy-op"]
    assert press(board, "verified") == "descending"
    assert press(board, "verified") == "ascending"
    assert rows(board) == ["freeze-op", "extrapolate-op", "copy-op"]
    assert board.page.get_attribute(HEADING.format("model"), "aria-sort") == "none"


def test_the_order_stands_in_the_address_and_comes_back_from_it(visit: Visit) -> None:
    board = visit("index.html")
    press(board, "verified")
    told = board.state
    assert "order=ascending" in told
    again = visit(f"index.html#{told}")
    assert rows(again) == ["freeze-op", "extrapolate-op", "copy-op"]


def test_two_rows_that_are_ticked_are_compared_scene_by_scene(visit: Visit) -> None:
    board = visit("index.html")
    assert not board.page.is_visible("#compare")
    for model in ("extrapolate-op", "freeze-op"):
        board.page.check(f"input[name=compare][value=small--{model}]")
    assert board.page.inner_text("#compare-title") == "extrapolate-op against freeze-op"
    scenes = board.page.locator("#compare-body tr[data-scene]").evaluate_all(
        "rows => rows.map(row => row.dataset.scene)"
    )
    assert sorted(scenes) == ["heat-melts-wax", "newtons-cradle", "swinging-lamp-shadows"]
    differences = board.page.locator("#compare-body tr[data-scene] td:nth-of-type(3)").all_inner_texts()
    numbers = [float(text.replace("−", "-")) for text in differences]
    assert numbers == sorted(numbers, reverse=True)
    assert "95 % interval" in board.page.inner_text("#compare-body")
    again = visit(f"index.html#{board.state}")
    assert again.page.inner_text("#compare-body") == board.page.inner_text("#compare-body")


def test_an_incomplete_run_is_compared_over_the_clips_that_both_have(visit: Visit) -> None:
    board = visit("index.html")
    board.page.check("input[name=compare][value=small--freeze-op]")
    board.page.locator("[data-partial] input[name=compare]").first.check()
    assert board.page.is_visible("#compare")
    assert "incomplete" in board.page.inner_text("#compare-body")
    assert board.page.locator("#compare-body tr[data-scene]").count() == 2


def test_a_scene_of_the_comparison_leads_to_its_players(visit: Visit) -> None:
    board = visit("index.html#a=small--copy-op&b=small--freeze-op")
    board.page.click("#compare-body tr[data-scene=newtons-cradle] th a >> nth=0")
    board.ready()
    assert board.page.url.startswith(f"{board.base}scenes/small-0007.html")
