"""What of a record is nobody's business elsewhere: places on the machine that made it, its name, its processes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_DROPPED = frozenset({"host", "pid", "results", "lock", "root", "cache", "python", "user"})
"""Keys that only tell where something lies or runs."""
_PATH = re.compile(r"(?<![\w:/.])(?:~|/|[A-Za-z]:[\\/])[^\s'\",;)\]}]*[^\s'\",;)\]}.:]")


def without_places(value: Any) -> Any:
    """The same JSON value with every path made the name of its file, and what only names a machine left out."""
    if isinstance(value, Mapping):
        return {key: without_places(each) for key, each in value.items() if key not in _DROPPED}
    if isinstance(value, list | tuple):
        return [without_places(each) for each in value]
    return place_free(value) if isinstance(value, str) else value


def place_free(text: str) -> str:
    """A text in which only the last part of every absolute path is left; addresses of the web stay as they are."""
    return _PATH.sub(lambda found: _name(found[0]), text)


def _name(path: str) -> str:
    parts = [part for part in re.split(r"[\\/]", path) if part]
    return f"…/{parts[-1]}" if len(parts) > 1 else path
