"""Waiting: every form of a server's word, and policies that end whatever the clock does. No test sleeps."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from adapters import RateLimited
from adapters.api.http.retry_after import asked_wait
from adapters.api.jobs.limiter import Limiter
from adapters.api.jobs.waits import Patience, fetching, polling, submitting
from adapters.http.retry_after import Passing, retry_after_s

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "7.5"}, 7.5),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30),
        ({"retry-after": formatdate(NOW + 30, usegmt=True).removesuffix(" GMT")}, 30),
        ({"retry-after": formatdate(NOW + 30)}, 30),  # "-0000": GMT, and nobody says where
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, None),
        ({"retry-after": "86400"}, 120),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "2500"}, 2.5),
        ({"retry-after-ms": "2500", "retry-after": "60"}, 2.5),
        ({"openai-poll-after-ms": "4000"}, 4),
        ({}, None),
    ],
)
def test_a_servers_word_is_understood_in_all_its_forms_and_kept_within_reason(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert asked_wait(headers, lambda: NOW) == seconds


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_date_that_names_no_zone_is_gmt_wherever_the_harness_runs(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        without = formatdate(NOW + 30, usegmt=True).removesuffix(" GMT")
        assert asked_wait({"retry-after": without}, lambda: NOW) == 30
        assert retry_after_s(without, now=NOW, shortest_s=0.0, longest_s=600.0) == 30
    finally:
        monkeypatch.undo()
        time.tzset()


class Slept:
    """Stands in for waiting: adds up what would be waited."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def failing(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


def test_what_is_turned_away_for_now_is_sent_again_with_growing_pauses() -> None:
    slept = Slept()
    assert submitting(failing(3, Passing("refused")), 120, slept, random.Random(1)) == "done"
    assert slept.waits == sorted(slept.waits)
    assert 2 <= slept.waits[0] <= 3


def test_the_server_decides_how_long_at_least() -> None:
    slept = Slept()
    assert submitting(failing(1, RateLimited("429", 33)), 120, slept, random.Random(1)) == "done"
    assert slept.waits == [33]


def test_a_limit_that_never_clears_ends_after_the_patience() -> None:
    slept = Slept()
    with pytest.raises(RateLimited):
        submitting(failing(10**6, RateLimited("429", 20)), 120, slept, random.Random(1))
    assert 100 < sum(slept.waits) <= 120


def test_an_error_that_may_mean_money_is_never_tried_again() -> None:
    slept = Slept()
    with pytest.raises(ValueError, match="lost"):
        submitting(failing(1, ValueError("lost")), 120, slept, random.Random(1))
    assert slept.waits == []


def test_fetching_is_more_eager_than_submitting() -> None:
    slow, quick = Slept(), Slept()
    submitting(failing(5, Passing("x")), 600, slow, random.Random(1))
    fetching(failing(5, Passing("x")), 600, quick, random.Random(1))
    assert sum(quick.waits) < sum(slow.waits)


def test_polling_goes_on_through_whatever_passes() -> None:
    answers: list[str | Exception | None] = [None, Passing("reset"), None, Passing("500", 9.0), "done"]
    slept = Slept()

    def ask() -> str | None:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert polling(ask, Patience(), slept, random.Random(1)) == "done"
    assert slept.waits[3] == 9.0
    assert all(5 <= seconds <= 5.5 for seconds in slept.waits[:3])


def test_polling_slows_down_and_ends_without_a_verdict() -> None:
    slept = Slept()
    assert polling(lambda: None, Patience(wait_s=600), slept, random.Random(1)) is None
    assert 580 < sum(slept.waits) <= 600
    assert max(slept.waits) <= 5 * 3 * 1.1
    assert slept.waits[-1] > 2 * slept.waits[0]


def test_questions_that_hang_are_waited_for_no_longer_than_the_job() -> None:
    asked = 0

    def ask() -> None:
        nonlocal asked
        asked += 1
        time.sleep(0.05)
        raise Passing("no answer in time")

    assert isinstance(polling(ask, Patience(wait_s=0.2, poll_s=0.001), time.sleep, random.Random(1)), Passing)
    assert asked <= 5


def test_fewer_jobs_fly_after_a_429_and_more_again_slowly() -> None:
    limiter, slots = Limiter(8), []
    for _ in range(8):
        slot = limiter.slot(lambda _: None)
        slot.__enter__()
        slots.append(slot)
    limiter.too_much()
    assert limiter.limit == 4
    limiter.too_much()
    assert limiter.limit == 2
    limiter.well()
    limiter.well()
    assert limiter.limit == 3
    for _ in range(100):
        limiter.well()
    assert limiter.limit == 8


def test_who_waits_for_a_place_can_be_called_off() -> None:
    limiter = Limiter(1)

    def pause(_: float) -> None:
        raise KeyboardInterrupt

    with limiter.slot(pause), pytest.raises(KeyboardInterrupt), limiter.slot(pause):
        pass
    with limiter.slot(pause):
        assert limiter.limit == 1


def test_a_place_that_is_given_back_is_taken_at_once() -> None:
    limiter, asked, taken = Limiter(1), threading.Event(), threading.Event()

    def wait() -> None:
        with limiter.slot(lambda _: asked.set()):
            taken.set()

    waiting = threading.Thread(target=wait)
    with limiter.slot(lambda _: None):
        waiting.start()
        assert asked.wait(60)
        assert not taken.is_set()
    assert taken.wait(60)
    waiting.join()
