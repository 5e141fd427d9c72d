"""Anyone's own videos as a benchmark: cut into switch frame, 3 s and 5 s, named and described like the real sets."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from adapters import BadVideo
from runners.benchmarks.custom_sources import OwnVideo, read_sources
from runners.benchmarks.cutting import TOTAL_S, TRUTH_CRF, Footage, cut, measure
from runners.core.errors import UserError
from runners.core.files import sha256_file, sync_folder, write_json, write_text
from runners.dataset.layout import VIEWS, Item, output_name, relative_path, scenario_name
from runners.dataset.scenarios import descriptions_csv

RECORD = "dataset.json"
"""Written into the data set: from which files, at which rate it was cut."""

_RECIPE = 1  # raised whenever the same input would be cut into something else


def _quiet(line: str) -> None:
    """Nobody asked to be told."""


def build_custom(
    source: Path,
    root: Path,
    *,
    csv: Path | None = None,
    fps: int | None = None,
    say: Callable[[str], None] = _quiet,
) -> Path:
    """Cut the videos in `source` (8 s or longer; the first 8 s count) into a new data set at `root`; returns `root`.

    `csv` (a path, or a name in `source`) has a column `video` and optionally `description, category, scene, view,
    second_take`; then only the videos that it lists are taken. `fps` is the data set's rate, by default the videos'
    own, rounded. `say` gets a line per video. The data set appears whole or not at all; one that was cut from the
    same input is used again.
    Raises `UserError` for videos that are unreadable or too short, for rates that differ while no `fps` is given, for
    a CSV that does not fit the folder, and if `root` already holds something else.
    """
    if fps is not None and fps < 1:
        raise UserError(f"fps={fps}: a data set has at least 1 frame per second")
    if csv is not None and not csv.exists() and (source / csv).exists():
        csv = source / csv
    videos = read_sources(source, csv, say)
    footage = _measure_all(videos)
    for each in footage.values():
        if each.videos > 1:
            told = f"{each.width}x{each.height}"
            say(f"{each.path.name} holds {each.videos} videos; its default, largest one is taken ({told})")
    rate = fps or _common_rate(list(footage.values()))
    recorded = _input_record(videos, footage, rate)
    if root.exists() and not _is_empty_folder(root):
        return _reuse(root, recorded)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}.", suffix=".part") as scratch:
            # A folder in the folder, since the outer one is readable by its owner alone.
            made = Path(scratch) / "dataset"
            _build(made, videos, footage, rate, say)
            write_json(made / RECORD, recorded)
            return _publish(made, root, recorded)
    except BadVideo as error:
        raise UserError(f"{error}; repair the video or take it out") from error
    except OSError as error:
        raise UserError(f"{root} cannot be written: {error.strerror or error}") from error


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _measure_all(videos: Sequence[OwnVideo]) -> dict[Path, Footage]:
    """Every file's footage; all that cannot be used are told at once."""
    footage: dict[Path, Footage] = {}
    faults = []
    for path in dict.fromkeys(path for video in videos for path in video.files):
        try:
            footage[path] = measure(path)
        except BadVideo as error:
            faults.append(str(error))
    short = [f"{each.path.name} ({each.length_s:.2f} s)" for each in footage.values() if not each.long_enough]
    if faults:
        raise UserError("unreadable videos, repair them or take them out: " + "; ".join(faults))
    if short:
        raise UserError(f"each video must be at least {TOTAL_S} s long, but these are not: {', '.join(short)}")
    for video in videos:
        sizes = {footage[path].even_size for path in video.files}
        if len(sizes) > 1:
            names = " and ".join(f"{path.name} ({footage[path].width}x{footage[path].height})" for path in video.files)
            raise UserError(f"two takes of a scene must have the same size: {names}; scale one of them")
    return footage


def _common_rate(footage: Sequence[Footage]) -> int:
    rates = {each.path.name: max(1, round(each.rate)) for each in footage}
    if len(set(rates.values())) > 1:
        examples = {rate: name for name, rate in rates.items()}
        listed = ", ".join(f"{rate} ({name})" for rate, name in sorted(examples.items()))
        raise UserError(
            f"the videos have different frame rates: {listed}; "
            f"a data set has one, so name it with fps=, e.g. fps={max(examples)}"
        )
    return next(iter(rates.values()))


def _input_record(videos: Sequence[OwnVideo], footage: dict[Path, Footage], fps: int) -> dict[str, Any]:
    """All that decides what the data set will hold."""
    return {
        "made_from": "own videos",
        "recipe": _RECIPE,
        "crf": TRUTH_CRF,
        "fps": fps,
        "videos": [
            {
                "scene": video.scene,
                "view": video.view,
                "category": video.category,
                "description": video.description,
                "takes": [
                    {
                        "name": path.name,
                        "bytes": path.stat().st_size,
                        "sha256": sha256_file(path),
                        **_reading(footage[path]),
                    }
                    for path in video.files
                ],
            }
            for video in videos
        ],
    }


def _reading(footage: Footage) -> dict[str, Any]:
    """How a file was read, where there is more than one way to read it."""
    return ({"mirrored": True} if footage.mirrored else {}) | ({"videos": footage.videos} if footage.videos > 1 else {})


def _build(
    made: Path, videos: Sequence[OwnVideo], footage: dict[Path, Footage], fps: int, say: Callable[[str], None]
) -> None:
    takes = _items(videos)
    for number, (item, _, path) in enumerate(takes, start=1):
        say(f"cutting {number}/{len(takes)}: {path.name}")
        conditioning, testing = (made / relative_path(kind, item, fps) for kind in ("conditioning", "testing"))
        # Like the real sets: switch frames exist for take-1, the one that is generated.
        switch = made / relative_path("switch", item, fps) if item.take == 1 else None
        cut(footage[path], fps, conditioning, testing, switch)
    write_text(made / "descriptions.csv", _descriptions([(item, video) for item, video, _ in takes]))


def _items(videos: Sequence[OwnVideo]) -> list[tuple[Item, OwnVideo, Path]]:
    """Every take with its id: all first takes, then the second ones; within a take scene by scene, view by view."""
    scenes = list(dict.fromkeys(video.scene for video in videos))
    ordered = sorted(videos, key=lambda video: (scenes.index(video.scene), VIEWS.index(video.view)))
    pairs = [(video, 1, video.video) for video in ordered]
    pairs += [(video, 2, video.second) for video in ordered if video.second is not None]
    return [
        (Item(f"{number:04d}", video.view, take, f"trimmed-{video.scene}"), video, path)
        for number, (video, take, path) in enumerate(pairs, start=1)
    ]


def _descriptions(takes: Sequence[tuple[Item, OwnVideo]]) -> str:
    return descriptions_csv(
        (scenario_name(item), own.description, own.category, output_name(item)) for item, own in takes
    )


def _publish(made: Path, root: Path, recorded: dict[str, Any]) -> Path:
    try:
        made.rename(root)
    except OSError:
        if not root.exists():
            raise
        return _reuse(root, recorded)  # another process was faster
    sync_folder(root.parent)
    return root


def _reuse(root: Path, recorded: dict[str, Any]) -> Path:
    try:
        existing = json.loads((root / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        existing = None
    if existing == recorded:
        return root
    what = "holds something else" if existing is None else "was cut from other videos or settings"
    raise UserError(f"{root} exists and {what}; set another benchmark.root, or delete that folder yourself")
