"""The one error for what a user can mend: told in a line or two, exit code 2, never a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

Word = TypeVar("Word", bound=str)


class UserError(Exception):
    """Bad input or configuration. The message says what is wrong and what to do about it."""


class WorkFailed(UserError):
    """Work that had begun and cannot go on, through no mistake in what was asked for: exit code 1."""


_MOST_LISTED = 12
"""Choices that are read at a glance; of more, only the nearest are named."""


def nearest(word: str, choices: Iterable[str], listed_by: str = "") -> str:
    """A clause that names what was probably meant: "; did you mean 'svd'? (choices: …)".

    `listed_by`: what shows the choices that are too many for a line, such as "--help".
    """
    from adapters.harness import close_to  # with numpy behind it: only for whom something is wrong

    known = sorted(set(choices))
    close = close_to(word, known, alike=0.5)
    meant = f"; did you mean {' or '.join(repr(name) for name in close)}?" if close else ""
    if len(known) <= _MOST_LISTED:
        return f"{meant} (choices: {first_of(known, _MOST_LISTED)})" if known else meant
    if listed_by:
        return f"{meant} ({listed_by} lists all)"
    return meant or f" (choices: {first_of(known)}; {len(known)} in all)"


def one_of(key: str, word: str, choices: Sequence[Word], noun: str = "") -> Word:
    """A word that was typed for a setting, as the choice that it is (a `Literal` of the setting's own).

    Raises UserError for another: "model.fit: unknown 'pas'; did you mean 'pad'? (choices: …)".
    """
    for choice in choices:
        if choice == word:
            return choice
    raise UserError(f"{key}: unknown {noun}{' ' if noun else ''}{word!r}{nearest(word, choices)}")


def first_of(names: Sequence[str], most: int = 5) -> str:
    """The first few names of a list for a message: "a, b, c, …"."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun for a message: "1 run", "2 runs", "2 breaches"."""
    return f"1 {one}" if number == 1 else f"{number} {many or f'{one}s'}"
