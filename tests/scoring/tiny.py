"""A data set of a few kilobytes: squares that slide over noise-free ground, 64×36, 8 FPS, in the Physics-IQ layout."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from adapters.contract import Frame
from adapters.video.reading import write_video
from runners.dataset.layout import CONTINUATION_S, DataSet, Item, output_name, relative_path
from runners.dataset.scenarios import Scenario

FPS = 8
SIZE = (64, 36)
VIEWS = ("left", "center", "right")


def slide(
    speed: float, *, fps: int = FPS, size: tuple[int, int] = SIZE, seconds: float = CONTINUATION_S
) -> list[Frame]:
    """A bright square that moves `speed` pixels per second to the right, on gray."""
    width, height = size
    frames = []
    for j in range(round(seconds * fps)):
        frame = np.full((height, width, 3), 90, np.uint8)
        left = 4 + round(speed * j / fps)
        frame[12:24, left : left + 12] = (230, 220, 40)
        frames.append(frame)
    return frames


def make_dataset(
    root: Path, *, scenes: int = 1, views: Sequence[str] = VIEWS, second_takes: bool = True, fps: int = FPS
) -> tuple[DataSet, list[Scenario]]:
    """Truth alone: take-2 is a little faster than take-1, each scene has its own speed."""
    scenarios = scenarios_of(views, scenes=scenes, second_takes=second_takes)
    for number, scenario in enumerate(scenarios):
        write_truth(root, scenario.item, slide(5.0 + number, fps=fps), fps)
        if scenario.second is not None:
            write_truth(root, scenario.second, slide(5.6 + number, fps=fps), fps)
    return DataSet(root), scenarios


def scenarios_of(views: Sequence[str], *, scenes: int = 1, second_takes: bool = True) -> list[Scenario]:
    """What `make_dataset` films."""
    scenarios = []
    names = [(f"trimmed-scene-{scene}", view) for scene in range(scenes) for view in views]
    for number, (name, view) in enumerate(names):
        first = Item(f"{number + 1:04}", view, 1, name)
        second = Item(f"{number + 1 + len(names):04}", view, 2, name) if second_takes else None
        category = ("Solid Mechanics", "Optics")[int(name[-1]) % 2]
        scenarios.append(Scenario(first, category, "A square slides.", output_name(first), second))
    return scenarios


def film(path: Path, frames: Sequence[Frame], fps: int) -> None:
    """Write a video; frames that were written before are not encoded again."""
    key = hashlib.sha256(b"".join(frame.tobytes() for frame in frames)).digest(), frames[0].shape, fps
    if key not in _ENCODED:
        write_video(path, frames, fps)
        _ENCODED[key] = path.read_bytes()
    else:
        path.write_bytes(_ENCODED[key])


_ENCODED: dict[tuple[bytes, tuple[int, ...], int], bytes] = {}


def write_truth(root: Path, item: Item, frames: Sequence[Frame], fps: int) -> Path:
    """One take's file, under its place in the layout."""
    path = root / relative_path("testing", item, fps)
    path.parent.mkdir(parents=True, exist_ok=True)
    film(path, frames, fps)
    return path


def write_clip(folder: Path, scenario: Scenario, frames: Sequence[Frame], fps: int = FPS) -> Path:
    """One clip of a run, under its published name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / scenario.output_name
    film(path, frames, fps)
    return path


def write_run(folder: Path, scenarios: Sequence[Scenario], fps: int = FPS) -> Path:
    """A run of an imperfect model: every square is too slow."""
    for number, scenario in enumerate(scenarios):
        write_clip(folder, scenario, slide(4.0 + number / 2, fps=fps), fps)
    return folder
