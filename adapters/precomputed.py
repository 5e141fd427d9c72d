"""Clips made elsewhere, found by scenario id: the only road for a model that was never released."""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import ClassVar

from adapters.contract import Adapter, Clip, Mode, Needs, PromptUse, Request
from adapters.errors import AdapterError, BadClip, SetupError
from adapters.outside import clean_text
from adapters.stills.frame_folders import frame_files, is_frame, read_frame_files

VIDEO_SUFFIXES = (
    ".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts", ".ts", ".wmv", ".ogv", ".gif",
)  # fmt: skip
_BY_ID = "{id}[!0-9]*"
"""The pattern of conf/model/precomputed.yaml, which is read as: the id, then nothing or what is no letter or digit."""


class Precomputed(Adapter):
    """Returns a file of `folder` for each scenario, as it is.

    `pattern`: a glob in which {id} stands for the scenario's id; by default the id, alone or followed by what is no
    letter or digit (`0001.mp4`, `0001_anything.mp4`, a folder `0001`). What it finds may be a video file or a folder of
    pictures, one series without a gap in its numbers. Whether a name that says more than the id (view, scene) is the
    scenario's is for the harness to see. `leading`: how many frames at the start only echo the conditioning.
    `fps`: overrides the files' own rate; frames in folders need it. `mode` and `prompt` say how the clips were made.
    `note`: told beside the fault if the folder is not given or not there.
    """

    # Where the clips lie is no part of a run; what is in them is recorded clip by clip, as `inputs`.
    neutral: ClassVar[frozenset[str]] = frozenset({"folder", "note"})

    def __init__(
        self,
        folder: str | None = None,
        pattern: str = _BY_ID,
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
        if not any(map(_is_clip, self._matches("*"))):
            kinds = f"a folder of frames, or {', '.join(VIDEO_SUFFIXES)}"
            fault = f"no clip in {self._folder} matches {self._pattern!r}, whatever the id (a clip is {kinds})"
            raise SetupError(self._told(fault))

    def inputs(self, scenario_id: str) -> list[Path]:
        """The clip's file, or its frames."""
        try:
            path = self._find(scenario_id)
            return frame_files(path) if path.is_dir() else [path]
        except AdapterError:
            return []

    def generate(self, request: Request) -> Clip:
        """The one clip that belongs to the scenario. Raises `AdapterError` if there is none, or more than one."""
        path = self._find(request.scenario_id)
        info = {"source": clean_text(path.relative_to(self._folder or path).as_posix())}
        if path.is_dir():
            if self._fps is None:
                raise BadClip(f"{clean_text(path.name)} is a folder of frames: set model.adapter.fps to their rate")
            return Clip(self._fps, frames=read_frame_files(frame_files(path)), leading=self._leading, info=info)
        if not path.is_file():
            raise BadClip(f"{clean_text(str(path))} is a link to nothing, a pipe or a device, and no clip")
        return Clip(self._fps, file=path, leading=self._leading, info=info)

    def _find(self, scenario_id: str) -> Path:
        folder = self._folder or Path()
        found = sorted(filter(_is_clip, self._matches(scenario_id)))
        if not found:
            wanted = f"{scenario_id}.mp4 or {scenario_id}_…" if self._pattern == _BY_ID else self._pattern
            raise AdapterError(f"no clip for scenario {scenario_id}: nothing in {folder} is named like {wanted}")
        if len(found) > 1:
            names = clean_text(", ".join(path.relative_to(folder).as_posix() for path in found[:3]))
            raise AdapterError(
                f"{len(found)} clips for scenario {scenario_id} ({names}): move the others away, or narrow "
                "model.adapter.pattern"
            )
        return found[0]

    def _matches(self, scenario_id: str) -> list[Path]:
        """What the folder holds under an id ("*": any), clips or not. Raises `SetupError` if it cannot be read."""
        folder = self._folder or Path()
        try:
            if self._pattern != _BY_ID:
                pattern = self._pattern.replace("{id}", "*" if scenario_id == "*" else glob.escape(scenario_id))
                return list(folder.glob(pattern))
            by_id = re.compile(r"[0-9]+(?![^\W_])" if scenario_id == "*" else rf"{re.escape(scenario_id)}(?![^\W_])")
            return [path for path in folder.iterdir() if by_id.match(path.name)]
        except OSError as error:
            raise SetupError(f"model.adapter.folder={folder} cannot be read: {error.strerror}") from None

    def _told(self, fault: str) -> str:
        return f"{fault}. {self._note}" if self._note else fault


def _is_clip(path: Path) -> bool:
    """Whether a name may be a clip's: a video's, or that of a folder with pictures in it (or that is not readable)."""
    if path.name.startswith("."):
        return False
    try:
        if path.is_dir():
            return any(map(is_frame, path.iterdir()))
    except OSError:
        return True
    return path.suffix.lower() in VIDEO_SUFFIXES
