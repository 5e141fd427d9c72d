"""One view, scored: the truth's side once, then one pass over the clip. Runs in the worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from runners.core.files import sha256_file
from runners.core.layout import CONTINUATION_S
from runners.scoring.decode import Image, quarter_size, read_frames, shrink
from runners.scoring.inputs import colour_of
from runners.scoring.masks import MaskVideo, ShippedMasks
from runners.scoring.metrics import PairMetrics, frame_mse, overlap
from runners.scoring.resample import resample
from runners.scoring.truth import TruthSource, TruthView


@dataclass(frozen=True)
class ViewTask:
    """A clip, what it is compared with, and the truth's side if somebody has computed it already."""

    clip: Path
    source: TruthSource
    truth: TruthView | None = None


@dataclass(frozen=True)
class ViewResult:
    """What one clip is worth against both takes; `sha256` is that of the clip's bytes."""

    sha256: str
    first: PairMetrics
    second: PairMetrics | None
    truth: TruthView


def score_view(task: ViewTask, scratch: Path) -> ViewResult:
    """Score one clip; `scratch` is a folder of its own for temporary files. Raises `UserError` naming a bad file."""
    sha256 = sha256_file(task.clip)
    truth = task.truth or measure_truth(task.source, scratch)
    first, second = measure_clip(task.clip, task.source, truth, scratch)
    return ViewResult(sha256, first, second, truth)


def measure_truth(source: TruthSource, scratch: Path) -> TruthView:
    """Masks of both takes and the metrics between them, at a quarter of take-1's size; decodes each file once."""
    size = quarter_size(source.takes[0])
    mse = []
    with ExitStack() as open_videos:
        masks = [
            ShippedMasks(shipped, source.count)
            if shipped
            else open_videos.enter_context(MaskVideo(scratch / f"take-{take}.mp4", source.fps))
            for take, shipped in enumerate(source.masks, 1)
        ]
        for frames in zip(*(_full_frames(source, take) for take in range(len(source.takes))), strict=True):
            for video, frame in zip(masks, frames, strict=True):
                video.add(frame)
            if len(frames) > 1:
                mse.append(frame_mse(*(shrink(frame, size) for frame in frames)))
        stacks = tuple(video.read_back(size) for video in masks)
    variance = PairMetrics.of(mse, overlap(*stacks)) if len(stacks) > 1 else None
    return TruthView(*size, stacks, variance, colour_of(source.takes[0]))


def truth_frames(source: TruthSource, take: int, size: tuple[int, int]) -> Iterator[Image]:
    """The 5 s of a take at the clips' rate and at (width, height), one frame at a time."""
    return (shrink(frame, size) for frame in _full_frames(source, take))


def measure_clip(
    clip: Path, source: TruthSource, truth: TruthView, scratch: Path
) -> tuple[PairMetrics, PairMetrics | None]:
    """The clip against take-1 and, where there is one, take-2; decodes the three videos in step."""
    takes = [truth_frames(source, take, truth.size) for take in range(len(source.takes))]
    errors: list[list[float]] = [[] for _ in takes]
    with MaskVideo(scratch / "clip.mp4", source.fps) as video:
        for frame, *real in zip(read_frames(clip, source.count), *takes, strict=True):
            video.add(frame)
            small = shrink(frame, truth.size)
            for mse, other in zip(errors, real, strict=True):
                mse.append(frame_mse(other, small))
        moving = video.read_back(truth.size)
    pairs = [PairMetrics.of(mse, overlap(masks, moving)) for mse, masks in zip(errors, truth.masks, strict=True)]
    return pairs[0], pairs[1] if len(pairs) > 1 else None


def _full_frames(source: TruthSource, take: int) -> Iterator[Image]:
    path = source.takes[take]
    if not source.resampled:
        return read_frames(path, source.count)
    shipped = CONTINUATION_S * source.shipped_fps
    return resample(read_frames(path, shipped), shipped, source.count)
