"""Words of messages: the names nearest to one that is none, and what an error says in a line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(word: str, choices: Iterable[str]) -> str:
    """` (did you mean …?)`, or nothing."""
    found = difflib.get_close_matches(word, list(choices), n=3)
    return f" (did you mean {', '.join(found)}?)" if found else ""


def in_a_line(error: BaseException) -> str:
    """What an error says, in a line of bounded length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:300] + ("…" if len(text) > 300 else "")
