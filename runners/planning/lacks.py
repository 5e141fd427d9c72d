"""What a live run would be refused for and a plan is not: it spends nothing, so it can do without."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from adapters import MissingKey
from adapters.harness import Lacking, UnknownPrice
from runners.core.settings import GenerateSettings


class Lacks:
    """Collects what is lacking, each thing once, as a plan tells it; a live run is stopped by the first of them."""

    def __init__(self, settings: GenerateSettings) -> None:
        self._planned = settings.plan
        self.told: list[str] = []
        self.price = False
        """Whether the price is among them."""

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A `Lacking` that is raised inside is noted for a plan, and passes on for a live run."""
        try:
            yield
        except Lacking as error:
            if not self._planned:
                raise
            self.price |= isinstance(error, UnknownPrice)
            self.told += [need for need in error.needs if need not in self.told]

    def check_keys(self, names: Sequence[str]) -> None:
        """All credentials are there. Raises `MissingKey` with the variable's name."""
        for name in names:
            with self.noted():
                if not os.environ.get(name):
                    raise MissingKey(name)
