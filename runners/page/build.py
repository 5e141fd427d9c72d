"""The report's folder: pages, their data, media and assets."""

from __future__ import annotations

import shutil
from pathlib import Path

from runners.core.files import write_text
from runners.core.progress import make_bar
from runners.page.media import MediaFolder
from runners.page.payload import index_payload, scene_payload
from runners.page.render import ASSETS, page, script
from runners.page.survey import Survey


def build_page(survey: Survey, out: Path, progress: str) -> Path:
    """Make or renew the page; returns the path of index.html. Raises OSError."""
    media = MediaFolder(out, survey)
    colours: dict[str, str] = {}
    (out / "assets").mkdir(parents=True, exist_ok=True)
    for path in sorted(ASSETS.iterdir()):
        shutil.copyfile(path, out / "assets" / path.name)
    index = index_payload(survey, colours)
    with make_bar(progress, "building the report") as bar:
        for number, scene in enumerate(survey.scenes):
            payload = scene_payload(scene, survey, media.address)
            index["scenes"][number]["thumb"] = media.address(scene.key, "switch")
            write_text(out / "data" / f"scene-{scene.key}.js", script("PIQ_SCENE", payload))
            write_text(out / "scenes" / f"{scene.key}.html", page("scene.html", up="../", scene=payload))
            bar(number + 1, len(survey.scenes))
    write_text(out / "data" / "index.js", script("PIQ", index))
    for model, line in zip(survey.models, index["models"], strict=True):
        write_text(out / "models" / f"{model.key}.html", page("model.html", up="../", model=line, runs=model.runs))
    write_text(out / "scenes.html", page("scenes.html", up="", index=index))
    write_text(out / "index.html", page("index.html", up="", index=index))
    return out / "index.html"
