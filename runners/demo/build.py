"""Makes the demo data set where it is absent: in a folder of its own beside it, published by renaming."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runners.core.errors import UserError, WorkFailed
from runners.core.files import sha256_file, sha256_json, sync_folder, write_json
from runners.core.locks import Lock
from runners.core.provenance import usable_cores
from runners.demo.recipe import RATES, VERSION, DemoRecipe, full_recipe

Progress = Callable[[int, int], None]
_MARKER = "dataset.json"
_BASE_RATE = RATES[0]


def demo_root(cache: Path, seed: int) -> Path:
    """Where the demo of this version and seed lies in a cache folder."""
    return cache / f"demo-v{VERSION}-seed{seed}"


def ensure_demo(
    root: Path, *, fps: int = 30, seed: int = 0, progress: Progress | None = None, workers: int | None = None
) -> Path:
    """Make the data set (always at 30 FPS, and at `fps`) unless it is there; returns `root`.

    `progress(done, total)` counts filmed takes. Another process that makes the same is waited for. Raises `UserError`
    for a rate that is not filmed, a folder that holds something else or is incomplete, and a disk that refuses.
    """
    return ensure(root, full_recipe(seed), fps=fps, progress=progress, workers=workers)


def ensure(
    root: Path, recipe: DemoRecipe, *, fps: int = 30, progress: Progress | None = None, workers: int | None = None
) -> Path:
    """As `ensure_demo`, for any recipe."""
    if fps not in RATES:
        raise UserError(f"the demo is filmed at {', '.join(map(str, RATES))} FPS, not {fps}; choose one of these")
    if recipe.seed < 0:
        raise UserError(f"benchmark.seed={recipe.seed}: a seed is 0 or more")
    if fps in _rates_made(root, recipe):
        return root
    count = workers or usable_cores()
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with Lock(root.parent, wait=True):
            _sweep(root)
            if not _rates_made(root, recipe):
                _make(root, recipe, progress, count)
            if fps not in _rates_made(root, recipe):
                _add_rate(root, recipe, fps, progress, count)
    except OSError as error:
        raise UserError(f"the demo data set cannot be made in {root.parent}: {error.strerror or error}") from error
    except BrokenProcessPool:
        raise WorkFailed("a process that draws the demo data set was killed; run the command again") from None
    return root


def _rates_made(root: Path, recipe: DemoRecipe) -> set[int]:
    """The rates at which the data set is complete; empty if there is none. Raises `UserError` for a damaged one."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return set()
    try:
        facts = json.loads((root / _MARKER).read_text("utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{root} is not a demo data set, or not a whole one: {_cure(root)}") from None
    if not isinstance(facts, dict) or any(facts.get(key) != value for key, value in recipe.to_dict().items()):
        raise UserError(f"{root} holds another demo data set than the one asked for: {_cure(root)}")
    for files in facts["files"].values():
        for path in files:
            if not _is_there(root / path):
                raise UserError(f"{root} is incomplete, {path} is missing or empty: {_cure(root)}")
    return {int(rate) for rate in facts["files"]}


def _cure(root: Path) -> str:
    return f"delete that folder and run the command again (rm -r {root})"


def _is_there(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _make(root: Path, recipe: DemoRecipe, progress: Progress | None, workers: int) -> None:
    """Everything at the base rate, published by one rename."""
    from runners.demo.scenes import SCENES
    from runners.demo.texts import write_texts

    with _workshop(root) as folder:
        files = _film(folder, recipe, _BASE_RATE, progress, workers)
        scenes = {scene.name: scene for scene in SCENES if scene.name in recipe.scenes}
        for path in write_texts(folder, {name: scenes[name] for name in recipe.scenes}, recipe.items()):
            files[path] = sha256_file(folder / path)
        facts = {"name": "demo", **recipe.to_dict(), "content": sha256_json(files), "files": {str(_BASE_RATE): files}}
        write_json(folder / _MARKER, facts)
        folder.replace(root)
    sync_folder(root.parent)


def _add_rate(root: Path, recipe: DemoRecipe, fps: int, progress: Progress | None, workers: int) -> None:
    """Another rate: whole folders are renamed into place, the testing clips last, then it is entered in the marker."""
    with _workshop(root) as folder:
        files = _film(folder, recipe, fps, progress, workers)
        parents = sorted({(folder / path).parent for path in files})
        for made in parents:
            _move(made, root / made.relative_to(folder))
        facts: dict[str, Any] = json.loads((root / _MARKER).read_text("utf-8"))
        facts["files"][str(fps)] = files
        write_json(root / _MARKER, facts)


def _move(made: Path, final: Path) -> None:
    """Rename a folder into place; where a killed process left the same one already, its files one by one."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if not final.exists():
        made.replace(final)
    else:
        for path in sorted(made.iterdir()):
            path.replace(final / path.name)
        sync_folder(final)
    sync_folder(final.parent)


def _film(folder: Path, recipe: DemoRecipe, fps: int, progress: Progress | None, workers: int) -> dict[str, str]:
    """Film all scenes and takes at one rate into a folder."""
    from runners.demo.shoot import FilmTask, film_all

    items = recipe.items()
    tasks = [
        FilmTask(
            folder,
            tuple(item for item in items if item.scene == scene and item.take == take),
            fps,
            recipe.seed,
            recipe.size,
        )
        for scene in recipe.scenes
        for take in (1, 2)
    ]
    return film_all(tasks, workers, progress)


@contextmanager
def _workshop(root: Path) -> Iterator[Path]:
    """A new folder beside `root`; what is still in it afterwards is thrown away."""
    folder = root.parent / f"{_workshop_prefix(root)}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _workshop_prefix(root: Path) -> str:
    return f".{root.name}.making-"


def _sweep(root: Path) -> None:
    """Throw away workshops of killed processes: under the lock, none can be in use."""
    for folder in root.parent.iterdir():
        if folder.name.startswith(_workshop_prefix(root)):
            shutil.rmtree(folder, ignore_errors=True)
