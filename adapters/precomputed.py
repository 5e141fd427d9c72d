"""Clips made elsewhere, found by scenario id: the only road for a model that was never released."""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from adapters.contract import Adapter, Clip, Frames, Mode, Needs, PromptUse, Request
from adapters.errors import AdapterError, BadClip, SetupError

VIDEO_SUFFIXES = frozenset({".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v", ".gif"})
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})


class Precomputed(Adapter):
    """Returns a file of `folder` for each scenario, as it is.

    `pattern`: a glob in which {id} stands for the scenario's id; by default the id followed by anything but a digit
    (`0001.mp4`, `0001_anything.mp4`). What it finds may be a video file or a folder of PNG or JPEG frames, in the order
    of the numbers in their names. `leading`: how many frames at the start of each clip only echo the conditioning.
    `fps`: overrides the files' own rate; frames in folders need it. `mode` and `prompt` say how the clips were made.
    `note`: told beside the fault if the folder is not given or not there.
    """

    # Where the clips lie is no part of a run; what is in them is recorded clip by clip, as `inputs`.
    neutral: ClassVar[frozenset[str]] = frozenset({"folder", "note"})

    def __init__(
        self,
        folder: str | None = None,
        pattern: str = "{id}[!0-9]*",
        leading: int = 0,
        fps: float | None = None,
        mode: Mode = "i2v",
        prompt: PromptUse = "optional",
        note: str = "",
    ) -> None:
        if "{id}" not in pattern:
            raise SetupError(f"model.adapter.pattern={pattern!r} has no {{id}} in it: what tells the clips apart?")
        if Path(pattern).is_absolute():
            raise SetupError(f"model.adapter.pattern={pattern!r} is a whole path: its folder is model.adapter.folder")
        self.needs = Needs(mode=mode, prompt=prompt, concurrency=4, continues=False)
        self._folder = Path(folder).expanduser() if folder else None
        self._pattern, self._leading, self._fps, self._note = pattern, leading, fps, note

    def check(self) -> None:
        """Check that there is a folder with clips. Raises `SetupError`."""
        if self._folder is None:
            raise SetupError(self._told("set model.adapter.folder to the folder that holds the clips"))
        if not self._folder.is_dir():
            raise SetupError(self._told(f"model.adapter.folder={self._folder} is not a folder"))
        if not any(map(_is_clip, self._folder.glob(self._pattern.replace("{id}", "*")))):
            raise SetupError(self._told(f"no clip in {self._folder} matches {self._pattern!r}, whatever the id"))

    def inputs(self, scenario_id: str) -> list[Path]:
        """The clip's file, or its frames."""
        try:
            path = self._find(scenario_id)
        except AdapterError:
            return []
        return _images(path) if path.is_dir() else [path]

    def generate(self, request: Request) -> Clip:
        """The one clip that belongs to the scenario. Raises `AdapterError` if there is none, or more than one."""
        path = self._find(request.scenario_id)
        info = {"source": path.relative_to(self._folder or path).as_posix()}
        if path.is_dir():
            if self._fps is None:
                raise BadClip(f"{path.name} is a folder of frames: set model.adapter.fps to their rate")
            return Clip(self._fps, frames=_read_images(path), leading=self._leading, info=info)
        return Clip(self._fps, file=path, leading=self._leading, info=info)

    def _find(self, scenario_id: str) -> Path:
        folder = self._folder or Path()
        pattern = self._pattern.replace("{id}", glob.escape(scenario_id))
        found = sorted(filter(_is_clip, folder.glob(pattern)))
        if not found:
            raise AdapterError(f"no clip for scenario {scenario_id}: nothing in {folder} matches {pattern!r}")
        if len(found) > 1:
            names = ", ".join(path.relative_to(folder).as_posix() for path in found[:3])
            raise AdapterError(f"{len(found)} clips for scenario {scenario_id} ({names}): narrow model.adapter.pattern")
        return found[0]

    def _told(self, fault: str) -> str:
        return f"{fault}. {self._note}" if self._note else fault


def _is_clip(path: Path) -> bool:
    if path.is_dir():
        return any(image.suffix.lower() in IMAGE_SUFFIXES for image in path.iterdir())
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".")


def _read_images(folder: Path) -> Frames:
    """The folder's images as uint8 (T, H, W, 3), frame_2 before frame_10. Raises `BadClip`."""
    import imageio.v3 as iio

    try:
        return np.stack([iio.imread(path, plugin="pillow", mode="RGB") for path in _images(folder)])
    except (OSError, ValueError, SyntaxError) as error:
        raise BadClip(f"{folder.name}: {error}") from error


def _images(folder: Path) -> list[Path]:
    """The folder's images in the order of the numbers in their names."""
    return sorted((path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES), key=_by_number)


def _by_number(path: Path) -> list[Any]:
    """A sort key in which the digits of a name count as numbers."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", path.stem)]
