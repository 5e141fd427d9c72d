"""The leaderboard's rules for a folder of clips; every breach is told, with the file that commits it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from adapters import BadVideo
from adapters.harness import VideoInfo
from runners.clips.footage import FROM_ZERO, rate_fault
from runners.clips.movie_header import lasts, stated_length_s
from runners.clips.verify import DURATION_TOLERANCE_S
from runners.core.errors import counted
from runners.dataset.layout import CONTINUATION_S, composed
from runners.scoring.looks import Look, look

FPS_TOLERANCE = 0.01
RUNS = 4
"""How many independent runs the leaderboard recommends, and wants of whoever claims the best score."""
_OPENED_AT_ONCE = 8


@dataclass(frozen=True)
class Format:
    """The rate and size that all clips must have."""

    fps: float
    width: int
    height: int

    @property
    def resolution(self) -> str:
        """As the card spells it."""
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class Checked:
    """What a folder of clips was found to be; `breaches` are lines that begin with a file's or the folder's name."""

    breaches: tuple[str, ...]
    format: Format | None
    """What most of its clips have; None if none could be read."""
    clips: int


def check_folder(
    folder: Path, label: str, names: Sequence[str], wanted: Format | None, tick: Callable[[], None] = lambda: None
) -> Checked:
    """Hold a folder against the rules.

    `names` are those of the descriptions file, in order: there must be just these clips. `wanted` is the card's rate
    and size, None to ask only that all clips agree. `label` names the folder in breaches; `tick` hears of each clip.
    """
    if not folder.is_dir():
        return Checked((f"{label}: there is no such folder of clips",), None, 0)
    files = sorted(folder.iterdir())
    clips = [path for path in files if path.suffix == ".mp4" and path.is_file()]
    breaches = [f"{label}/{path.name}: no .mp4, and nothing else may be here" for path in files if path not in clips]
    breaches += _names(label, clips, names)
    looks, unreadable = _looked(label, clips, tick)
    found = _common([each.info for each in looks.values()])
    for path, each in looks.items():
        faults = _faults(each.info, wanted or found) + _unscored(path, each)
        breaches += [f"{label}/{path.name}: {fault}" for fault in faults]
    return Checked((*breaches, *unreadable), found, len(clips))


def _names(label: str, clips: Sequence[Path], names: Sequence[str]) -> list[str]:
    there = [path.name for path in clips]
    apart = {name: other for name in there for other in names if name != other and composed(name) == composed(other)}
    breaches = [f"{label}/{name}: its accents are stored in another way than in the descriptions" for name in apart]
    there = [apart.get(name, name) for name in there]
    breaches += [
        f"{label}/{name}: not in the descriptions' generated_video_name" for name in there if name not in names
    ]
    breaches += [f"{label}/{name}: is missing" for name in names if name not in there]
    if len(there) != len(names):
        breaches.append(f"{label}: holds {counted(len(there), 'clip')}, and {len(names)} are wanted")
        return breaches  # each clip after the first gap would be told
    for number, name in enumerate(there, 1):
        if not name.startswith(f"{number:04d}_"):
            breaches.append(f"{label}/{name}: is clip number {number}, and must begin with {number:04d}_")
    return breaches


def _looked(label: str, clips: Sequence[Path], tick: Callable[[], None]) -> tuple[dict[Path, Look], list[str]]:
    """A look at every clip, its frames counted to the end of the file; and what cannot be read."""
    looks, unreadable = {}, []
    with ThreadPoolExecutor(_OPENED_AT_ONCE) as pool:
        for path, found in zip(clips, pool.map(_look, clips), strict=True):
            if isinstance(found, BadVideo):
                unreadable.append(f"{label}/{path.name}: {str(found).removeprefix(f'{path}: ')}")
            else:
                looks[path] = found
            tick()
    return looks, unreadable


def _look(path: Path) -> Look | BadVideo:
    try:
        return look(path)
    except BadVideo as error:
        return error


def _common(infos: Sequence[VideoInfo]) -> Format | None:
    formats = Counter(Format(round(info.fps, 3), info.width, info.height) for info in infos)
    return formats.most_common(1)[0][0] if formats else None


def _unscored(path: Path, found: Look) -> list[str]:
    """What the leaderboard's toolbox would refuse or read wrongly, beside its rules."""
    fault = found.fault or rate_fault(found.info, round(found.info.fps) or 1)
    length_s = stated_length_s(path)
    if fault is None and lasts(found.info.duration_s) and not lasts(length_s):
        # It may count with FFmpeg 5 or older, which count from 0 and not from the first frame on.
        fault = f"lasts {length_s:.4f} s for FFmpeg 5 and older, since its time line does not begin at 0: {FROM_ZERO}"
    return [fault] if fault else []


def _faults(info: VideoInfo, wanted: Format | None) -> list[str]:
    faults = []
    if not lasts(info.duration_s):
        faults.append(f"lasts {info.duration_s:.4f} s, not {CONTINUATION_S} s ± {DURATION_TOLERANCE_S:g}")
    if not math.isclose(info.fps, round(info.fps), abs_tol=1e-3):
        faults.append(f"runs at {info.fps:g} FPS; a whole number is wanted")
    elif info.frames < CONTINUATION_S * round(info.fps):
        faults.append(
            f"has {info.frames} frames, and 5 s at {round(info.fps)} FPS are {CONTINUATION_S * round(info.fps)}"
        )
    if wanted is not None:
        if not math.isclose(info.fps, wanted.fps, abs_tol=FPS_TOLERANCE):
            faults.append(f"runs at {info.fps:g} FPS, not {wanted.fps:g}")
        if (info.width, info.height) != (wanted.width, wanted.height):
            faults.append(f"is {info.width}x{info.height}, not {wanted.resolution}")
    return faults
