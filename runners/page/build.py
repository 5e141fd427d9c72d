"""The report's folder: pages, their data, media and assets; what has not changed is not written again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import shown, standing, takes_files, write_text
from runners.core.locks import Held, Lock
from runners.core.progress import make_bar
from runners.core.settings import ReportSettings
from runners.page.board import sections
from runners.page.media import MediaFolder
from runners.page.model_payload import model_page
from runners.page.payload import index_payload, pairs_payload
from runners.page.render import ASSETS, look, page, script
from runners.page.scene_payload import scene_payload
from runners.page.survey import Survey
from runners.reporting.published import published_rows
from runners.runs.run_finder import is_run_folder

_LIST = "data/files.json"
_MARK = "Physics-IQ report"


def check_place(out: Path) -> None:
    """Raise UserError unless the folder is new, empty, or a report that this command made."""
    if is_run_folder(out) or any(is_run_folder(above) for above in out.parents):
        raise UserError(f"out={shown(out)} lies in a run's folder; choose another")
    if not takes_files(there := standing(out)):
        raise UserError(f"out={shown(out)} cannot be written ({shown(there)} is no folder of yours); choose another")
    if out.is_dir() and any(path.name != ".lock" for path in out.iterdir()) and known_files(out) is None:
        raise UserError(f"out={shown(out)} holds other files and is no report; choose another folder")


def known_files(out: Path) -> set[str] | None:
    """What the last build put into the folder; None where it is no report."""
    try:
        found = json.loads((out / _LIST).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("made by") != _MARK or not isinstance(found.get("files"), list):
        return None
    return {name for name in found["files"] if isinstance(name, str)}


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold the report's folder. Raises UserError where another process builds it."""
    out.mkdir(parents=True, exist_ok=True)
    lock = out / ".lock"
    if not lock.exists():
        lock.touch()
    try:
        held = Lock(lock)
    except Held:
        raise UserError(f"{shown(out)} is being built by another process; wait for it or name another") from None
    try:
        yield
    finally:
        held.release()


class Folder:
    """Writes what differs, remembers all that belongs, and removes what an earlier build made and nobody needs."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._before = known_files(out) or set()
        self.files: set[str] = set()
        self.written = 0

    def begin(self) -> None:
        """Mark the folder as a report before anything else is in it, so that a killed build is gone on with."""
        self._note(self._before)

    def put(self, name: str, text: str) -> None:
        """One file, by its way from the top folder."""
        self.files.add(name)
        path = self.out / name
        try:
            if path.read_text(encoding="utf-8") == text:
                return
        except (OSError, ValueError):
            pass
        self._note(self._before | self.files) if name not in self._before else None
        write_text(path, text)
        self.written += 1

    def put_made(self, name: str, source: str, make: Callable[[], str]) -> None:
        """A page that follows from `source` alone, which its last line says: made if that is not what it says."""
        mark = f"<!-- {hashlib.sha256(source.encode()).hexdigest()[:32]} -->\n"
        try:
            with (self.out / name).open("rb") as file:
                file.seek(-len(mark), os.SEEK_END)
                if file.read() == mark.encode():
                    self.files.add(name)
                    return
        except OSError:
            pass
        self.put(name, f"{make().rstrip()}\n{mark}")

    def plan(self, names: Iterable[str]) -> None:
        """Note what is to come, at once: the list is not written anew for each file."""
        self._note(self._before | set(names))

    def end(self, media: set[str]) -> None:
        """Take away what is not a part of the report any more."""
        self.files |= media
        for name in self._before - self.files:
            if name.split("/")[0] in ("data", "scenes", "models", "media", "assets") and ".." not in name:
                (self.out / name).unlink(missing_ok=True)
        self._note(self.files)

    def _note(self, files: set[str]) -> None:
        if files == self._before and (self.out / _LIST).exists():
            return
        self._before = set(files)
        write_text(self.out / _LIST, json.dumps({"made by": _MARK, "files": sorted(files)}, indent=0) + "\n")


def build_page(
    survey: Survey, media: MediaFolder, folder: Folder, colours: Mapping[str, str], settings: ReportSettings
) -> Path:
    """Make or renew the page; returns the path of index.html. Raises OSError."""
    keys = [scene.key for scene in survey.scenes]
    folder.plan([f"data/scene-{key}.js" for key in keys] + [f"scenes/{key}.html" for key in keys])
    for path in sorted(ASSETS.iterdir()):
        folder.put(f"assets/{path.name}", path.read_text(encoding="utf-8"))
    index = index_payload(survey, colours, list(published_rows()) if settings.published else [])
    with make_bar(settings.progress, "building the report") as bar:
        for number, scene in enumerate(survey.scenes):
            payload = scene_payload(scene, survey, media.address)
            index["scenes"][number] |= _pictures(payload, media.address(scene.key, "switch"))
            text = script("PIQ_SCENE", payload)
            folder.put(f"data/scene-{scene.key}.js", text)
            folder.put_made(
                f"scenes/{scene.key}.html", look() + text, partial(page, "scene.html", up="../", scene=payload)
            )
            bar(number + 1, len(survey.scenes))
    folder.put("data/index.js", script("PIQ", index))
    folder.put(
        "data/pairs.js", script("PIQ_PAIRS", pairs_payload(survey, resamples=settings.resamples, seed=settings.seed))
    )
    for model, line in zip(survey.models, index["models"], strict=True):
        told = model_page(model, survey, media.address)
        folder.put(f"models/{model.key}.html", page("model.html", up="../", model=line, told=told, index=index))
    folder.put("scenes.html", page("scenes.html", up="", index=index))
    folder.put("index.html", page("index.html", up="", index=index, sections=sections(index)))
    folder.end(media.made)
    return folder.out / "index.html"


def _pictures(payload: dict[str, object], switch: str | None) -> dict[str, str | None]:
    """A small picture and its film for the list of scenarios: take 1's, else the first clip's, else a still."""
    players = payload["players"]
    assert isinstance(players, list)
    shown = next((player for player in players if player["thumb"]), None)
    return {"thumb": switch, "preview": None} if shown is None else {key: shown[key] for key in ("thumb", "preview")}
