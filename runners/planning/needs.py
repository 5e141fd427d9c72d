"""What an adapter says it needs, checked before anything relies on it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, get_args

from adapters import Adapter, Mode, Needs, PromptUse
from runners.core.errors import UserError
from runners.core.failures import telling
from runners.dataset.claims import foreign_name
from runners.dataset.scenarios import Scenario

_MOST_FPS = 1000


def check_needs(needs: Any) -> None:
    """Raise UserError for needs that no model can have: a slip in the adapter or in its YAML."""
    if not isinstance(needs, Needs):
        raise UserError(f"the adapter's needs are a {type(needs).__name__}; adapters.Needs is wanted")
    sizes: Any = needs.sizes
    right = {
        "mode": needs.mode in get_args(Mode),
        "prompt": needs.prompt in get_args(PromptUse),
        "conditioning_frames": needs.conditioning_frames is None or _count(needs.conditioning_frames),
        "conditioning_fps": needs.conditioning_fps is None or _rate(needs.conditioning_fps),
        "native_fps": needs.native_fps is None or _rate(needs.native_fps),
        "sizes": isinstance(sizes, tuple | list) and all(map(_size, sizes)),
        "concurrency": _count(needs.concurrency),
        "max_batch": _count(needs.max_batch),
    }
    wrong = [f"{name}={getattr(needs, name)!r}" for name, well in right.items() if not well]
    if wrong:
        raise UserError(f"the adapter's needs make no sense: {', '.join(wrong)}; mend the adapter or its YAML")


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _size(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(map(_count, value))


def _rate(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value <= _MOST_FPS


def own_inputs(adapter: Adapter, scenario: Scenario, scenes: Collection[str]) -> list[Path]:
    """The files that the adapter says a clip is made from; `scenes` are the names of all the benchmark's.

    Raises UserError unless they are there, and for one whose name is another scene's, view's or take's.
    """
    scenario_id = scenario.id
    with telling("the adapter's inputs()"):
        paths = [Path(path) for path in adapter.inputs(scenario_id)]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise UserError(f"the clip of {scenario_id} is made from {missing[0]}, which is not there, or is no file")
    for path in (*paths[:1], *{path.parent for path in paths[1:]}):  # of frames their folder's name says it
        if told := foreign_name(path, scenario.item, scenes):
            raise UserError(told)
    return paths
