"""Asking again: how often, how long apart, and for whom."""

from __future__ import annotations

from adapters import AdapterError, RateLimited, Retryable
from runners.generation.retry import Left, until_settled


def test_only_what_is_left_is_tried_again_and_the_rest_is_told() -> None:
    rounds: list[Left[str]] = [[("a", Retryable("1")), ("b", Retryable("1"))], [("b", Retryable("2"))], []]
    seen = iter(rounds)
    pauses: list[float] = []
    assert until_settled(lambda: next(seen), 5, pauses.append) == []
    assert len(pauses) == 2


def test_what_never_settles_comes_back_after_its_tries_without_a_last_pause() -> None:
    pauses: list[float] = []
    calls: list[int] = []

    def attempt() -> Left[str]:
        calls.append(1)
        return [("a", Retryable("busy"))]

    left = until_settled(attempt, 3, pauses.append)
    assert [(name, str(error)) for name, error in left] == [("a", "busy")]
    assert (len(calls), len(pauses)) == (3, 2)


def test_pauses_grow_with_jitter() -> None:
    pauses: list[float] = []
    until_settled(lambda: [("a", AdapterError("x"))], 7, pauses.append)
    assert all(2**k <= pause <= 2**k + 1 for k, pause in enumerate(pauses))


def test_a_pause_is_never_shorter_than_the_server_asked_for() -> None:
    pauses: list[float] = []
    until_settled(lambda: [("a", RateLimited("x", retry_after_s=77)), ("b", Retryable("y"))], 3, pauses.append)
    assert pauses == [77, 77]
