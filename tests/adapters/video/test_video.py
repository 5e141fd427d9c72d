"""Video files in and out: what is written is what is read, in colour and in time, and damage is never silent."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from adapters import Frame, Frames
from adapters.video import reading as video
from adapters.video.reading import BadVideo
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
from tests.adapters.video.packets import write_packets

RATES = (8, 12, 15, 16, 24, 25, 30)


def python(code: str, *arguments: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def opencv_frames(path: Path) -> Frames:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1][..., ::-1])
    return np.stack(frames).astype(np.uint8)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Frames]:
    frames = scenes(6, 640, 360)
    path = tmp_path_factory.mktemp("filmed") / "clip.mp4"
    video.write_video(path, frames, 8)
    return path, frames


# colour


def test_written_frames_are_read_back_without_bias(filmed: tuple[Path, Frames]) -> None:
    path, frames = filmed
    error, bias = error_and_bias(np.stack(list(video.read_frames(path))), frames)
    assert error <= 0.8
    assert bias <= 0.15


def test_opencv_reads_them_no_worse_than_perfectly_converted_ones(filmed: tuple[Path, Frames], tmp_path: Path) -> None:
    path, frames = filmed
    write_exact(tmp_path / "exact.mp4", frames)
    ours = error_and_bias(opencv_frames(path), frames)
    perfect = error_and_bias(opencv_frames(tmp_path / "exact.mp4"), frames)
    assert ours[0] <= perfect[0] + 0.15
    assert ours[1] <= perfect[1] + 0.15


@pytest.mark.parametrize("matrix", ["bt601", "bt709", "untagged"])
@pytest.mark.parametrize("full_range", [False, True])
def test_files_are_decoded_by_their_tags(tmp_path: Path, matrix: str, full_range: bool) -> None:
    frames = scenes(2, 640, 360)
    write_exact(tmp_path / "tagged.mp4", frames, matrix=matrix, full_range=full_range)
    error, bias = error_and_bias(np.stack(list(video.read_frames(tmp_path / "tagged.mp4"))), frames)
    assert error <= 0.8
    assert bias <= 0.15


def test_the_tag_is_told_and_ours_is_bt601(filmed: tuple[Path, Frames], tmp_path: Path) -> None:
    for matrix, name in (("bt709", "bt709"), ("untagged", "unspecified")):
        write_exact(tmp_path / f"{matrix}.mp4", scenes(1, 64, 36), matrix=matrix)
        assert video.probe(tmp_path / f"{matrix}.mp4").colour == name
    assert video.probe(filmed[0]).colour == "bt601"


def test_lossless_files_keep_every_value_and_opencv_reads_them_too(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (4, 36, 64, 3), dtype=np.uint8)
    video.write_video(tmp_path / "raw.mp4", frames, 8, lossless=True)
    assert np.array_equal(np.stack(list(video.read_frames(tmp_path / "raw.mp4"))), frames)
    assert np.array_equal(opencv_frames(tmp_path / "raw.mp4"), frames)


def test_frames_are_fitted_while_decoding_without_bias_or_shift(filmed: tuple[Path, Frames]) -> None:
    path, frames = filmed
    for size in ((256, 144), (160, 200), (960, 540)):
        wanted = cv2.resize(frames[0].astype(float), size, interpolation=cv2.INTER_AREA if size[0] < 640 else 2)
        fitted = next(video.read_frames(path, size=size))
        assert fitted.shape == (size[1], size[0], 3)
        error, bias = error_and_bias(fitted, wanted)
        assert error <= 1.2
        assert bias <= 0.15


# time


@pytest.mark.parametrize("fps", RATES)
def test_five_seconds_are_five_seconds(tmp_path: Path, fps: int) -> None:
    path = tmp_path / "clip.mp4"
    video.write_video(path, clocks(5 * fps), fps)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert container.duration == 5_000_000
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == 5
        assert stream.average_rate == fps
    info = video.probe(path)
    assert (info.fps, info.frames, info.duration_s) == (fps, 5 * fps, 5.0)
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) == 5 * fps


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not on the PATH")
def test_ffprobe_agrees_on_the_duration(tmp_path: Path) -> None:
    for fps in RATES:
        video.write_video(tmp_path / "clip.mp4", clocks(5 * fps), fps)
        path = str(tmp_path / "clip.mp4")
        command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "json", path]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert abs(float(told["format"]["duration"]) - 5) <= 1e-3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_even_one_frame_has_its_duration(tmp_path: Path, count: int) -> None:
    video.write_video(tmp_path / "clip.mp4", clocks(count), Fraction(24000, 1001))
    assert video.probe(tmp_path / "clip.mp4").duration_s == pytest.approx(count * 1001 / 24000, abs=1e-6)


def test_frames_come_in_order_at_their_own_instants(tmp_path: Path) -> None:
    instants = [40, 140, 190, 440]
    write_plain(tmp_path / "vfr.mp4", clocks(4), 25, instants_ms=instants)
    timed = list(video.read_timed(tmp_path / "vfr.mp4"))
    assert [read_clock(frame) for _, frame in timed] == [0, 1, 2, 3]
    assert [time for time, _ in timed] == pytest.approx([0, 0.1, 0.15, 0.4], abs=1e-6)
    assert video.frame_times(tmp_path / "vfr.mp4") == pytest.approx([0, 0.1, 0.15, 0.4], abs=1e-6)


def test_only_the_frames_asked_for_are_given_and_reading_stops_at_the_last(tmp_path: Path) -> None:
    video.write_video(tmp_path / "clip.mp4", clocks(30), 8)
    data = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) - 1])  # damage behind the last frame asked for does no harm
    assert [read_clock(f) for f in video.read_frames(tmp_path / "cut.mp4", only={3, 7})] == [3, 7]
    assert list(video.read_frames(tmp_path / "clip.mp4", only=set())) == []


@pytest.mark.parametrize("matrix", [None, (-1, 0, 0, 1)])
def test_decoded_frames_are_freed_as_soon_as_they_are_read(
    tmp_path: Path, matrix: tuple[int, int, int, int] | None
) -> None:
    """Not only once Python looks for cycles, which it may not do for a long time: at 4K each holds 12 MB."""
    write_plain(tmp_path / "clip.mp4", scenes(30), matrix=matrix)
    gc.collect()
    gc.disable()
    try:
        video.examine(tmp_path / "clip.mp4")
        list(video.read_frames(tmp_path / "clip.mp4"))
        alive = [kept for kept in gc.get_objects() if isinstance(kept, av.VideoFrame) and kept.width > 16]
    finally:
        gc.enable()
    assert alive == []


# shape


UPRIGHT: dict[tuple[int, int, int, int], Callable[[Frame], Frame]] = {
    (1, 0, 0, 1): lambda picture: picture,
    (-1, 0, 0, 1): np.fliplr,
    (1, 0, 0, -1): np.flipud,
    (-1, 0, 0, -1): lambda picture: np.rot90(picture, 2),
    (0, 1, -1, 0): lambda picture: np.rot90(picture, -1),  # as phones held upright write it
    (0, -1, 1, 0): lambda picture: np.rot90(picture, 1),
    (0, 1, 1, 0): lambda picture: picture.swapaxes(0, 1),
    (0, -1, -1, 0): lambda picture: np.rot90(picture, 2).swapaxes(0, 1),
}
"""A display matrix (a, b, c, d), which takes (x, y) to (a·x + c·y, b·x + d·y), and the picture that it asks for."""


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("matrix", UPRIGHT)
def test_each_of_the_eight_display_matrices_is_carried_out(
    tmp_path: Path, matrix: tuple[int, int, int, int], suffix: str
) -> None:
    path, upright = tmp_path / f"turned{suffix}", UPRIGHT[matrix](scene(64, 36))
    write_plain(path, scene(64, 36)[None], matrix=matrix)
    info = video.probe(path)
    assert info.rotated == (matrix != (1, 0, 0, 1))
    assert info.mirrored == (matrix[0] * matrix[3] - matrix[1] * matrix[2] < 0)
    assert (info.height, info.width) == upright.shape[:2]
    assert error_and_bias(next(video.read_frames(path)), upright)[0] < 3
    half = (info.width // 2, info.height // 2)
    shrunk = cv2.resize(np.ascontiguousarray(upright), half, interpolation=cv2.INTER_AREA)
    assert error_and_bias(next(video.read_frames(path, size=half)), shrunk)[0] < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_in_the_exif_of_motion_jpeg_is_carried_out(tmp_path: Path, orientation: int) -> None:
    path, exif = tmp_path / "turned.avi", Image.Exif()
    exif[0x0112] = orientation
    jpeg = io.BytesIO()
    Image.fromarray(scene(64, 48)).save(jpeg, "JPEG", exif=exif, quality=98, subsampling=0)
    write_packets(path, "mjpeg", (64, 48), [jpeg.getvalue()] * 3)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(jpeg)))
    info = video.probe(path)
    assert (info.height, info.width, info.rotated) == (*upright.shape[:2], orientation > 1)
    assert error_and_bias(next(video.read_frames(path)), upright)[0] < 2


@pytest.mark.parametrize("matrix", [(0.7, 0.7, -0.7, 0.7), (1, 0.2, 0, 1), (1, 0, 1, 0)])
def test_a_picture_that_lies_askew_is_refused(tmp_path: Path, matrix: tuple[float, float, float, float]) -> None:
    write_plain(tmp_path / "askew.mp4", clocks(2), matrix=matrix)
    for read in (video.glance, video.examine, lambda path: list(video.read_frames(path))):
        with pytest.raises(BadVideo, match=r"askew\.mp4: its display matrix neither turns by a quarter nor mirrors"):
            read(tmp_path / "askew.mp4")


def test_oblong_pixels_are_refused_and_an_encoders_rounding_is_not(tmp_path: Path) -> None:
    write_plain(tmp_path / "oblong.mp4", clocks(2), pixel_shape=Fraction(4, 3))
    with pytest.raises(BadVideo, match=r"oblong\.mp4: its pixels are 4:3, not square"):
        video.probe(tmp_path / "oblong.mp4")
    write_plain(tmp_path / "nearly.mp4", clocks(2), pixel_shape=Fraction(1280, 1281))
    assert video.probe(tmp_path / "nearly.mp4").width == 64


def test_odd_sizes_are_refused_with_the_nearest_even_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not 63x35; the nearest is 64x36"):
        video.Writer(tmp_path / "odd.mp4", 63, 35, 8)
    assert not list(tmp_path.iterdir())


# damage


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_file_cut_short_is_never_just_fewer_frames(tmp_path: Path, suffix: str) -> None:
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    whole, cut = tmp_path / f"whole{suffix}", tmp_path / f"cut{suffix}"
    write_plain(whole, scenes(24, 160, 90), codec=codec)
    assert video.probe(whole).frames == video.examine(whole)[0].frames == 24
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    for read in (video.probe, video.examine, lambda path: list(video.read_frames(path))):
        with pytest.raises(BadVideo, match=r"cut\.(mp4|mkv|avi): "):
            read(cut)


def test_damage_in_the_middle_is_found(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    noise = np.random.default_rng(0).integers(0, 256, (12, 90, 160, 3), dtype=np.uint8)
    video.write_video(path, noise, 8)
    data = bytearray(path.read_bytes())
    middle = slice(len(data) // 2, len(data) * 3 // 4)  # several frames; a few flipped bits may decode to a picture
    data[middle] = bytes(len(data[middle]))
    path.write_bytes(data)
    with pytest.raises(BadVideo, match=r"damaged\.mp4: .*make or fetch it again"):
        video.examine(path)


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "no such file"), (b"", "does not decode"), (b"x" * 999, "does not decode")]
)
def test_what_is_no_video_is_told_in_one_line(tmp_path: Path, content: bytes | None, fault: str) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    for read in (video.glance, video.probe, video.examine, lambda path: list(video.read_frames(path))):
        with pytest.raises(BadVideo, match=rf"clip\.mp4: {fault}") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_a_file_of_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", 8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(BadVideo, match="holds no video stream"):
        video.probe(tmp_path / "sound.wav")


# writing


def test_the_same_frames_give_the_same_bytes_on_one_core_and_on_all(tmp_path: Path) -> None:
    code = (
        "import os, sys, hashlib, pathlib\n"
        "if sys.argv[2] == 'one': os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from adapters.video import reading as video\n"
        "from tests.adapters.video.files import scenes\n"
        "video.write_video(sys.argv[1], scenes(8), 8)\n"
        "print(hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes()).hexdigest())\n"
    )
    video.write_video(tmp_path / "here.mp4", scenes(8), 8)
    here = hashlib.sha256((tmp_path / "here.mp4").read_bytes()).hexdigest()
    one = python(code, str(tmp_path / "one.mp4"), "one") if hasattr(os, "sched_setaffinity") else here
    assert one == here


def test_no_file_is_left_when_writing_fails(tmp_path: Path) -> None:
    def frames() -> Frames:  # type: ignore[misc]  # a generator that breaks
        yield from clocks(5)
        raise RuntimeError("the model broke")

    with pytest.raises(RuntimeError, match="the model broke"):
        video.write_video(tmp_path / "clip.mp4", frames(), 8)
    with pytest.raises(ValueError, match="frame 1 is uint8"):
        video.write_video(tmp_path / "clip.mp4", [clock(0), clock(1, 128)], 8)
    with pytest.raises(ValueError, match="no frames"):
        video.write_video(tmp_path / "clip.mp4", [], 8)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("room", [0.2, 0.999])
def test_a_full_disk_is_an_os_error_and_leaves_no_file(tmp_path: Path, room: float) -> None:
    """A limit on the size of files stands for the full disk; the last bytes are those of the finishing pass."""
    noise = np.random.default_rng(0).integers(0, 256, (6, 90, 160, 3), dtype=np.uint8)
    video.write_video(tmp_path / "fits.mp4", noise, 8)
    size = (tmp_path / "fits.mp4").stat().st_size
    code = (
        "import resource, signal, sys\n"
        "import numpy as np\n"
        "from adapters.video import reading as video\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
        "noise = np.random.default_rng(0).integers(0, 256, (6, 90, 160, 3), dtype=np.uint8)\n"
        "try: video.write_video(sys.argv[1], noise, 8)\n"
        "except OSError as error: print('OSError', error.errno)\n"
    )
    assert python(code, str(tmp_path / "full.mp4"), str(int(size * room))).startswith("OSError")
    assert not (tmp_path / "full.mp4").exists()


def test_naming_the_types_does_not_load_the_codec() -> None:
    assert (
        python("import sys, adapters.video.reading; print('av' in sys.modules, 'cv2' in sys.modules)") == "False False"
    )
