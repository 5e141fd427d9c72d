"""Models that can no longer be asked for anything, by their own names: what became of them, and what there is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NoReturn

from adapters.contract import Adapter, Clip, Mode, Needs, Request
from adapters.errors import SetupError


class Retired(Adapter):
    """Never runs. `story`: what became of the model. `successors`: the nearest models of this program."""

    neutral: ClassVar[frozenset[str]] = frozenset({"story", "successors"})

    def __init__(self, story: str, successors: Sequence[str] = (), mode: Mode = "i2v") -> None:
        self._story, self._successors = " ".join(story.split()), tuple(successors)
        self.needs = Needs(mode=mode, concurrency=1, continues=False)

    def check(self) -> None:
        """Say so, before anything is loaded or spent. Always raises `SetupError`."""
        self._refuse()

    def generate(self, request: Request) -> Clip:  # noqa: ARG002  (there is nothing to make)
        """Raises `SetupError`: nobody comes here past `check`."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        """Never a successor's clips under this name: they would stand in a table as what they are not."""
        names = ", ".join(f"model={name}" for name in self._successors)
        nearest = f"nearest successors, under names of their own: {names}" if names else "it has no successor here"
        raise SetupError(f"{self._story}\n{nearest}; clips of it that you have: model=precomputed")
