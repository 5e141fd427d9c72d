"""One view, scored: the truth's side out of the cache or computed, then one pass over the clip. Workers run this."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from runners.core.errors import UserError
from runners.core.files import sha256_file
from runners.previews.cache import PreviewCache
from runners.scoring.build import build_entry
from runners.scoring.cache import Kept, TruthCache
from runners.scoring.decode import read_frames, shrink
from runners.scoring.looked_at import Seen
from runners.scoring.lossless import NotLossless
from runners.scoring.masks import MaskVideo
from runners.scoring.metrics import PairMetrics, SquaredErrors, overlap
from runners.scoring.truth import TruthSource, TruthView, identities
from runners.scoring.truth_file import Entry


@dataclass(frozen=True)
class ViewTask:
    """A clip, the sha256 of its bytes, and what it is compared with.

    `identity` is the truth's (runners/scoring/truth.py). `truth` is its side if this process knows it already.
    """

    clip: Path
    sha256: str
    source: TruthSource
    identity: str
    cache: TruthCache | None = None
    truth: TruthView | None = None
    previews: PreviewCache | None = None
    """Where small pictures of the clip go, if they are not there yet."""


@dataclass(frozen=True)
class ViewResult:
    """What one clip is worth against both takes, and what the takes are against each other.

    `truth` is the truth's side where no cache keeps it; `kept` says what a cache kept, None without one.
    """

    sha256: str
    first: PairMetrics
    second: PairMetrics | None
    variance: PairMetrics | None
    colour: str
    truth: TruthView | None = None
    kept: Kept | None = None
    ceiling: PairMetrics | None = None
    """What take 2 itself is worth as a clip, where that is not the variance (`TruthView.ceiling`)."""


def score_view(task: ViewTask, scratch: Path) -> ViewResult:
    """Score one clip; `scratch` is a folder of its own for temporary files. Raises `UserError` naming a bad file."""
    if task.cache is None:
        return _score_anew(task, task.truth, scratch / "truth", scratch)
    known = task.cache.open(task.identity)
    if known and task.source.masks_shipped and known.view.variance and known.view.ceiling is None:
        known = None  # of the time before ceilings were measured
    if known and known.streams:
        with contextlib.suppress(NotLossless, FileNotFoundError):  # made by another codec, or just now replaced
            return _result(task, known, scratch, kept="frames")
    view = known.view if known else None
    # A cache is a help and not a need: without space or rights, what it would have kept is made in the scratch folder.
    with contextlib.suppress(OSError), task.cache.draft() as path:
        return _score_anew(task, view, path, scratch)
    return _score_anew(task, view, scratch / "truth", scratch)


def measure_clip(
    clip: Path, source: TruthSource, truth: Entry, scratch: Path, *, verify: bool = False, seen: Seen | None = None
) -> tuple[PairMetrics, PairMetrics | None]:
    """The clip against take-1 and, where there is one, take-2, in one pass.

    With `verify` the truth's frames are checked against what was written, and differing ones raise `NotLossless`.
    `seen` is shown every frame and, in the end, the masks.
    """
    size = truth.view.size
    takes = [truth.frames(take, verify=verify) for take in range(len(truth.streams))]
    errors: list[list[float]] = [[] for _ in takes]
    out = np.empty((size[1], size[0], 3), np.uint8)
    differ = SquaredErrors(out.shape)
    with MaskVideo(scratch / "clip.mp4", source.fps) as video:
        for frame, *real in zip(read_frames(clip, source.count), *takes, strict=True):
            video.add(frame)
            if seen is not None:
                seen.frame(frame)
            for known, error in zip(errors, differ.mse(shrink(frame, size, out), real), strict=True):
                known.append(error)
        moving = video.read_back(size)
    if seen is not None:
        seen.masks(moving)
    pairs = [PairMetrics.of(mse, overlap(masks, moving)) for mse, masks in zip(errors, truth.view.masks, strict=True)]
    return pairs[0], pairs[1] if len(pairs) > 1 else None


def _score_anew(task: ViewTask, view: TruthView | None, path: Path, scratch: Path) -> ViewResult:
    """Score against truth that is decoded into `path` first, and keep it if that is a draft of the cache."""
    entry = build_entry(path, task.source, scratch, view)
    result = _result(task, entry, scratch, verify=True, truth=entry.view if task.cache is None else None)
    if identities([task.source]) != (task.identity,):
        raise _changed(task.source.takes[0])
    if task.cache is None:
        return result
    kept: Kept = "nothing"
    if path.parent == task.cache.folder:
        with contextlib.suppress(OSError):
            kept = task.cache.keep(entry, task.identity)
    return replace(result, kept=kept)


def _changed(path: Path) -> UserError:
    """What was measured may be of neither content, and must not be kept under the hash of one."""
    return UserError(f"{path}: it (or what belongs to it) changed while it was scored; score again when it is whole")


def _result(
    task: ViewTask, entry: Entry, scratch: Path, *, verify: bool = False, truth: TruthView | None = None,
    kept: Kept | None = None,
) -> ViewResult:  # fmt: skip
    with Seen(task.previews, task.sha256, task.source.fps, task.source.count) as seen:
        first, second = measure_clip(task.clip, task.source, entry, scratch, verify=verify, seen=seen)
        if sha256_file(task.clip) != task.sha256:
            raise _changed(task.clip)
        seen.keep()
    view = entry.view
    return ViewResult(task.sha256, first, second, view.variance, view.colour, truth, kept, view.ceiling)
