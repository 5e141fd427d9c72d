"""The players of a scenario: in step within one frame, whatever was done by buttons, keys, curves and addresses."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.page.browser.watched import PHONE, Watched

Visit = Callable[..., Watched]
SCENE = "scenes/small-0007.html"
COPY, STILL = "small-copy-op", "small-freeze-op"
# Told by the browser, beside what the page itself says: the frame that each shown film has on the screen.
FRAMES = """
async () => {
  const films = [...document.querySelectorAll("figure.player:not([hidden]) video.main")];
  const scene = Object.fromEntries(PIQ_SCENE.players.map((player) => [player.id, player]));
  return films.map((film) => {
    const fps = scene[film.closest("figure").dataset.player].fps;
    return { id: film.closest("figure").dataset.player, fps, shown: window.painted.get(film) };
  });
}
"""


def open_scene(visit: Visit, address: str = SCENE, **settings: Any) -> Watched:
    scene = visit(address, **settings)
    scene.players()
    return scene


def in_step(scene: Watched) -> float:
    """Asserts that each film shows the frame of the page's moment, which is returned in seconds."""
    scene.until("!PIQ_PLAYER.playing() && PIQ_PLAYER.app.clock.seeking === null")
    moment = float(scene.ask("PIQ_PLAYER.time()"))
    films = scene.ask(FRAMES)
    assert len(films) == 8
    told = scene.ask("PIQ_PLAYER.frames()")
    for film in films:
        assert film["shown"] is not None, film
        # A frame is on the screen from mediaTime on, for 1 / fps seconds.
        assert abs(round(film["shown"] * film["fps"]) - int(moment * film["fps"] + 1e-6)) <= 1, (film, moment)
        assert told[film["id"]] == round(film["shown"] * film["fps"])
    return moment


def test_truth_and_every_model_stand_on_the_first_frame(visit: Visit) -> None:
    scene = open_scene(visit)
    assert in_step(scene) < 1 / 24
    assert {film["fps"] for film in scene.ask(FRAMES)} == {15, 24}


@pytest.mark.parametrize("moment", [0.52, 1.9991, 3.3333, 4.9])
def test_players_are_in_step_after_a_seek(visit: Visit, moment: float) -> None:
    scene = open_scene(visit)
    scene.ask("(t) => PIQ_PLAYER.seek(t)", moment)
    assert in_step(scene) == pytest.approx(moment, abs=1 / 24)


def test_players_are_in_step_after_playing(visit: Visit) -> None:
    scene = open_scene(visit)
    scene.page.click("#play")
    scene.until("PIQ_PLAYER.time() > 1")
    assert scene.page.get_attribute("#play", "aria-label") == "Pause"
    scene.page.click("#play")
    assert in_step(scene) > 1


def test_players_step_frame_by_frame_together(visit: Visit) -> None:
    scene = open_scene(visit)
    for button, moments in (("forth", range(1, 6)), ("back", range(4, 0, -1))):
        for frame in moments:
            scene.page.click(f"#{button}")
            assert in_step(scene) == pytest.approx((frame + 0.5) / 24)


def test_hurried_seeks_end_on_the_last_one(visit: Visit) -> None:
    scene = open_scene(visit)
    scene.ask("[4.5, 0.1, 3.9, 2.2, 1.1].map((t) => void PIQ_PLAYER.seek(t))")
    assert in_step(scene) == pytest.approx(1.1, abs=1 / 24)


def test_at_the_end_all_stand_on_the_last_frame(visit: Visit) -> None:
    scene = open_scene(visit, f"{SCENE}#t=4.5&speed=2")
    scene.page.click("#play")
    scene.until("PIQ_PLAYER.playing()")
    assert in_step(scene) == pytest.approx(119.5 / 24)


