"""The commands: `ls runners` lists them; each is thin and leads to a plain function. And `evaluate`, for Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runners.python.evaluate import evaluate as evaluate

__all__ = ["evaluate"]


def __getattr__(name: str) -> Any:
    """`from runners import evaluate`, imported when it is asked for: no command needs it."""
    if name == "evaluate":
        from runners.python.evaluate import evaluate

        return evaluate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
