"""What decides a demo data set's contents, and the names that follow from it. Light: no drawing, no physics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runners.dataset.layout import VIEWS, Item

VERSION = 1
"""Goes up with every change that changes a pixel: the data set then has another name and is made anew."""

RATES = (30, 24, 16, 8)
"""Frames per second that can be filmed; the first is always made, since switch frames come from it."""


@dataclass(frozen=True)
class DemoRecipe:
    """A seed, a size (W, H) in pixels, and the scenes by name in the order of their ids."""

    seed: int
    size: tuple[int, int]
    scenes: tuple[str, ...]

    def items(self) -> list[Item]:
        """All rows: take-1 first, then take-2, each scene by scene, left, center, right; ids from 0001."""
        rows = [(take, scene, view) for take in (1, 2) for scene in self.scenes for view in VIEWS]
        return [Item(f"{i:04d}", view, take, f"trimmed-{scene}") for i, (take, scene, view) in enumerate(rows, start=1)]

    def to_dict(self) -> dict[str, Any]:
        """For `dataset.json`, and to compare with what stands there."""
        return {"version": VERSION, "seed": self.seed, "size": list(self.size), "scenes": list(self.scenes)}


def full_recipe(seed: int) -> DemoRecipe:
    """The data set as users get it."""
    return DemoRecipe(seed, (480, 270), SCENE_NAMES)


SCENE_NAMES = (
    "bouncing-balls",
    "pendulum-hits-blocks",
    "newtons-cradle",
    "dominoes",
    "block-and-ball-on-incline",
    "poured-beads",
    "dam-break",
    "swinging-lamp-shadows",
    "heat-melts-wax",
    "floating-magnets",
)
