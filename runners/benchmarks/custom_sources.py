"""Which videos of a folder become a custom benchmark, and what a CSV says of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError, nearest
from runners.dataset.layout import VIEWS, composed
from runners.dataset.user_csv import Row, read_csv

SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts", ".ts", ".wmv")
_COLUMNS = ("video", "description", "category", "scene", "view", "second_take")


@dataclass(frozen=True)
class OwnVideo:
    """One scene from one camera: its video, what is known of it, and the file of its second take, if there is one."""

    video: Path
    scene: str
    view: str = "center"
    category: str = "Custom"
    description: str = ""
    second: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of its takes."""
        return (self.video,) if self.second is None else (self.video, self.second)


def read_sources(source: Path, table: Path | None, say: Callable[[str], None]) -> list[OwnVideo]:
    """The folder's videos by name, or those that the CSV lists, in its order; `say` is told of videos left out.

    Raises `UserError` if there is no folder, no video in it, or a CSV that does not fit it.
    """
    if not source.is_dir():
        raise UserError(f"{source} is no folder; set benchmark.source to the folder of your videos")
    found = _videos(source)
    if not found:
        raise UserError(f"{source} holds no video ({', '.join(SUFFIXES)})")
    if table is None:
        videos = [OwnVideo(path, scene_of(path.stem)) for path in found.values()]
    else:
        videos = _read_table(table, found)
        left_out = sorted(found.keys() - {composed(path.name) for video in videos for path in video.files})
        if left_out:
            say(f"not in {table.name} and so left out: {', '.join(left_out)}")
    _refuse_duplicates(videos)
    return videos


def _videos(source: Path) -> dict[str, Path]:
    """The folder's videos by name. Raises UserError for what is no file, and for one name stored in two ways."""
    found: dict[str, Path] = {}
    for path in sorted(source.iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith(".") or path.is_dir():
            continue
        if not path.is_file():
            what = "a link to nothing" if path.is_symlink() else "a pipe, a device or a socket"
            raise UserError(f"{path} is no file, but {what}; take it out of the folder, or put the video there")
        if found.setdefault(composed(path.name), path) != path:
            raise UserError(f"{source} holds {composed(path.name)!r} twice (accents stored in two ways); rename one")
    return found


def scene_of(text: str) -> str:
    """A scene's name as file names can carry it: words joined by hyphens, like the real sets'."""
    text = composed(text).removeprefix("trimmed-")
    return re.sub(r"[^\w.]+|_+", "-", text).strip("-.") or "scene"


def _read_table(table: Path, found: dict[str, Path]) -> list[OwnVideo]:
    rows = read_csv(table, ("video",))
    if not rows:
        raise UserError(f"{table} lists no video; write one row for each, or leave benchmark.csv out")
    for column in rows[0].values:
        if column not in _COLUMNS:
            raise UserError(f"{table}: unknown column {column!r}{nearest(column, _COLUMNS)}")
    return [_read_row(row, found) for row in rows]


def _read_row(row: Row, found: dict[str, Path]) -> OwnVideo:
    video = _find(row, "video", found)
    view = row.get("view").lower().removeprefix("perspective-") or "center"
    if view not in VIEWS:
        raise row.fault(f"unknown view {view!r}{nearest(view, VIEWS)}")
    return OwnVideo(
        video=video,
        scene=scene_of(row.get("scene") or video.stem),
        view=view,
        category=row.get("category") or "Custom",
        description=row.get("description"),
        second=_find(row, "second_take", found) if row.get("second_take") else None,
    )


def _find(row: Row, column: str, found: dict[str, Path]) -> Path:
    name = composed(row.get(column))
    if name not in found:
        raise row.fault(f"{column}: the folder has no video {name!r}{nearest(name, found)}")
    return found[name]


def _refuse_duplicates(videos: Sequence[OwnVideo]) -> None:
    places: dict[tuple[str, str], Path] = {}
    used: dict[Path, str] = {}
    for video in videos:
        # Case is ignored: two such names are one file on some file systems.
        other = places.setdefault((video.scene.casefold(), video.view), video.video)
        if other != video.video:
            raise UserError(
                f"{other.name} and {video.video.name} are both {video.scene!r} from the {video.view}; "
                "tell them apart by scene or view in a CSV (benchmark.csv)"
            )
        for path in video.files:
            if path in used:
                raise UserError(f"{path.name} is used twice, for {used[path]!r} and {video.scene!r}; use it once")
            used[path] = video.scene
