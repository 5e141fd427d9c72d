"""Whether a file's name is that of another scene, view or take."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from runners.dataset.claims import foreign_name
from runners.dataset.layout import Item, file_name, output_name, scenario_name

SCENES = ("bouncing-balls", "dominoes", "match", "match-blows-balloon", "café-table")
BALLS = Item("0001", "left", 1, "trimmed-bouncing-balls")
MATCH = Item("0005", "center", 1, "trimmed-match")
CAFE = Item("0009", "right", 1, "trimmed-café-table")


@pytest.mark.parametrize("item", [BALLS, MATCH, CAFE])
def test_the_layouts_own_names_are_never_foreign(item: Item) -> None:
    official = [scenario_name(item), output_name(item), file_name("testing", item, 30), file_name("switch", item, 30)]
    for name in official:
        assert foreign_name(Path(name), item, SCENES) is None
        assert foreign_name(Path(unicodedata.normalize("NFD", name)), item, SCENES) is None


@pytest.mark.parametrize(
    "name",
    [
        "0001.mp4",
        "0001_anything at all.webm",
        "0001_seed3_take2.mp4",
        "0001_left.mp4",
        "0001_perspective-LEFT_Trimmed-Bouncing-Balls_run_01.mp4",
        "0001_perspective-left_trimmed-bouncing-balls-seed3.mp4",
        "bouncing-balls",
        "0001_rightmost.mp4",
    ],
)
def test_a_name_may_say_anything_that_is_not_wrong(name: str) -> None:
    assert foreign_name(Path("/clips") / name, BALLS, SCENES) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("0001_perspective-right_trimmed-dominoes.mp4", "dominoes from the right"),
        ("0001_perspective-right_trimmed-bouncing-balls.mp4", "from the right"),
        ("0001_perspective-left_trimmed-dominoes.mp4", "dominoes"),
        ("0001_perspective-left_trimmed-of-another-set.mp4", "of-another-set"),
        ("0001_perspective-left_take-2_trimmed-bouncing-balls.mp4", "take 2"),
        ("0007_perspective-left_trimmed-bouncing-balls.mp4", "with the id 7"),
        ("0007_testing-videos_30FPS_perspective-left_take-1_trimmed-bouncing-balls.mp4", "with the id 7"),
        ("0001_dominoes_seed3", "dominoes"),
        ("0001_right.mp4", "from the right"),
    ],
)
def test_a_name_that_says_something_else_is_foreign(name: str, said: str) -> None:
    told = foreign_name(Path(name), BALLS, SCENES)
    assert told is not None
    assert f"{name}: its name says {said}, and 0001 is bouncing-balls from the left" in told


def test_of_two_scenes_the_longer_name_is_meant() -> None:
    assert foreign_name(Path("0005_perspective-center_trimmed-match-blows-balloon.mp4"), MATCH, SCENES)
    assert foreign_name(Path("0005_perspective-center_trimmed-match-seed3.mp4"), MATCH, SCENES) is None
