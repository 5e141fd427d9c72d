"""Whether the first clips of a run show that its adapter breaks the contract: the others would only fail like them."""

from __future__ import annotations

import threading

from adapters import BadClip

FIRST = 3
"""So many clips tell an adapter's fault from a clip's own."""
_SLIPS = frozenset(
    {
        ArithmeticError, AssertionError, AttributeError, ImportError, IndexError, KeyError, ModuleNotFoundError,
        NameError, NotImplementedError, TypeError, UnboundLocalError, ValueError, ZeroDivisionError,
    }
)  # fmt: skip
"""What a slip in code raises. These very types: libraries derive theirs for what differs from clip to clip."""


class FirstClips:
    """Is told how clips end, from any thread, until it knows; one that ends otherwise clears the adapter for good."""

    def __init__(self, *, watched: bool) -> None:
        """`watched`: nothing speaks for the adapter yet, no clip of this run was ever published."""
        self._watched = watched
        self._kind: type[Exception] | None = None
        self._count = 0
        self._in_hand: set[str] = set()
        self._awaited: set[str] = set()
        self._mutex = threading.Lock()

    def writing(self, clip_id: str) -> None:
        """The model gave a clip, which is being published: what came before the failures may yet speak for it."""
        with self._mutex:
            self._in_hand.add(clip_id)

    def clear(self) -> None:
        """A clip was published."""
        with self._mutex:
            self._watched = False

    def failed(self, clip_id: str, error: Exception) -> str | None:
        """How the first clips all failed, once so many have; None as long as nobody can say so."""
        kind = BadClip if isinstance(error, BadClip) else type(error)
        with self._mutex:
            self._in_hand.discard(clip_id)
            self._awaited.discard(clip_id)
            alike = self._kind in (None, kind) and (kind is BadClip or kind in _SLIPS)
            self._watched = self._watched and alike
            self._kind, self._count = kind, self._count + 1
            if self._count == FIRST:
                self._awaited = set(self._in_hand)
            return kind.__name__ if self._watched and self._count >= FIRST and not self._awaited else None
