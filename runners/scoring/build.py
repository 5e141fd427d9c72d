"""The truth's side of one view, computed: masks, physical variance, and the frames at a quarter of their size."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from itertools import islice, repeat
from pathlib import Path
from typing import IO

import numpy as np

from runners.dataset.layout import CONTINUATION_S
from runners.scoring.decode import Image, quarter_size, read_frames, shrink
from runners.scoring.inputs import colour_of
from runners.scoring.lossless import Stream, StreamWriter, read_stream
from runners.scoring.masks import MaskVideo, ShippedMasks
from runners.scoring.metrics import PairMetrics, SquaredErrors, overlap
from runners.scoring.stack import MaskStack
from runners.scoring.truth import TruthSource, TruthView
from runners.scoring.truth_file import Entry, finish_entry
from runners.scoring.truth_rate import resample

_SAMPLE = 12
"""Frames from which the size of an entry is estimated."""


def build_entry(path: Path, source: TruthSource, scratch: Path, view: TruthView | None = None) -> Entry:
    """Write both takes, one after the other, into the entry `path`. Raises `UserError` naming a bad file.

    What is known already, `view`, is not computed anew: then only the frames are. The last take's frames have not been
    read back yet: whoever reads them first asks for them to be verified.
    """
    with path.open("wb") as file:
        if view is not None:
            streams = [_keep_frames(file, source, take, view.size) for take in range(len(source.takes))]
        else:
            view, streams = _measure(path, file, source, scratch)
    return finish_entry(path, view, streams)


def _keep_frames(file: IO[bytes], source: TruthSource, take: int, size: tuple[int, int]) -> Stream:
    writer, small = StreamWriter(file, size), np.empty((size[1], size[0], 3), np.uint8)
    for frame in full_frames(source, take):
        writer.add(shrink(frame, size, small))
    return writer.close()


def _measure(path: Path, file: IO[bytes], source: TruthSource, scratch: Path) -> tuple[TruthView, list[Stream]]:
    """The takes are decoded one after the other, not in step: two 4K decoders and two backgrounds are 400 MB more."""
    size = quarter_size(source.takes[0])
    differ, out = SquaredErrors((size[1], size[0], 3)), np.empty((size[1], size[0], 3), np.uint8)
    streams: list[Stream] = []
    stacks: list[MaskStack] = []
    mse: list[float] = []
    ceiling: PairMetrics | None = None
    for take in range(len(source.takes)):
        writer = StreamWriter(file, size)
        first = read_stream(path, streams[0], size, verify=True) if take else repeat(None, source.count)
        with _masks(source, take, scratch) as masks, _masks_as_of_a_clip(source, take, scratch) as own:
            for frame, other in zip(full_frames(source, take), first, strict=True):
                masks.add(frame)
                if own is not None:
                    own.add(frame)
                small = shrink(frame, size, out)
                writer.add(small)
                mse += [] if other is None else differ.mse(small, [other])
            stacks.append(masks.read_back(size))
            if own is not None:
                ceiling = PairMetrics.of(mse, overlap(stacks[0], own.read_back(size)))
        streams.append(writer.close())
    variance = PairMetrics.of(mse, overlap(*stacks)) if len(stacks) > 1 else None
    return TruthView(*size, tuple(stacks), variance, colour_of(source.takes[0]), ceiling), streams


def estimate_bytes(source: TruthSource) -> int:
    """About how large the entry of a view is, from the first frames of take-1."""
    size = quarter_size(source.takes[0])
    file = io.BytesIO()
    writer, ends = StreamWriter(file, size), [0]
    for frame in islice(full_frames(source, 0), _SAMPLE):
        writer.add(shrink(frame, size))
        ends.append(file.tell())
    later = ends[-1] - ends[len(ends) // 2]  # the first frame is several times larger than those that follow
    steady = later / max(1, len(ends) - 1 - len(ends) // 2)
    return int((ends[1] + steady * (source.count - 1)) * len(source.takes))


def full_frames(source: TruthSource, take: int) -> Iterator[Image]:
    """The 5 s of a take at the clips' rate, at their own size; each frame is valid until the next is asked for."""
    path = source.takes[take]
    if not source.resampled:
        return read_frames(path, source.count)
    shipped = CONTINUATION_S * source.shipped_fps
    return resample((frame.copy() for frame in read_frames(path, shipped)), shipped, source.count)


def _masks(source: TruthSource, take: int, scratch: Path) -> MaskVideo | ShippedMasks:
    shipped = source.masks[take]
    if shipped:
        return ShippedMasks(shipped, source.count)
    return MaskVideo(scratch / f"take-{take + 1}.mp4", source.fps)


def _masks_as_of_a_clip(
    source: TruthSource, take: int, scratch: Path
) -> MaskVideo | contextlib.AbstractContextManager[None]:
    """The masks that are made of a clip which is take 2: with shipped ones, these alone tell what it scores."""
    if take and source.masks_shipped:
        return MaskVideo(scratch / "ceiling.mp4", source.fps)
    return contextlib.nullcontext()
