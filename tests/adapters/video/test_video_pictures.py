"""What would come out wrong is refused with what mends it: interlaced, high-range, and pictures that change midway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adapters import Frame, Frames
from adapters.video import reading as video
from adapters.video.reading import BadVideo
from tests.adapters.video.fields import SIZE, write_fields
from tests.adapters.video.files import error_and_bias, scene, scenes, write_plain
from tests.adapters.video.packets import coded_packets, write_packets

FPS = 25


def every(path: Path) -> Frames:
    return np.stack(list(video.read_frames(path)))


READERS: tuple[Callable[[Path], object], ...] = (video.examine, video.survey, video.frame_times, every)


def woven(count: int, width: int = 192, height: int = 112) -> Frames:
    """Even lines of one instant, odd ones of the next: the picture moves by two pixels a field."""
    frames = np.stack([scene(width, height, 4 * number) for number in range(count)])
    later = np.stack([scene(width, height, 4 * number + 2) for number in range(count)])
    frames[:, 1::2] = later[:, 1::2]
    return frames


def grey(frame: Frame) -> Frame:
    return np.repeat(frame[..., :1], 3, axis=2)


MARKED = {
    "libx264": {"x264-params": "tff=1"},
    "mpeg2video": {"flags": "+ilme+ildct", "q:v": "3"},
    "prores_ks": {"flags": "+ilme+ildct"},
}
SUFFIXES = {"libx264": ".mp4", "mpeg2video": ".ts", "prores_ks": ".mov"}


# fields


@pytest.mark.parametrize("codec", MARKED)
def test_an_interlaced_file_is_refused_with_the_command_that_mends_it(tmp_path: Path, codec: str) -> None:
    path = tmp_path / f"clip{SUFFIXES[codec]}"
    pixels = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
    write_plain(path, woven(12), FPS, codec=codec, options=MARKED[codec], pixels=pixels)
    for read in READERS:
        with pytest.raises(BadVideo, match=r"clip\.\w+: is interlaced, .*ffmpeg -vf bwdif"):
            read(path)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_field_pictures_of_two_instants_are_refused_too(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    write_fields(path, [(scene(*SIZE, 4 * k), scene(*SIZE, 4 * k + 2)) for k in range(12)], FPS)
    for read in READERS:
        with pytest.raises(BadVideo, match="is interlaced"):
            read(path)


def test_whole_pictures_that_are_only_marked_as_interlaced_are_read_as_whole_ones(tmp_path: Path) -> None:
    frames: Frames = np.stack([scene(192, 112, 4 * number) for number in range(12)])
    write_plain(tmp_path / "plain.mp4", frames, FPS, options={"crf": "0"})
    write_plain(tmp_path / "marked.mp4", frames, FPS, options={"crf": "0", **MARKED["libx264"]})
    for size in (None, (96, 56), (128, 80), (384, 224)):
        plain, marked = (list(video.read_frames(tmp_path / f"{k}.mp4", size=size)) for k in ("plain", "marked"))
        assert error_and_bias(marked, plain)[0] < 0.01  # x264 itself is not quite lossless on marked ones


def test_field_pictures_of_one_instant_are_whole(tmp_path: Path) -> None:
    drawn = [grey(scene(*SIZE, 4 * number)) for number in range(12)]
    write_fields(tmp_path / "clip.mts", [(picture, picture) for picture in drawn], FPS)
    error, bias = error_and_bias(list(video.read_frames(tmp_path / "clip.mts")), drawn)
    assert error < 0.6
    assert bias < 0.6


def test_what_is_marked_and_does_not_move_is_refused_since_nobody_can_tell(tmp_path: Path) -> None:
    write_plain(tmp_path / "clip.mp4", np.repeat(scenes(1, 192, 112), 12, axis=0), FPS, options=MARKED["libx264"])
    for read in READERS:
        with pytest.raises(BadVideo, match=r"is marked as interlaced, .*ffmpeg -vf setfield=prog"):
            read(tmp_path / "clip.mp4")


# range and colours


@pytest.mark.parametrize(("code", "name"), [(16, "PQ"), (18, "HLG")])
@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "libx264"), (".mkv", "libx265"), (".webm", "libvpx-vp9")])
def test_high_dynamic_range_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, code: int, name: str, suffix: str, codec: str
) -> None:
    tags = {"color_trc": code, "color_primaries": 9, "colorspace": 9}
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    write_plain(tmp_path / f"hdr{suffix}", scenes(6, 96, 64), FPS, codec=codec, tags=tags, options=options)
    for read in (video.glance, video.survey, video.examine, every):
        with pytest.raises(BadVideo, match=rf"hdr\.\w+: is HDR \({name}\), .*ffmpeg -vf zscale=.*tonemap"):
            read(tmp_path / f"hdr{suffix}")


def test_colours_that_nobody_here_can_decode_are_refused(tmp_path: Path) -> None:
    write_plain(tmp_path / "clip.mp4", scenes(6, 96, 64), FPS, tags={"colorspace": 8})  # YCgCo
    with pytest.raises(BadVideo, match=r"clip\.mp4: its colours are coded in a way that is not known here"):
        video.glance(tmp_path / "clip.mp4")


# pictures that change midway


@pytest.mark.parametrize("codec", ["libvpx", "mpeg4", "mjpeg"])
@pytest.mark.parametrize(("first", "then"), [((96, 64), (192, 128)), ((192, 128), (96, 64)), ((96, 64), (64, 96))])
def test_a_size_that_changes_midway_is_refused(
    tmp_path: Path, codec: str, first: tuple[int, int], then: tuple[int, int]
) -> None:
    path, pixels = tmp_path / "call.mkv", "yuvj420p" if codec == "mjpeg" else "yuv420p"
    packets = [
        packet
        for size in (first, then)
        for packet in coded_packets(scenes(10, *size), codec, {"g": "1"}, FPS, pixels=pixels)
    ]
    write_packets(path, codec, first, packets, FPS)
    told = rf"call\.mkv: frame 10 is {then[0]}x{then[1]}, the ones before it are {first[0]}x{first[1]}"
    for read in (
        video.examine,
        every,
        lambda path: list(video.read_frames(path, size=(32, 32))),
        lambda path: list(video.read_frames(path, only={12})),
    ):
        with pytest.raises(BadVideo, match=told):
            read(path)
    assert len(list(video.read_frames(path, only={3, 9}))) == 2


def test_pixels_and_a_display_matrix_that_change_midway_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "turned.mkv"
    packets = coded_packets(scenes(4, 96, 64), "mjpeg", {"g": "1"}, FPS, pixels="yuvj420p")
    turned = [packet[:2] + exif(6) + packet[2:] for packet in packets]
    write_packets(path, "mjpeg", (96, 64), packets + turned, FPS)
    with pytest.raises(BadVideo, match=r"turned\.mkv: frame 4 is 64x96, the ones before it are 96x64"):
        video.examine(path)


def exif(orientation: int) -> bytes:
    """A JPEG segment that says how the picture lies."""
    body = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + bytes(4)
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
