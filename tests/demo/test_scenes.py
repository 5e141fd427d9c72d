"""What every scene promises: it moves after the switch, its takes are repeats, its views are views."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters import Frame
from runners.dataset.layout import VIEWS
from runners.demo.film import Camerawork, Take, sample_numbers
from runners.demo.recipe import RATES, SCENE_NAMES
from runners.demo.scene import SAMPLES, SAMPLES_PER_S, SECONDS, Scene
from runners.demo.scenes import SCENES
from runners.demo.texts import best_practice
from tests.demo.takes import take

SIZE = (160, 90)
PAPER_CATEGORIES = {"Solid Mechanics", "Fluid Dynamics", "Optics", "Thermodynamics", "Magnetism"}

every_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)


def picture(scene: Scene, time_s: float, *, number: int = 1, view: str = "center") -> Frame:
    return Camerawork(take(scene.name, number), view, SIZE).frame(round(time_s * SAMPLES_PER_S))


def difference(a: Frame, b: Frame) -> NDArray[np.int64]:
    return np.abs(a.astype(int) - b)


def test_the_names_known_without_loading_physics_are_the_scenes() -> None:
    assert tuple(scene.name for scene in SCENES) == SCENE_NAMES


def test_all_five_categories_of_the_paper_appear() -> None:
    assert {scene.category for scene in SCENES} == PAPER_CATEGORIES
    assert len(SCENES) >= 8


@every_scene
def test_a_trajectory_covers_the_eight_seconds(scene: Scene) -> None:
    for values in take(scene.name).states.values():
        assert len(values) == SAMPLES == SECONDS * SAMPLES_PER_S
        assert np.isfinite(values).all()


@every_scene
def test_things_move_after_the_switch(scene: Scene) -> None:
    moments = [picture(scene, t) for t in (2.96, 3.6, 4.3, 5.0)]
    for before, after in pairwise(moments):
        assert (difference(before, after).max(axis=2) > 10).mean() > 0.001


@every_scene
def test_the_takes_are_alike_but_not_the_same(scene: Scene) -> None:
    first, second = picture(scene, 4.0), picture(scene, 4.0, number=2)
    assert 0 < difference(first, second).mean() < 10


@every_scene
def test_a_take_is_repeated_exactly_for_a_seed(scene: Scene) -> None:
    known, again = take(scene.name), Take.perform(scene, seed=0, take=1)
    assert known.exposure == again.exposure
    assert all(np.array_equal(known.states[key], again.states[key]) for key in known.states)


def test_another_seed_is_another_performance() -> None:
    known, other = take(SCENES[0].name), Take.perform(SCENES[0], seed=1, take=1)
    assert not np.array_equal(known.states["balls"], other.states["balls"])


@every_scene
def test_the_three_views_are_no_crops_of_each_other(scene: Scene) -> None:
    seen = [picture(scene, 3.0, view=view) for view in VIEWS]
    for a, b in ((0, 1), (1, 2), (0, 2)):
        assert difference(seen[a], seen[b]).mean() > 1


@every_scene
def test_the_words_are_whole_sentences(scene: Scene) -> None:
    texts = scene.texts
    for text in (texts.description, texts.subject_action, texts.postfix, texts.scene, texts.before):
        assert text[0].isupper()
        assert text.endswith(".")
    prompt = best_practice(texts)
    assert "{" not in prompt
    assert prompt.endswith(f"{texts.before} {texts.scene} {texts.subject_action} {texts.postfix}")


@pytest.mark.parametrize("fps", RATES)
def test_every_rate_shows_exact_instants_of_the_trajectory(fps: int) -> None:
    numbers = sample_numbers(fps)
    assert len(numbers) == SECONDS * fps
    assert [number / SAMPLES_PER_S for number in numbers[:3]] == [0, 1 / fps, 2 / fps]


def test_24_fps_shows_the_motion_that_30_fps_shows() -> None:
    camera = Camerawork(take(SCENES[0].name), "left", (64, 36))
    at_30, at_24 = list(camera.frames(30)), list(camera.frames(24))
    for second in range(SECONDS):
        assert np.array_equal(at_30[30 * second], at_24[24 * second])


def test_a_rate_between_the_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="25 frames per second"):
        sample_numbers(25)
