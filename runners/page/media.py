"""Where each clip's video and pictures lie in the report."""

from __future__ import annotations

import os
from pathlib import Path

from runners.core.files import link_or_copy
from runners.page.survey import ShownScene, Survey


class MediaFolder:
    """The report's `media/`: files by their content's name, put there when they are first asked for."""

    def __init__(self, out: Path, survey: Survey) -> None:
        self._out = out
        self._files: dict[tuple[str, str], Path] = {}
        for scene in survey.scenes:
            self._add(scene, survey)

    def address(self, key: str, kind: str) -> str | None:
        """Relative to the report's top folder; None where there is none."""
        path = self._files.get((key, kind))
        if path is None or not path.is_file():
            return None
        name = f"media/{key}-{kind}{path.suffix}"
        target = self._out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(target):
            link_or_copy(path, target)
        return name

    def _add(self, scene: ShownScene, survey: Survey) -> None:
        for run_key, clip in scene.clips.items():
            if clip.published is not None:
                video = survey.runs[run_key].record.folder.videos / clip.name
                self._files[f"{run_key}-{scene.id}", "preview"] = video
        for take, path in enumerate(scene.truth.takes if scene.truth is not None else (), 1):
            self._files[f"{scene.key}-take{take}", "preview"] = path
        for kind, found in (("conditioning", scene.conditioning), ("switch", scene.switch)):
            if found is not None:
                self._files[scene.key, kind] = found
