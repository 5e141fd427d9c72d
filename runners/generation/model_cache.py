"""Keeps a model loaded from one job of a sweep to the next: `run=1,2,3,4` loads it once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from adapters import Adapter
from adapters.harness import Wrapper
from runners.core.failures import failure


class Lender:
    """Lends the adapters of all jobs of one session, and holds at most one that is loaded.

    A job with the very same adapter node as the one before gets the same adapter, still loaded. Another one that
    loads has the held one closed first, so that never two models are in memory.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._held: Adapter | None = None
        self._held_key: object = None
        self._at_work = False
        self._left: list[Adapter] = []

    def of(self, make: Callable[[Any], Adapter]) -> Callable[[Mapping[str, Any]], Adapter]:
        """What gives the adapter that a model's YAML describes: loaded already, or made by `make`."""

        def lend(node: Mapping[str, Any]) -> Adapter:
            return self.lend(json.dumps(node, sort_keys=True, default=str), lambda: make(node))

        return lend

    def lend(self, key: object, make: Callable[[], Adapter]) -> Adapter:
        """The adapter that is known by `key`: loaded already, or made now."""
        if self._held is not None and key == self._held_key:
            return Lent(self._held, self, key)
        return Lent(make(), self, key)

    def load(self, adapter: Adapter, key: object) -> None:
        """Load an adapter unless it is the one that is loaded; one whose loading fails is closed and not kept."""
        if adapter is self._held:
            return
        self.close()
        try:
            adapter.load()
        except BaseException:
            close(adapter, self._say)
            raise
        self._held, self._held_key = adapter, key

    def abandon(self) -> None:
        """A thread that hears nothing is still at work with what is held: it is not closed before `given_back`."""
        self._at_work = True

    def given_back(self) -> None:
        """That work has ended; what was to be closed meanwhile is closed."""
        self._at_work = False
        left, self._left = self._left, []
        for adapter in left:
            close(adapter, self._say)

    def close(self) -> None:
        """Give back what is held."""
        held, at_work = self._held, self._at_work
        self._held, self._held_key, self._at_work = None, None, False
        if held is not None and at_work:
            self._left.append(held)
        elif held is not None:
            close(held, self._say)


class Lent(Wrapper):
    """An adapter as one job sees it: its lender decides when it is really loaded and closed."""

    def __init__(self, inner: Adapter, lender: Lender, key: object) -> None:
        super().__init__(inner)
        self._lender, self._key = lender, key

    def load(self) -> None:
        """Load it, if no earlier job has."""
        self._lender.load(self.inner, self._key)

    def close(self) -> None:
        """Stay loaded: the next job may be of the same model."""


def close(adapter: Adapter, say: Callable[[str], None]) -> None:
    """Give the model back. What was made stays made: a fault here is told and ends nothing."""
    try:
        adapter.close()
    except Exception as error:  # noqa: BLE001  (the clips are published)
        say(f"warning: the adapter's close() raised {failure(error)[1]}")
