"""Simulations shared by the tests: each is run once per session."""

from __future__ import annotations

from functools import cache

from runners.demo.film import Take
from runners.demo.scenes import SCENES


@cache
def take(name: str, number: int = 1) -> Take:
    """Take `number` of the scene of this name, seed 0."""
    scene = next(scene for scene in SCENES if scene.name == name)
    return Take.perform(scene, seed=0, take=number)
