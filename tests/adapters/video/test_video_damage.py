"""Holes that a download left, and files cut short: always told, never other pictures or just fewer of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from adapters.video import reading as video
from adapters.video.reading import BadVideo
from tests.adapters.video.files import scenes, write_plain

FPS = 25
SIZE = (192, 112)
KINDS = {
    (".mp4", "libx264"): {"crf": "1"},
    (".mkv", "libx264"): {"crf": "1"},
    (".mp4", "libx265"): {"x265-params": "log-level=none:crf=4"},
    (".webm", "libvpx"): {"b": "4M"},
    (".webm", "libvpx-vp9"): {"b": "4M"},
    (".avi", "mpeg4"): {"q:v": "2"},
    (".mpg", "mpeg2video"): {"q:v": "2"},
    (".ts", "libx264"): {"crf": "1"},
    (".m2ts", "mpeg2video"): {"q:v": "2"},
    (".webm", "libsvtav1"): {"preset": "10", "crf": "5", "svtav1-params": "lp=1"},
}
READERS: tuple[Callable[[Path], object], ...] = (
    video.examine,
    lambda path: list(video.read_frames(path)),
)


def content(path: Path) -> range:
    """Where the packets of the video lie in the file."""
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(container.streams.video[0]) if packet.size]
    return range(min(place for place in places if place), max(place for place in places if place))


@pytest.fixture(params=KINDS, ids="".join)
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    suffix, codec = request.param
    path = tmp_path / f"whole{suffix}"
    write_plain(path, scenes(30, *SIZE), FPS, codec=codec, options=KINDS[request.param])
    return path


@pytest.mark.rotating("size")
@pytest.mark.parametrize("size", [200, 2000])
def test_a_hole_of_zeros_is_told_or_does_no_harm(whole: Path, tmp_path: Path, size: int) -> None:
    """Twelve places for each: bytes that nothing reads may be zeros."""
    good, data = np.stack(list(video.read_frames(whole))), whole.read_bytes()
    found, inside = 0, content(whole)
    for at in np.linspace(inside.start, inside.stop - size, 12).astype(int):
        holed = tmp_path / f"holed{whole.suffix}"
        holed.write_bytes(data[:at] + bytes(size) + data[at + size :])
        try:
            read = np.stack(list(video.read_frames(holed)))
        except BadVideo:
            found += 1
        else:
            assert np.array_equal(read, good)
    assert found >= 11


def test_a_hole_within_a_picture_is_found_without_decoding(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_plain(path, scenes(30, *SIZE), FPS, options={"crf": "1"})
    at, data = content(path).start + 1500, bytearray(path.read_bytes())
    data[at : at + 100] = bytes(100)
    path.write_bytes(data)
    for read in (video.survey, video.frame_times, video.glance, *READERS):
        with pytest.raises(BadVideo, match=r"clip\.mp4: has a hole of zeros \(packet 1\); make or fetch it again"):
            read(path)


def test_lengths_that_do_not_add_up_are_found_without_decoding(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_plain(path, scenes(30, *SIZE), FPS)
    with av.open(str(path)) as container:
        packet = [each for each in container.demux(container.streams.video[0]) if each.size][20]
    data = bytearray(path.read_bytes())
    assert packet.pos is not None
    data[packet.pos + 2] ^= 1  # of the length's four bytes
    path.write_bytes(data)
    for read in (video.survey, video.frame_times, *READERS):
        with pytest.raises(BadVideo, match=r"clip\.mp4: has a packet whose parts do not add up to it \(packet 21\)"):
            read(path)


def test_a_transport_stream_that_lacks_packets_is_told(tmp_path: Path) -> None:
    """All packets of one frame are gone, and the stream goes on with the next, as after a disturbance."""
    path = tmp_path / "clip.ts"
    write_plain(path, scenes(30, *SIZE), FPS, options={"crf": "20", "g": "1"})
    packets = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 188)
    video_pid = 0x100
    mine = ((packets[:, 1] & 0x1F).astype(int) << 8 | packets[:, 2]) == video_pid
    begins = np.flatnonzero(mine & (packets[:, 1] & 0x40 != 0))
    assert len(begins) == 30
    lost = mine & (np.arange(len(packets)) >= begins[10]) & (np.arange(len(packets)) < begins[11])
    assert lost.sum() % 16
    path.write_bytes(packets[~lost].tobytes())
    for read in (video.survey, video.frame_times, *READERS):
        with pytest.raises(BadVideo, match=r"clip\.ts: (lacks packets|cut short, or damaged)"):
            read(path)


def test_a_transport_stream_may_begin_and_end_within_a_packet(tmp_path: Path) -> None:
    path = tmp_path / "clip.ts"
    write_plain(path, scenes(30, *SIZE), FPS)
    path.write_bytes(path.read_bytes()[100:] + b"\x47\x01")
    assert video.probe(path).frames == video.examine(path)[0].frames == 30


@pytest.mark.rotating("share")
@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov"])
def test_a_file_with_sound_that_is_cut_short_is_told(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"clip{suffix}"
    write_with_sound(path, "libvpx" if suffix == ".webm" else "libx264", "libopus" if suffix == ".webm" else "aac")
    assert video.survey(path)[0].frames == video.examine(path)[0].frames == 50
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    for read in (video.survey, video.frame_times, *READERS):
        with pytest.raises(BadVideo, match=rf"clip\{suffix}: "):
            read(path)


def write_with_sound(path: Path, codec: str, sound_codec: str) -> None:
    """Two seconds of picture and sound, interleaved."""
    with av.open(str(path), "w", options={"movflags": "+faststart"} if path.suffix in (".mp4", ".mov") else {}) as file:
        picture: Any = file.add_stream(codec, FPS)
        picture.width, picture.height, picture.pix_fmt = *SIZE, "yuv420p"
        sound: Any = file.add_stream(sound_codec, 48000)
        for index, frame in enumerate(scenes(50, *SIZE)):
            coded = av.VideoFrame.from_ndarray(frame, "rgb24")
            coded.pts, coded.time_base = index, Fraction(1, FPS)
            file.mux(picture.encode(coded))
            noise = np.random.default_rng(index).uniform(-0.5, 0.5, (1, 1920)).astype(np.float32)
            heard = av.AudioFrame.from_ndarray(noise, "flt", "mono")
            heard.sample_rate, heard.pts = 48000, 1920 * index
            file.mux(sound.encode(heard))
        for stream in (picture, sound):
            file.mux(stream.encode(None))
