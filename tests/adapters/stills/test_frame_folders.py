"""Which pictures of a folder are a clip's frames, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adapters import BadClip
from adapters.stills.frame_folders import frame_files, read_frame_files


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.new("RGB", (6, 4)).save(folder / name, "PNG")
    return folder


def names(folder: Path) -> list[str]:
    return [path.name for path in frame_files(folder)]


@pytest.mark.parametrize(
    "wanted",
    [
        ["8.png", "9.png", "10.png"],
        ["frame_00000.jpg", "frame_00001.jpeg", "frame_00002.JPG"],
        ["0001_take2_007.tif", "0001_take2_008.tif"],
        ["seed3_1_x.png", "seed3_2_x.png"],
        ["only.png"],
    ],
)
def test_frames_come_in_the_order_of_the_number_that_counts(tmp_path: Path, wanted: list[str]) -> None:
    assert names(put(tmp_path / "f", *reversed(wanted))) == wanted


def test_what_is_no_picture_and_what_is_hidden_is_passed_over(tmp_path: Path) -> None:
    folder = put(tmp_path / "f", "1.png", "2.png")
    for name in ("._1.png", ".3.png", "Thumbs.db", ".DS_Store", "prompt.txt", "meta.json"):
        (folder / name).write_bytes(b"\0\5\26\7")
    (folder / "masks").mkdir()
    assert names(folder) == ["1.png", "2.png"]


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (["1.png", "2.png", "1.jpg", "2.jpg"], r"f: holds 1\.jpg and 1\.png; which are its frames"),
        (["1.png", "2.png", "0.webp"], r"holds 0\.webp and 1\.png"),
        (["0000_grid.png", "0001.png", "0002.png"], r"0000_grid\.png is not named like 0001\.png"),
        (["1.png", "2.png", "first.png"], r"first\.png is not named like 1\.png"),
        (["1.png", "2.png", "4.png"], r"nothing between 2\.png and 4\.png"),
        (["0.png", "2.png", "4.png"], r"nothing between 0\.png and 2\.png"),
        (["1.png", "01.png", "2.png"], r"01\.png and 1\.png have the same number"),
        (["a.jpg", "a.jpeg"], r"a\.jpeg and a\.jpg have the same number"),
        (["t0.25.png", "t0.50.png", "t1.00.png"], "more than one number changes"),
        ([], "holds no picture"),
    ],
)
def test_what_is_not_one_series_is_refused(tmp_path: Path, there: list[str], told: str) -> None:
    with pytest.raises(BadClip, match=told):
        frame_files(put(tmp_path / "f", *there))


def test_a_frame_of_another_size_is_named(tmp_path: Path) -> None:
    folder = put(tmp_path / "f", "1.png", "2.png")
    Image.new("RGB", (8, 4)).save(folder / "3.png")
    with pytest.raises(BadClip, match=r"3\.png is 8x4, and 1\.png is 6x4"):
        list(read_frame_files(frame_files(folder)))


def test_every_picture_is_read_as_a_switch_frame_is(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    grey, exif = np.array([[0, 100, 255]], np.uint8), Image.Exif()
    exif[0x0112] = 8
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "f" / "1.png")
    Image.fromarray(np.repeat(grey.T[..., None], 3, axis=2)).save(tmp_path / "f" / "2.png", exif=exif)
    first, second = read_frame_files(frame_files(tmp_path / "f"))
    assert first[0, :, 0].tolist() == [0, 100, 255]
    assert second.shape == (1, 3, 3)


def test_a_link_to_nothing_among_the_frames_is_told(tmp_path: Path) -> None:
    folder = put(tmp_path / "f", "1.png")
    (folder / "2.png").symlink_to("nowhere")
    os.mkfifo(folder / "3.png")
    with pytest.raises(BadClip, match=r"2\.png: is a link to nothing"):
        list(read_frame_files(frame_files(folder)))
