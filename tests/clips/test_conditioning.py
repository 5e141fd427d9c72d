"""What a model sees of a scenario: the right frames at the right instants, fitted, in true colours."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from adapters import Frames, Needs, read_frames, write_video
from runners.clips.conditioning import (
    ConditioningSource,
    conditioning_geometry,
    find_source,
    make_conditioning,
    nearest_size,
    probe_source,
    source_size,
)
from runners.clips.geometry import FITS, Fit, plan_fit
from runners.core.errors import UserError
from runners.dataset.layout import DataSet, Item, Kind, relative_path
from tests.adapters.video.files import (
    clock,
    clocks,
    error_and_bias,
    read_clock,
    scene,
    scenes,
    write_exact,
    write_plain,
)

SIZE = (64, 36)
ITEM = Item("0001", "left", 1, "trimmed-ball")
MINI = Path(__file__).parents[1] / "fixtures/mini/dataset"
MULTIFRAME = Needs(mode="multiframe")


def ship(root: Path, kind: Kind, fps: int, frames: Frames, real_fps: float | None = None) -> Path:
    """Put a file of a data set in its place."""
    path = root / relative_path(kind, ITEM, fps)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "switch":
        Image.fromarray(frames[-1]).save(path, quality=98, subsampling=0)
    else:
        write_video(path, frames, real_fps or fps)
    return path


def seen(root: Path, needs: Needs, fit: Fit = "stretch", default: tuple[int, int] = SIZE) -> tuple[list[int], float]:
    """The clock's readings on the frames that a model gets, and the rate it is told."""
    source = find_source(DataSet(root), ITEM, needs)
    probe_source(source)
    made = make_conditioning(source, needs, conditioning_geometry(fit, source_size(source), needs, default))
    return [read_clock(frame) for frame in made.frames], made.fps


# which file


def test_a_switch_frame_is_the_jpg_pixel_by_pixel(tmp_path: Path) -> None:
    path = ship(tmp_path, "switch", 30, scenes(1, *SIZE))
    ship(tmp_path, "conditioning", 24, clocks(72))
    source = find_source(DataSet(tmp_path), ITEM, Needs())
    assert source == ConditioningSource("i2v", path, "image", 24)
    probe_source(source)
    assert source_size(source) == SIZE
    made = make_conditioning(source, Needs(), plan_fit("stretch", SIZE, SIZE))
    assert np.array_equal(made.frames, np.asarray(Image.open(path))[None])
    assert made.fps == 24


def test_without_switch_frames_the_clips_last_frame_is_it(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 24, clocks(72))
    ship(tmp_path, "conditioning", 30, clocks(90))
    assert seen(tmp_path, Needs()) == ([89], 30)


@pytest.mark.parametrize("needs", [Needs(), MULTIFRAME])
def test_without_a_conditioning_folder_the_first_three_seconds_of_the_full_video_serve(
    tmp_path: Path, needs: Needs
) -> None:
    ship(tmp_path, "full", 30, clocks(240))
    readings, fps = seen(tmp_path, needs)
    assert readings == ([89] if needs.mode == "i2v" else list(range(90)))
    assert fps == 30


def test_the_wanted_rate_is_used_as_it_is_shipped(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 24, clocks(72))
    ship(tmp_path, "conditioning", 30, clocks(90))
    for wanted, frames in ((24, 72), (None, 90)):
        readings, fps = seen(tmp_path, Needs(mode="multiframe", conditioning_fps=wanted))
        assert readings == list(range(frames))
        assert fps == (wanted or 30)


@pytest.mark.parametrize("needs", [Needs(), MULTIFRAME])
def test_a_missing_file_is_named(tmp_path: Path, needs: Needs) -> None:
    for kind in ("switch", "conditioning"):
        path = ship(tmp_path, kind, 30, clocks(90))
        path.rename(path.with_name(path.name.replace("ball", "other")))
    with pytest.raises(UserError, match=r"0001_.*trimmed-ball\.(jpg|mp4) is missing; get it with"):
        find_source(DataSet(tmp_path), ITEM, needs)


