"""How a data set in the Physics-IQ layout names its files, and where it keeps them (the official repository's README).

Everything that reads or writes such a data set goes through here, so the layout is spelt out once.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from runners.core.errors import UserError

Kind = Literal["conditioning", "testing", "masks", "full", "switch"]

VIEWS = ("left", "center", "right")
CONDITIONING_S = 3
"""Seconds of every video that condition a model."""
CONTINUATION_S = 5
"""Seconds that follow the switch frame: what a model must produce."""

_TAGS: dict[Kind, str] = {
    "conditioning": "conditioning-videos",
    "testing": "testing-videos",
    "masks": "video-masks",
    "full": "full-videos",
    "switch": "switch-frames",
}
# The first spelling is the one we write; the others are found in the wild as well.
_FOLDERS: dict[Kind, tuple[str, ...]] = {
    "conditioning": ("split-videos/conditioning", "split-videos/conditioning-videos"),
    "testing": ("split-videos/testing", "split-videos/testing-videos"),
    "masks": ("video-masks/real",),
}
_NAME = re.compile(
    r"(?P<id>\d+)_(?P<tag>[a-z-]+)_(?P<fps>\d+|any)FPS_perspective-(?P<view>left|center|right)"
    r"(?:_take-(?P<take>\d+))?_(?:trimmed-)?(?P<scene>.+)\.(?:mp4|jpg)"
)
_RATE = re.compile(r"(\d{1,4})FPS")


@dataclass(frozen=True)
class Item:
    """One filmed take of one scene from one camera: what a row of the descriptions file names."""

    id: str
    view: str
    take: int
    name: str
    """`trimmed-<scene>`: the same for all views and takes of a scene."""

    @property
    def scene(self) -> str:
        """The scene's bare name, without the `trimmed-` that file names carry."""
        return self.name.removeprefix("trimmed-")


def composed(name: str) -> str:
    """The name with each letter and its accents as one character (NFC): macOS may store them apart (NFD)."""
    return unicodedata.normalize("NFC", name)


def scenario_name(item: Item) -> str:
    """The `scenario` column: `0001_perspective-left_take-1_trimmed-<scene>.mp4`."""
    return f"{item.id}_perspective-{item.view}_take-{item.take}_{item.name}.mp4"


def output_name(item: Item) -> str:
    """The `generated_video_name` column: `0001_perspective-left_trimmed-<scene>.mp4`."""
    return f"{item.id}_perspective-{item.view}_{item.name}.mp4"


def file_name(kind: Kind, item: Item, fps: int) -> str:
    """The file's own name; a switch frame belongs to all FPS and to no take."""
    if kind == "switch":
        return f"{item.id}_{_TAGS[kind]}_anyFPS_perspective-{item.view}_{item.name}.jpg"
    return f"{item.id}_{_TAGS[kind]}_{fps}FPS_perspective-{item.view}_take-{item.take}_{item.name}.mp4"


def relative_path(kind: Kind, item: Item, fps: int) -> Path:
    """Where a data set that we write keeps the file, relative to its root."""
    if kind == "switch":
        folder = "switch-frames"
    elif kind == "full":
        folder = f"full-videos/take-{item.take}/{fps}FPS"
    else:
        folder = f"{_FOLDERS[kind][0]}/{fps}FPS"
    return Path(folder) / file_name(kind, item, fps)


@dataclass(frozen=True)
class Part:
    """What a path below a data set's root is. A switch frame has no take and no rate."""

    kind: Kind
    view: str
    scene: str
    take: int | None
    fps: int | None


def parse_path(path: str) -> Part | None:
    """The part of a data set that a path relative to its root names, in any spelling; None if it is no such path."""
    folder, _, name = path.rpartition("/")
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    take = int(match["take"]) if match["take"] else None
    if folder == "switch-frames":
        return Part("switch", match["view"], match["scene"], None, None) if take is None else None
    place, _, rate = folder.rpartition("/")
    places: dict[Kind, tuple[str, ...]] = {**_FOLDERS, "full": (f"full-videos/take-{take}",)}
    kind = next((kind for kind, names in places.items() if place in names), None)
    fps = _RATE.fullmatch(rate)
    return Part(kind, match["view"], match["scene"], take, int(fps[1])) if kind and fps and take is not None else None


@dataclass(frozen=True)
class DataSet:
    """A folder in the Physics-IQ layout. Looks files up by view, take and scene, never by arithmetic on ids."""

    root: Path

    def find(self, kind: Kind, item: Item, fps: int) -> Path | None:
        """The file of this kind for an item at an FPS, or None where the data set does not ship it.

        Raises `UserError` for a folder that holds two files of one view, take and scene.
        """
        for folder in self._folders(kind, item.take, fps):
            key = (item.view, None if kind == "switch" else item.take, composed(item.scene))
            path = self._index(folder).get(key)
            if path is not None:
                return path
        return None

    def rates(self, kind: Kind, take: int = 1) -> tuple[int, ...]:
        """The FPS at which files of this kind are shipped, highest first (from the folders' names)."""
        found = set()
        for parent in {folder.parent for folder in self._folders(kind, take, 30)}:
            for folder in parent.glob("*FPS") if parent.is_dir() else ():
                rate = folder.name.removesuffix("FPS")
                if rate.isdecimal() and folder.is_dir() and any(folder.iterdir()):
                    found.add(int(rate))
        return tuple(sorted(found, reverse=True))

    def _folders(self, kind: Kind, take: int, fps: int) -> list[Path]:
        if kind == "switch":
            return [self.root / "switch-frames"]
        if kind == "full":
            return [self.root / f"full-videos/take-{take}/{fps}FPS"]
        return [self.root / name / f"{fps}FPS" for name in _FOLDERS[kind]]

    def _index(self, folder: Path) -> dict[tuple[str, int | None, str], Path]:
        """The folder's files by (view, take, scene); a folder is listed once, since a real one holds 396 names."""
        if folder not in self._listings:
            listing: dict[tuple[str, int | None, str], Path] = {}
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                match = _NAME.fullmatch(path.name)
                if match:
                    take = int(match["take"]) if match["take"] else None
                    other = listing.setdefault((match["view"], take, composed(match["scene"])), path)
                    if other != path:
                        raise UserError(f"{folder} holds {other.name} and {path.name}, one scene and view; leave one")
            self._listings[folder] = listing
        return self._listings[folder]

    @cached_property
    def _listings(self) -> dict[Path, dict[tuple[str, int | None, str], Path]]:
        return {}
