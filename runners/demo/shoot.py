"""Films takes into files, in as many processes as there are cores; the files do not depend on how many."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2

from adapters import Frame, write_video
from runners.core.errors import WorkFailed
from runners.core.files import sha256_file
from runners.core.processes import WorkerDied, run_in_workers
from runners.dataset.layout import CONDITIONING_S, Item, Kind, relative_path
from runners.demo.film import Camerawork, Take
from runners.demo.recipe import RATES
from runners.demo.scenes import SCENES

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 97, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]

_CRF, _PRESET = 14, "ultrafast"
"""As exact as the default, in half its time and three times its bytes (measured): a data set is made in a hurry."""


@dataclass(frozen=True)
class FilmTask:
    """One take of one scene, to be filmed from all its views at one rate into the folder `root`."""

    root: Path
    items: tuple[Item, ...]
    fps: int
    seed: int
    size: tuple[int, int]


def film(task: FilmTask) -> dict[str, str]:
    """Simulate, paint, encode: the files written, relative to the task's root, with their SHA-256."""
    first = task.items[0]
    scene = next(scene for scene in SCENES if scene.name == first.scene)
    take = Take.perform(scene, task.seed, first.take)
    written = [path for item in task.items for path in _film_view(task, take, item)]
    return {path: _settle(task.root / path) for path in written}


def film_all(tasks: Sequence[FilmTask], workers: int, progress: Callable[[int, int], None] | None) -> dict[str, str]:
    """Film all tasks, reporting how many are done; the files of all of them. Raises `WorkFailed` if a worker died."""
    files: dict[str, str] = {}
    try:
        with closing(run_in_workers(film, tasks, workers)) as results:
            for done, (_, made) in enumerate(results, start=1):
                files |= made
                if progress is not None:
                    progress(done, len(tasks))
    except WorkerDied as death:
        first = tasks[death.task].items[0]
        raise WorkFailed(
            f"the worker process that filmed {first.scene} (take {first.take}) died (exit code {death.exit_code}), "
            "perhaps for want of memory; free some and run the same command again"
        ) from None
    return dict(sorted(files.items()))


def _film_view(task: FilmTask, take: Take, item: Item) -> list[str]:
    """The conditioning and testing clips of one view, and its switch frame where it has one."""
    frames = Camerawork(take, item.view, task.size).frames(task.fps)
    before = list(islice(frames, CONDITIONING_S * task.fps))
    paths = [_write(task, "conditioning", item, before), _write(task, "testing", item, frames)]
    if item.take == 1 and task.fps == RATES[0]:
        paths.append(_write_switch_frame(task, item, before[-1]))
    return paths


def _write(task: FilmTask, kind: Kind, item: Item, frames: Iterator[Frame] | list[Frame]) -> str:
    path = relative_path(kind, item, task.fps)
    (task.root / path).parent.mkdir(parents=True, exist_ok=True)
    write_video(task.root / path, frames, task.fps, crf=_CRF, preset=_PRESET)
    return path.as_posix()


def _write_switch_frame(task: FilmTask, item: Item, frame: Frame) -> str:
    path = relative_path("switch", item, task.fps)
    (task.root / path).parent.mkdir(parents=True, exist_ok=True)
    done, jpeg = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), _JPEG)
    if not done:
        raise OSError(f"{path}: the switch frame could not be encoded")
    (task.root / path).write_bytes(jpeg.tobytes())
    return path.as_posix()


def _settle(path: Path) -> str:
    """Make a finished file durable; its SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return sha256_file(path)
