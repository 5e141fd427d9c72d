"""What an adapter says it needs, checked before anything relies on it."""

from __future__ import annotations

from typing import Any, get_args

from adapters import Mode, Needs, PromptUse
from runners.core.errors import UserError

_MOST_FPS = 1000


def check_needs(needs: Any) -> None:
    """Raise UserError for needs that no model can have: a slip in the adapter or in its YAML."""
    if not isinstance(needs, Needs):
        raise UserError(f"the adapter's needs are a {type(needs).__name__}; adapters.Needs is wanted")
    sizes: Any = needs.sizes
    right = {
        "mode": needs.mode in get_args(Mode),
        "prompt": needs.prompt in get_args(PromptUse),
        "frames": needs.frames is None or _count(needs.frames),
        "fps": needs.fps is None or _rate(needs.fps),
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
