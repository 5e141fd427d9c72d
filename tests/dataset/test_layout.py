"""Names and places of files, as the official repository spells them."""

from __future__ import annotations

import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.dataset.layout import VIEWS, DataSet, Item, Kind, file_name, output_name, relative_path, scenario_name
from runners.dataset.scenarios import parse_scenario_name

MINI = Path(__file__).parents[1] / "fixtures" / "mini" / "dataset"
ITEM = Item("0001", "left", 1, "trimmed-ball-and-block-fall")

scene_names = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="/\\"), min_size=1, max_size=20
)
items = st.builds(
    Item,
    id=st.integers(1, 9999).map("{:04d}".format),
    view=st.sampled_from(VIEWS),
    take=st.integers(1, 2),
    name=scene_names.map("trimmed-{}".format),
)
kinds: st.SearchStrategy[Kind] = st.sampled_from(("conditioning", "testing", "masks", "full", "switch"))


def test_names_are_spelt_like_the_official_ones() -> None:
    item = Item("0001", "left", 1, "trimmed-blow-balloon")
    assert scenario_name(item) == "0001_perspective-left_take-1_trimmed-blow-balloon.mp4"
    assert output_name(item) == "0001_perspective-left_trimmed-blow-balloon.mp4"
    testing = "split-videos/testing/30FPS/0001_testing-videos_30FPS_perspective-left_take-1_trimmed-blow-balloon.mp4"
    assert relative_path("testing", item, 30).as_posix() == testing
    switch = "switch-frames/0001_switch-frames_anyFPS_perspective-left_trimmed-blow-balloon.jpg"
    assert relative_path("switch", item, 30).as_posix() == switch


@given(items)
def test_a_scenario_name_tells_its_item_again(item: Item) -> None:
    assert parse_scenario_name(scenario_name(item)) == item


@given(items, kinds, st.integers(1, 60))
def test_a_file_is_found_where_it_was_put(item: Item, kind: Kind, fps: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / relative_path(kind, item, fps)
        path.parent.mkdir(parents=True)
        path.touch()
        assert DataSet(Path(folder)).find(kind, item, fps) == path


def test_the_fixture_is_found_whole() -> None:
    dataset = DataSet(MINI)
    for view in VIEWS:
        for scene in (0, 1):
            first = Item("", view, 1, f"trimmed-scene-{scene}")
            assert dataset.find("switch", first, 30) is not None
            for take in (1, 2):
                item = Item("", view, take, first.name)
                assert all(dataset.find(kind, item, fps) for kind in ("conditioning", "testing") for fps in (30, 24))
    assert dataset.find("masks", ITEM, 30) is None


def test_a_take_is_found_by_view_and_scene_not_by_its_id() -> None:
    found = DataSet(MINI).find("testing", Item("0199", "center", 2, "trimmed-scene-1"), 30)
    assert found is not None
    assert found.name.startswith("0011_")


@pytest.mark.parametrize("kind", ["conditioning", "testing"])
def test_both_spellings_of_the_folders_are_found(kind: Kind, tmp_path: Path) -> None:
    folder = tmp_path / f"split-videos/{kind}-videos/30FPS"
    folder.mkdir(parents=True)
    path = folder / file_name(kind, ITEM, 30)
    path.touch()
    dataset = DataSet(tmp_path)
    assert dataset.find(kind, ITEM, 30) == path
    assert dataset.rates(kind) == (30,)


def test_rates_are_those_of_folders_that_hold_something(tmp_path: Path) -> None:
    for name in ("8FPS", "24FPS", "30FPS", "fooFPS", "²FPS"):
        (tmp_path / "split-videos/testing" / name).mkdir(parents=True)
    (tmp_path / "split-videos/testing/16FPS").touch()
    (tmp_path / "split-videos/testing/²FPS/file").touch()
    for rate in (8, 30):
        (tmp_path / f"split-videos/testing/{rate}FPS" / file_name("testing", ITEM, rate)).touch()
    assert DataSet(tmp_path).rates("testing") == (30, 8)
    assert DataSet(MINI).rates("conditioning") == (30, 24)


def test_stray_files_are_no_videos(tmp_path: Path) -> None:
    folder = tmp_path / "split-videos/testing/30FPS"
    folder.mkdir(parents=True)
    for name in (".DS_Store", "notes.txt", f"{file_name('testing', ITEM, 30)}.part"):
        (folder / name).touch()
    assert DataSet(tmp_path).find("testing", ITEM, 30) is None


def test_names_that_macos_stored_with_accents_apart_are_found(tmp_path: Path) -> None:
    item = Item("0001", "left", 1, "trimmed-café")
    path = tmp_path / relative_path("switch", Item("0001", "left", 1, unicodedata.normalize("NFD", item.name)), 30)
    path.parent.mkdir()
    path.touch()
    assert DataSet(tmp_path).find("switch", item, 30) == path


def test_two_files_of_one_scene_and_view_are_refused(tmp_path: Path) -> None:
    for number in ("0001", "0007"):
        path = tmp_path / relative_path("testing", Item(number, "left", 1, "trimmed-ball"), 30)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with pytest.raises(UserError, match=r"holds 0001_.*ball\.mp4 and 0007_.*ball\.mp4, one scene and view"):
        DataSet(tmp_path).find("testing", ITEM, 30)