# which instants


@pytest.mark.parametrize(("fps", "count"), [(24, 72), (25, 75), (16, 48), (12, 36), (8, 24), (12.5, 38)])
def test_another_rate_is_sampled_backwards_from_the_switch_frame(tmp_path: Path, fps: float, count: int) -> None:
    ship(tmp_path, "conditioning", 30, clocks(90))
    readings, told = seen(tmp_path, Needs(mode="multiframe", conditioning_fps=fps))
    assert told == fps
    assert len(readings) == count
    assert readings[-1] == 89
    for k, reading in enumerate(readings):
        assert abs(reading / 30 - (89 / 30 - (count - 1 - k) / fps)) <= 1 / 60 + 1e-9


def test_the_last_frames_asked_for_are_the_ones_before_the_switch(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 30, clocks(90))
    assert seen(tmp_path, Needs(mode="multiframe", conditioning_frames=5)) == ([85, 86, 87, 88, 89], 30)
    assert seen(tmp_path, Needs(mode="multiframe", conditioning_frames=3, conditioning_fps=15)) == ([85, 87, 89], 15)


def test_a_slower_clip_repeats_frames_for_a_faster_model(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 8, clocks(24))
    assert seen(tmp_path, Needs(mode="multiframe", conditioning_frames=5, conditioning_fps=16)) == (
        [21, 22, 22, 23, 23],
        16,
    )


def test_more_frames_than_three_seconds_hold_are_refused(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 30, clocks(90))
    with pytest.raises(UserError, match="wants 73 conditioning frames at 24 FPS, and 3 s at 30 FPS give 72"):
        find_source(DataSet(tmp_path), ITEM, Needs(mode="multiframe", conditioning_frames=73, conditioning_fps=24))


# what is wrong with a file


def test_a_clip_shorter_than_three_seconds_is_refused(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 30, clocks(89))
    with pytest.raises(UserError, match=r"holds 89 frames = 2\.967 s, and 3 s \(90 frames\) are needed"):
        probe_source(find_source(DataSet(tmp_path), ITEM, MULTIFRAME))


def test_a_clip_of_another_rate_than_its_name_says_is_refused(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 30, clocks(90), real_fps=24)
    with pytest.raises(UserError, match="runs at 24 FPS where its name and folder say 30"):
        probe_source(find_source(DataSet(tmp_path), ITEM, MULTIFRAME))


@pytest.mark.parametrize("kind", ["switch", "conditioning"])
def test_a_broken_file_is_found_before_work_starts(tmp_path: Path, kind: Kind) -> None:
    path = ship(tmp_path, kind, 30, scenes(90, *SIZE))
    needs = Needs() if kind == "switch" else MULTIFRAME
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if kind == "switch" else b"no video")
    with pytest.raises(UserError, match=path.name) as caught:
        probe_source(find_source(DataSet(tmp_path), ITEM, needs))
    assert "\n" not in str(caught.value)


def test_a_clip_damaged_behind_its_header_is_a_users_error_too(tmp_path: Path) -> None:
    path = ship(tmp_path, "conditioning", 30, clocks(90))
    path.write_bytes(path.read_bytes()[:-200])
    source = find_source(DataSet(tmp_path), ITEM, MULTIFRAME)
    with pytest.raises(UserError, match="cut short"):
        make_conditioning(source, MULTIFRAME, plan_fit("stretch", SIZE, SIZE))


def test_a_clip_that_goes_on_behind_the_switch_frame_is_refused(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 30, clocks(150))
    with pytest.raises(UserError, match=r"holds 150 frames = 5\.000 s, and 3 s that end with the switch frame"):
        probe_source(find_source(DataSet(tmp_path), ITEM, MULTIFRAME))


