"""Scores that are still true are not computed again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters import BadVideo, glance
from runners.core.errors import UserError
from runners.core.files import sha256_file
from runners.core.layout import DataSet
from runners.core.scenarios import Scenario
from runners.scoring.scores import SCORER_VERSION
from runners.scoring.stored import read_scores
from runners.scoring.truth import find_truth, truth_identity


def reuse_scores(
    videos: Path, dataset: DataSet, scenarios: Sequence[Scenario], *, benchmark: str, expected: int, out: Path
) -> dict[str, Any] | None:
    """scores.json if it is of these very clips, this truth and this scorer; None if anything differs."""
    import cv2

    try:
        known = read_scores(out)
    except UserError:  # none, or damaged
        return None
    try:
        same = (known["scorer_version"], known["benchmark"], known["expected"]) == (SCORER_VERSION, benchmark, expected)
        hashes = {clip["file"]: clip["sha256"] for clip in known["per_clip"]}
        found = {path.name for path in videos.iterdir()}
        if not same or not (out / "metrics.csv").is_file() or found != set(hashes):
            return None
        scored = [scenario for scenario in scenarios if scenario.output_name in found]
        rows = [(clip["id"], clip["scene"], clip["view"], clip["category"]) for clip in known["per_clip"]]
        if rows != [(scenario.id, scenario.name, scenario.view, scenario.category) for scenario in scored]:
            return None
        if known["opencv"] != cv2.__version__:  # it decodes and resizes: another version, other numbers
            return None
        truth = truth_identity(find_truth(dataset, scored, known["fps"]))
        if known["truth_sha256"] != truth or any(sha256_file(videos / name) != hashes[name] for name in found):
            return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return known


def folder_rate(videos: Path) -> int | None:
    """The whole FPS of a folder's first clip, before the folder is looked into more closely; None without one."""
    first = min(videos.glob("*.mp4"), default=None) if videos.is_dir() else None
    try:
        return None if first is None else round(glance(first).fps)
    except BadVideo as error:
        raise UserError(str(error)) from None
