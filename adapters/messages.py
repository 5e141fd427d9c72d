"""Words of messages: the names nearest to one that is none, and what an error says in a line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from adapters.outside import clean_text


def close_to(word: str, choices: Iterable[str], most: int = 3, alike: float = 0.6) -> list[str]:
    """The choices that were probably meant, best first; `alike`: how much of the letters they share, 0 … 1."""
    return difflib.get_close_matches(word, list(choices), n=most, cutoff=alike)


def near(word: str, choices: Iterable[str]) -> str:
    """` (did you mean …?)`, or nothing."""
    found = close_to(word, choices)
    return f" (did you mean {', '.join(found)}?)" if found else ""


def one_line(text: str, longest: int) -> str:
    """A text without line breaks, cut where nobody reads on."""
    return clean_text(" ".join(text.split()), longest)


def in_a_line(error: BaseException, longest: int = 301) -> str:
    """What an error says, in a line of bounded length; its kind, if it says nothing."""
    return one_line(str(error), longest) or type(error).__name__
