"""What is opened as a video, and which of a file's streams: nothing that could hang, and no picture of an album."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from adapters import Frame, Frames
from adapters.video import reading as video
from adapters.video.reading import BadVideo
from tests.adapters.video.files import clocks, read_clock, write_plain
from tests.adapters.video.packets import write_packets

FPS = 25
READERS: tuple[Callable[[Path], object], ...] = (
    video.glance,
    video.survey,
    video.frame_times,
    video.examine,
    lambda path: list(video.read_frames(path)),
)


def grey(count: int, width: int, height: int) -> Frames:
    return np.full((count, height, width, 3), 128, np.uint8)


def write_tracks(path: Path, *tracks: tuple[Frames, Disposition], codecs: Sequence[str] = ()) -> None:
    """Several video streams in one file, in this order."""
    with av.open(str(path), "w") as container:
        streams: list[Any] = []
        for (frames, flags), codec in zip(tracks, codecs or ["libx264"] * len(tracks), strict=True):
            stream: Any = container.add_stream(codec, FPS)
            stream.height, stream.width = frames.shape[1:3]
            stream.pix_fmt = "yuv420p" if codec == "libx264" else "yuvj420p"
            stream.disposition = flags
            streams.append(stream)
        for stream, (frames, _) in zip(streams, tracks, strict=True):
            for index, frame in enumerate(frames):
                coded = av.VideoFrame.from_ndarray(frame, "rgb24")
                coded.pts, coded.time_base = index, Fraction(1, FPS)
                container.mux(stream.encode(coded))
            container.mux(stream.encode(None))


def read(path: Path) -> list[int]:
    """The numbers on the frames, once all readers agree on which stream it is."""
    info, times = video.examine(path)
    assert video.glance(path) == video.probe(path) == info
    assert video.frame_times(path) == times
    return [read_clock(frame) for frame in video.read_frames(path)]


# which stream


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_cover_is_not_the_video(tmp_path: Path, suffix: str) -> None:
    path, cover = tmp_path / f"clip{suffix}", (grey(1, 128, 128), Disposition.attached_pic)
    if suffix == ".mp4":
        write_tracks(path, cover, (clocks(20, 96, 64), Disposition.default), codecs=("mjpeg", "libx264"))
    else:
        write_plain(path, clocks(20, 96, 64), FPS)
        attach_picture(path, cover[0][0])
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 2
    assert read(path) == list(range(20))
    assert video.glance(path).videos == 1


def attach_picture(path: Path, picture: Frame) -> None:
    """Put a picture into a Matroska file, as music and film libraries do."""
    jpeg = io.BytesIO()
    Image.fromarray(picture).save(jpeg, "JPEG")
    whole = path.with_suffix(".whole.mkv")
    path.rename(whole)
    with av.open(str(whole)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        container.add_attachment("cover.jpg", "image/jpeg", jpeg.getvalue())
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                container.mux(packet)


def test_a_cover_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        sound: Any = container.add_stream("aac", 8000)
        cover: Any = container.add_stream("mjpeg", 1)
        cover.width, cover.height, cover.pix_fmt, cover.disposition = 64, 64, "yuvj420p", Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(sound.encode(frame))
        container.mux(cover.encode(av.VideoFrame.from_ndarray(grey(1, 64, 64)[0], "rgb24")))
        for stream in (sound, cover):
            container.mux(stream.encode(None))
    for reader in READERS:
        with pytest.raises(BadVideo, match=r"song\.mp4: holds no video stream, only a picture"):
            reader(path)


def test_the_default_track_is_taken_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    write_tracks(path, (grey(20, 128, 96), Disposition(0)), (clocks(20, 96, 64), Disposition.default))
    assert read(path) == list(range(20))
    assert video.glance(path).videos == 2


def test_among_equals_the_largest_is_taken_and_then_the_first(tmp_path: Path) -> None:
    path, both = tmp_path / "clip.mkv", Disposition.default
    write_tracks(path, (grey(20, 64, 32), both), (clocks(20, 96, 64), both), (grey(20, 96, 64), both))
    assert read(path) == list(range(20))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_what_stands_still_is_no_video_beside_one_that_moves(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    write_tracks(path, (grey(1, 256, 256), Disposition.default), (clocks(20, 96, 64), Disposition(0)))
    assert read(path) == list(range(20))
    assert video.glance(path).videos == 1


# what is no file


@pytest.fixture(params=["pipe", "socket", "device", "folder", "link to nothing", "link to a pipe"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    path = Path("clip.mp4")
    match request.param:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "link to nothing":
            path.symlink_to("nowhere.mp4")
        case _:
            os.mkfifo("pipe")
            path.symlink_to("pipe")
    return path


def test_what_is_no_file_is_told_and_never_waited_for(no_file: Path) -> None:
    for reader in READERS:
        with pytest.raises(BadVideo, match=r"clip\.mp4: is a (pipe|socket|device|folder|link to nothing)"):
            reader(no_file)


@pytest.mark.parametrize("name", ["c:v.mp4", "http:x.mp4", "pipe:0", "concat:a.mp4", "%03d.mp4", "-i.mp4", "ü \n.mp4"])
def test_a_name_is_only_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_plain(tmp_path / "clip.mp4", clocks(5), 8)
    (tmp_path / "clip.mp4").rename(tmp_path / name)
    assert read(Path(name)) == list(range(5))


@pytest.mark.parametrize(
    "content",
    ["ffconcat version 1.0\nfile real.mp4\n", "#EXTM3U\n#EXTINF:5,\nreal.mp4\n", "<?xml version='1.0'?><MPD/>"],
)
def test_a_list_of_other_files_is_no_video(tmp_path: Path, content: str) -> None:
    write_plain(tmp_path / "real.mp4", clocks(5), 8)
    (tmp_path / "clip.mp4").write_text(content, encoding="utf-8")
    for reader in READERS:
        with pytest.raises(BadVideo, match=r"clip\.mp4: is a list of other files"):
            reader(tmp_path / "clip.mp4")


# what is too large


def test_a_frame_of_more_than_8k_is_refused_before_any_is_decoded(tmp_path: Path) -> None:
    write_packets(tmp_path / "huge.mkv", "mjpeg", (16000, 16000), [b"\xff\xd8 no picture at all"] * 3)
    for reader in READERS:
        with pytest.raises(BadVideo, match=r"huge\.mkv: states no size, or a larger one; at most 8K is read"):
            reader(tmp_path / "huge.mkv")


def test_a_header_that_hides_the_size_does_not_help(tmp_path: Path) -> None:
    jpeg = io.BytesIO()
    Image.new("L", (9000, 8000)).save(jpeg, "JPEG")
    write_packets(tmp_path / "huge.mkv", "mjpeg", (64, 64), [jpeg.getvalue()] * 3)
    for reader in READERS:
        with pytest.raises(BadVideo, match=r"huge\.mkv: .*(at most 8K is read|does not decode)"):
            reader(tmp_path / "huge.mkv")


# what stands beside the video


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_tags_in_another_encoding_are_no_fault(tmp_path: Path, suffix: str) -> None:
    path, codec = tmp_path / f"clip{suffix}", "mpeg4"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Zuerich"
        stream: Any = container.add_stream(codec, FPS)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for frame in clocks(5, 96, 64):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    assert b"Zuerich" in data
    path.write_bytes(data.replace(b"Zuerich", b"Z\xfcrich."))
    assert read(path) == list(range(5))


def test_a_packet_without_any_picture_is_told(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    write_plain(path, clocks(20, 96, 64), FPS)
    with av.open(str(path)) as container:
        packet = [each for each in container.demux(container.streams.video[0]) if each.size][10]
    data = bytearray(path.read_bytes())
    assert packet.pos is not None
    at = data.index(bytes(packet), packet.pos)
    data[at : at + packet.size] = b"\x55" * packet.size
    path.write_bytes(data)
    for reader in (video.survey, video.examine):
        with pytest.raises(BadVideo, match=r"clip\.avi: "):
            reader(path)
