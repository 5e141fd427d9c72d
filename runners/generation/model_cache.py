"""Keeps a model loaded from one job of a sweep to the next: `run=1,2,3,4` loads it once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from adapters import Adapter
from adapters.harness import Wrapper
from runners.core.failures import failure


class Lender:
    """Makes the adapters of all jobs of one process, and holds at most one that is loaded.

    A job with the very same adapter node as the one before gets the same adapter, still loaded. Another one that
    loads has the held one closed first, so that never two models are in memory.
    """

    def __init__(self, make: Callable[[Any], Adapter], say: Callable[[str], None]) -> None:
        self._make, self._say = make, say
        self._held: Adapter | None = None
        self._held_node = ""

    def __call__(self, node: Mapping[str, Any]) -> Adapter:
        """The adapter that a model's YAML describes: loaded already, or not."""
        written = json.dumps(node, sort_keys=True, default=str)
        if self._held is not None and written == self._held_node:
            return Lent(self._held, self, written)
        return Lent(self._make(node), self, written)

    def load(self, adapter: Adapter, node: str) -> None:
        """Load an adapter unless it is the one that is loaded; one whose loading fails is closed and not kept."""
        if adapter is self._held:
            return
        self.close()
        try:
            adapter.load()
        except BaseException:
            close(adapter, self._say)
            raise
        self._held, self._held_node = adapter, node

    def close(self) -> None:
        """Give back what is held."""
        held, self._held = self._held, None
        if held is not None:
            close(held, self._say)


class Lent(Wrapper):
    """An adapter as one job sees it: its lender decides when it is really loaded and closed."""

    def __init__(self, inner: Adapter, lender: Lender, node: str) -> None:
        super().__init__(inner)
        self._lender, self._node = lender, node

    def load(self) -> None:
        """Load it, if no earlier job has."""
        self._lender.load(self.inner, self._node)

    def close(self) -> None:
        """Stay loaded: the next job may be of the same model."""


def close(adapter: Adapter, say: Callable[[str], None]) -> None:
    """Give the model back. What was made stays made: a fault here is told and ends nothing."""
    try:
        adapter.close()
    except Exception as error:  # noqa: BLE001  (the clips are published)
        say(f"warning: the adapter's close() raised {failure(error)[1]}")
