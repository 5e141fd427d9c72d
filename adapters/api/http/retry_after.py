"""How long a service asks to wait: Retry-After and its kin."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.http.retry_after import number, retry_after_s

_SHORTEST_S, _LONGEST_S = 1.0, 120.0


def asked_wait(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """How long the server asks to wait: retry-after-ms, Retry-After (seconds or a date), openai-poll-after-ms.

    Kept between 1 and 120 s; a word that makes no sense (negative, NaN) counts as none. `now` is seconds since 1970.
    """
    for name in ("retry-after-ms", "retry-after", "openai-poll-after-ms"):
        text = headers.get(name)
        if text is None:
            continue
        milliseconds = number(text) if name.endswith("-ms") else None
        if milliseconds is not None:
            text = str(milliseconds / 1000)
        seconds = retry_after_s(text, now=now(), shortest_s=_SHORTEST_S, longest_s=_LONGEST_S)
        if seconds is not None:
            return seconds
    return None