def test_a_clip_without_a_constant_rate_is_refused(tmp_path: Path) -> None:
    path = ship(tmp_path, "conditioning", 8, clocks(24))
    write_plain(path, clocks(24), 8, instants_ms=[125 * k + (90 if 5 < k < 20 else 0) for k in range(24)])
    source = find_source(DataSet(tmp_path), ITEM, MULTIFRAME)
    with pytest.raises(UserError, match=r"its frames do not follow each other at a constant rate; .*-vf fps=8"):
        make_conditioning(source, MULTIFRAME, plan_fit("stretch", SIZE, SIZE))


@pytest.mark.parametrize("needs", [Needs(), MULTIFRAME])
def test_an_interlaced_clip_is_refused(tmp_path: Path, needs: Needs) -> None:
    path = ship(tmp_path, "conditioning", 8, clocks(24))
    frames, later = (scenes(25, 64, 36)[k : k + 24].copy() for k in (0, 1))
    frames[:, 1::2] = later[:, 1::2]
    write_plain(path, frames, 8, options={"x264-params": "tff=1"})
    source = find_source(DataSet(tmp_path), ITEM, needs)
    with pytest.raises(UserError, match="interlaced"):
        make_conditioning(source, needs, plan_fit("stretch", SIZE, SIZE))


# pictures


@pytest.mark.parametrize("needs", [Needs(), MULTIFRAME])
@pytest.mark.parametrize("fit", FITS)
def test_a_mirrored_clip_is_seen_as_players_show_it(tmp_path: Path, needs: Needs, fit: Fit) -> None:
    path = ship(tmp_path, "conditioning", 8, clocks(24))
    write_plain(path, np.repeat(scenes(1, 64, 36), 24, axis=0), 8, matrix=(0, 1, 1, 0))  # mirrored and turned
    source = find_source(DataSet(tmp_path), ITEM, needs)
    assert source_size(source) == (36, 64)
    made = make_conditioning(source, needs, plan_fit(fit, (36, 64), (36, 64)))
    assert error_and_bias(made.switch_frame, scene(64, 36).swapaxes(0, 1))[0] < 3


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1"])
def test_any_mode_of_image_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("image.jpg" if mode == "L" else "image.png")
    Image.fromarray(scene(*SIZE)).convert(mode).save(path)
    made = make_conditioning(ConditioningSource("i2v", path, "image", 30), Needs(), plan_fit("stretch", SIZE, SIZE))
    assert made.frames.shape == (1, 36, 64, 3)
    assert made.frames.dtype == np.uint8


def test_a_switch_frame_of_16_bit_grey_is_not_white(tmp_path: Path) -> None:
    grey = scene(*SIZE)[..., 0]
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "frame.jpg", "PNG")
    source = ConditioningSource("i2v", tmp_path / "frame.jpg", "image", 30)
    made = make_conditioning(source, Needs(), plan_fit("stretch", SIZE, SIZE))
    assert np.array_equal(made.switch_frame, np.repeat(grey[..., None], 3, axis=2))


def test_an_images_orientation_is_carried_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(scene(*SIZE)).save(tmp_path / "turned.jpg", exif=exif)
    source = ConditioningSource("i2v", tmp_path / "turned.jpg", "image", 30)
    assert source_size(source) == (36, 64)
    made = make_conditioning(source, Needs(), plan_fit("stretch", (36, 64), (36, 64)))
    assert error_and_bias(made.switch_frame, np.rot90(scene(*SIZE), -1))[0] < 6


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("size", [(640, 360), (320, 180)])
def test_the_colours_a_model_sees_are_not_biased(tmp_path: Path, matrix: str, size: tuple[int, int]) -> None:
    path = tmp_path / "clip.mp4"
    drawn = np.repeat(scenes(1, 640, 360), 24, axis=0)
    write_exact(path, drawn, 8, matrix=matrix)
    source = ConditioningSource("multiframe", path, "clip", 8)
    made = make_conditioning(source, MULTIFRAME, plan_fit("stretch", (640, 360), size))
    wanted = cv2.resize(drawn[0].astype(float), size, interpolation=cv2.INTER_AREA)
    error, bias = error_and_bias(made.switch_frame, wanted)
    assert error <= 0.8
    assert bias <= 0.15


