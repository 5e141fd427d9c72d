"""Clips made elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adapters import AdapterError, BadClip, SetupError
from adapters.precomputed import Precomputed
from adapters.testing import make_request


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "clips"
    path.mkdir()
    return path


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"video")


def found(folder: Path, tmp_path: Path, scenario_id: str = "0001", **arguments: Any) -> str:
    clip = Precomputed(str(folder), **arguments).generate(make_request(tmp_path, scenario_id=scenario_id))
    assert clip.file is not None
    return clip.file.relative_to(folder).as_posix()


@pytest.mark.parametrize(
    "name", ["0001.mp4", "0001_perspective-left_trimmed-ball.mp4", "0001-x.webm", "0001 a.MOV", "0001.mts"]
)
def test_a_clip_is_found_by_the_id_that_its_name_begins_with(name: str, folder: Path, tmp_path: Path) -> None:
    put(folder, name, "0002_other.mp4", "00011_longer-id.mp4", "0001_note.txt", ".0001_hidden.mp4")
    assert found(folder, tmp_path) == name


def test_any_pattern_with_the_id_in_it_will_do(folder: Path, tmp_path: Path) -> None:
    put(folder, "run/clip-0001-seed3.mp4", "run/clip-0002-seed3.mp4")
    assert found(folder, tmp_path, pattern="*/clip-{id}-*.mp4") == "run/clip-0001-seed3.mp4"


def test_the_file_comes_back_as_it_is_with_what_is_known_of_it(folder: Path, tmp_path: Path) -> None:
    put(folder, "0001.mp4")
    clip = Precomputed(str(folder), leading=1, fps=12).generate(make_request(tmp_path))
    assert (clip.fps, clip.leading, clip.info) == (12, 1, {"source": "0001.mp4"})


def test_a_missing_clip_names_pattern_and_folder(folder: Path, tmp_path: Path) -> None:
    put(folder, "0002.mp4")
    with pytest.raises(AdapterError) as error:
        found(folder, tmp_path)
    assert str(error.value) == f"no clip for scenario 0001: nothing in {folder} is named like 0001.mp4 or 0001_…"


@pytest.mark.parametrize("name", ["00012.mp4", "0001abc.mp4", "1.mp4", "x_0001.mp4", "._0001.mp4"])
def test_a_name_that_only_resembles_the_id_is_no_clip(name: str, folder: Path, tmp_path: Path) -> None:
    put(folder, name)
    with pytest.raises(AdapterError, match="no clip for scenario 0001"):
        found(folder, tmp_path)


def test_two_clips_for_one_scenario_are_both_named(folder: Path, tmp_path: Path) -> None:
    put(folder, "0001_a.mp4", "0001_b.mp4")
    with pytest.raises(AdapterError, match=r"2 clips for scenario 0001 \(0001_a.mp4, 0001_b.mp4\)"):
        found(folder, tmp_path)


def test_brackets_in_an_id_are_no_pattern(folder: Path, tmp_path: Path) -> None:
    put(folder, "a[1]_x.mp4")
    assert found(folder, tmp_path, scenario_id="a[1]") == "a[1]_x.mp4"


def images(folder: Path, *levels: int) -> None:
    folder.mkdir()
    for k, level in enumerate(levels):
        Image.fromarray(np.full((4, 6, 3), level, np.uint8)).save(folder / f"frame_{k + 8}.png")


def test_a_folder_of_frames_is_read_in_the_order_of_their_numbers(folder: Path, tmp_path: Path) -> None:
    images(folder / "0001", 10, 20, 30)  # frame_8, frame_9, frame_10
    clip = Precomputed(str(folder), fps=8).generate(make_request(tmp_path))
    frames = np.stack(list(clip.frames or ()))
    assert frames[:, 0, 0, 0].tolist() == [10, 20, 30]
    assert (frames.shape, clip.fps) == ((3, 4, 6, 3), 8)


def test_a_file_and_a_folder_of_one_id_are_two_clips(folder: Path, tmp_path: Path) -> None:
    put(folder, "0001.mp4")
    images(folder / "0001", 10)
    with pytest.raises(AdapterError, match=r"2 clips for scenario 0001 \(0001, 0001.mp4\)"):
        found(folder, tmp_path)
    assert Precomputed(str(folder)).inputs("0001") == []


def test_a_folder_of_frames_needs_a_rate(folder: Path, tmp_path: Path) -> None:
    images(folder / "0001_x", 10)
    with pytest.raises(BadClip, match=r"model\.adapter\.fps"):
        Precomputed(str(folder)).generate(make_request(tmp_path))


def test_frames_that_do_not_decode_are_told(folder: Path, tmp_path: Path) -> None:
    put(folder, "0001_x/1.png")
    clip = Precomputed(str(folder), fps=8).generate(make_request(tmp_path))
    with pytest.raises(BadClip, match=r"0001_x/1\.png"):
        list(clip.frames or ())


def test_what_is_no_file_is_never_opened(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "0001.mp4")
    (folder / "0002.mp4").symlink_to("nowhere")
    for scenario_id in ("0001", "0002"):
        with pytest.raises(BadClip, match="a link to nothing, a pipe or a device"):
            found(folder, tmp_path, scenario_id)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems hold UTF-8 only")
def test_a_name_that_is_no_utf8_is_found_and_told_in_utf8(folder: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"0001_caf\xe9.mp4")
    put(folder, name)
    clip = Precomputed(str(folder)).generate(make_request(tmp_path))
    assert clip.file == folder / name
    assert clip.info == {"source": "0001_caf\ufffd.mp4"}


def test_without_a_folder_it_says_what_to_set_and_the_note() -> None:
    with pytest.raises(SetupError, match=r"set model\.adapter\.folder .*\. Never released"):
        Precomputed(note="Never released").check()


def test_a_folder_that_is_not_there_is_told_before_any_clip(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="nowhere is not a folder"):
        Precomputed(str(tmp_path / "nowhere")).check()


def test_a_folder_without_any_match_is_told_before_any_clip(folder: Path) -> None:
    put(folder, "readme.txt", "clip1.mp4")
    with pytest.raises(SetupError, match=r"no clip in .* matches"):
        Precomputed(str(folder), pattern="scene-{id}.mp4").check()


def test_a_folder_with_clips_is_accepted(folder: Path) -> None:
    put(folder, "0007_x.mp4")
    Precomputed(str(folder)).check()


@pytest.mark.parametrize("pattern", ["*.mp4", "/clips/{id}.mp4"])
def test_a_pattern_that_cannot_work_is_told_at_once(pattern: str) -> None:
    with pytest.raises(SetupError, match=r"model\.adapter\.pattern"):
        Precomputed("clips", pattern=pattern)
