"""Ctrl-C in the middle of paid work: nothing new is asked for, nothing that runs is lost, the way on is told."""

from __future__ import annotations

import contextlib
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.fakes import FakeServer, Incoming, Reply
from tests.api.harness import RUN, RUNWAY, attempts, command, started, words

THREE = ["select.ids=[1-3]", "model.adapter.concurrency=2"]
SIGNALS = [signal.SIGINT, signal.SIGTERM]


def submits(request: Incoming) -> bool:
    return request.method == "POST"


def polls(request: Incoming) -> bool:
    return request.path.startswith("/v1/tasks/")


def downloads(request: Incoming) -> bool:
    return request.path.startswith("/__storage/")


class Gated(FakeServer):
    """Does what it is asked for, and keeps the answers of some requests back until it is let go."""

    def __init__(self, held: Callable[[Incoming], bool]) -> None:
        super().__init__(RUNWAY.fake(), pending=1)
        self._held = held
        self._waiting = threading.Semaphore(0)
        self._open = threading.Event()

    def answer(self, request: Incoming) -> Reply:
        reply = super().answer(request)
        if self._held(request):
            self._waiting.release()
            assert self._open.wait(60)
        return reply

    def wait_for(self, count: int) -> None:
        """Until so many answers were kept back."""
        for _ in range(count):
            assert self._waiting.acquire(timeout=60)

    def let_go(self) -> None:
        self._open.set()

    def submits(self) -> int:
        return self.hits["submit"]


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> None:
    """Send the signal, and wait for the word that it was heard."""
    process.send_signal(number)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("stopping:"):
            return
    pytest.fail("it ended without a word")


def rest(process: subprocess.Popen[str]) -> str:
    """What it still says, up to its end."""
    out, _ = process.communicate(timeout=60)
    return out


def again(typed: list[str]) -> tuple[int, str]:
    done = command("generate", *typed)
    return done.returncode, done.stdout + done.stderr


def states(results: Path) -> list[str]:
    return sorted(tried[-1].state for tried in attempts(results / RUN).values())


def check_goes_on(server: Gated, typed: list[str], results: Path) -> None:
    """The same command ends the run, with one job a clip in all, and none was ever cancelled."""
    code, out = again(typed)
    assert code == 0, out
    assert "3 of 3 clips published" in out
    assert len(server.jobs) == server.submits() == 3
    assert states(results) == ["fetched"] * 3
    assert {seen.method for seen in server.captures} == {"GET", "POST"}


@pytest.mark.parametrize("number", SIGNALS)
def test_submits_under_way_are_put_on_record_and_none_is_begun(tmp_path: Path, number: signal.Signals) -> None:
    with Gated(submits) as server:
        typed = words(RUNWAY, server.base_url, tmp_path, *THREE)
        with started(typed) as process:
            server.wait_for(2)
            stop(process, number)
            assert states(tmp_path) == ["submitting"] * 2
            server.let_go()
            out = rest(process)
        assert process.returncode == 130, out
        assert server.submits() == 2
        assert states(tmp_path) == ["submitted"] * 2
        assert f"3 clips left; go on with: {shlex.join(['python', '-m', 'runners.generate', *typed])}" in out
        assert "2 jobs are paid for and run on" in out
        assert "Traceback" not in out
        check_goes_on(server, typed, tmp_path)


@pytest.mark.full
def test_one_wish_sent_twice_at_once_leaves_no_request_of_unknown_fate(tmp_path: Path) -> None:
    """GNU timeout, uv run and a closing terminal send a signal twice within microseconds."""
    with Gated(submits) as server:
        typed = words(RUNWAY, server.base_url, tmp_path, *THREE)
        with started(typed) as process:
            server.wait_for(2)
            process.send_signal(signal.SIGTERM)
            stop(process, signal.SIGTERM)
            server.let_go()
            out = rest(process)
        assert process.returncode == 130, out
        assert states(tmp_path) == ["submitted"] * 2
        check_goes_on(server, typed, tmp_path)


@pytest.mark.full
def test_jobs_that_are_waited_for_run_on_and_none_is_begun(tmp_path: Path) -> None:
    with Gated(polls) as server:
        server.engine.pending = 10**6
        typed = words(RUNWAY, server.base_url, tmp_path, *THREE)
        with started(typed) as process:
            server.wait_for(2)
            stop(process)
            server.let_go()
            out = rest(process)
        assert (process.returncode, server.submits()) == (130, 2), out
        assert states(tmp_path) == ["submitted"] * 2
        assert "2 jobs are paid for and run on" in out
        server.engine.pending = 1
        check_goes_on(server, typed, tmp_path)


@pytest.mark.full
def test_videos_on_their_way_take_no_job_s_place_and_are_fetched_by_the_next_run(tmp_path: Path) -> None:
    with Gated(downloads) as server:
        typed = words(RUNWAY, server.base_url, tmp_path, *THREE)
        with started(typed) as process:
            server.wait_for(3)  # two jobs at once, and three are done
            stop(process)
            server.let_go()
            out = rest(process)
        assert (process.returncode, server.submits()) == (130, 3), out
        assert set(states(tmp_path)) <= {"succeeded", "fetched"}
        check_goes_on(server, typed, tmp_path)


@pytest.mark.full
def test_waiting_for_a_service_that_turns_requests_away_ends_at_once(tmp_path: Path) -> None:
    with Gated(submits) as server:
        server.fault("submit", "429_absurd", times=None)
        typed = words(RUNWAY, server.base_url, tmp_path, *THREE)
        with started(typed) as process:
            server.wait_for(2)  # a 429 that came before the second request would hold that one back
            server.let_go()
            stop(process)
            out = rest(process)
        assert process.returncode == 130, out
        assert len(server.jobs) == 0
        assert states(tmp_path) == ["held"] * 2
        turned_away = server.submits()
        server.engine.clear()
        code, out = again(typed)
        assert (code, len(server.jobs), server.submits() - turned_away) == (0, 3, 3), out


@pytest.mark.full
def test_a_second_ctrl_c_leaves_at_once_and_the_next_run_asks_a_person(tmp_path: Path) -> None:
    with Gated(submits) as server:
        typed = words(RUNWAY, server.base_url, tmp_path, *THREE)
        with started(typed) as process:
            server.wait_for(2)
            stop(process)
            while process.poll() is None:
                process.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
        assert process.returncode == 130
        assert states(tmp_path) == ["submitting"] * 2
        server.let_go()
        code, out = again(typed)
        assert code == 1, out
        assert "2 clips may have been paid for" in out
        assert f"python -m runners.jobs list run={tmp_path / RUN}" in out
        assert len(server.jobs) == server.submits() == 3
