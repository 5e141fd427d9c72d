"""What comes from outside (services, commands, files' names, models), made fit for a record or a terminal.

One place, so that no odd value stands between us and a clip that was made or paid for: what JSON, UTF-8 or a line of
the journal cannot hold is replaced, and what has no end is cut. Nothing here raises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import islice
from numbers import Integral, Real
from typing import Any

LONGEST_TEXT = 20_000
"""Characters of one text that are kept: longer than any prompt or reason that a person reads."""
_MOST_ITEMS = 1_000
_DEEPEST = 12
_LARGEST_INTEGER = 2**63
_UNPAIRED = re.compile("[\ud800-\udfff]")
# Control characters of both sets, what turns the direction of writing, and what has no width.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text as UTF-8 can hold it (halves of surrogate pairs become U+FFFD), cut to `longest` characters."""
    if len(text) > longest:
        text = f"{text[: max(0, longest - 1)]}…"
    return _UNPAIRED.sub("\ufffd", text)


def clean(value: Any, longest: int = LONGEST_TEXT) -> Any:
    """The value as strict JSON can hold it, within bounds, in a copy.

    NaN and infinities become text ("nan", "inf"), so do bytes and whatever JSON has no word for; texts are cut to
    `longest` characters, containers to 1000 items and 12 levels.
    """
    return _cleaned(value, longest, _DEEPEST)


def _cleaned(value: Any, longest: int, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Integral):  # numpy's too
        whole = int(value)
        return whole if abs(whole) < _LARGEST_INTEGER else f"an integer of {whole.bit_length()} bits"
    if isinstance(value, Real):
        number = _float(value)
        return number if math.isfinite(number) else str(number)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        if depth == 0:
            return "…"
        if isinstance(value, Mapping):
            pairs = islice(value.items(), _MOST_ITEMS)
            return {_word(key, longest): _cleaned(item, longest, depth - 1) for key, item in pairs}
        return [_cleaned(item, longest, depth - 1) for item in islice(value, _MOST_ITEMS)]
    return _word(value, longest)


def _float(value: Real) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _word(value: Any, longest: int) -> str:
    """A text for anything."""
    if isinstance(value, bytes | bytearray):
        return clean_text(bytes(value[:longest]).decode("utf-8", "replace"), longest)
    try:
        return clean_text(str(value), longest)
    except Exception:  # noqa: BLE001  (somebody's __str__)
        return f"a {type(value).__name__} that cannot be shown"


def on_terminal(text: str, *, lines: bool = False) -> str:
    """The text with all that a terminal would obey or hide spelled out, as Python spells it in a literal.

    Tabs become blanks; line breaks stay only if `lines`, else they are spelled too.
    """

    def spelled(found: re.Match[str]) -> str:
        character = found[0]
        if character == "\t":
            return " "
        return character if character == "\n" and lines else ascii(character)[1:-1]

    return _UNPAIRED.sub("\ufffd", _UNSHOWN.sub(spelled, text))


def whole(value: Any, otherwise: int = 0) -> int:
    """The value if it is an integer, else another one: for numbers that an old or damaged record may hold."""
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def amount_usd(value: Any) -> float | None:
    """A reported cost, if it can be added to others: a finite number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    amount = _float(value)
    return amount if math.isfinite(amount) and amount >= 0 else None
