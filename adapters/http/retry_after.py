"""What may be otherwise in a while, and how long a server asks to wait until then."""

from __future__ import annotations

import email.utils
import math
from datetime import UTC


class Passing(Exception):
    """Something that may be otherwise in a while; `after_s` is the server's own word, if it gave one."""

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class Unreachable(Passing):
    """Nothing was handed to the server: it cannot be reached now."""


def number(text: str) -> float | None:
    """A header's number; None for a negative one and for what is none (NaN and infinity among them)."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def retry_after_s(text: str, *, now: float, shortest_s: float, longest_s: float) -> float | None:
    """Seconds that a Retry-After header (RFC 9110, 10.2.3) asks for, kept between the two; None if it makes no sense.

    It holds seconds or a date, which is GMT even where it does not say so; one that has passed asks for nothing. `now`
    is seconds since 1970.
    """
    seconds = number(text)
    if seconds is None:
        seconds = _seconds_until(text, now)
    return None if seconds is None else min(max(seconds, shortest_s), longest_s)


def _seconds_until(date: str, now: float) -> float | None:
    try:
        then = email.utils.parsedate_to_datetime(date)
        seconds = (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if seconds >= 0 else None
