"""Videos as some cameras, browsers and services write them, which a scorer must not take for what they are not."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from adapters import Frame
from runners.dataset.layout import CONTINUATION_S, DataSet, relative_path
from runners.dataset.scenarios import Scenario
from runners.scoring.decode import read_frames
from runners.scoring.masks import MotionDetector
from tests.adapters.video.files import write_plain
from tests.scoring.tiny import FPS, slide

SMALLER = (32, 18)


def picture(frame: Frame, index: int, size: tuple[int, int] | None = None, pix_fmt: str = "yuv420p") -> VideoFrame:
    """A coded frame to be shown as number `index`."""
    width, height = size or (None, None)
    made = VideoFrame.from_ndarray(frame, "rgb24").reformat(width=width, height=height, format=pix_fmt)
    made.pts, made.time_base = index, Fraction(1, FPS)
    return made


def changing_size(path: Path, codec: str = "libx264") -> Path:
    """As WebRTC records: 20 frames of one size, 20 of half of it, in one track that states the first."""
    frames = slide(5.0)
    pix_fmt, options = ("yuv420p", {"bf": "0"}) if codec == "libx264" else ("yuvj420p", {})
    second = av.CodecContext.create(codec, "w")
    assert isinstance(second, VideoCodecContext)
    second.width, second.height = SMALLER
    second.pix_fmt, second.time_base, second.framerate = pix_fmt, Fraction(1, FPS), Fraction(FPS)
    second.options = options
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, FPS, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        packets: list[Any] = []
        for index, frame in enumerate(frames):
            coded = picture(frame, index, None if index < 20 else SMALLER, pix_fmt)
            packets += stream.encode(coded) if index < 20 else second.encode(coded)
            packets += stream.encode(None) if index == 19 else []
        for packet in [*packets, *second.encode(None)]:
            packet.stream = stream
            container.mux(packet)
    return path


def two_tracks(path: Path) -> Path:
    """As some editors write: the same pictures twice."""
    with av.open(str(path), "w", format="mp4") as container:
        streams: list[Any] = [container.add_stream("libx264", FPS) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for stream in streams:
            for index, frame in enumerate(slide(5.0)):
                container.mux(stream.encode(picture(frame, index)))
            container.mux(stream.encode(None))
    return path


def varying_rate(path: Path) -> Path:
    """40 frames in 5 s, 8 a second on average: the first half of them at twice the pace of the second."""
    shown = [*range(0, 40, 2), *range(40, 120, 4)]  # in 24ths of a second
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", FPS, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 24)
        packets = []
        for instant, frame in zip(shown, slide(5.0), strict=True):
            coded = picture(frame, instant)
            coded.time_base = Fraction(1, 24)
            packets += stream.encode(coded)
        for packet in [*packets, *stream.encode(None)]:
            packet.duration = 2 if packet.pts < 40 else 4
            container.mux(packet)
    return path


def turned(path: Path, degrees: int = 180) -> Path:
    """With a display matrix."""
    matrix = {180: (-1, 0, 0, -1), 90: (0, 1, -1, 0), 270: (0, -1, 1, 0)}[degrees]
    write_plain(path, np.stack(slide(5.0)), FPS, matrix=matrix)
    return path


def mirrored(path: Path) -> Path:
    """As a front camera writes: to be shown as in a mirror."""
    write_plain(path, np.stack(slide(5.0)), FPS, matrix=(-1, 0, 0, 1))
    return path


def late(path: Path, frames: Sequence[Frame] | None = None, by: int = 1) -> Path:
    """Cut out of a longer clip without resetting the time stamps: its first frame is shown `by` frames after 0."""
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for index, frame in enumerate(slide(5.0) if frames is None else frames):
            container.mux(stream.encode(picture(frame, index + by)))
        container.mux(stream.encode(None))
    return path


def coded_as_av1(path: Path) -> Path:
    """What no OpenCV wheel decodes."""
    write_plain(path, np.stack(slide(5.0, size=(128, 72))), FPS, codec="libsvtav1")
    return path


def write_masks(path: Path, frames: Sequence[Frame], *, fps: int = FPS, wiped: int = 0, also: int = 0) -> Path:
    """A mask video as the official tool writes it: of these frames, the leftmost `wiped` columns edited away.

    `also` frames without motion come before them.
    """
    detector = MotionDetector()
    masks = [detector.mask(np.ascontiguousarray(frame[..., ::-1])).copy() for frame in frames]
    masks = [np.zeros_like(masks[0])] * also + masks
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = masks[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height), isColor=False)
    for mask in masks:
        mask[:, :wiped] = 0
        writer.write(mask)
    writer.release()
    return path


def ship_masks(dataset: DataSet, scenarios: Sequence[Scenario], *, wiped: int = 0) -> DataSet:
    """The data set with masks of all its truth, and a listing that knows them."""
    for scenario in scenarios:
        for item in (scenario.item, scenario.second):
            if item is not None:
                truth = read_frames(dataset.root / relative_path("testing", item, FPS), CONTINUATION_S * FPS)
                frames = [frame[..., ::-1].copy() for frame in truth]
                write_masks(dataset.root / relative_path("masks", item, FPS), frames, wiped=wiped)
    return DataSet(dataset.root)
