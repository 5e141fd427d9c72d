"""Which frames a file shows, and when: frames that bear their number go in, and the right numbers come out at the right
times, whatever the container and codec; all readers agree.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from adapters.video import reading as video
from adapters.video.reading import BadVideo
from tests.adapters.video.fields import SIZE as FIELD_SIZE
from tests.adapters.video.fields import write_fields
from tests.adapters.video.files import clock, clocks, read_clock, write_plain
from tests.adapters.video.packets import AS_BEFORE, coded_packets, edit, write_packets

FPS = 25
SIZE = (96, 64)
READERS: tuple[Callable[[Path], object], ...] = (
    video.survey,
    video.frame_times,
    video.examine,
    lambda path: list(video.read_frames(path)),
)


def shown(path: Path) -> list[int]:
    """The numbers on the frames, once all readers have been found to agree on them and their times."""
    info, times = video.examine(path)
    assert video.glance(path) == video.probe(path) == info
    assert video.survey(path) == (info, times)
    assert video.frame_times(path) == times
    timed = list(video.read_timed(path))
    assert [time for time, _ in timed] == times
    assert info.frames == len(times)
    last = len(times) - 1
    assert [read_clock(frame) for frame in video.read_frames(path, only={last})] == [read_clock(timed[last][1])]
    return [read_clock(frame) for _, frame in timed]


def steady(times: Sequence[float], fps: float = FPS) -> bool:
    return bool(np.allclose(times, np.arange(len(times)) / fps, atol=1.1e-3))


X265 = {"x265-params": "log-level=none:keyint=10"}
KINDS: dict[tuple[str, str], dict[str, str]] = {
    (".mp4", "libx264"): {"g": "10"},
    (".mov", "libx264"): {},
    (".mkv", "libx264"): {},
    (".ts", "libx264"): {},
    (".avi", "libx264"): {},
    (".flv", "libx264"): {},
    (".mp4", "libx265"): X265,
    (".mkv", "libx265"): X265,
    (".ts", "libx265"): X265,
    (".webm", "libvpx"): {},
    (".webm", "libvpx-vp9"): {},
    (".mp4", "libvpx-vp9"): {},
    (".webm", "libsvtav1"): {"preset": "10", "crf": "12", "svtav1-params": "lp=1"},
    (".mp4", "libsvtav1"): {"preset": "10", "crf": "12", "svtav1-params": "lp=1"},
    (".avi", "mpeg4"): {"bf": "2"},
    (".mp4", "mpeg4"): {"bf": "2"},
    (".mpg", "mpeg2video"): {"bf": "2"},
    (".ts", "mpeg2video"): {"bf": "2"},
    (".avi", "mjpeg"): {},
    (".mov", "prores_ks"): {},
    (".mkv", "ffv1"): {},
    (".wmv", "wmv2"): {},
}
PIXELS = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le"}


@pytest.mark.parametrize(("suffix", "codec"), KINDS)
def test_each_frame_comes_once_at_its_time(tmp_path: Path, suffix: str, codec: str) -> None:
    path = tmp_path / f"clip{suffix}"
    pixels = PIXELS.get(codec, "yuv420p")
    write_plain(path, clocks(40, *SIZE), FPS, codec=codec, options=KINDS[suffix, codec], pixels=pixels)
    assert shown(path) == list(range(40))
    info, times = video.survey(path)
    assert info.fps == pytest.approx(FPS)
    assert steady(times)


# hidden frames


def hidden(packet: bytes) -> bytes:
    """The same key frame of VP8 or VP9, decoded and not shown."""
    show = 0x02 if packet[0] >> 6 == 2 else 0x10
    return bytes([packet[0] & ~show]) + packet[1:]


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_frames_that_are_only_referred_to_are_neither_shown_nor_counted(tmp_path: Path, codec: str) -> None:
    packets, instants = [], []
    for number, packet in enumerate(coded_packets(clocks(30, *SIZE), codec, {"g": "1", "lag-in-frames": "0"}, FPS)):
        if number % 5 == 4:
            packets.append(hidden(packet))
            instants.append(number)
        packets.append(packet)
        instants.append(number)
    write_packets(tmp_path / "clip.webm", codec, SIZE, packets, FPS, instants=instants)
    assert shown(tmp_path / "clip.webm") == list(range(30))
    info, times = video.survey(tmp_path / "clip.webm")
    assert info.fps == FPS
    assert steady(times)


# fields


@pytest.mark.parametrize("suffix", [".mts", ".ts", ".mkv", ".mp4", ".mov", ".avi"])
def test_two_fields_are_one_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    write_fields(path, [(clock(number, *FIELD_SIZE),) * 2 for number in range(30)], FPS)
    assert shown(path) == list(range(30))
    info, times = video.survey(path)
    assert (info.fps, info.frames) == (FPS, 30)
    assert steady(times)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".avi"])
def test_fields_that_are_cut_short_are_never_just_fewer_frames(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    write_fields(path, [(clock(number, *FIELD_SIZE),) * 2 for number in range(30)], FPS)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 7 // 10])
    for read in READERS:
        with pytest.raises(BadVideo):
            read(path)


# frames that stay


def test_the_frames_that_an_avi_leaves_out_show_the_one_before(tmp_path: Path) -> None:
    path, there = tmp_path / "clip.avi", [number for number in range(40) if number % 5]
    packets = coded_packets(clocks(40, *SIZE)[there], "mpeg4", {"g": "1"}, FPS)
    write_packets(path, "mpeg4", SIZE, packets, FPS, instants=[number - 1 for number in there])
    assert shown(path) == [number if number % 5 else number - 1 for number in range(1, 40)]
    assert steady(video.frame_times(path))


def test_the_frames_that_an_avi_leaves_out_at_its_end_are_there(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    packets = coded_packets(clocks(10, *SIZE), "mpeg4", {"g": "1"}, FPS)
    write_packets(path, "mpeg4", SIZE, [*packets, AS_BEFORE], FPS)
    assert shown(path) == [*range(10), 9]


def test_an_avi_that_lost_frames_is_no_avi_that_leaves_some_out(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    packets = coded_packets(clocks(40, *SIZE), "mpeg4", {"g": "1"}, FPS)
    write_packets(path, "mpeg4", SIZE, packets, FPS)
    data = bytearray(path.read_bytes())
    at = data.index(packets[20]) - 8
    data[at : at + 8 + len(packets[20])] = bytes(8 + len(packets[20]))
    path.write_bytes(data)
    for read in READERS:
        with pytest.raises(BadVideo, match="cut short, 39 of 40 frames are there"):
            read(path)


# edit lists


@pytest.mark.rotating("ends")
@pytest.mark.parametrize("begins", [0, 3, 12, 25])
@pytest.mark.parametrize("ends", [100, 97, 80, 60])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_of_a_trimmed_file_comes_what_it_shows(tmp_path: Path, begins: int, ends: int, codec: str) -> None:
    path = tmp_path / "clip.mp4"
    options = X265 if codec == "libx265" else {"g": "10", "crf": "10"}
    write_plain(path, clocks(100, *SIZE), FPS, codec=codec, options=options)
    edit(path, begins / FPS, (ends - begins) / FPS)
    assert shown(path) == list(range(begins, ends))
    info, times = video.survey(path)
    assert steady(times)
    assert info.fps == FPS
    assert info.counted == ((begins, ends) == (0, 100))


def test_a_trimmed_file_that_is_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_plain(path, clocks(100, *SIZE), FPS, options={"g": "10", "crf": "10"})
    edit(path, 0, 2)
    with av.open(str(path)) as container:
        packets = [packet.pos or 0 for packet in container.demux(container.streams.video[0]) if packet.size]
    path.write_bytes(path.read_bytes()[: packets[-5]])
    for read in READERS:
        with pytest.raises(BadVideo, match="cut short"):
            read(path)


# time stamps


def test_time_stamps_that_run_backwards_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "joined.mkv"
    packets = coded_packets(clocks(100, *SIZE), "mpeg4", {"g": "1"}, FPS)
    write_packets(
        path, "mpeg4", SIZE, packets, FPS, options={"cluster_time_limit": "400", "live": "1", "write_crc32": "0"}
    )
    data = bytearray(path.read_bytes())
    times = [found.end() for found in re.finditer(rb"\x1f\x43\xb6\x75..\xe7\x82", data, re.DOTALL)]  # of clusters
    assert len(times) > 8
    for at in times[4:]:
        struct.pack_into(">H", data, at, struct.unpack_from(">H", data, at)[0] - 1600)
    path.write_bytes(data)
    for read in (video.survey, video.examine):
        with pytest.raises(BadVideo, match=r"joined\.mkv: its time stamps run backwards"):
            read(path)


def test_a_late_start_shifts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    write_plain(path, clocks(10, *SIZE), FPS, instants_ms=[1400 + 40 * number for number in range(10)])
    assert shown(path) == list(range(10))
    assert steady(video.frame_times(path))
    assert video.glance(path).start_s == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("instants_ms", "fps"),
    [
        ([33, 67, 100, 133, 167, 200], 30),  # rounded to milliseconds
        ([0, 80, 160, 240], 12.5),  # at half the rate that the file states
        ([0, 40, 120, 160], 25),  # one is left out
        ([0, 30, 100, 210], 3 / 0.21),  # keeps no rate: the average
    ],
)
def test_the_rate_is_the_one_that_the_frames_keep(tmp_path: Path, instants_ms: list[int], fps: float) -> None:
    path = tmp_path / "clip.mkv"
    write_plain(path, clocks(len(instants_ms), *SIZE), FPS, codec="ffv1", instants_ms=instants_ms)
    assert video.glance(path).fps == pytest.approx(fps, rel=1e-3)
