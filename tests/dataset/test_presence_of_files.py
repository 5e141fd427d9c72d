"""Where a data set is looked for, and what is said when it, or a part of it, is not there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.dataset.layout import DataSet
from runners.dataset.presence import (
    cache_folder,
    check_files,
    check_root,
    default_root,
    find_descriptions,
    missing_files,
)
from runners.dataset.scenarios import load_scenarios

MINI = Path(__file__).parents[1] / "fixtures" / "mini" / "dataset"
SCENARIOS = load_scenarios(DataSet(MINI), MINI / "descriptions.csv")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The fixture's data set, free to be damaged."""
    return Path(shutil.copytree(MINI, tmp_path / "parent" / "dataset"))


def test_the_default_root_follows_the_environment(tmp_path: Path) -> None:
    assert default_root("set", {"PHYSICS_IQ_DATA": str(tmp_path), "XDG_CACHE_HOME": "/other"}) == tmp_path / "set"
    assert default_root("set", {"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "physics-iq-harness" / "set"
    assert default_root("set", {}) == Path.home() / ".cache" / "physics-iq-harness" / "set"
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == cache_folder({})


@pytest.mark.parametrize(
    "name", ["descriptions.csv", "descriptions_original.csv", "descriptions/descriptions_original.csv"]
)
def test_descriptions_are_found_under_their_official_names(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert find_descriptions(tmp_path) == path


def test_missing_descriptions_say_where_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"benchmark\.descriptions=FILE; ask the librarian"):
        find_descriptions(tmp_path, hint="ask the librarian")


def test_a_data_set_passes() -> None:
    check_root(MINI, "original")
    check_files(DataSet(MINI), SCENARIOS, ("switch", "conditioning", "testing"), 30, takes=(1, 2))


def test_a_missing_root_says_how_to_name_it(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"is missing; set benchmark.root=FOLDER, or PHYSICS_IQ_DATA .* ask the librarian"
    ):
        check_root(tmp_path / "none", "original", hint="ask the librarian")


def test_a_folder_that_is_no_data_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds none of switch-frames"):
        check_root(tmp_path, "original")


@pytest.mark.parametrize(
    "wrong", ["..", "split-videos", "split-videos/testing/30FPS", "switch-frames", "physics-IQ-benchmark"]
)
def test_a_wrong_level_names_the_right_folder(wrong: str, copy: Path) -> None:
    with pytest.raises(UserError, match=f"use benchmark.root={copy}$"):
        check_root((copy / wrong).resolve(), "original")


def test_several_data_sets_below_are_all_named(copy: Path) -> None:
    shutil.copytree(copy / "switch-frames", copy.parent / "other" / "switch-frames")
    with pytest.raises(UserError, match=r"use benchmark\.root=.*dataset or benchmark\.root=.*other"):
        check_root(copy.parent, "original")


def test_a_half_downloaded_set_names_its_missing_files(copy: Path) -> None:
    for path in (copy / "split-videos/testing/30FPS").glob("*take-1*"):
        path.unlink()
    with pytest.raises(
        UserError,
        match=r"^6 files are missing, empty or no file in .*0001_testing.*0005_testing.*, …; complete",
    ) as raised:
        check_files(DataSet(copy), SCENARIOS, ("testing",), 30)
    assert "0006_" not in str(raised.value)


def test_only_what_is_selected_and_used_must_be_there(copy: Path) -> None:
    for path in [*(copy / "switch-frames").glob("0001*"), *(copy / "split-videos").rglob("*take-2*")]:
        path.unlink()
    dataset = DataSet(copy)
    assert missing_files(dataset, SCENARIOS[1:], ("switch", "conditioning", "testing"), 30) == []
    assert len(missing_files(dataset, SCENARIOS[1:], ("testing",), 30, takes=(1, 2))) == 5
    assert len(missing_files(dataset, SCENARIOS, ("switch",), 30)) == 1


def test_an_empty_file_counts_as_missing(copy: Path) -> None:
    path = next((copy / "switch-frames").glob("0003*"))
    path.write_bytes(b"")
    with pytest.raises(UserError, match=rf"^1 file is missing, empty or no file .*{path.name}"):
        check_files(DataSet(copy), SCENARIOS, ("switch",), 30)


def test_a_link_to_nothing_counts_as_missing(copy: Path) -> None:
    path = next((copy / "switch-frames").glob("0003*"))
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(UserError, match=rf"^1 file is missing, empty or no file .*{path.name}"):
        check_files(DataSet(copy), SCENARIOS, ("switch",), 30)


def test_a_rate_that_is_not_shipped_is_made_from_the_highest_one() -> None:
    assert missing_files(DataSet(MINI), SCENARIOS, ("conditioning", "testing"), 16) == []


def test_full_videos_stand_in_for_a_conditioning_folder(copy: Path) -> None:
    shutil.move(copy / "split-videos/conditioning", copy / "full-videos")
    full = copy / "full-videos/take-1/30FPS"
    full.mkdir(parents=True)
    for path in (copy / "full-videos/30FPS").glob("*take-1*"):
        path.rename(full / path.name.replace("conditioning-videos", "full-videos"))
    assert missing_files(DataSet(copy), SCENARIOS, ("conditioning",), 30) == []
    next(full.glob("0002*")).unlink()
    assert missing_files(DataSet(copy), SCENARIOS, ("conditioning",), 30) == [
        "full-videos/take-1/30FPS/0002_full-videos_30FPS_perspective-center_take-1_trimmed-scene-0.mp4"
    ]
