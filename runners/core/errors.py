"""The one error for what a user can mend: told in a line or two, exit code 2, never a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class UserError(Exception):
    """Bad input or configuration. The message says what is wrong and what to do about it."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """A clause that names what was probably meant: "; did you mean 'svd'? (choices: …)"."""
    known = sorted(set(choices))
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(repr(name) for name in close)}?" if close else ""
    return f"{meant} (choices: {first_of(known, 40)})" if known else meant


def first_of(names: Sequence[str], most: int = 5) -> str:
    """The first few names of a list for a message: "a, b, c, …"."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