def test_with_loop_it_begins_anew(visit: Visit) -> None:
    scene = open_scene(visit, f"{SCENE}#t=4.6&speed=2&loop=1")
    scene.page.click("#play")
    scene.until("PIQ_PLAYER.playing() && PIQ_PLAYER.time() < 2 && PIQ_PLAYER.time() > 0.2")
    scene.page.click("#play")
    assert in_step(scene) < 4


def test_speed_is_that_of_every_film(visit: Visit) -> None:
    scene = open_scene(visit)
    scene.page.select_option("#speed", "0.25")
    scene.page.click("#play")
    scene.until("PIQ_PLAYER.time() > 0.1")
    rates = scene.ask(
        "[...document.querySelectorAll('video.main')].filter((film) => !film.paused).map((film) => film.playbackRate)"
    )
    assert len(rates) == 8
    assert all(rate == pytest.approx(0.25, rel=0.11) for rate in rates)
    scene.page.click("#play")


def test_everything_is_done_by_keys(visit: Visit) -> None:
    scene = open_scene(visit)
    keys = scene.page.keyboard
    for key, moment in (
        ("ArrowRight", 1.5 / 24), ("ArrowRight", 2.5 / 24), ("ArrowLeft", 1.5 / 24), ("Shift+ArrowRight", 1 + 1.5 / 24),
        ("End", 119.5 / 24), ("Shift+ArrowLeft", 4 - 0.5 / 24), ("Home", 0.5 / 24),
    ):  # fmt: skip
        keys.press(key)
        assert in_step(scene) == pytest.approx(moment, abs=1e-3), key
    keys.press("Space")
    scene.until("PIQ_PLAYER.time() > 0.3")
    keys.press("Space")
    in_step(scene)
    keys.press("d")
    assert scene.page.get_attribute("[data-mode=difference]", "aria-pressed") == "true"
    keys.press("o")
    assert scene.page.is_visible("#wipe-place")
    keys.press("g")
    keys.press("m")
    assert scene.page.get_attribute("#masks", "aria-pressed") == "true"
    keys.press("?")
    assert scene.page.is_visible("#help")
    keys.press("Escape")
    assert not scene.page.is_visible("#help")
    keys.press("n")
    scene.page.wait_for_url("**/small-0008.html*")
    scene.ready()
    scene.page.keyboard.press("p")
    scene.page.wait_for_url("**/small-0007.html*")
    scene.ready()


def test_a_key_that_belongs_to_a_control_is_left_to_it(visit: Visit) -> None:
    scene = open_scene(visit)
    scene.page.focus("#order")
    scene.page.keyboard.press("ArrowRight")
    assert in_step(scene) < 1 / 24
    scene.page.focus("#loop")
    scene.page.keyboard.press("Space")
    assert scene.page.get_attribute("#loop", "aria-pressed") == "true"
    assert not scene.ask("PIQ_PLAYER.playing()")


def test_an_address_brings_back_moment_players_and_look(visit: Visit) -> None:
    scene = open_scene(visit)
    ids = scene.ask("PIQ_SCENE.players.map((player) => player.id)")
    still = next(name for name in ids if name.startswith(STILL))
    scene.ask("(show) => PIQ_PLAYER.app.set({ show })", ["take1", still])
    scene.page.keyboard.press("d")
    scene.page.click("#scrub", position={"x": 100, "y": 5})
    scene.until("location.hash.includes('t=')")
    moment = scene.ask("PIQ_PLAYER.time()")
    again = visit(f"{SCENE}#{scene.state}")
    again.players()
    assert again.ask("PIQ_PLAYER.time()") == pytest.approx(moment, abs=1e-3)
    assert again.page.get_attribute("[data-mode=difference]", "aria-pressed") == "true"
    assert again.page.locator("figure.player:visible").count() == 2


