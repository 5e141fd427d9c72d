"""The commands: `ls runners` lists them; each is thin and leads to a function. For Python: `evaluate`, `Session`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runners.generation.session import Session as Session
    from runners.python.evaluate import evaluate as evaluate

__all__ = ["Session", "evaluate"]


def __getattr__(name: str) -> Any:
    """`from runners import Session, evaluate`, imported when they are asked for: no command needs them."""
    if name == "evaluate":
        from runners.python.evaluate import evaluate

        return evaluate
    if name == "Session":
        from runners.generation.session import Session

        return Session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
