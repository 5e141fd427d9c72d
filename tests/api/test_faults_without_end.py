"""Faults that never clear: every wait ends, nothing is called failed that is not, and the next day brings the clip."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.harness import Postponed
from tests.api.fakes import ClipSpec
from tests.api.kit import CASES, Case, Clock, Run, running

SUBMIT_S, WAIT_S, FETCH_S = 120.0, 1800.0, 600.0
"""How long conf/base/api.yaml lets each step take."""
every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_download = pytest.mark.parametrize("case", [case for case in CASES if not case.inline], ids=str)


def well_again(run: Run) -> None:
    """All is well, and the clip comes for what was paid already."""
    run.server.engine.clear()
    ended = run.go()
    assert ended.kind == "clip", ended.told
    assert run.billed() == 1


@pytest.mark.rotating("case")
@every_case
@pytest.mark.parametrize("kind", ["429", "429_absurd"])
def test_a_service_that_turns_everything_away_ends_the_run_for_now(case: Case, kind: str, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        clock = Clock()
        run.server.fault("submit", kind, times=None)
        ended = run.go(clock=clock)
        assert isinstance(ended.error, Postponed), ended.told
        assert ended.error.ends_run
        assert clock.waited <= SUBMIT_S
        assert set(run.states()) == {"held"}
        well_again(run)


@pytest.mark.rotating("case")
@every_case
def test_a_service_that_is_down_was_asked_for_nothing(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        clock = Clock()
        with run.server.refusing():
            ended = run.go(clock=clock)
        assert isinstance(ended.error, Postponed), ended.told
        assert ended.error.ends_run
        assert clock.waited <= SUBMIT_S
        well_again(run)


@pytest.mark.rotating("case")
@every_case
def test_a_service_that_comes_back_is_waited_for(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:

        class Reopening(Clock):
            def pause(self, seconds: float, /) -> None:
                if len(self.waits) == 2:
                    run.server.reopen()
                super().pause(seconds)

        run.server.refuse()
        assert run.go(clock=Reopening()).kind == "clip"
        assert run.billed() == 1


@pytest.mark.rotating("case")
@every_case
@pytest.mark.parametrize("kind", ["500", "429", "503_seconds", "rst", "malformed_json", "stuck", "unknown_status"])
def test_a_job_that_tells_nothing_runs_on_when_nobody_waits_any_more(case: Case, kind: str, tmp_path: Path) -> None:
    with running(case, tmp_path, poll_s=60) as run:
        clock = Clock()
        run.server.fault("poll", kind, times=None)
        ended = run.go(clock=clock)
        assert isinstance(ended.error, Postponed), ended.told
        assert not ended.error.ends_run
        assert WAIT_S / 2 < clock.waited <= WAIT_S
        assert run.states() == ["submitted"]
        well_again(run)


@pytest.mark.rotating("case")
@every_case
def test_a_job_that_the_service_no_longer_knows_is_not_called_failed(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        clock = Clock()
        run.server.fault("poll", "404", times=None)
        # MiniMax has no such answer of its own: what says 404 there is no judge of the job.
        ends = ["Postponed" if case.name == "minimax" else "Ambiguous"] * 2
        assert [run.go(clock=clock).kind, run.go().kind] == ends
        assert clock.waited >= 60  # a service may need a while to know its own job
        assert run.states() == ["submitted"]
        well_again(run)


@pytest.mark.rotating("case")
@every_case
def test_a_word_that_nobody_knows_is_noted_once(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("poll", "unknown_status", times=5)
        assert run.go().kind == "clip"
        notes = [fact["note"] for fact in run.ledger.log("0001").facts if "note" in fact]
        assert len(notes) == 1 or case.name == "vertex"  # an operation there has no word for how it stands


@pytest.mark.rotating("case")
@every_download
@pytest.mark.parametrize("kind", ["500", "429_absurd", "rst", "cut", "chunked_cut"])
def test_a_video_that_does_not_come_is_left_for_later_and_stays_paid(case: Case, kind: str, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        clock = Clock()
        run.server.fault("download", kind, times=None)
        ended = run.go(clock=clock)
        assert isinstance(ended.error, Postponed), ended.told
        assert FETCH_S / 2 < clock.waited <= FETCH_S + WAIT_S
        assert run.states() == ["succeeded"]
        well_again(run)


@pytest.mark.rotating("case")
@every_download
@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_video_that_is_gone_is_told_so_and_looked_for_again(case: Case, status: int, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("download", "status", status=status, times=None)
        ended = run.go()
        assert ended.kind == "AdapterError", ended.told
        assert "paid for" in str(ended.error)
        assert run.server.hits["download"] == 4  # the first address, and three fresh ones
        assert run.states() == ["expired"]
        well_again(run)


@pytest.mark.rotating("case")
@every_case
@pytest.mark.parametrize("kind", ["html", "wrong_container", "damaged", "wrong_aspect"])
def test_a_video_that_is_none_spoils_the_clip_and_not_the_budget(case: Case, kind: str, tmp_path: Path) -> None:
    with running(case, tmp_path, clip=ClipSpec()) as run:
        nth = 2 if case.inline else 1
        run.server.fault(case.inline or "download", kind, nth=nth, times=None)
        assert [run.go().kind, run.go().kind] == ["BadClip", "BadClip"]
        assert run.states() == ["succeeded"]
        well_again(run)
