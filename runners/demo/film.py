"""Films a simulated scene: from a trajectory to frames, for any view, frame rate and size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from adapters import Frame
from runners.demo.camera import Point
from runners.demo.canvas import Canvas, Shape
from runners.demo.lighting import Illumination, Light
from runners.demo.scene import SAMPLES, SAMPLES_PER_S, Now, Scene, States
from runners.demo.studio import empty_set


@dataclass(frozen=True)
class Take:
    """One filmed performance of a scene: its trajectory, and how bright the room was (1 = nominal)."""

    scene: Scene
    states: States
    exposure: float

    @classmethod
    def perform(cls, scene: Scene, seed: int, take: int) -> Take:
        """Simulate; seed, scene and take number alone decide the start conditions."""
        rng = np.random.default_rng([seed, take, *scene.name.encode()])
        return cls(scene, scene.simulate(rng), 1 + float(rng.uniform(-0.004, 0.004)))

    def at(self, sample: int) -> Now:
        """One instant of the trajectory."""
        return {key: values[sample] for key, values in self.states.items()}


def sample_numbers(fps: int) -> range:
    """Which samples of a trajectory are the frames at `fps`: exact instants, never blends."""
    if SAMPLES_PER_S % fps:
        raise ValueError(f"{fps} frames per second do not fall on samples; choose a divisor of {SAMPLES_PER_S}")
    return range(0, SAMPLES, SAMPLES_PER_S // fps)


class Camerawork:
    """One view of one take. What never moves is painted once."""

    def __init__(self, take: Take, view: str, size: tuple[int, int]) -> None:
        self._take = take
        self._size = size
        stage = take.scene.stage
        self._camera = stage.camera(view, size)
        self._illumination = Illumination(self._camera, stage.wall_y * stage.width)
        light = stage.key_light()
        self._set = empty_set(stage, self._camera, light)
        self._dress(light)

    def frame(self, sample: int) -> Frame:
        """The picture (H, W, 3), RGB, at one sample of the trajectory."""
        scene, now = self._take.scene, self._take.at(sample)
        light, shapes = scene.light(now), scene.shapes(now)
        pixels = self._set.copy()
        mask = self._illumination.mask(_shadows(shapes, light), light)
        self._illumination.apply(pixels, mask if light.local else np.asarray(cv2.max(mask, self._covered), np.uint8))
        Canvas(self._camera, light, pixels).draw(shapes)
        small = cv2.resize(pixels, self._size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.convertScaleAbs(small, alpha=self._take.exposure), np.uint8)

    def frames(self, fps: int) -> Iterator[Frame]:
        """All frames of the scene; one that equals its predecessor is not painted again."""
        last: tuple[Now, Frame] | None = None
        for sample in sample_numbers(fps):
            now = self._take.at(sample)
            if last is None or not _same(now, last[0]):
                last = now, self.frame(sample)
            yield last[1]

    def _dress(self, light: Light) -> None:
        """Put the fixtures on the set, and note where no mover's shadow falls: on the backdrop, and behind fixtures."""
        fixtures = self._take.scene.fixtures()
        wall = np.where(self._illumination.is_wall(), 255, 0).astype(np.uint8)
        mask = self._illumination.mask(_shadows(fixtures, light), light)
        self._illumination.apply(self._set, np.asarray(cv2.max(mask, wall), np.uint8))
        before = self._set.copy()
        Canvas(self._camera, light, self._set).draw(fixtures)
        changed = np.where(cv2.absdiff(before, self._set).max(axis=2) > 0, 255, 0).astype(np.uint8)
        small = cv2.resize(changed, self._illumination.size, interpolation=cv2.INTER_AREA)
        self._covered = np.asarray(cv2.max(small, wall), np.uint8)


def _shadows(shapes: Sequence[Shape], light: Light) -> list[list[Point]]:
    return [outline for shape in shapes for outline in shape.shadows(light)]


def _same(now: Now, then: Now) -> bool:
    return all(np.array_equal(now[key], then[key]) for key in now)
