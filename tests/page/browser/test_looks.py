"""What eyes, hands and paper need: themes, widths, the keyboard alone, print, and axe-core's rules."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runners.page.survey import slug
from tests.page.browser.results import HOSTILE_FOLDER
from tests.page.browser.watched import PHONE, Watched

Visit = Callable[..., Watched]
PAGES = {
    "leaderboard": "index.html",
    "compared": "index.html#a=small--copy-op&b=small--freeze-op",
    "scenarios": "scenes.html",
    "model": "models/small--freeze-op.html#prompts",
    "hostile model": f"models/{slug(f'small/{HOSTILE_FOLDER}')}.html#prompts",
    "scenario": "scenes/small-0007.html",
    "refused clip": "scenes/small-0022.html",
}
every_page = pytest.mark.parametrize("page", PAGES)
GROUND = "getComputedStyle(document.documentElement).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number)"


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, as the package brings it along."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def findings(watched: Watched, axe: str) -> list[tuple[Any, ...]]:
    """Serious and critical ones: (rule, where, what)."""
    watched.ask(f"{axe}; undefined")
    # Without preload it asks for no style sheet a second time, which the page's policy would forbid.
    found = watched.ask("axe.run(document, { resultTypes: ['violations'], preload: false })")
    return [
        (violation["id"], node["target"], node["failureSummary"])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@every_page
def test_axe_finds_nothing_serious_in_either_theme(visit: Visit, axe: str, page: str) -> None:
    watched = visit(PAGES[page], reduced_motion="reduce")
    for theme in ("light", "dark"):
        watched.page.emulate_media(color_scheme=theme)
        assert findings(watched, axe) == [], theme


def test_axe_finds_nothing_serious_on_a_phone(visit: Visit, axe: str) -> None:
    watched = visit(PAGES["leaderboard"], viewport=PHONE)
    for page in PAGES.values():
        watched.page.goto("about:blank")
        watched.go(page)
        assert findings(watched, axe) == [], page


@every_page
def test_no_page_is_wider_than_the_window(visit: Visit, page: str) -> None:
    watched = visit(PAGES[page])
    for width in (1400, 800, 360):
        watched.page.set_viewport_size({"width": width, "height": 800})
        assert watched.ask("document.documentElement.scrollWidth") <= width


def test_the_theme_is_the_system_s_until_one_is_chosen_and_then_kept(visit: Visit) -> None:
    watched = visit("index.html", color_scheme="dark")
    assert max(watched.ask(GROUND)) < 90
    watched.page.click("#theme")
    assert min(watched.ask(GROUND)) > 200
    watched.go("scenes.html")
    assert min(watched.ask(GROUND)) > 200
    watched.page.click("#theme")
    assert max(watched.ask(GROUND)) < 90
    watched.page.emulate_media(color_scheme="light")
    assert max(watched.ask(GROUND)) < 90
    watched.page.click("#theme")
    assert min(watched.ask(GROUND)) > 200


def focused(watched: Watched) -> str:
    return str(
        watched.ask(
            "(document.activeElement.id || document.activeElement.value || document.activeElement.textContent).trim()"
        )
    )


def test_the_tab_key_goes_the_way_one_reads(visit: Visit) -> None:
    board = visit("index.html")
    reached = []
    for _ in range(8):
        board.page.keyboard.press("Tab")
        reached.append(focused(board))
    assert reached[0] == "Skip to the content"
    assert reached[1:5] == ["Physics-IQ report", "Leaderboard", "Scenarios", "theme"]
    board.page.focus(".skip")
    board.page.keyboard.press("Enter")
    board.page.keyboard.press("Tab")
    assert focused(board) not in reached[:5]


def test_what_has_the_focus_is_seen_to_have_it(visit: Visit) -> None:
    for page in ("index.html", "scenes.html", "scenes/small-0007.html"):
        watched = visit(page)
        for _ in range(30):
            watched.page.keyboard.press("Tab")
            if watched.ask("document.activeElement === document.body"):
                break  # past the last thing on the page
            outline = watched.ask(
                """(() => {
                  const at = document.activeElement;
                  const marks = [at, at.closest("label")].filter(Boolean).map((one) => getComputedStyle(one));
                  return marks.some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
                })()"""
            )
            assert outline, (page, watched.ask("document.activeElement.outerHTML.slice(0, 200)"))


def test_rows_are_sorted_and_picked_by_keyboard_alone(visit: Visit) -> None:
    board = visit("index.html")
    board.page.focus("[data-board] th[data-key=model] button")
    board.page.keyboard.press("Enter")
    assert board.page.get_attribute("[data-board] th[data-key=model]", "aria-sort") == "ascending"
    for model in ("copy-op", "freeze-op"):
        board.page.focus(f"input[name=compare][value=small--{model}]")
        board.page.keyboard.press("Space")
    assert board.page.is_visible("#compare")


def test_a_curve_is_moved_along_by_the_arrow_keys(visit: Visit) -> None:
    scene = visit("scenes/small-0007.html")
    scene.players()
    scene.page.focus("#charts svg >> nth=0")
    scene.page.keyboard.press("ArrowRight")
    scene.until("PIQ_PLAYER.time() > 1 / 24")
    assert scene.page.get_attribute("#charts svg >> nth=0", "aria-valuetext") == "frame 2 of 120"


@every_page
def test_pages_are_printed_on_white_without_what_is_only_pressed(visit: Visit, page: str) -> None:
    watched = visit(PAGES[page], color_scheme="dark")
    pdf = watched.page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    watched.page.emulate_media(media="print")
    assert min(watched.ask(GROUND)) > 200
    assert not watched.page.is_visible("#theme")
    assert watched.page.is_visible("h1")


def test_every_picture_of_a_printed_scenario_is_there(visit: Visit) -> None:
    scene = visit("scenes/small-0007.html")
    scene.players()
    scene.page.emulate_media(media="print")
    assert not scene.page.is_visible("#transport")
    assert scene.page.is_visible("#scores")
