"""Where each clip's video and pictures lie, seen from the report: inside it, or where the user has them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import quote

from adapters.harness import BadPicture
from runners.core.errors import one_of
from runners.core.files import link_or_copy, sha256_file
from runners.core.settings import PageSettings
from runners.page.survey import ShownScene, Survey
from runners.previews.cache import Kind, PreviewCache
from runners.previews.make import make_mask_video, make_previews, make_still
from runners.scoring.cache import TruthCache

ClipMedia = Literal["preview", "link", "copy"]
TruthMedia = Literal["link", "copy", "none"]
Hashes = Callable[[list[Path]], Mapping[Path, str]]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHOWN: tuple[Kind, ...] = ("preview", "thumb", "masks")


def check_media(settings: PageSettings) -> None:
    """Raise UserError for a word that is none of the choices."""
    one_of("report.media", settings.media, get_args(ClipMedia))
    one_of("report.truth", settings.truth, get_args(TruthMedia))


@dataclass(frozen=True)
class Footage:
    """A video that the page shows; `inside`: it may be put into the report's folder."""

    path: Path
    sha256: str
    inside: bool
    whole: Literal["link", "copy", "none"]
    """What becomes of the video itself, beside its preview."""


@dataclass
class MediaFolder:
    """The report's `media/`, filled as addresses are asked for; `made` holds all that is in it now."""

    out: Path
    cache: PreviewCache
    footage: Mapping[str, Footage]
    stills: Mapping[str, tuple[Path, bool]]
    """Switch frames by the scenario's key, and whether they may be put into the report."""
    made: set[str] = field(default_factory=set)
    linked: set[Path] = field(default_factory=set)
    """Files outside the report that its pages lead to."""

    def missing(self) -> list[tuple[Path, str]]:
        """Videos without a preview or thumbnail, each content once."""
        found = {
            each.sha256: each.path
            for each in self.footage.values()
            if not (self.cache.find(each.sha256, "preview") and self.cache.find(each.sha256, "thumb"))
        }
        return [(path, sha256) for sha256, path in found.items()]

    def address(self, key: str, kind: str) -> str | None:
        """Relative to the report's top folder, percent-encoded; None where there is none."""
        if kind == "switch":
            return self._still(key)
        each = self.footage.get(key)
        if each is None:
            return None
        if kind == "clip":
            return self._whole(each)
        if kind == "conditioning":
            return self._small(each, "preview")
        shown = next((known for known in _SHOWN if known == kind), None)
        return None if shown is None else self._small(each, shown)

    def _small(self, each: Footage, kind: Kind) -> str | None:
        path = self.cache.find(each.sha256, kind)
        if path is None:
            return None
        return self._put(path, f"{each.sha256[:24]}-{kind}{path.suffix}") if each.inside else self._way(path)

    def _whole(self, each: Footage) -> str | None:
        if each.whole == "none" or not each.path.is_file():
            return None
        return self._put(each.path, f"{each.sha256[:24]}.mp4") if each.whole == "copy" else self._way(each.path)

    def _still(self, key: str) -> str | None:
        if key not in self.stills:
            return None
        path, inside = self.stills[key]
        return self._small_still(path, f"switch-{key}.jpg") if inside else self._way(path)

    def _small_still(self, path: Path, name: str) -> str | None:
        """A picture made small: those of the real data set have 4K. None for a file that is no picture."""
        target = self.out / "media" / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{name}.part")
            try:
                make_still(path, part)
            except (BadPicture, FileNotFoundError):
                return None
            part.replace(target)
        self.made.add(f"media/{name}")
        return f"media/{quote(name)}"

    def _put(self, source: Path, name: str) -> str | None:
        """A hard link of the very file, or a copy; one that is there already has the same content by its name.

        None for a source that is gone by now: another process tidied the cache.
        """
        target = self.out / "media" / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{name}.part")
            part.unlink(missing_ok=True)
            try:
                link_or_copy(source, part)
            except FileNotFoundError:
                return None
            part.replace(target)
        self.made.add(f"media/{name}")
        return f"media/{quote(name)}"

    def _way(self, path: Path) -> str:
        """How to come from the report to a file of the user's; it holds as long as neither is moved."""
        self.linked.add(path.resolve())
        # Browsers take `..` off an address, whatever of it is a symbolic link: so the report's own way stays as it is.
        return quote(os.fsencode(os.path.relpath(path.resolve(), self.out.absolute())))


