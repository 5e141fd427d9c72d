"""Whatever a model returns becomes exactly 5 s, with every instant where it belongs, or is refused in one line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import BadClip, BadVideo, Clip, Frame, Frames, probe, read_frames, write_video
from adapters.harness import examine
from runners.clips.checked_frames import KeptFrames, clip_frames
from runners.clips.geometry import plan_fit
from runners.clips.resample import Resampler, Sampling, blend
from runners.clips.standardize import Output, Published, check_output, standardize
from runners.clips.verify import find_fault, verify
from runners.core.errors import UserError
from tests.adapters.video.files import clock, clocks, read_clock, scenes, write_plain
from tests.adapters.video.packets import AS_BEFORE, coded_packets, edit, write_packets

SIZE = (64, 36)
AS_IT_IS = plan_fit("stretch", SIZE, SIZE)


def publish(clip: Clip, path: Path, fps: int = 8, *, short: Any = "error", sampling: Sampling = "nearest") -> Published:
    return standardize(clip, AS_IT_IS, Output(*SIZE, fps, sampling), 5.0, path, short)


def seen(path: Path) -> list[int]:
    return [read_clock(frame) for frame in read_frames(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "0001.mp4.part"


# shape


@pytest.mark.parametrize("as_file", [True, False])
def test_a_clip_of_another_shape_is_refused_unless_it_is_said_how_it_came_about(path: Path, as_file: bool) -> None:
    clip = Clip(8, frames := clocks(40, 32, 32))
    if as_file:
        write_video(path.with_suffix(".mp4"), frames, 8)
        clip = Clip(None, file=path.with_suffix(".mp4"))
    with pytest.raises(BadClip, match=r"the clip is 32x32, the model was shown 64x36 .* model\.fit=stretch, pad"):
        standardize(clip, AS_IT_IS, Output(*SIZE, 8), 5.0, path)
    assert not path.exists()
    assert standardize(clip, AS_IT_IS, Output(*SIZE, 8), 5.0, path, fit_stated=True).frames == 40


@pytest.mark.parametrize("fit", ["pad", "crop"])
def test_a_square_clips_picture_comes_to_where_the_scene_has_it(path: Path, fit: Any) -> None:
    frames = np.full((40, 64, 64, 3), 40, np.uint8)
    frames[:, 30:34, 30:34] = 250  # a square in the middle
    if fit == "pad":
        frames[:, :14] = frames[:, 50:] = 0
    standardize(Clip(8, frames), plan_fit(fit, (128, 72), (128, 72)), Output(128, 72, 8), 5.0, path, fit_stated=True)
    seen = next(read_frames(path))[..., 0].astype(int)
    tall, wide = (seen > 150).any(axis=1).sum(), (seen > 150).any(axis=0).sum()
    # Padded, the clip shows all 128 x 72 at half the size; cropped, the middle 72 x 72 of them.
    assert (tall, wide) == ((8, 8) if fit == "pad" else (pytest.approx(5, abs=1), pytest.approx(5, abs=1)))
    assert seen[36, 4] == pytest.approx(40 if fit == "pad" else 0, abs=4)
    assert seen[36, 40] == pytest.approx(40, abs=4)


def test_a_file_of_the_outputs_size_is_not_passed_on_where_the_model_was_shown_another_shape(path: Path) -> None:
    file = path.with_suffix(".mp4")
    write_plain(file, clocks(40, 32, 32), 8)
    with pytest.raises(BadClip, match="the clip is 32x32"):
        standardize(Clip(None, file=file), AS_IT_IS, Output(32, 32, 8), 5.0, path)


# time


@pytest.mark.parametrize("fps", [8, 12, 15, 16, 24, 25, 30])
def test_every_rate_gives_exactly_five_seconds(path: Path, fps: int) -> None:
    made = publish(Clip(7, clocks(36), leading=1), path, fps)
    info = probe(path)
    assert (info.duration_s, info.frames, info.fps) == (5.0, 5 * fps, fps)
    assert (made.frames, made.fps, made.width, made.height) == (5 * fps, fps, 64, 36)
    assert made.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert made.bytes == path.stat().st_size


def test_the_same_rate_passes_the_frames_on_untouched() -> None:
    frames = clocks(12)
    shown = Resampler(((Fraction(k, 24), frame) for k, frame in enumerate(frames)), "linear")
    for k, frame in enumerate(shown.at(Fraction(k, 24) for k in range(12))):
        assert np.shares_memory(frame, frames[k])


@pytest.mark.parametrize(("own", "wanted"), [(7, 24), (30, 24), (24, 30), (25, 8), (16, 15), (8, 30)])
def test_a_drawn_clock_tells_the_exact_instant_of_every_frame(path: Path, own: int, wanted: int) -> None:
    publish(Clip(own, clocks(5 * own + 1), leading=1), path, wanted)
    # Frame 1 is the first one kept: at instant j / wanted the clip shows its frame nearest to j · own / wanted.
    nearest = [1 + min(5 * own - 1, int(Fraction(j * own, wanted) + Fraction(1, 2))) for j in range(5 * wanted)]
    assert seen(path) == nearest


@given(st.sampled_from([7, 8, 12, 24, 25, 30]), st.sampled_from([8, 15, 24, 30]), st.integers(2, 40))
def test_linear_sampling_shows_the_value_at_the_instant(own: int, wanted: int, count: int) -> None:
    ramp = [np.full((2, 2, 3), 3 * k, np.uint8) for k in range(count)]
    shown = Resampler(((Fraction(k, own), frame) for k, frame in enumerate(ramp)), "linear")
    instants = [Fraction(j, wanted) for j in range(5 * wanted)]
    for instant, frame in zip(instants, shown.at(instants), strict=True):
        value = min(3 * instant * own, Fraction(3 * (count - 1)))
        assert frame[0, 0, 0] == int(value + Fraction(1, 2))


@settings(max_examples=200)
@given(st.integers(0, 255), st.integers(0, 255), st.fractions(0, 1, max_denominator=5000))
def test_blending_is_exact_and_rounds_half_up(a: int, b: int, weight: Fraction) -> None:
    mixed = blend(np.full((1, 1, 3), a, np.uint8), np.full((1, 1, 3), b, np.uint8), weight)
    exact = a + (b - a) * weight
    if weight.denominator <= 4096:
        assert mixed[0, 0, 0] == int(exact + Fraction(1, 2))
    assert abs(int(mixed[0, 0, 0]) - exact) <= 0.5 + 255 / 8192


def test_only_two_frames_are_held(path: Path) -> None:
    held, most = 0, 0

    class Counted(np.ndarray[Any, np.dtype[np.uint8]]):
        def __del__(self) -> None:
            nonlocal held
            held -= 1

    def frames() -> Iterator[tuple[Fraction, Frame]]:
        nonlocal held, most
        for k in range(30):
            held += 1
            most = max(most, held)
            yield Fraction(k, 8), clock(k).view(Counted)

    for _ in Resampler(frames(), "nearest").at(Fraction(j, 24) for j in range(90)):
        pass
    assert most <= 3  # two, and the one that is just being handed over


def test_a_lazy_clip_may_reuse_its_buffer(path: Path) -> None:
    def frames() -> Iterator[Frame]:
        buffer = np.zeros((36, 64, 3), np.uint8)
        for k in range(41):
            buffer[:] = clock(k)
            yield buffer

    publish(Clip(8, frames(), leading=1), path, 24)
    assert seen(path)[::3] == list(range(1, 41))


def test_a_file_of_variable_rate_keeps_its_own_instants(tmp_path: Path, path: Path) -> None:
    instants = [0, 1000, 1500, 3000, 4900]
    write_plain(tmp_path / "vfr.mp4", clocks(5), 1, instants_ms=instants)
    publish(Clip(None, file=tmp_path / "vfr.mp4"), path, 8)
    nearest = [min(range(5), key=lambda k: (abs(instants[k] - 125 * j), -k)) for j in range(40)]
    assert seen(path) == nearest


def test_rounded_time_stamps_are_still_a_constant_rate(tmp_path: Path) -> None:
    write_plain(tmp_path / "rounded.mkv", clocks(30), 24)
    kept = KeptFrames(Clip(None, file=tmp_path / "rounded.mkv"))
    assert [instant for instant, _ in kept.frames()] == [Fraction(k, 24) for k in range(30)]


def test_the_rate_the_adapter_states_wins_over_the_files_own(tmp_path: Path, path: Path) -> None:
    write_video(tmp_path / "clip.mp4", clocks(80), 30)
    publish(Clip(16, file=tmp_path / "clip.mp4"), path, 16)
    assert seen(path) == list(range(80))


# length


def test_leading_frames_are_dropped(path: Path) -> None:
    made = publish(Clip(8, clocks(49), leading=9), path)
    assert seen(path) == list(range(9, 49))
    assert (made.frames_returned, made.leading_dropped, made.frames_used, made.held_frames) == (49, 9, 40, 0)


def test_too_long_is_cut_and_not_read_on(path: Path) -> None:
    asked = 0

    def frames() -> Iterator[Frame]:
        nonlocal asked
        for k in range(200):
            asked += 1
            yield clock(k)

    made = publish(Clip(8, frames()), path)
    assert seen(path) == list(range(40))
    assert asked == made.frames_returned <= 41


@pytest.mark.parametrize(
    ("fps", "enough"), [(8, 40), (7, 35), (24, 120), (24000 / 1001, 120), (29.97, 150), (12.5, 62), (30, 150)]
)
@pytest.mark.parametrize("wanted", [8, 24])
def test_what_is_long_enough_at_its_own_rate(path: Path, fps: float, enough: int, wanted: int) -> None:
    assert publish(Clip(fps, clocks(enough)), path, wanted).held_frames == 0
    with pytest.raises(BadClip, match=f"has {enough - 1} frames"):
        publish(Clip(fps, clocks(enough - 1)), path, wanted)
    assert not path.exists()


def test_too_short_tells_both_numbers_and_the_way_out(path: Path) -> None:
    with pytest.raises(BadClip) as caught:
        publish(Clip(7, clocks(26), leading=1), path, 24)
    assert str(caught.value) == (
        "the clip has 25 frames at 7 FPS = 3.571 s after dropping 1, 5 s are needed; set model.short=hold or roll_out"
    )


def test_hold_shows_the_last_frame_to_the_end(path: Path) -> None:
    made = publish(Clip(8, clocks(20)), path, short="hold")
    assert seen(path) == [*range(20), *[19] * 20]
    assert made.held_frames == 20
    assert made.frames_used == 20


# geometry and files


def test_the_geometry_is_undone(path: Path) -> None:
    fitted = plan_fit("pad", (96, 36), (64, 36))
    assert fitted.box == (0, 6, 64, 24)
    frames = np.zeros((40, 36, 64, 3), np.uint8)
    frames[:, 6:30] = 180
    standardize(Clip(8, frames), fitted, Output(96, 36, 8), 5.0, path)
    assert np.stack(list(read_frames(path))).min() > 175


def test_a_file_that_already_conforms_is_published_byte_for_byte(tmp_path: Path, path: Path) -> None:
    write_plain(tmp_path / "theirs.mp4", clocks(40), 8)
    made = publish(Clip(None, file=tmp_path / "theirs.mp4"), path)
    assert made.passthrough
    assert path.read_bytes() == (tmp_path / "theirs.mp4").read_bytes()
    assert not path.samefile(tmp_path / "theirs.mp4")
    assert (made.frames_returned, made.frames_used, made.frames) == (40, 40, 40)


def test_any_difference_makes_a_new_file(tmp_path: Path, path: Path) -> None:
    write_video(tmp_path / "same.mp4", clocks(41), 8)
    write_video(tmp_path / "raw.mp4", clocks(40), 8, lossless=True)
    write_plain(tmp_path / "box.mkv", clocks(40), 8)
    write_plain(tmp_path / "turned.mp4", np.rot90(clocks(40), axes=(1, 2)), 8, matrix=(0, -1, 1, 0))
    uneven = [125 * k + (30 if 5 < k < 30 else 0) for k in range(40)]
    write_plain(tmp_path / "uneven.mp4", clocks(40), 8, instants_ms=uneven)
    for name in ("same.mp4", "raw.mp4", "box.mkv", "turned.mp4", "uneven.mp4"):
        assert not publish(Clip(None, file=tmp_path / name), path).passthrough, name
    assert not publish(Clip(None, file=tmp_path / "same.mp4", leading=1), path).passthrough


def test_of_a_file_trimmed_by_its_edit_list_comes_what_it_shows_and_no_more(tmp_path: Path, path: Path) -> None:
    write_plain(tmp_path / "trimmed.mp4", clocks(80), 8, options={"g": "8"})
    edit(tmp_path / "trimmed.mp4", 1.5, 5)
    made = publish(Clip(None, file=tmp_path / "trimmed.mp4"), path)
    assert not made.passthrough  # a reader that knows no edit lists would see the rest
    assert seen(path) == list(range(12, 52))


def test_the_frames_that_an_avi_leaves_out_are_published_as_the_one_before(tmp_path: Path, path: Path) -> None:
    there = [number for number in range(40) if number % 4 != 3]
    packets = coded_packets(clocks(40)[there], "mpeg4", {"g": "1"})
    write_packets(tmp_path / "clip.avi", "mpeg4", (64, 36), [*packets, AS_BEFORE], 8, instants=[*there, 39])
    publish(Clip(None, file=tmp_path / "clip.avi"), path)
    assert seen(path) == [number - (number % 4 == 3) for number in range(40)]


def test_a_size_that_changes_midway_is_a_bad_clip(tmp_path: Path, path: Path) -> None:
    packets = [each for size in ((64, 36), (96, 56)) for each in coded_packets(clocks(20, *size), "libvpx", {"g": "1"})]
    write_packets(tmp_path / "call.webm", "libvpx", (64, 36), packets, 8)
    with pytest.raises(BadClip, match=r"call\.webm: frame 20 is 96x56, the ones before it are 64x36"):
        publish(Clip(None, file=tmp_path / "call.webm"), path)
    assert not path.exists()


def test_frames_and_their_lossless_file_are_published_as_the_same_bytes(tmp_path: Path, path: Path) -> None:
    frames = scenes(36, *SIZE)
    direct = publish(Clip(7, frames, leading=1), path, 24, sampling="linear")
    write_video(tmp_path / "raw.mp4", clip_frames(Clip(7, frames, leading=1)), 7, lossless=True)
    kept = publish(Clip(7, file=tmp_path / "raw.mp4", leading=1), path, 24, sampling="linear")
    assert kept.sha256 == direct.sha256


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot bind a process to a core")
def test_published_bytes_do_not_depend_on_the_number_of_cores(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "if sys.argv[2] == 'one': os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from pathlib import Path\n"
        "from adapters import Clip\n"
        "from runners.clips.geometry import plan_fit\n"
        "from runners.clips.standardize import Output, standardize\n"
        "from tests.adapters.video.files import scenes\n"
        "clip, fitted = Clip(7, scenes(36, 160, 160), leading=1), plan_fit('pad', (320, 180), (80, 80))\n"
        "print(standardize(clip, fitted, Output(256, 144, 24), 5.0, Path(sys.argv[1])).sha256)\n"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / f"{cores}.mp4", cores], capture_output=True, check=True
        ).stdout
        for cores in ("one", "all")
    }
    assert len(hashes) == 1


# what is no usable clip


def bad_iterator() -> Iterator[Any]:
    yield clock(0)
    yield clock(1, 32)


@pytest.mark.parametrize(
    ("frames", "fps", "leading", "fault"),
    [
        (np.zeros((9, 36, 64, 3)), 8, 0, r"frame 0 is float64 with values from 0 to 0; uint8 from 0 to 255 is wanted"),
        (np.full((9, 36, 64, 3), np.nan, np.float32), 8, 0, "frame 0 is float32 and holds NaN"),
        (np.zeros((9, 3, 36, 64), np.uint8), 8, 0, r"frame 0 has shape \(3, 36, 64\); \(H, W, 3\) is wanted"),
        (np.zeros((36, 64, 3), np.uint8), 8, 0, r"the frames have shape \(36, 64, 3\)"),
        (np.zeros((0, 36, 64, 3), np.uint8), 8, 0, "no frame"),
        (iter([]), 8, 0, "no frame"),
        ([None], 8, 0, "frame 0 is a NoneType"),
        (7, 8, 0, "the frames are a int"),
        (bad_iterator(), 8, 0, "frame 1 is 32x36, the ones before it 64x36"),
        (clocks(9), 8, 9, "all 9 frames are leading ones"),
        (iter(clocks(9)), 8, 12, "all 9 frames are leading ones"),
        (clocks(9), 8, -1, "leading=-1 is no count"),
        (clocks(9), None, 0, "fps=None is no frame rate"),
        (clocks(9), 0, 0, "fps=0 is no frame rate"),
        (clocks(9), float("nan"), 0, "fps=nan is no frame rate"),
    ],
)
def test_a_bad_clip_is_told_in_one_line(path: Path, frames: Any, fps: Any, leading: int, fault: str) -> None:
    with pytest.raises(BadClip, match=fault) as caught:
        publish(Clip(fps, frames, leading=leading), path)
    assert "\n" not in str(caught.value)
    assert not path.exists()


def test_a_broken_file_is_a_bad_clip(tmp_path: Path, path: Path) -> None:
    write_video(tmp_path / "whole.mp4", clocks(40), 8)
    whole = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 3 // 4])
    for name, fault in (("cut.mp4", "cut short"), ("none.mp4", "no such file")):
        with pytest.raises(BadClip, match=fault):
            publish(Clip(None, file=tmp_path / name), path)
        assert not path.exists()


def test_what_a_lazy_clip_raises_passes_through_and_leaves_no_file(path: Path) -> None:
    def frames() -> Iterator[Frame]:
        yield from clocks(5)
        raise ConnectionError("the other side went away")

    with pytest.raises(ConnectionError, match="went away"):
        publish(Clip(8, frames()), path)
    assert not path.exists()


# verifying


@pytest.mark.parametrize(
    ("frames", "fps", "fault"),
    [
        (clocks(39), 8, "lasts 4.8750 s, not 5 s"),
        (clocks(40, 96), 8, "is 96x36, not 64x36"),
        (clocks(50), 10, "runs at 10 FPS, not 8"),
    ],
)
def test_verifying_tells_what_is_wrong(tmp_path: Path, frames: Frames, fps: int, fault: str) -> None:
    write_video(tmp_path / "clip.mp4", frames, fps)
    with pytest.raises(BadVideo, match=fault):
        verify(tmp_path / "clip.mp4", SIZE, 8, 5.0)


def test_a_good_file_has_no_fault(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", clocks(40), 8)
    assert find_fault(tmp_path / "clip.mp4", SIZE, 8, 5.0) is None
    assert examine(tmp_path / "clip.mp4")[0].frames == 40


def test_odd_sizes_are_refused_with_the_nearest_even_one() -> None:
    with pytest.raises(UserError, match=r"853x479 is odd .* set output\.width=854 output\.height=480"):
        check_output(Output(853, 479, 24))
    with pytest.raises(UserError, match="positive"):
        check_output(Output(0, 480, 24))
    check_output(Output(854, 480, 24))