def test_a_click_on_a_curve_goes_to_its_moment_and_the_cursor_follows(visit: Visit) -> None:
    scene = open_scene(visit)
    curve = scene.page.locator("#charts svg").first
    curve.scroll_into_view_if_needed()
    frame = curve.bounding_box()
    scene.page.mouse.click(frame["x"] + 0.6 * frame["width"], frame["y"] + 10)
    assert in_step(scene) == pytest.approx(3.0, abs=0.05)
    cursor = float(curve.locator(".cursor").get_attribute("x1"))
    assert cursor == pytest.approx(600, abs=10)


def test_neighbours_go_by_score_too_and_keep_the_look(visit: Visit) -> None:
    scene = open_scene(visit, f"{SCENE}#mode=overlay&order=score")
    there = scene.page.get_attribute("#next", "href") or scene.page.get_attribute("#previous", "href")
    assert there is not None
    assert "mode=overlay" in there
    assert "order=score" in there
    assert "t=" not in there


def picture(scene: Watched, player: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The player's stage as it is on the screen, (H, W, 3) from 0 to 255."""
    stage = scene.page.locator(f"figure.player[data-player^='{player}']:visible .stage").first
    return np.asarray(Image.open(io.BytesIO(stage.screenshot())).convert("RGB"), np.float64)


def test_the_difference_is_dark_for_a_copy_of_the_truth_and_bright_for_a_still(visit: Visit) -> None:
    scene = open_scene(visit, f"{SCENE}#t=2.5")
    plain = picture(scene, COPY)
    scene.page.keyboard.press("d")
    scene.players()
    scene.until("[...document.querySelectorAll('video.under')].every((film) => film.readyState >= 2)")
    in_step(scene)
    copy, still = picture(scene, COPY), picture(scene, STILL)
    assert copy.mean() < 0.25 * plain.mean()
    assert still.max(axis=2).mean() > copy.max(axis=2).mean()
    scene.page.keyboard.press("g")
    assert picture(scene, COPY).mean() == pytest.approx(plain.mean(), rel=0.05)


def test_the_mask_switch_lights_up_what_moved(visit: Visit) -> None:
    scene = open_scene(visit, f"{SCENE}#t=2.5")
    before = picture(scene, COPY)
    scene.page.keyboard.press("m")
    scene.until("[...document.querySelectorAll('.cover video')].some((film) => film.readyState >= 2)")
    scene.ask("PIQ_PLAYER.app.clock.settle()")
    after = picture(scene, COPY)
    assert after.shape == before.shape
    assert np.abs(after - before).max() > 60
    scene.page.keyboard.press("m")
    assert np.abs(picture(scene, COPY) - before).mean() < 3


def test_the_overlay_s_edge_lies_where_the_slider_says(visit: Visit) -> None:
    scene = open_scene(visit, f"{SCENE}#t=2.5&mode=overlay&wipe=100")
    scene.until("[...document.querySelectorAll('video.under')].every((film) => film.readyState >= 2)")
    one = picture(scene, STILL)
    scene.page.fill("#wipe", "0")
    other = picture(scene, STILL)
    assert np.abs(one - other).max() > 60
    assert "wipe=100" not in scene.page.get_attribute("#next", "href")


def test_players_outside_the_window_give_their_decoders_back(visit: Visit) -> None:
    scene = open_scene(visit, viewport=PHONE)
    scene.ask("scrollTo(0, document.body.scrollHeight)")
    scene.until("[...document.querySelectorAll('video.main')].some((film) => !film.src)")


def test_from_a_server_that_sends_parts_players_are_in_step_as_well(visit: Visit, served: str) -> None:
    scene = open_scene(visit, base=served)
    scene.ask("PIQ_PLAYER.seek(3.1)")
    assert in_step(scene) == pytest.approx(3.1, abs=1 / 24)


def test_a_server_that_can_not_send_parts_is_told_of(visit: Visit, served_whole: str) -> None:
    scene = visit(SCENE, base=served_whole)
    scene.until("document.querySelector('[data-note]:not([hidden])')?.textContent.includes('range requests')")
