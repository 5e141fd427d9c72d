"""What an earlier call left in a staged folder, brought to a state in which the toolbox goes on with it.

The toolbox takes a folder of masks that is there for complete, and a table too. So what was torn is removed, and where
some masks are whole and others not, its own generator makes the others. Nothing is taken over that cannot be read to
its end.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from adapters import BadVideo, probe
from runners.scoring.official.child import run_child
from runners.scoring.official.staging import Staged
from runners.scoring.official.toolbox import Toolbox

_MAKE = """
import sys
from binary_mask_generator import generate_binary_masks
generate_binary_masks(sys.argv[1], sys.argv[2], sys.argv[3] == "truth")
"""

Videos = Mapping[str, Mapping[str, Path]]
"""Of the truth and of the clips: a mask's file name → the video that it is of."""


def go_on(
    staged: Staged, toolbox: Toolbox, videos: Videos, fps: int, count: int, hear: Callable[[str], None]
) -> list[str]:
    """Make what is there usable; returns lines for people, none if nothing was there. `count`: frames of 5 s."""
    told = []
    for kind, folder in staged.made_masks(fps).items():
        if not folder.is_dir():
            continue
        wanted = videos[kind]
        found = _whole(folder, wanted, count)
        if 0 < len(found) < len(wanted):
            _make_others(
                {name: wanted[name] for name in wanted if name not in found}, folder, kind, staged, toolbox, hear
            )
            made = _whole(folder, wanted, count)
        else:
            made = found
        if len(made) < len(wanted):
            shutil.rmtree(folder)
            told.append(f"no masks of the {kind} could be taken over; the toolbox makes them anew")
        else:
            told.append(f"{len(found)} of {len(wanted)} masks of the {kind} were there from an earlier call")
    return told


def _whole(folder: Path, wanted: Mapping[str, Path], count: int) -> list[str]:
    """The masks that can be read to their end; what else is there is removed."""
    whole = [name for name in wanted if _is_whole(folder / name, count)]
    for path in folder.iterdir():
        if path.name not in whole:
            path.unlink()
    return whole


def _is_whole(path: Path, count: int) -> bool:
    try:
        return path.is_file() and probe(path).frames >= count
    except BadVideo:
        return False


def _make_others(
    missing: Mapping[str, Path], folder: Path, kind: str, staged: Staged, toolbox: Toolbox, hear: Callable[[str], None]
) -> None:
    """Have the toolbox's own generator make some masks; how that ended shows in what is there then."""
    rest = staged.folder / "rest"
    shutil.rmtree(rest, ignore_errors=True)
    rest.mkdir()
    for video in missing.values():
        (rest / video.name).symlink_to(video.resolve())
    environment = toolbox.environment()
    environment["PYTHONPATH"] = os.pathsep.join([str(toolbox.script.parent), environment["PYTHONPATH"]])
    run_child(
        [toolbox.python, "-c", _MAKE, str(rest), str(folder), kind], cwd=staged.folder, env=environment, hear=hear
    )
    shutil.rmtree(rest)
