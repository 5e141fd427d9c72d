"""What is refused before any work, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.video.reading import VideoInfo, probe, write_video
from runners.core.errors import UserError
from runners.core.files import sha256_file
from runners.dataset.scenarios import Scenario
from runners.scoring import inputs
from runners.scoring.inputs import find_clips
from tests.adapters.video.packets import spoil
from tests.scoring.conftest import Tiny
from tests.scoring.tiny import slide, write_clip


@pytest.fixture
def scenarios(tiny_run: Tiny) -> list[Scenario]:
    return tiny_run.scenarios[:2]


def test_a_good_folder_tells_its_format_and_what_is_missing(scenarios: list[Scenario], tmp_path: Path) -> None:
    path = write_clip(tmp_path, scenarios[1], slide(5.0))
    clips = find_clips(tmp_path, scenarios, workers=2)
    assert clips.found == ((scenarios[1], path),)
    assert clips.missing == (scenarios[0],)
    assert (clips.fps, clips.width, clips.height) == (8, 64, 36)


def test_a_clip_is_hashed_before_it_is_looked_into(
    scenarios: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what was found out could be of a file, and the hash of its successor."""
    path = write_clip(tmp_path, scenarios[0], slide(5.0))
    before = sha256_file(path)

    def replacing(path: Path) -> VideoInfo:
        write_clip(tmp_path, scenarios[0], slide(9.0))
        return probe(path)

    monkeypatch.setattr(inputs, "probe", replacing)
    assert find_clips(tmp_path, scenarios, 1).hashes == {path: before}
    assert sha256_file(path) != before


def test_a_missing_folder(scenarios: list[Scenario], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="absent: there is no such folder"):
        find_clips(tmp_path / "absent", scenarios, 1)


def test_an_empty_folder(scenarios: list[Scenario], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the folder is empty"):
        find_clips(tmp_path, scenarios, 1)


@pytest.mark.parametrize("name", ["notes.txt", "0099_perspective-left_trimmed-other.mp4", ".0001.part"])
def test_a_file_that_is_no_clip_of_the_benchmark(name: str, scenarios: list[Scenario], tmp_path: Path) -> None:
    write_clip(tmp_path, scenarios[0], slide(5.0))
    (tmp_path / name).write_text("")
    with pytest.raises(UserError, match=f"{name}: no clip of this benchmark, and nothing else may be here"):
        find_clips(tmp_path, scenarios, 1)


def test_a_second_file_of_an_id_is_told_its_right_name(scenarios: list[Scenario], tmp_path: Path) -> None:
    write_clip(tmp_path, scenarios[0], slide(5.0)).rename(tmp_path / "0001_left.mp4")
    write_clip(tmp_path, scenarios[0], slide(5.0))
    with pytest.raises(UserError, match=f"0001_left.mp4.*the clip of that id is named {scenarios[0].output_name}"):
        find_clips(tmp_path, scenarios, 1)


def test_a_folder_or_a_dead_link_in_the_place_of_a_clip(scenarios: list[Scenario], tmp_path: Path) -> None:
    path = tmp_path / scenarios[0].output_name
    path.mkdir()
    with pytest.raises(UserError, match=rf"{path.name}: this is no file"):
        find_clips(tmp_path, scenarios, 1)
    path.rmdir()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=rf"{path.name}: this is no file"):
        find_clips(tmp_path, scenarios, 1)


@pytest.mark.parametrize(("frames", "told"), [(39, r"4\.875 s"), (41, r"5\.125 s")])
def test_one_frame_too_few_or_too_many(frames: int, told: str, scenarios: list[Scenario], tmp_path: Path) -> None:
    path = write_clip(tmp_path, scenarios[0], slide(5.0, seconds=6)[:frames])
    with pytest.raises(UserError, match=rf"{path.name}: {told} long \({frames} frames\); clips must last 5\.000"):
        find_clips(tmp_path, scenarios, 1)


def test_two_rates_in_one_folder(scenarios: list[Scenario], tmp_path: Path) -> None:
    write_clip(tmp_path, scenarios[0], slide(5.0))
    odd = write_clip(tmp_path, scenarios[1], slide(5.0, fps=10), fps=10)
    with pytest.raises(UserError, match=f"{odd.name} has 10 FPS, {scenarios[0].output_name} has 8"):
        find_clips(tmp_path, scenarios, 1)


def test_a_rate_that_is_not_whole(scenarios: list[Scenario], tmp_path: Path) -> None:
    write_video(tmp_path / scenarios[0].output_name, slide(5.0)[:37], 7.4)
    with pytest.raises(UserError, match=r"7\.4 FPS; clips need a whole number"):
        find_clips(tmp_path, scenarios, 1)


def test_two_sizes_in_one_folder(scenarios: list[Scenario], tmp_path: Path) -> None:
    write_clip(tmp_path, scenarios[0], slide(5.0))
    odd = write_clip(tmp_path, scenarios[1], slide(5.0, size=(80, 36)))
    with pytest.raises(UserError, match=f"{odd.name} is 80×36"):
        find_clips(tmp_path, scenarios, 1)


def test_a_clip_that_is_no_video(scenarios: list[Scenario], tmp_path: Path) -> None:
    (tmp_path / scenarios[0].output_name).write_text("not a video")
    with pytest.raises(UserError, match=scenarios[0].output_name):
        find_clips(tmp_path, scenarios, 1)


def test_a_clip_whose_headers_are_good_and_whose_pictures_are_not(scenarios: list[Scenario], tmp_path: Path) -> None:
    path = write_clip(tmp_path, scenarios[0], slide(5.0))
    spoil(path, 20)
    assert probe(path).frames == 40
    with pytest.raises(UserError, match=path.name):
        find_clips(tmp_path, scenarios, 1)
