"""The list of scenarios and a model's page: search, filters, order, folds, and addresses that bring them back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.page.browser.watched import Watched

Visit = Callable[..., Watched]
SHOWN = "[...document.querySelectorAll('#scenes > li')].filter((tile) => !tile.hidden).map((tile) => tile.dataset.key)"


def shown(page: Watched) -> list[str]:
    """The ids of the scenarios in the list."""
    return [str(key).removeprefix("small-") for key in page.ask(SHOWN)]


def test_words_are_searched_in_name_view_and_category(visit: Visit) -> None:
    scenes = visit("scenes.html")
    assert len(shown(scenes)) == 9
    scenes.page.fill("#q", "wax left")
    assert shown(scenes) == ["0025"]
    assert scenes.page.inner_text("#count") == "1 of 9 scenarios"
    assert scenes.state == "q=wax+left"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("view=left", ["0007", "0022", "0025"]),
        ("cat=Optics", ["0022", "0023", "0024"]),
        ("cat=Optics&view=center", ["0023"]),
        ("q=0026", ["0026"]),
        ("q=cradle&view=right", ["0009"]),
        ("view=nonsense&q=0026", ["0026"]),
        ("min=&max=-1", []),
    ],
)
def test_an_address_brings_its_filters_back(visit: Visit, address: str, found: list[str]) -> None:
    scenes = visit(f"scenes.html#{address}")
    assert shown(scenes) == found
    assert scenes.page.is_visible("#none") == (not found)


def test_scenarios_are_filtered_by_a_model_s_score_and_ordered_by_it(visit: Visit) -> None:
    scenes = visit("scenes.html")
    scenes.page.select_option("#model", "small--copy-op")
    scenes.page.select_option("#sort", "-score")
    values = [float(text) for text in scenes.page.locator("#scenes > li [data-score]").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    middle = values[4]
    scenes.page.fill("#min", str(middle))
    assert len(shown(scenes)) in (4, 5)  # the shown number is rounded
    again = visit(f"scenes.html#{scenes.state}")
    assert shown(again) == shown(scenes)
    assert again.page.input_value("#model") == "small--copy-op"


def test_all_is_shown_again_by_one_button(visit: Visit) -> None:
    scenes = visit("scenes.html#view=left&sort=disagreement")
    scenes.page.click("#reset")
    assert len(shown(scenes)) == 9
    assert scenes.state == ""
    assert not scenes.page.is_visible("#reset")


def test_an_address_that_is_typed_over_is_followed(visit: Visit) -> None:
    scenes = visit("scenes.html#view=left")
    scenes.ask("location.hash = '#view=right'")
    scenes.until("document.getElementById('view').value === 'right'")
    assert shown(scenes) == ["0009", "0024", "0027"]


def test_a_thumbnail_plays_under_the_pointer_and_gives_its_decoder_back(visit: Visit) -> None:
    scenes = visit("scenes.html")
    tile = scenes.page.locator("#scenes > li").first
    assert scenes.page.locator("video").count() == 0
    tile.hover()
    scenes.until("document.querySelector('#scenes video')?.currentTime > 0")
    scenes.page.mouse.move(2, 2)
    scenes.until("!document.querySelector('video')")


def test_a_thumbnail_does_not_play_by_itself_where_motion_is_unwanted(visit: Visit) -> None:
    scenes = visit("scenes.html", reduced_motion="reduce")
    tile = scenes.page.locator("#scenes > li").first
    tile.hover()
    assert scenes.page.locator("video").count() == 0
    tile.locator("button.play").click()
    assert scenes.page.locator("video").count() == 1


def test_a_fold_of_a_model_s_page_opens_by_its_address_and_gives_one(visit: Visit) -> None:
    model = visit("models/small--freeze-op.html#prompts")
    assert model.ask("document.getElementById('prompts').open")
    model.page.click("#provenance > summary")
    model.until("location.hash === '#provenance'")


def test_a_model_s_page_gives_its_command_and_its_best_and_worst(visit: Visit) -> None:
    model = visit("models/small--extrapolate-op.html")
    assert "python -m runners.generate" in model.page.inner_text("#reproduce [data-text] >> nth=0")
    assert model.page.locator(".tile").count() >= 6
    model.page.locator(".tile a").first.click()
    model.ready()
    assert "/scenes/small-" in model.page.url
