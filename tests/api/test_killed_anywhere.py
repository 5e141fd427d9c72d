"""Death before or after any fact that goes on record, and in any wait: the next process goes on, and nobody pays twice.

In one process, for every provider; tests/api/test_killed_process.py kills real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.kit import CASES, TINY, Case, Clock, Run, running

MOST = 40
"""Appends and waits that no job has."""
every_case = pytest.mark.parametrize("case", CASES, ids=str)
Disturb = Callable[[Run], None]


def undisturbed(run: Run) -> None:
    """All is well."""


def refused_at_first(run: Run) -> None:
    """The service is too busy for the first request."""
    run.server.fault("submit", "429")


def failing_once(run: Run) -> None:
    """The first job fails, and may be followed by another."""
    run.server.outcome(1, "failed_transient")


def gone_on_with(run: Run, *, dead: bool) -> None:
    """Bring the clip to its end after a death; where nobody can know, as a person would who looks at the dashboard."""
    billed = set(run.server.jobs)
    ended = run.go()
    if ended.kind == "Ambiguous":
        last = run.ledger.log("0001").attempts[-1]
        lost = billed - {attempt.job_id for attempt in run.ledger.log("0001").attempts}
        assert (dead, last.state) == (True, "submitting"), ended.told
        assert not (run.case.evidence and lost), "a job that the service lists was not found"
        assert run.go().kind == "Ambiguous"
        assert set(run.server.jobs) == billed
        helped = {"state": "submitted", "job_id": lost.pop(), "adopted": True} if lost else {"state": "abandoned"}
        run.ledger.log("0001").append({"attempt": last.number, **helped})
        ended = run.go()
    assert ended.kind == "clip", ended.told
    assert ended.data == list(run.server.jobs.values())[-1].output
    assert run.states()[-1] == "fetched"


@pytest.mark.rotating("case")
@every_case
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("disturb", [undisturbed, refused_at_first, failing_once])
def test_death_at_any_fact_leaves_a_clip_that_is_paid_once(
    case: Case, disturb: Disturb, after: bool, tmp_path: Path
) -> None:
    final = disturb is failing_once and ("outcome", "failed_transient") in case.differs
    if final:
        pytest.skip("no failure is documented as one that may pass")
    deaths = 0
    for nth in range(1, MOST):
        with running(case, tmp_path) as run:
            disturb(run)
            run.ledger.die(nth, after=after)
            died = run.go().kind == "Killed"
            deaths += died
            run.ledger.live()
            gone_on_with(run, dead=died)
            assert run.billed() == (2 if disturb is failing_once else 1)
        if not died:
            break
    assert deaths >= 5


@pytest.mark.rotating("case")
@every_case
def test_death_between_promise_and_answer_is_the_only_one_that_leaves_doubt(case: Case, tmp_path: Path) -> None:
    doubtful = []
    for nth in range(1, 6):
        for after in (False, True):
            with running(case, tmp_path) as run:
                run.ledger.die(nth, after=after)
                assert run.go().kind == "Killed"
                run.ledger.live()
                if run.states() == ["submitting"]:
                    doubtful.append((nth, after))
    assert doubtful == [(1, True), (2, False)]  # promised and not sent; sent and not answered


@pytest.mark.rotating("case")
@every_case
def test_death_in_any_wait_loses_nothing(case: Case, tmp_path: Path) -> None:
    for nth in range(1, MOST):
        with running(case, tmp_path) as run:
            for route in ("submit", "poll"):
                run.server.fault(route, "429_seconds")
            if not case.inline:
                run.server.fault("download", "500")
            died = run.go(clock=Clock(kill_at=nth)).kind == "Killed"
            gone_on_with(run, dead=False)
            assert run.billed() == 1
        if not died:
            break
    assert nth >= 4


@pytest.mark.rotating("case")
@every_case
def test_lives_of_two_facts_each_end_with_the_clip(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        ends: list[str] = []
        while len(ends) < MOST and "clip" not in ends:
            run.ledger.die(2, after=True)
            ends.append(run.go().kind)
        assert ends == ["Killed", "Killed", "Killed", "clip"]
        assert run.billed() == 1


@pytest.mark.full
@pytest.mark.rotating("case")
@pytest.mark.parametrize("case", [case for case in CASES if case.multiframe], ids=str)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_footage_that_was_sent_is_paid_once_as_well(case: Case, after: bool, tmp_path: Path) -> None:
    for nth in range(1, MOST):
        with running(case, tmp_path, clip=TINY, model=case.multiframe, sizes=[[128, 72]]) as run:
            run.ledger.die(nth, after=after)
            died = run.go().kind == "Killed"
            run.ledger.live()
            gone_on_with(run, dead=died)
            assert run.billed() == 1
        if not died:
            break
    assert nth >= 5
