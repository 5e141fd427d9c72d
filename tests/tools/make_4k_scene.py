"""Films one scene of the real data set's size, 3 cameras × 2 takes, and a model's clips of it, for timing the scorer.

The cameras stand still, as the real ones do; a textured room, things that move, and a sensor's noise under H.264, so
that neither decoding nor keeping the frames is easier than with real footage. By hand:
`python -m tests.tools.make_4k_scene ROOT [--size 3840 2160] [--fps 30]`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters import Frame, Size
from adapters.harness import Writer
from runners.dataset.layout import CONTINUATION_S, VIEWS, DataSet, Item, output_name, relative_path
from runners.dataset.scenarios import Scenario
from tests.tools.footage import surface

SIZE = (3840, 2160)
FPS = 30
NAME = "trimmed-scene-4k"
NOISE = 2.5
"""Standard deviation of the sensor's noise, in levels, before H.264 takes some of it away."""
CRF = 19


class Scene(NamedTuple):
    """A data set of one scene, a scenario per view."""

    dataset: DataSet
    scenarios: list[Scenario]


def make_scene(root: Path, size: Size = SIZE, fps: int = FPS, views: Sequence[str] = VIEWS) -> Scene:
    """Film the truth of both takes (nothing else of the layout) below `root`; what is there already is kept."""
    scenarios = []
    for number, view in enumerate(views):
        first, second = (Item(f"{number + 1 + (take - 1) * len(views):04}", view, take, NAME) for take in (1, 2))
        for item in (first, second):
            path = root / relative_path("testing", item, fps)
            if not path.exists():
                _write(path, size, fps, look=number, pace=1.0 + 0.06 * (item.take - 1), seed=10 * number + item.take)
        scenarios.append(Scenario(first, "Solid Mechanics", "Things roll.", output_name(first), second))
    return Scene(DataSet(root), scenarios)


def make_clips(folder: Path, scene: Scene, size: Size, fps: int = FPS) -> Path:
    """What a model might return for each view: the room as it is, the things too slow, the picture less noisy."""
    for number, scenario in enumerate(scene.scenarios):
        path = folder / scenario.output_name
        if not path.exists():
            _write(path, size, fps, look=number, pace=0.7, seed=100 + number, noise=NOISE / 2)
    return folder


def _write(path: Path, size: Size, fps: int, *, look: int, pace: float, seed: int, noise: float = NOISE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Writer(path, *size, fps, crf=CRF) as writer:
        for frame in film(size, fps, look=look, pace=pace, seed=seed, noise=noise):
            writer.write(frame)


def film(size: Size, fps: int, *, look: int, pace: float, seed: int, noise: float) -> Iterator[Frame]:
    """5 s of RGB frames. `look` chooses room and camera, `pace` how fast things move, `seed` the noise."""
    width, height = size
    room = np.clip(_scaled(surface(np.random.default_rng(look), 960, 540), size), 0, 255).astype(np.uint8)
    rng = np.random.default_rng(seed)
    margin = 64
    grain = np.rint(rng.normal(0, noise, (height + margin, width + margin))).astype(np.int8)
    for index in range(CONTINUATION_S * fps):
        frame = room.copy()
        for ball in range(3):
            _draw_ball(frame, ball, pace * index / fps, look)
        top, left = rng.integers(0, margin, 2)
        yield _noisy(frame, grain[top : top + height, left : left + width])


def _scaled(picture: NDArray[np.int16], size: Size) -> NDArray[np.int16]:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.int16)


def _draw_ball(frame: Frame, ball: int, time_s: float, look: int) -> None:
    height, width = frame.shape[:2]
    radius = height / (10 + 4 * ball)
    x = radius + (width - 2 * radius) * abs((0.1 * ball + 0.15 * look + (0.11 + 0.05 * ball) * time_s) % 2 - 1)
    y = height * (0.3 + 0.2 * ball) - radius * abs(np.sin(2 * time_s + ball))
    centre = (round(x * 16), round(y * 16))  # in sixteenths of a pixel
    cv2.circle(frame, centre, round(radius * 16), ((200, 60, 30), (40, 90, 200), (230, 210, 60))[ball], -1, 16, 4)


def _noisy(frame: Frame, grain: NDArray[np.int8]) -> Frame:
    """The same noise on all three channels, in place."""
    return np.asarray(cv2.add(frame, cv2.merge([grain] * 3), frame, dtype=cv2.CV_8U), np.uint8)


def main() -> None:
    """Make one by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--size", type=int, nargs=2, default=SIZE)
    parser.add_argument("--fps", type=int, default=FPS)
    options = parser.parse_args()
    scene = make_scene(options.root, tuple(options.size), options.fps)
    print(f"{scene.dataset.root}: {len(scene.scenarios)} views")


if __name__ == "__main__":
    main()
