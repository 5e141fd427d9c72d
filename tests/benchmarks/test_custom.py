"""Own videos as a benchmark: cut by time stamps, laid out like the real sets, whole or not at all."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adapters import Frame, probe, read_frames
from adapters.harness import Writer
from runners.benchmarks.custom import build_custom
from runners.benchmarks.custom_sources import read_sources, scene_of
from runners.benchmarks.cutting import nearest_frames
from runners.core.errors import UserError
from runners.dataset.layout import DataSet
from runners.dataset.presence import check_files, check_root
from runners.dataset.scenarios import Scenario, load_scenarios
from tests.adapters.video.fields import SIZE, write_fields
from tests.adapters.video.files import clock, clocks, read_clock, write_plain
from tests.adapters.video.packets import coded_packets, spoil, write_packets


def _level(index: int) -> int:
    """A gray level that tells a frame's number (up to 60 apart) and survives the codec."""
    return 20 + (index * 37) % 210


def _film(path: Path, *, fps: int = 10, seconds: float = 8.0, size: tuple[int, int] = (32, 18)) -> Path:
    """A video whose frame n is an even gray of `_level(n)`; lossless, so that odd sizes can be had."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Writer(path, *size, fps, lossless=True) as writer:
        for index in range(round(fps * seconds)):
            writer.write(np.full((size[1], size[0], 3), _level(index), np.uint8))
    return path


def _levels(frames: Sequence[Frame]) -> list[int]:
    return [round(float(frame.mean())) for frame in frames]


def _close(found: Sequence[int], expected: Sequence[int]) -> bool:
    return len(found) == len(expected) and all(abs(a - b) <= 2 for a, b in zip(found, expected, strict=True))


def _load(root: Path) -> list[Scenario]:
    check_root(root, "custom")
    return load_scenarios(DataSet(root), root / "descriptions.csv")


def _table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_a_folder_of_videos_becomes_a_data_set(tmp_path: Path) -> None:
    _film(tmp_path / "in" / "Ball drop_2.mp4", seconds=9)
    _film(tmp_path / "in" / "a-ramp.mp4", size=(48, 26))
    root = build_custom(tmp_path / "in", tmp_path / "out")
    scenarios = _load(root)
    check_files(DataSet(root), scenarios, ("switch", "conditioning", "testing"), 10)
    assert [s.output_name for s in scenarios] == [
        "0001_perspective-center_trimmed-Ball-drop-2.mp4",
        "0002_perspective-center_trimmed-a-ramp.mp4",
    ]
    assert all((s.category, s.prompt, s.second) == ("Custom", "", None) for s in scenarios)


def test_the_pieces_meet_at_the_switch_frame(tmp_path: Path) -> None:
    _film(tmp_path / "in" / "ball.mp4")
    root = build_custom(tmp_path / "in", tmp_path / "out")
    item = _load(root)[0].item
    paths = {kind: DataSet(root).find(kind, item, 10) for kind in ("conditioning", "testing", "switch")}
    before, after = (list(read_frames(path)) for path in (paths["conditioning"], paths["testing"]) if path)
    assert _close(_levels(before), [_level(n) for n in range(30)])
    assert _close(_levels(after), [_level(n) for n in range(30, 80)])
    assert paths["switch"] is not None
    with Image.open(paths["switch"]) as image:
        assert image.format == "JPEG"
        assert image.size == (32, 18)
        assert abs(np.asarray(image.convert("RGB")).mean() - _level(29)) <= 1
    durations = [probe(path).duration_s for path in (paths["conditioning"], paths["testing"]) if path]
    assert durations == pytest.approx([3.0, 5.0], abs=1e-3)


def test_another_rate_takes_the_nearest_frames(tmp_path: Path) -> None:
    _film(tmp_path / "in" / "ball.mp4", fps=12)
    root = build_custom(tmp_path / "in", tmp_path / "out", fps=8)
    path = DataSet(root).find("testing", _load(root)[0].item, 8)
    assert path is not None
    # 3 s = frame 36 of the source; 1/8 s = 1.5 of its frames, a tie goes to the earlier one.
    assert _close(_levels(list(read_frames(path)))[:4], [_level(n) for n in (36, 37, 39, 40)])


def test_nearest_frames_go_by_time_stamps() -> None:
    steady = np.arange(240) * 1001 / 30000
    assert nearest_frames(steady, 30, 240).tolist() == list(range(240))
    uneven = np.array([0.0, 0.1, 0.15, 0.5, 0.9])
    assert nearest_frames(uneven, 10, 10).tolist() == [0, 1, 2, 2, 3, 3, 3, 3, 4, 4]


def test_odd_sizes_lose_one_row_or_column(tmp_path: Path) -> None:
    _film(tmp_path / "in" / "ball.mp4", size=(33, 19))
    root = build_custom(tmp_path / "in", tmp_path / "out")
    path = DataSet(root).find("testing", _load(root)[0].item, 10)
    assert path is not None
    assert (probe(path).width, probe(path).height) == (32, 18)


def test_a_csv_brings_prompts_categories_views_and_second_takes(tmp_path: Path) -> None:
    for name in ("l1", "l2", "c1", "z", "unused"):
        _film(tmp_path / "in" / f"{name}.mp4")
    _table(
        tmp_path / "in" / "about.csv",
        "video,description,category,scene,view,second_take",
        "z.mp4,,,,,",
        'c1.mp4,"A ball, ""red"".",Optics,My ball,center,',
        "l1.mp4,A ball.,Optics,My ball,perspective-left,l2.mp4",
    )
    told: list[str] = []
    root = build_custom(tmp_path / "in", tmp_path / "out", csv=Path("about.csv"), say=told.append)
    scenarios = _load(root)
    assert [(s.id, s.item.scene, s.view) for s in scenarios] == [
        ("0001", "z", "center"),
        ("0002", "My-ball", "left"),
        ("0003", "My-ball", "center"),
    ]
    assert [s.second.id if s.second else None for s in scenarios] == [None, "0004", None]
    assert [s.prompt for s in scenarios] == ["", "A ball.", 'A ball, "red".']
    assert [s.category for s in scenarios] == ["Custom", "Optics", "Optics"]
    check_files(DataSet(root), scenarios, ("testing",), 10, takes=(1, 2))
    assert told[0] == "not in about.csv and so left out: unused.mp4"
    assert told[-1] == "cutting 4/4: l2.mp4"


def test_a_csv_finds_a_video_whose_accents_macos_stored_apart(tmp_path: Path) -> None:
    _film(tmp_path / "in" / unicodedata.normalize("NFD", "café.mp4"))
    table = _table(tmp_path / "t.csv", "video,scene", unicodedata.normalize("NFC", "café.mp4,table"))
    (video,) = read_sources(tmp_path / "in", table, print)
    assert video.scene == "table"


def test_short_and_unreadable_videos_are_named(tmp_path: Path) -> None:
    _film(tmp_path / "in" / "good.mp4")
    _film(tmp_path / "in" / "short.mp4", seconds=7.9)
    _film(tmp_path / "in" / "shorter.mp4", seconds=2)
    with pytest.raises(UserError, match=r"at least 8 s long.*: short\.mp4 \(7\.90 s\), shorter\.mp4 \(2\.00 s\)"):
        build_custom(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(UserError, match=r"unreadable videos.*broken\.mp4"):
        build_custom(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_different_rates_need_a_word(tmp_path: Path) -> None:
    _film(tmp_path / "in" / "slow.mp4", fps=8)
    _film(tmp_path / "in" / "fast.mp4", fps=12)
    with pytest.raises(UserError, match=r"8 \(slow\.mp4\), 12 \(fast\.mp4\).*e\.g\. fps=12"):
        build_custom(tmp_path / "in", tmp_path / "out")
    root = build_custom(tmp_path / "in", tmp_path / "out", fps=8)
    assert DataSet(root).rates("testing") == (8,)


def test_the_same_input_is_used_again_and_anything_else_left_alone(tmp_path: Path) -> None:
    video = _film(tmp_path / "in" / "ball.mp4")
    root = build_custom(tmp_path / "in", tmp_path / "out")
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert build_custom(tmp_path / "in", tmp_path / "out") == root
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == stamps
    _film(video, seconds=8.5)
    for fps in (None, 5):
        with pytest.raises(UserError, match=r"out exists and was cut from other videos or settings; set another"):
            build_custom(tmp_path / "in", tmp_path / "out", fps=fps)
    (root / "dataset.json").unlink()
    with pytest.raises(UserError, match="out exists and holds something else"):
        build_custom(tmp_path / "in", tmp_path / "out")
    assert (root / "descriptions.csv").exists()


def test_nothing_half_made_is_left(tmp_path: Path) -> None:
    video = _film(tmp_path / "in" / "ball.mp4", size=(64, 36))
    spoil(video, 40)  # its packets are whole, so the damage shows only while it is cut
    with pytest.raises(UserError, match=r"ball\.mp4.*repair the video or take it out"):
        build_custom(tmp_path / "in", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def _cut_numbers(root: Path, fps: int) -> tuple[list[int], list[int]]:
    """The numbers on the frames before and after the switch frame."""
    item = _load(root)[0].item
    before, after = (DataSet(root).find(kind, item, fps) for kind in ("conditioning", "testing"))
    assert before is not None
    assert after is not None
    return [read_clock(frame) for frame in read_frames(before)], [read_clock(frame) for frame in read_frames(after)]


def test_a_recording_in_fields_keeps_its_speed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_fields(tmp_path / "in" / "a.mts", [(clock(number, *SIZE),) * 2 for number in range(80)], 10)
    root = build_custom(tmp_path / "in", tmp_path / "out")
    assert _cut_numbers(root, 10) == (list(range(30)), list(range(30, 80)))


def test_a_mirrored_video_is_cut_as_players_show_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    mirrored = clocks(80, 64, 36)[:, :, ::-1]
    write_plain(tmp_path / "in" / "a.mov", np.ascontiguousarray(mirrored), 10, matrix=(-1, 0, 0, 1))
    root = build_custom(tmp_path / "in", tmp_path / "out")
    assert _cut_numbers(root, 10) == (list(range(30)), list(range(30, 80)))
    record = json.loads((root / "dataset.json").read_text(encoding="utf-8"))
    assert record["videos"][0]["takes"][0]["mirrored"] is True


@pytest.mark.rotating("first", "then")
@pytest.mark.parametrize(("first", "then"), [((64, 36), (128, 72)), ((128, 72), (64, 36))])
def test_a_video_whose_size_changes_is_refused_with_both_sizes(
    tmp_path: Path, first: tuple[int, int], then: tuple[int, int]
) -> None:
    (tmp_path / "in").mkdir()
    packets = [packet for size in (first, then) for packet in coded_packets(clocks(45, *size), "libvpx", {"g": "1"})]
    write_packets(tmp_path / "in" / "call.webm", "libvpx", first, packets, 10)
    told = rf"call\.webm: frame 45 is {then[0]}x{then[1]}, the ones before it are {first[0]}x{first[1]}"
    with pytest.raises(UserError, match=told):
        build_custom(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    _film(tmp_path / "in" / "good.mp4")
    (tmp_path / "in" / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    with pytest.raises(UserError, match=r"gone\.mp4 is no file, but a link to nothing"):
        build_custom(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "gone.mp4").unlink()
    os.mkfifo(tmp_path / "in" / "pipe.mp4")
    with pytest.raises(UserError, match=r"pipe\.mp4 is no file, but a pipe"):
        build_custom(tmp_path / "in", tmp_path / "out")


def test_the_record_says_from_what_it_was_cut(tmp_path: Path) -> None:
    video = _film(tmp_path / "in" / "ball.mp4")
    root = build_custom(tmp_path / "in", tmp_path / "out")
    record = json.loads((root / "dataset.json").read_text(encoding="utf-8"))
    assert record["fps"] == 10
    assert record["videos"][0]["takes"][0]["bytes"] == video.stat().st_size


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["video", "c.mp4"], "line 2: video: the folder has no video 'c.mp4'"),
        (["video,second_take", "a.mp4,bb.mp4"], "line 2: second_take: .*did you mean 'b.mp4'"),
        (["video,view", "a.mp4,middle"], "unknown view 'middle'"),
        (["video,desciption", "a.mp4,x"], "unknown column 'desciption'; did you mean 'description'"),
        (["video,scene", "a.mp4,x", "b.mp4,X"], "a.mp4 and b.mp4 are both 'X' from the center"),
        (["video,second_take", "a.mp4,a.mp4"], "a.mp4 is used twice"),
        (["video"], "lists no video"),
        (["file", "a.mp4"], "no column video"),
    ],
)
def test_a_csv_must_fit_the_folder(rows: list[str], told: str, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    with pytest.raises(UserError, match=told):
        build_custom(tmp_path, tmp_path / "out", csv=_table(tmp_path / "about.csv", *rows))


def test_two_takes_must_have_the_same_size(tmp_path: Path) -> None:
    _film(tmp_path / "in" / "a.mp4")
    _film(tmp_path / "in" / "b.mp4", size=(48, 18))
    table = _table(tmp_path / "about.csv", "video,second_take", "a.mp4,b.mp4")
    with pytest.raises(UserError, match=r"same size: a\.mp4 \(32x18\) and b\.mp4 \(48x18\)"):
        build_custom(tmp_path / "in", tmp_path / "out", csv=table)


def test_a_folder_without_videos_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no video"):
        build_custom(tmp_path, tmp_path / "out")
    with pytest.raises(UserError, match=r"is no folder; set benchmark\.source"):
        build_custom(tmp_path / "none", tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "scene"),
    [
        ("ball", "ball"),
        ("My ball_2", "My-ball-2"),
        ("trimmed-x", "x"),
        ("../up", "up"),
        ("a/b", "a-b"),
        ("мяч", "мяч"),
        ("—", "scene"),
    ],
)
def test_scene_names_are_fit_for_file_names(text: str, scene: str) -> None:
    assert scene_of(text) == scene
