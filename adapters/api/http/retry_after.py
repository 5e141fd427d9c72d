"""How long a server asks to wait: Retry-After and its kin."""

from __future__ import annotations

import email.utils
import math
from collections.abc import Callable, Mapping

_SHORTEST_S, _LONGEST_S = 1.0, 120.0


class Passing(Exception):
    """Something that may be otherwise in a while; `after_s` is the server's own word, if it gave one."""

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class Unreachable(Passing):
    """Nothing was handed to the server: it cannot be reached now."""


def asked_wait(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """How long the server asks to wait: retry-after-ms, Retry-After (seconds or a date), openai-poll-after-ms.

    Kept between 1 and 120 s; a word that makes no sense (negative, NaN) counts as none. `now` is seconds since 1970.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0), ("openai-poll-after-ms", 1000.0)):
        text = headers.get(name)
        if text is None:
            continue
        seconds = _number(text)
        if seconds is None:
            seconds = _date(text, now)
        elif unit != 1.0:
            seconds /= unit
        if seconds is not None and math.isfinite(seconds) and seconds >= 0:
            return min(max(seconds, _SHORTEST_S), _LONGEST_S)
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _date(text: str, now: Callable[[], float]) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp() - now()
    except (ValueError, TypeError, OverflowError):
        return None
