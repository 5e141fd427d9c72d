"""Any program as a model: `adapters.command.Command` announces clips to it and takes what it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.command.adapter import Command as Command


def __getattr__(name: str) -> Any:
    """`Command`, loaded when it is asked for: `import adapters` loads no codec."""
    if name == "Command":
        from adapters.command.adapter import Command

        return Command
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
