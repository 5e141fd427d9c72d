"""The nearest names, for messages about a word that is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(word: str, choices: Iterable[str]) -> str:
    """` (did you mean …?)`, or nothing."""
    found = difflib.get_close_matches(word, list(choices), n=3)
    return f" (did you mean {', '.join(found)}?)" if found else ""
