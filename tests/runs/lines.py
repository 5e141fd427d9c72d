"""Events as a test writes them: only what it is about."""

from __future__ import annotations

from typing import Any

from runners.runs.events import Event, event_of


def event(word: str, /, **facts: Any) -> Event:
    """An event that holds these facts and nothing else."""
    return event_of({"event": word, **facts})