@pytest.mark.parametrize("fit", FITS)
def test_frames_are_fitted_and_only_the_wanted_ones_kept(tmp_path: Path, fit: Fit) -> None:
    ship(tmp_path, "conditioning", 30, clocks(90, 128, 36))
    needs = Needs(mode="multiframe", conditioning_frames=4, sizes=((48, 48),))
    source = find_source(DataSet(tmp_path), ITEM, needs)
    made = make_conditioning(source, needs, conditioning_geometry(fit, source_size(source), needs, SIZE))
    assert made.frames.shape == (4, 48, 48, 3)
    assert made.frames.flags.owndata  # not a view of something larger
    assert made.frames[:, :5].max() == (0 if fit == "pad" else made.frames.max())


def test_the_sources_full_frames_are_never_held(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 8, np.repeat(scenes(1, 640, 360), 24, axis=0))
    source = find_source(DataSet(tmp_path), ITEM, MULTIFRAME)
    make_conditioning(source, MULTIFRAME, plan_fit("pad", (640, 360), SIZE))  # imports are not what is measured
    tracemalloc.start()
    made = make_conditioning(source, MULTIFRAME, plan_fit("pad", (640, 360), SIZE))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(made.frames) == 24
    assert peak < 640 * 360 * 3


def test_the_same_file_gives_the_same_hash_and_another_does_not(tmp_path: Path) -> None:
    ship(tmp_path, "conditioning", 30, clocks(90))
    source = find_source(DataSet(tmp_path), ITEM, MULTIFRAME)
    as_it_is = plan_fit("stretch", SIZE, SIZE)
    first, again = (make_conditioning(source, MULTIFRAME, as_it_is) for _ in range(2))
    fewer = make_conditioning(source, Needs(mode="multiframe", conditioning_frames=2), as_it_is)
    assert first.sha256 == again.sha256 != fewer.sha256


# which size


def test_the_nearest_shape_wins_and_among_equals_the_nearest_area() -> None:
    assert nearest_size((3840, 2160), ((576, 1024), (1024, 576), (832, 480))) == (1024, 576)
    assert nearest_size((1920, 1080), ((640, 360), (1280, 720), (3840, 2160))) in ((1280, 720), (3840, 2160))
    assert nearest_size((480, 270), ((640, 360), (1280, 720))) == (640, 360)
    assert nearest_size((480, 640), ((1280, 720), (768, 768), (720, 1280))) == (768, 768)


def test_a_model_of_any_size_gets_the_runs() -> None:
    geometry = conditioning_geometry("stretch", (3840, 2160), Needs(), (1280, 720))
    assert geometry.target == (1280, 720)
    native = Needs(sizes=((832, 480),))
    assert conditioning_geometry("pad", (3840, 2160), native, (1280, 720)).target == (832, 480)


def test_the_mini_data_set_conditions_both_ways() -> None:
    data = DataSet(MINI)
    for item in (Item("0001", "left", 1, "trimmed-scene-0"), Item("0006", "right", 1, "trimmed-scene-1")):
        image = make_conditioning(find_source(data, item, Needs()), Needs(), plan_fit("pad", (384, 216), (192, 192)))
        assert image.frames.shape == (1, 192, 192, 3)
        source = find_source(data, item, Needs(mode="multiframe", conditioning_fps=24))
        clip = make_conditioning(
            source, Needs(mode="multiframe", conditioning_fps=24), plan_fit("stretch", (384, 216), (192, 108))
        )
        assert clip.frames.shape == (72, 108, 192, 3)
    shipped = list(read_frames(find_source(data, item, MULTIFRAME).path))
    still = make_conditioning(find_source(data, item, Needs()), Needs(), plan_fit("stretch", (384, 216), (384, 216)))
    assert error_and_bias(still.switch_frame, shipped[-1])[0] < 3
    assert read_clock(clock(89)) == 89
