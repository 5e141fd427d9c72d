"""A run's deadline in the middle of paid work: no wait outlasts it, nothing is lost, and no job is paid for twice."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from runners.cli.making import instantiate_adapter
from runners.core.errors import counted
from runners.core.outcome import DONE, STOPPED, Outcome
from runners.generation import in_hand
from runners.generation import run as generation
from runners.generation.engine import Engine
from tests.api.fakes import FakeServer
from tests.api.harness import RUN, RUNWAY, attempts, command, words
from tests.api.test_interrupted_process import Gated, submits
from tests.test_conf import composed

LATE_S = 0.5
SOON_S = 60.0
"""By when a run with that deadline has surely ended, on a busy machine; each wait of the service is far longer."""
DEADLINE = f"deadline_s={LATE_S}"
ONE = ["select.ids=[1]"]
THREE = ["select.ids=[1-3]", "model.adapter.concurrency=1"]
ALL_AT_ONCE = ["select.ids=[1-3]", "model.adapter.concurrency=3"]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(RUNWAY.fake(), pending=1) as fake:
        yield fake


class Clock:
    """Stands still until the service was asked for all of this, so that a busy machine changes nothing; then runs."""

    def __init__(self, server: FakeServer, **hits: int) -> None:
        self._server, self._hits = server, hits
        self._begun: float | None = None

    def __call__(self) -> float:
        """Seconds."""
        if self._begun is None and all(self._server.hits[route] >= count for route, count in self._hits.items()):
            self._begun = time.monotonic()
        return 0.0 if self._begun is None else time.monotonic() - self._begun


def run(server: FakeServer, results: Path, *more: str, **until: int) -> tuple[Outcome, str, float]:
    """One invocation of the main job in this process: its outcome, its lines, and how long it took in seconds.

    `until`: the deadline counts from so many requests to these routes.
    """
    settings = composed("generate", *words(RUNWAY, server.base_url, results, *more))
    clocked, begun = partial(Engine, clock=Clock(server, **until)), time.monotonic()
    with mock.patch.dict(os.environ, {RUNWAY.key_env: RUNWAY.key}), mock.patch.object(generation, "Engine", clocked):
        outcome = generation.generate(settings, instantiate_adapter)
    return outcome, "\n".join(outcome.lines), time.monotonic() - begun


def states(results: Path) -> list[str]:
    return sorted(tried[-1].state for tried in attempts(results / RUN).values())


def check_goes_on(server: FakeServer, results: Path, clips: int, *more: str) -> None:
    """All is well again: the same command without a deadline brings every clip, with one paid job each in all."""
    server.engine.clear()
    outcome, told, _ = run(server, results, *more)
    assert outcome.code == DONE, told
    assert f"{clips} of {counted(clips, 'clip')} published" in told
    assert len(server.jobs) == clips
    assert all(len(tried) == 1 and tried[0].state == "fetched" for tried in attempts(results / RUN).values())


RUNNING = "1 job is paid for and runs on at the service ($0.60); the same command brings what they make"
DOWNLOADED = "1 job is paid for and done at the service ($0.60); the same command fetches what they made"
WAITS: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "a download that fails, tried for fetch_s=600": ("download", "status", {"status": 503}, "succeeded", DOWNLOADED),
    "a download that may be tried in a day": ("download", "429_absurd", {}, "succeeded", DOWNLOADED),
    "a download that drips": ("download", "drip", {"pieces": 1000, "gap_s": 0.1}, "succeeded", DOWNLOADED),
    "a job that runs on, waited for wait_s=1800": ("poll", "stuck", {}, "submitted", RUNNING),
    "a job that may be asked about in a day": ("poll", "429_absurd", {}, "submitted", RUNNING),
    "a submit that is turned away, tried for submit_s": ("submit", "503_seconds", {}, "held", ""),
    "a submit that may be tried in a day": ("submit", "429_absurd", {}, "held", ""),
}
"""Route, fault and its details; the state on record at the end; what is said of the job."""


@pytest.mark.rotating("wait")
@pytest.mark.parametrize("wait", WAITS)
def test_a_deadline_ends(server: FakeServer, tmp_path: Path, wait: str) -> None:
    route, kind, details, state, job = WAITS[wait]
    server.fault(route, kind, times=None, **details)
    outcome, told, seconds = run(server, tmp_path, *ONE, DEADLINE, **{route: 1})
    assert outcome.code == STOPPED, told
    assert LATE_S <= seconds < SOON_S
    assert states(tmp_path) == [state]
    assert job in told
    assert ("paid for" in told) == bool(job)
    assert f"1 clip left (the deadline was reached, deadline_s={LATE_S}); go on with: " in told
    assert "failed" not in told
    assert '"event":"failed"' not in (tmp_path / RUN / "journal.jsonl").read_text("utf-8").replace(" ", "")
    check_goes_on(server, tmp_path, 1, *ONE)


def test_clips_that_wait_for_a_place_are_not_begun(server: FakeServer, tmp_path: Path) -> None:
    server.fault("poll", "stuck", times=None)
    outcome, told, seconds = run(server, tmp_path, *THREE, DEADLINE, poll=1)
    assert (outcome.code, len(server.jobs), seconds < SOON_S) == (STOPPED, 1, True), told
    assert RUNNING in told
    assert "3 clips left" in told
    check_goes_on(server, tmp_path, 3, *THREE)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the lock."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.mark.full
def test_a_run_that_waits_for_the_budget_lock_asks_for_nothing(server: FakeServer, tmp_path: Path) -> None:
    typed = [*ONE, f"budget.lock={tmp_path / 'lock'}"]
    with locked(tmp_path / "lock"):
        outcome, told, seconds = run(server, tmp_path, *typed, DEADLINE)
    assert (outcome.code, server.hits["submit"], seconds < SOON_S) == (STOPPED, 0, True), told
    check_goes_on(server, tmp_path, 1, *typed)


@pytest.mark.full
def test_jobs_and_dollars_are_told_of_all_clips_in_hand(server: FakeServer, tmp_path: Path) -> None:
    server.fault("download", "status", status=503, times=None)
    server.fault("poll", "stuck", times=None, job=3)
    outcome, told, _ = run(server, tmp_path, *ALL_AT_ONCE, DEADLINE, submit=3, download=2)
    assert outcome.code == STOPPED, told
    assert RUNNING in told
    assert "2 jobs are paid for and done at the service ($1.20); the same command fetches what they made" in told
    check_goes_on(server, tmp_path, 3, *ALL_AT_ONCE)


@pytest.mark.full
def test_the_answers_to_paid_requests_are_put_on_record_first(tmp_path: Path) -> None:
    more = ["select.ids=[1-3]", "model.adapter.concurrency=2"]
    said: list[str] = []
    with Gated(submits) as server:

        def hear(line: str) -> None:
            said.append(line)
            assert states(tmp_path) == ["submitting"] * 2
            server.let_go()

        with mock.patch.object(in_hand, "say", hear):
            outcome, told, _ = run(server, tmp_path, *more, DEADLINE, submit=2)
        answers = "the answers to 2 paid requests are on record"
        assert said == [f"deadline_s={LATE_S:g} is over: the run ends as soon as {answers}"]
        assert (outcome.code, server.submits()) == (STOPPED, 2), told
        assert "2 jobs are paid for and run on at the service ($1.20)" in told
        check_goes_on(server, tmp_path, 3, *more)


@pytest.mark.full
def test_a_service_that_keeps_its_answer_back_is_left_behind(server: FakeServer, tmp_path: Path) -> None:
    server.fault("poll", "hang", times=None)
    begun = time.monotonic()
    done = command("generate", *words(RUNWAY, server.base_url, tmp_path, *ONE, "deadline_s=2"))
    assert done.returncode == STOPPED, done.stdout + done.stderr
    assert time.monotonic() - begun < 7 + SOON_S  # the grace that a Ctrl-C gives as well
    assert RUNNING in done.stdout
    assert states(tmp_path) == ["submitted"]
    check_goes_on(server, tmp_path, 1, *ONE)