def plan_media(survey: Survey, out: Path, settings: PageSettings, cache: PreviewCache, hashes: Hashes) -> MediaFolder:
    """What is to be shown from where, as `report.media` and `report.truth` ask. Raises OSError."""
    footage = dict(_clips(survey, settings))
    truth = list(_truth(survey, settings))
    known = _known(hashes, [path for _, path, _ in truth])
    for key, path, inside in truth:
        if path not in known:
            continue
        copied = settings.truth == "copy" and settings.media == "copy"
        whole: TruthMedia = "copy" if copied else "none" if inside else "link"
        footage[key] = Footage(path, known[path], inside, whole)
    stills = {
        scene.key: (scene.switch, _inside(scene, settings))
        for scene in survey.scenes
        if scene.switch is not None and settings.truth != "none"
    }
    return MediaFolder(out, cache, footage, stills)


def _known(hashes: Hashes, paths: list[Path]) -> dict[Path, str]:
    """The files' hashes; without those that are gone since they were found."""
    try:
        return dict(hashes(paths))
    except FileNotFoundError:
        there = [path for path in paths if path.is_file()]
        return dict(hashes(there))


def _clips(survey: Survey, settings: PageSettings) -> Iterator[tuple[str, Footage]]:
    whole = {"preview": "none", "link": "link", "copy": "copy"}[settings.media]
    for scene in survey.scenes:
        for run_key, clip in scene.clips.items():
            if clip.published is not None and _SHA256.fullmatch(clip.published.sha256):  # it names files
                path = survey.runs[run_key].record.folder.videos / clip.name
                yield f"{run_key}-{scene.id}", Footage(path, clip.published.sha256, True, whole)  # type: ignore[arg-type]


def _truth(survey: Survey, settings: PageSettings) -> Iterator[tuple[str, Path, bool]]:
    if settings.truth == "none":
        return
    for scene in survey.scenes:
        inside = _inside(scene, settings)
        for take, path in enumerate(scene.truth.takes if scene.truth is not None else (), 1):
            yield f"{scene.key}-take{take}", path, inside
        if scene.conditioning is not None:
            yield scene.key, scene.conditioning, inside


def _inside(scene: ShownScene, settings: PageSettings) -> bool:
    """The built-in benchmark is drawn by this program: no terms forbid to pass it on."""
    return settings.truth == "copy" or scene.free


def make_missing(task: tuple[Path, str, PreviewCache], _scratch: Path) -> bool:
    """One worker's task: a video's preview and thumbnail. Returns whether they are there now."""
    path, sha256, cache = task
    try:
        if sha256_file(path) != sha256:  # a clip that was altered: others would be shown its pictures under that name
            return False
    except OSError:
        return False
    return make_previews(path, sha256, cache) is not None


def make_truth_masks(survey: Survey, media: MediaFolder, truth: TruthCache | None) -> None:
    """The truth's motion masks, of the views whose masks the scorer keeps."""
    if truth is None:
        return
    for scene in survey.scenes:
        source = scene.truth
        if source is None or f"{scene.key}-take1" not in media.footage:
            continue
        shown = [media.footage.get(f"{scene.key}-take{take}") for take in range(1, len(source.takes) + 1)]
        takes = [each.sha256 for each in shown if each is not None]
        if all(media.cache.find(sha256, "masks") for sha256 in takes) or scene.identity is None:
            continue
        entry = truth.open(scene.identity)
        for sha256, masks in zip(takes, entry.view.masks if entry is not None else (), strict=False):
            make_mask_video(masks, source.fps, sha256, media.cache)
