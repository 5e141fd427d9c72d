"""Asking again after a passing fault: how often, and after how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from adapters import AdapterError, RateLimited

T = TypeVar("T")
Left = list[tuple[T, AdapterError]]
"""What met a passing fault, each with its error."""

JITTER = tenacity.wait_exponential_jitter(initial=1, max=60)


def until_settled(attempt: Callable[[], Left[T]], attempts: int, sleep: Callable[[float], object]) -> Left[T]:
    """Call `attempt` until it leaves nothing or was called `attempts` times; returns what is left then.

    Between calls the pause grows, with jitter, and is never shorter than a server asked for.
    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(attempts),
        wait=_pause,
        retry=tenacity.retry_if_result(bool),
        sleep=_quietly(sleep),
        retry_error_callback=_what_is_left,
    )
    return retrying(attempt)


def _pause(state: tenacity.RetryCallState) -> float:
    asked = [error.retry_after_s for _, error in _what_is_left(state) if isinstance(error, RateLimited)]
    return max([JITTER(state), *(seconds for seconds in asked if seconds is not None)])


def _what_is_left(state: tenacity.RetryCallState) -> Left[T]:
    return state.outcome.result() if state.outcome is not None else []


def _quietly(sleep: Callable[[float], object]) -> Callable[[float], None]:
    def pause(seconds: float) -> None:
        sleep(seconds)

    return pause
