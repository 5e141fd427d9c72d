"""Drawn pictures whose content tells what happened to them: scenes, markers, a clock; and files written by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from adapters import Frame, Frames

_CLOCK_BITS = 8


def scene(width: int = 320, height: int = 180, t: int = 0) -> Frame:
    """A gradient with coloured anti-aliased shapes, moved by `t`."""
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([60 + 150 * x / width, 200 - 120 * y / height, 90 + 100 * (x + y) / (width + height)], -1)
    image = image.round().astype(np.uint8)
    colours = [(200, 60, 50), (40, 180, 70), (50, 70, 200), (220, 210, 60)]
    for k, colour in enumerate(colours):
        centre = (width * (2 * k + 1) // 8 + t, height // 4 + k * height // 8)
        cv2.circle(image, centre, height // 8, colour, -1, cv2.LINE_AA)
    return image


def scenes(count: int, width: int = 320, height: int = 180) -> Frames:
    return np.stack([scene(width, height, t) for t in range(count)])


def clock(tick: int, width: int = 64, height: int = 36) -> Frame:
    """A picture of a number (0 to 255) in eight bars, the highest bit left; `read_clock` reads it at any size."""
    bits = [(tick >> (_CLOCK_BITS - 1 - k)) & 1 for k in range(_CLOCK_BITS)]
    row = np.repeat(np.array(bits, np.uint8) * 200 + 28, width // _CLOCK_BITS)
    return np.broadcast_to(row[None, :, None], (height, width, 3)).copy()


def clocks(count: int, width: int = 64, height: int = 36) -> Frames:
    return np.stack([clock(tick, width, height) for tick in range(count)])


def read_clock(frame: Frame) -> int:
    height, width = frame.shape[:2]
    centres = [int((k + 0.5) * width / _CLOCK_BITS) for k in range(_CLOCK_BITS)]
    return int("".join(str(int(frame[height // 2, x].mean() > 128)) for x in centres), 2)


def marker(width: int, height: int, x: float, y: float, radius: float) -> Frame:
    """A soft bright spot on black, its centre at (x, y) where pixel (0, 0) reaches from 0 to 1."""
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    spot = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))
    return np.repeat(spot.round().astype(np.uint8)[..., None], 3, axis=2)


def marker_at(frame: Frame) -> tuple[float, float]:
    """The spot's centre of mass."""
    weight = frame[..., 0].astype(float)
    rows, columns = np.mgrid[0 : frame.shape[0], 0 : frame.shape[1]] + 0.5
    return float((columns * weight).sum() / weight.sum()), float((rows * weight).sum() / weight.sum())


def error_and_bias(got: Any, wanted: Any) -> tuple[float, float]:
    """Mean absolute error, and the largest mean error of a channel, in levels."""
    difference = np.asarray(got, float) - np.asarray(wanted, float)
    channels = difference.reshape(-1, 3).mean(axis=0)
    return float(np.abs(difference).mean()), float(np.abs(channels).max())


MATRICES = {"bt601": (0.299, 0.114, 6), "bt709": (0.2126, 0.0722, 1), "untagged": (0.299, 0.114, 2)}
"""Name → red and blue weight of luma (ITU-R BT.601, BT.709), and the tag (ITU-T H.273)."""


def exact_planes(frame: Frame, matrix: str = "bt601", full_range: bool = False) -> list[NDArray[np.uint8]]:
    """The 4:2:0 planes of a frame by the standard's own formula, rounded once: what a perfect converter gives."""
    red, blue, _ = MATRICES[matrix]
    rgb = frame.astype(float)
    luma = rgb @ [red, 1 - red - blue, blue]
    chroma = [(rgb[..., 2] - luma) / (2 - 2 * blue), (rgb[..., 0] - luma) / (2 - 2 * red)]
    height, width = luma.shape
    halved = [plane.reshape(height // 2, 2, width // 2, 2).mean((1, 3)) for plane in chroma]
    scales = (255, 255) if full_range else (219, 224)
    planes = [luma * scales[0] / 255 + (0 if full_range else 16), *(128 + p * scales[1] / 255 for p in halved)]
    return [np.clip(plane.round(), 0, 255).astype(np.uint8) for plane in planes]


def write_exact(path: Path, frames: Frames, fps: int = 8, *, matrix: str = "bt601", full_range: bool = False) -> None:
    """An H.264 file of exactly converted frames, tagged as asked, written past the code under test."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", fps, options={"crf": "4"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = MATRICES[matrix][2]
        stream.codec_context.color_range = 2 if full_range else 1
        for index, frame in enumerate(frames):
            coded = VideoFrame(stream.width, stream.height, "yuv420p")
            for plane, values in zip(coded.planes, exact_planes(frame, matrix, full_range), strict=True):
                padded = np.zeros((values.shape[0], plane.line_size), np.uint8)
                padded[:, : values.shape[1]] = values
                plane.update(padded.tobytes())
            coded.pts, coded.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(coded))
        container.mux(stream.encode(None))


def write_plain(
    path: Path,
    frames: Frames,
    fps: int = 8,
    *,
    codec: str = "libx264",
    instants_ms: list[int] | None = None,
    matrix: tuple[float, float, float, float] | None = None,
    pixel_shape: Fraction | None = None,
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    tags: dict[str, int] | None = None,
) -> None:
    """A file as other programs write them: any container, time stamps, display matrix, pixel shape or colour tags."""
    with av.open(str(path), "w", options={"movflags": "+faststart"} if path.suffix == ".mp4" else {}) as container:
        stream: Any = container.add_stream(codec, fps)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        stream.options = {"crf": "10"} if codec == "libx264" else {}
        stream.options |= options or {}
        for name, code in (tags or {}).items():
            setattr(stream.codec_context, name, code)
        if pixel_shape:
            stream.codec_context.sample_aspect_ratio = pixel_shape
        if matrix:
            a, b, c, d = (round(entry * 2**16) for entry in matrix)
            stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 2**30])
        if instants_ms:
            stream.codec_context.time_base = Fraction(1, 1000)
        for index, frame in enumerate(frames):
            coded = VideoFrame.from_ndarray(frame, "rgb24")
            coded.pts = instants_ms[index] if instants_ms else index
            coded.time_base = Fraction(1, 1000) if instants_ms else Fraction(1, fps)
            container.mux(stream.encode(coded))
        container.mux(stream.encode(None))
