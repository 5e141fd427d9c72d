"""What one invocation does to a run's clips: who is told, when it stops early, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

Stop = Literal["interrupted", "deadline", "max_failures", "breach", "postponed", "fatal", "lost"]


class Watcher(Protocol):
    """Is told what happens, from any thread; a progress view."""

    def begun(self, clip_id: str) -> None:
        """The model starts on a clip."""

    def step(self, clip_id: str, k: int, n: int) -> None:
        """Step k of n inside a clip is done."""

    def ended(self, clip_id: str, kind: str, text: str) -> None:
        """A clip came to its end: `published`, `refused` or a kind of failure, with its reason."""


@dataclass
class Tally:
    """What one invocation did."""

    published: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    ambiguous: dict[str, str] = field(default_factory=dict)
    """Paid requests of unknown fate: a person has to say what became of them."""
    postponed: dict[str, str] = field(default_factory=dict)
    """Clips that are not done and have no fault: jobs that still run, requests that may not be sent now."""
    stop: Stop | None = None
    breach: str | None = None
    """How the first clips all failed alike, where that is why it stopped."""
    fatal: str | None = None
    abandoned: bool = False
    """A thread did not end in time; the process must leave without waiting for it."""

    def end(self, clip_id: str, kind: str, reason: str) -> None:
        """Count a clip that came to its end without being published; `kind` as in the journal."""
        if kind == "refused":
            self.refused[clip_id] = reason
        elif kind == "ambiguous":
            self.ambiguous[clip_id] = reason
        else:
            self.failed[clip_id] = reason

    @property
    def ended(self) -> set[str]:
        """Clips that came to an end without being published."""
        return {*self.failed, *self.refused, *self.ambiguous}


@dataclass(frozen=True)
class Limits:
    """When to stop early, and how long the model may be waited for once stopping has begun."""

    max_failures: int | None = None
    early_stop: bool = False
    """Stop where the first clips show that the adapter breaks its contract (breach.py)."""
    deadline_s: float | None = None
    attempts: int = 3
    grace_s: float = 5.0
    writing_grace_s: float = 60.0
    promise_grace_s: float = 240.0
    """… and for the answers to paid requests that are on their way: they must be on record."""
