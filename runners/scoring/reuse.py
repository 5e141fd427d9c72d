"""Scores that are still true are not computed again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from adapters import BadVideo
from adapters.harness import glance
from runners.clips.footage import Unfit, check_file
from runners.core.errors import UserError
from runners.core.files import sha256_file
from runners.core.provenance import usable_cores
from runners.scoring.fit import check_sources
from runners.scoring.inputs import ScoringInput, check_clips
from runners.scoring.memory import Memory
from runners.scoring.scores import CHECKS, SCORER_VERSION, Scores
from runners.scoring.stored import read_scores, write_scores
from runners.scoring.truth import TruthSource, all_files, find_truth, truth_identity


def reuse_scores(given: ScoringInput, out: Path, memory: Memory | None = None) -> Scores | None:
    """scores.json if it is of these very clips, this truth and this scorer; None if anything differs.

    Scores of the time before inputs were checked as they are now are used again only if theirs pass. Raises `UserError`
    for those that do not.
    """
    import cv2

    memory = memory or Memory()

    try:
        known = read_scores(out)
    except UserError:  # none, or damaged
        return None
    try:
        origin = known.origin
        wanted = (SCORER_VERSION, given.benchmark, given.expected)
        same = (known.scorer_version, origin.benchmark, known.expected) == wanted
        hashes = known.hashes
        found = {path.name for path in given.videos.iterdir()}
        if not same or not (out / "metrics.csv").is_file() or found != set(hashes):
            return None
        scored = [scenario for scenario in given.scenarios if scenario.output_name in found]
        rows = [(clip.id, clip.scene, clip.view, clip.category) for clip in known.per_clip]
        if rows != [(scenario.id, scenario.name, scenario.view, scenario.category) for scenario in scored]:
            return None
        if origin.opencv != cv2.__version__:  # it decodes and resizes: another version, other numbers
            return None
        sources = find_truth(given.dataset, scored, origin.fps, given.masks)
        if origin.truth_sha256 != truth_identity(sources, memory.hashes):
            return None
        if any(sha256_file(given.videos / name) != hashes[name] for name in found):
            return None
    except (OSError, ValueError):
        return None
    return ensure_checked(known, [given.videos / clip.file for clip in known.per_clip], sources, out, memory)


def ensure_checked(
    known: Scores, clips: Sequence[Path], sources: Sequence[TruthSource], out: Path, memory: Memory
) -> Scores:
    """Scores whose inputs pass today's checks, as `out`/scores.json then says. Raises `UserError` naming a bad file."""
    if known.checks == CHECKS:
        return known
    check_clips(clips, usable_cores())
    check_sources(sources, memory.hashes.of(all_files(sources)))
    known = replace(known, checks=CHECKS)
    with contextlib.suppress(OSError):  # another's: looked at again next time
        write_scores(out, known)
    return known


def folder_rate(videos: Path) -> int | None:
    """The whole FPS of a folder's first clip, before the folder is looked into more closely; None without one."""
    first = min(videos.glob("*.mp4"), default=None) if videos.is_dir() else None
    if first is None:
        return None
    check_file(first)
    try:
        return round(glance(first).fps)
    except BadVideo as error:
        raise Unfit(str(error)) from None
