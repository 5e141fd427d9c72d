"""Writing a submission's folder: clips, texts, and the card last; whole under its name, or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import link_or_copy, sha256_file, shown, standing, sync_folder, takes_files, write_text
from runners.core.locks import Held, Lock
from runners.dataset.scenarios import descriptions_csv
from runners.submission.runs import Description, Submitted

CARD, DESCRIPTIONS, RUNS = "submission.yaml", "descriptions.csv", "runs"


def check_place(folder: Path, runs: Sequence[Submitted]) -> None:
    """Raise UserError unless `folder` can be made: never over something, nor inside a run."""
    if os.path.lexists(folder):
        raise UserError(f"{shown(folder)} is there already, and no submission is written over; choose another out=DIR")
    inside = [run.label for run in runs if run.videos.parent in folder.parents or run.videos in folder.parents]
    if inside:
        raise UserError(f"out={shown(folder.parent)} lies inside the run {inside[0]}; choose another")
    if not takes_files(there := standing(folder.parent)):
        raise UserError(f"out={shown(folder.parent)} cannot be written ({shown(there)} is no folder of yours)")


def write_bundle(folder: Path, runs: Sequence[Submitted], rows: Sequence[Description], card: str) -> None:
    """Make `folder` beside its place, then move it there. Raises UserError if another process makes it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name}.part")
    part.mkdir(exist_ok=True)
    try:
        lock = Lock(part)
    except Held:
        raise UserError(f"another process is making {shown(folder)}; wait for it") from None
    with lock:
        for left in part.iterdir():  # of a killed process
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        for run in runs:
            _take_clips(run, part / RUNS / run.folder_name)
        write_text(part / DESCRIPTIONS, descriptions_csv(rows))
        write_text(part / CARD, card)
        if os.path.lexists(folder):
            raise UserError(f"{shown(folder)} is there now; it was not written over")
        part.rename(folder)
        sync_folder(folder.parent)


def _take_clips(run: Submitted, target: Path) -> None:
    """The run's clips and nothing else: hard links, or copies where the file system has none."""
    target.mkdir(parents=True)
    for clip in sorted(run.videos.glob("*.mp4")):
        place = target / clip.name
        if not link_or_copy(clip, place) and sha256_file(place) != sha256_file(clip):
            raise UserError(f"{shown(clip)} changed while it was copied")
    sync_folder(target)
