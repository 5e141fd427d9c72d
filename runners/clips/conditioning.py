"""From a data set's files to what a model may see of a scenario: the switch frame, or frames of the 3 s before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from adapters import BadVideo, Conditioning, Frame, Frames, Mode, Needs, read_frames
from adapters.harness import (
    BadPicture,
    VideoInfo,
    check_picture,
    frame_times,
    glance,
    picture_size,
    read_picture,
    sample_backwards,
)
from runners.clips.footage import has_rate
from runners.clips.geometry import Fit, Geometry, Size, apply, place, plan_fit
from runners.core.errors import UserError
from runners.dataset.layout import CONDITIONING_S, DataSet, Item, Kind, relative_path

DEFAULT_FPS = 30
"""The rate that other rates are made from, and that of a data set of nothing but switch frames."""

T = TypeVar("T")


@dataclass(frozen=True)
class ConditioningSource:
    """The file a scenario's conditioning comes from.

    `kind`: a switch frame (image), the 3-s clip that ends with it (clip), or a whole video (full) of which only the
    first `take_first_s` seconds may be seen. `shipped_fps` is the rate that the file's name states; for an image, the
    rate of the data set's videos.
    """

    mode: Mode
    path: Path
    kind: Literal["image", "clip", "full"]
    shipped_fps: int
    take_first_s: float | None = None


def find_source(dataset: DataSet, item: Item, needs: Needs) -> ConditioningSource:
    """Choose the file for a model's needs, without opening it. Raises `UserError` naming the file that is missing.

    Image-to-video: the switch frame, or the end of the 3-s clip where a data set ships no switch frames at all.
    Multiframe: the clip at the wanted rate if that is shipped, else the one at 30 FPS (or the highest rate there is).
    Without a conditioning folder the first 3 s of the full video serve instead.
    """
    if needs.mode == "i2v":
        image = dataset.find("switch", item, DEFAULT_FPS)
        if image is not None:
            return ConditioningSource("i2v", image, "image", _own_rate(dataset, item))
        expected = dataset.root / relative_path("switch", item, DEFAULT_FPS)
        if expected.parent.is_dir() and any(expected.parent.iterdir()):
            raise _missing(expected)
    source = _find_video(dataset, item, needs)
    if needs.mode == "multiframe":
        _check_wanted(needs, source.shipped_fps)
    return source


def probe_source(source: ConditioningSource) -> None:
    """A quick look before any work: the image decodes; the video opens, has the rate its name says, and 3 s.

    Raises `UserError`.
    """
    if source.kind == "image":
        _of_picture(check_picture, source.path)
    else:
        _checked_info(source)


def source_size(source: ConditioningSource) -> Size:
    """(width, height) of the upright picture. Raises `UserError` for a file that does not open."""
    if source.kind != "image":
        info = probe_video(source.path)
        return info.width, info.height
    return _of_picture(picture_size, source.path)


def nearest_size(size: Size, choices: tuple[Size, ...]) -> Size:
    """The choice of the nearest shape (ratio of width to height), among equals the one of the nearest area."""

    def distance(choice: Size) -> tuple[float, float]:
        shape = abs(math.log(choice[0] * size[1] / (choice[1] * size[0])))
        area = abs(math.log(choice[0] * choice[1] / (size[0] * size[1])))
        return round(shape, 9), area

    return min(choices, key=distance)


def conditioning_geometry(fit: Fit, size: Size, needs: Needs, default: Size) -> Geometry:
    """How a source of this size meets the model: its nearest native size, or `default` (the run's) if it takes any."""
    return plan_fit(fit, size, nearest_size(size, needs.sizes) if needs.sizes else default)


def make_conditioning(source: ConditioningSource, needs: Needs, geometry: Geometry) -> Conditioning:
    """Decode what the model sees, fitted; only the frames that are kept are ever held, at the model's size.

    Multiframe: `needs.conditioning_frames` frames (None: as many as 3 s give) at `needs.conditioning_fps`, sampled
    backwards from the switch frame at exact instants, each the nearest source frame, the later one on a tie. The last
    frame is always the source's own last frame. Raises `UserError` for a file that cannot be used.
    """
    if source.kind == "image":
        return Conditioning.of(apply(geometry, _of_picture(read_picture, source.path))[np.newaxis], source.shipped_fps)
    info = _checked_info(source)
    _refuse_uneven(source.path, info.fps)
    end = info.frames if source.take_first_s is None else round(source.take_first_s * source.shipped_fps)
    fps = float(source.shipped_fps) if source.mode == "i2v" else needs.conditioning_fps or source.shipped_fps
    count = 1 if source.mode == "i2v" else needs.conditioning_frames or _available(source.shipped_fps, fps)
    wanted = sample_backwards(np.arange(end) / source.shipped_fps, count, fps)
    return Conditioning.of(_decode(source.path, [int(index) for index in wanted], geometry), fps)


def _decode(path: Path, wanted: list[int], geometry: Geometry) -> Frames:
    """The wanted frames, uint8 (T, H, W, 3), in the order given; an index may occur more than once."""
    width, height = geometry.target
    frames = np.empty((len(wanted), height, width, 3), np.uint8)
    chosen = sorted(set(wanted))
    try:
        decoded = read_frames(path, size=geometry.decoder_size, only=set(chosen))
        for index, frame in zip(chosen, decoded, strict=True):
            fitted: Frame = place(geometry, frame)
            for position in (k for k, other in enumerate(wanted) if other == index):
                frames[position] = fitted
    except BadVideo as error:
        raise UserError(str(error)) from error
    return frames


def _find_video(dataset: DataSet, item: Item, needs: Needs) -> ConditioningSource:
    """The 3-s clip or full video at the best rate that the data set ships."""
    kind: Kind = "conditioning"
    rates = dataset.rates(kind, item.take)
    if not rates:
        kind, rates = "full", dataset.rates("full", item.take)
    fps = needs.conditioning_fps
    wanted = round(fps) if fps and fps == round(fps) else DEFAULT_FPS
    rate = best_rate(wanted, rates) or DEFAULT_FPS
    path = dataset.find(kind, item, rate)
    if path is None:
        raise _missing(dataset.root / relative_path(kind if rates else "conditioning", item, rate))
    if kind == "conditioning":
        return ConditioningSource(needs.mode, path, "clip", rate)
    return ConditioningSource(needs.mode, path, "full", rate, CONDITIONING_S)


def best_rate(wanted: int, rates: Sequence[int]) -> int | None:
    """The rate that is read of those that are shipped, highest first: the wanted one, else 30 FPS, else the highest."""
    return next((rate for rate in (wanted, DEFAULT_FPS) if rate in rates), rates[0] if rates else None)


def _own_rate(dataset: DataSet, item: Item) -> int:
    """The highest rate at which the data set ships videos of any kind."""
    kinds: tuple[Kind, ...] = ("conditioning", "testing", "full")
    return max((rate for kind in kinds for rate in dataset.rates(kind, item.take)), default=DEFAULT_FPS)


def _available(shipped_fps: int, fps: float) -> int:
    """How many frames at `fps` the 3 s hold, counted back from the last shipped frame to the first."""
    span_s = CONDITIONING_S - 1 / shipped_fps
    return max(1, min(math.floor(span_s * fps + 1e-9) + 1, round(CONDITIONING_S * fps)))


def _check_wanted(needs: Needs, shipped_fps: int) -> None:
    fps = needs.conditioning_fps or shipped_fps
    frames, available = needs.conditioning_frames, _available(shipped_fps, fps)
    if frames is not None and frames > available:
        raise UserError(
            f"the model wants {frames} conditioning frames at {fps:g} FPS, and {CONDITIONING_S} s at "
            f"{shipped_fps} FPS give {available}; lower the frames that its YAML asks for, or raise their FPS"
        )


def _checked_info(source: ConditioningSource) -> VideoInfo:
    """The video's header, once its rate and length are what they must be."""
    info = probe_video(source.path)
    if not has_rate(info, source.shipped_fps):
        raise UserError(
            f"{source.path}: runs at {info.fps:g} FPS where its name and folder say {source.shipped_fps}; "
            "download it again, or file it under its real rate"
        )
    needed = CONDITIONING_S * source.shipped_fps
    if info.frames < needed:
        raise UserError(
            f"{source.path}: holds {info.frames} frames = {info.frames / source.shipped_fps:.3f} s, and "
            f"{CONDITIONING_S} s ({needed} frames) are needed before the switch frame; download it again"
        )
    if source.kind == "clip" and info.frames >= needed + source.shipped_fps:
        raise UserError(
            f"{source.path}: holds {info.frames} frames = {info.frames / source.shipped_fps:.3f} s, and "
            f"{CONDITIONING_S} s that end with the switch frame belong here; download it again"
        )
    return info


def _refuse_uneven(path: Path, fps: float) -> None:
    """Frames are chosen by their number, so each has to be shown when its number says. Raises `UserError`."""
    try:
        times = frame_times(path)
    except BadVideo as error:
        raise UserError(str(error)) from error
    if any(abs(time - index / fps) > 0.5 / fps for index, time in enumerate(times)):
        raise UserError(
            f"{path}: its frames do not follow each other at a constant rate; "
            f"give it one first (ffmpeg -vf fps={fps:g}), or download it again"
        )


def probe_video(path: Path) -> VideoInfo:
    """A video's header, once its first frame decodes. Raises `UserError`."""
    try:
        return glance(path)
    except BadVideo as error:
        raise UserError(str(error)) from error


def _of_picture(read: Callable[[Path], T], path: Path) -> T:
    """What `read` makes of a still picture. Raises `UserError`."""
    try:
        return read(path)
    except BadPicture as error:
        if not path.exists():
            raise _missing(path) from None
        raise UserError(str(error)) from error


def _missing(path: Path) -> UserError:
    return UserError(f"{path} is missing; get it with python -m runners.fetch, or select scenarios that are there")
