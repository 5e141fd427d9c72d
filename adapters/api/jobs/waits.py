"""How long to wait: what servers ask for, and the three retry policies (submit, poll, fetch), all with tenacity."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import tenacity

from adapters.errors import RateLimited
from adapters.http.retry_after import Passing

T = TypeVar("T")
Pause = Callable[[float], None]

_SLOWER_AFTER_S = 60.0
_SLOWEST = 3.0


@dataclass(frozen=True)
class Patience:
    """How long each step of a job is tried, in seconds, and how often it is asked about.

    `submit_s`: to get a request accepted. `wait_s`: for the job, in one invocation; afterwards it runs on, and the next
    invocation asks again. `fetch_s`: to get its video. `poll_s`: between two questions, as the service wishes.
    """

    submit_s: float = 120.0
    wait_s: float = 1800.0
    fetch_s: float = 600.0
    poll_s: float = 5.0


def submitting(attempt: Callable[[], T], patience_s: float, pause: Pause, rng: random.Random) -> T:
    """Call until it is not turned away for now (`Passing`, `RateLimited`) or `patience_s` were waited; raises the last.

    Only for requests that surely were not accepted: everything else leaves `attempt` as another error.
    """
    return _retrying(patience_s, pause, _Backoff(rng, first_s=2.0, last_s=60.0))(attempt)


def fetching(attempt: Callable[[], T], patience_s: float, pause: Pause, rng: random.Random) -> T:
    """As `submitting`, for reading: free, so that it is tried more eagerly."""
    return _retrying(patience_s, pause, _Backoff(rng, first_s=1.0, last_s=30.0))(attempt)


def polling(ask: Callable[[], T | None], patience: Patience, pause: Pause, rng: random.Random) -> T | Passing | None:
    """Ask until there is an answer, whatever passes in between; after `patience.wait_s`, None or what last passed.

    Every `poll_s` at first; after a minute ever more slowly, up to three times that, so that slow jobs cost little.
    The time that the questions take counts too.
    """

    def look() -> T | Passing | None:
        try:
            return ask()
        except Passing as passing:
            return passing

    def pending(result: Any) -> bool:
        return result is None or isinstance(result, Passing)

    retrying = tenacity.Retrying(
        stop=_passed(patience.wait_s),
        wait=_Poll(patience.poll_s, rng),
        retry=tenacity.retry_if_result(pending),
        sleep=pause,
        retry_error_callback=_last_look,
    )
    return retrying(look)


def _last_look(state: tenacity.RetryCallState) -> Any:
    """The time is up, and there is no answer."""
    return state.outcome.result() if state.outcome is not None else None


def _retrying(patience_s: float, pause: Pause, wait: Callable[[tenacity.RetryCallState], float]) -> tenacity.Retrying:
    return tenacity.Retrying(
        stop=_waited(patience_s),
        wait=wait,
        retry=tenacity.retry_if_exception_type((Passing, RateLimited)),
        sleep=pause,
        reraise=True,
    )


def _waited(most_s: float) -> Callable[[tenacity.RetryCallState], bool]:
    """Stop once the waits add up to so much: waits, not the clock, so that the policy is the same under any clock."""
    return lambda state: state.idle_for + state.upcoming_sleep > most_s


def _passed(most_s: float) -> Callable[[tenacity.RetryCallState], bool]:
    """As `_waited`, and once so much time has passed: questions that hang, minutes each, outlast all waits together."""
    waited = _waited(most_s)
    return lambda state: waited(state) or (state.seconds_since_start or 0.0) + state.upcoming_sleep > most_s


class _Backoff:
    """Exponential with up to half as much again at random, and never shorter than the server asked for."""

    def __init__(self, rng: random.Random, first_s: float, last_s: float) -> None:
        self._rng, self._first_s, self._last_s = rng, first_s, last_s

    def __call__(self, state: tenacity.RetryCallState) -> float:
        grown: float = min(self._first_s * 2.0 ** min(state.attempt_number - 1, 16), self._last_s)
        return max(grown * (1 + self._rng.random() / 2), _asked(state) or 0.0)


class _Poll:
    def __init__(self, poll_s: float, rng: random.Random) -> None:
        self._poll_s, self._rng = poll_s, rng

    def __call__(self, state: tenacity.RetryCallState) -> float:
        slower = min(max(state.idle_for / _SLOWER_AFTER_S, 1.0), _SLOWEST)
        return max(self._poll_s * slower * (1 + self._rng.random() / 10), _asked(state) or 0.0)


def _asked(state: tenacity.RetryCallState) -> float | None:
    outcome = state.outcome
    if outcome is None:
        return None
    told = outcome.exception() if outcome.failed else outcome.result()
    if isinstance(told, RateLimited):
        return told.retry_after_s
    return told.after_s if isinstance(told, Passing) else None
