"""A model that is known by name and cannot be run: its YAML says why, and what to take instead."""

from __future__ import annotations

from adapters.contract import Adapter, Clip, Needs, Request
from adapters.errors import SetupError


class Unreachable(Adapter):
    """Refuses with its reason before anything is loaded."""

    needs = Needs()

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def check(self) -> None:
        """Raise `SetupError` with the reason."""
        raise SetupError(self._reason)

    def generate(self, request: Request) -> Clip:  # noqa: ARG002
        """Raise `SetupError` with the reason."""
        raise SetupError(self._reason)
