"""What the official toolbox insists on, checked before it is started: it would find out after hours, or not at all."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runners.clips.footage import FROM_ZERO, Unfit
from runners.clips.movie_header import lasts
from runners.clips.verify import DURATION_TOLERANCE_S
from runners.core.errors import UserError, first_of
from runners.core.provenance import usable_cores
from runners.dataset.layout import CONTINUATION_S, VIEWS, DataSet
from runners.dataset.scenarios import Scenario
from runners.scoring.official.toolbox import Toolbox

_INSTEAD = "use scorer=builtin"


def check_rules(toolbox: Toolbox, dataset: DataSet, scenarios: Sequence[Scenario], fps: int) -> None:
    """Whether the toolbox can score clips of this data set at `fps` at all. Raises `UserError` with the reason."""
    check_rate(dataset, fps)
    if toolbox.clips is not None and len(scenarios) != toolbox.clips:
        raise UserError(
            f"the official toolbox scores exactly {toolbox.clips} clips, and this data set has {len(scenarios)} "
            f"take-1 videos; {_INSTEAD}"
        )
    expected = [f"{number:04}" for number in range(1, len(scenarios) + 1)]
    if [scenario.id for scenario in scenarios] != expected:
        raise UserError(f"the official toolbox wants take-1 ids {expected[0]} to {expected[-1]}; {_INSTEAD}")
    odd = [s.name for s in scenarios if "_" in s.name or "take-1" in s.name or "take-2" in s.name]
    if odd:  # it takes file names apart at underscores, and tells takes by these words anywhere in them
        raise UserError(f"the official toolbox cannot read these scenes' names: {first_of(odd)}; {_INSTEAD}")
    single = [scenario.id for scenario in scenarios if scenario.second is None]
    if single:
        raise UserError(f"the official toolbox needs second takes, and {first_of(single)} have none; {_INSTEAD}")
    views = {scene: {s.view for s in scenarios if s.name == scene} for scene in {s.name for s in scenarios}}
    partial = sorted(scene for scene, seen in views.items() if seen != set(VIEWS))
    if partial:
        raise UserError(f"the official toolbox needs all three views, also of {first_of(partial)}; {_INSTEAD}")


def check_rate(dataset: DataSet, fps: int) -> None:
    """Refuse a rate that the data set does not ship. Raises `UserError`."""
    rates = sorted(dataset.rates("testing"), reverse=True)
    if fps not in rates:
        shipped = ", ".join(map(str, rates)) or "none"
        raise UserError(
            f"the data set ships no truth at {fps} FPS (it has {shipped}), and the official toolbox would die making "
            f"it: its converter writes H.264 through OpenCV, whose wheels cannot; choose output.fps, or {_INSTEAD}"
        )


def check_lengths(paths: Sequence[Path]) -> None:
    """Ask this machine's ffprobe for each clip's length, as the toolbox will. Raises `UserError` naming a bad one.

    FFmpeg 5 and older count from 0 on the time line, later ones from the first frame on.
    """
    with ThreadPoolExecutor(usable_cores()) as pool:
        for path, told in zip(paths, pool.map(_told_length, paths), strict=True):
            if not _is_number(told) or not lasts(float(told)):
                raise Unfit(
                    f"{path}: this machine's ffprobe tells {told[:60] or 'nothing'} as its length, and the official "
                    f"toolbox insists on {CONTINUATION_S} s ± {DURATION_TOLERANCE_S:g}; if its time line does not "
                    f"begin at 0: {FROM_ZERO}; or {_INSTEAD}"
                )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _told_length(path: Path) -> str:
    words = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    return (done.stdout + done.stderr).strip()


def check_folder(missing: Sequence[Scenario], rates: Sequence[float], fps: int) -> None:
    """Whether a folder, of which every clip has passed our own checks, is one that the toolbox takes.

    `missing`: scenarios without a clip; `rates`: the exact rates of all clips. Raises `UserError`.
    """
    if missing:
        names = first_of([scenario.output_name for scenario in missing])
        raise UserError(f"the official toolbox scores complete runs only; {len(missing)} missing: {names}; {_INSTEAD}")
    exact = sorted(set(rates))
    if len(exact) > 1 or int(exact[0]) != fps:  # it compares and cuts them off unrounded
        told = first_of([f"{rate!r}" for rate in exact])
        raise UserError(f"the official toolbox wants one whole FPS in a folder, and these clips have {told}")
