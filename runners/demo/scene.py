"""What a scene of the built-in benchmark is: physics, looks and words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from runners.dataset.layout import CONDITIONING_S, CONTINUATION_S
from runners.demo.canvas import Shape
from runners.demo.lighting import Light
from runners.demo.studio import Stage

SECONDS = CONDITIONING_S + CONTINUATION_S
SAMPLES_PER_S = 240
"""Trajectories are kept at this rate: a multiple of every frame rate we film at, so that all show the same motion."""
SAMPLES = SECONDS * SAMPLES_PER_S
SWITCH_S = float(CONDITIONING_S)

States = Mapping[str, NDArray[Any]]
"""A trajectory: arrays whose first axis is time, `SAMPLES` long."""
Now = Mapping[str, NDArray[Any]]
"""One instant of a trajectory."""


@dataclass(frozen=True)
class Texts:
    """The words of a scene; all fields are sentences, and the fields of the upstream `data.yaml`."""

    description: str
    subject_action: str
    scene: str
    before: str = ""
    """What held until the switch frame (`pre-action-scene-description`)."""
    postfix: str = ""
    """What follows the action (`subject-action-postfix`)."""


class Scene(ABC):
    """One physical scene. `simulate` knows no cameras and no frame rate; `shapes` knows no physics."""

    name: ClassVar[str]
    category: ClassVar[str]
    texts: ClassVar[Texts]
    stage: ClassVar[Stage]

    @abstractmethod
    def simulate(self, rng: np.random.Generator) -> States:
        """Eight seconds from slightly random start conditions, with time steps of its own."""

    @abstractmethod
    def shapes(self, now: Now) -> list[Shape]:
        """What can move, at one instant."""

    def fixtures(self) -> list[Shape]:
        """What never moves; painted once, below all that `shapes` gives."""
        return []

    def light(self, now: Now) -> Light:  # noqa: ARG002 - scenes with a moving light need the instant
        """The light at one instant; every scene but those about light keeps the studio's."""
        return self.stage.key_light()


def constant(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A trajectory (SAMPLES, …) of what a take has of its own but does not move."""
    return np.broadcast_to(values, (SAMPLES, *values.shape))


def clock() -> NDArray[np.float64]:
    """Seconds since the start, for each sample."""
    return np.arange(SAMPLES) / SAMPLES_PER_S
