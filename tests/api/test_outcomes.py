"""How jobs end: what may be tried again, who must ask for it, and that every paid attempt is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters import BadClip
from adapters.harness import OverBudget
from runners.clips.geometry import Geometry
from runners.clips.standardize import Output, standardize
from tests.api.fakes import ClipSpec
from tests.api.kit import CASES, Case, Clock, Run, running

WAIT_S = 1800.0
"""conf/base/api.yaml"""
every_case = pytest.mark.parametrize("case", CASES, ids=str)


def kinds(run: Run, times: int, *, again: bool = False) -> list[str]:
    return [run.go(again=again).kind for _ in range(times)]


@every_case
def test_a_refusal_is_a_result_and_only_whoever_asks_gets_one_more_job(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(None, "moderated")
        assert kinds(run, 3) == ["Refused"] * 3
        assert run.billed() == 1
        assert kinds(run, 1, again=True) == ["Refused"]
        assert kinds(run, 2) == ["Refused"] * 2
        assert run.billed() == 2
        assert run.states() == ["refused", "refused"]


@every_case
def test_a_refused_clip_that_is_asked_for_again_may_come(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(1, "moderated")
        assert [*kinds(run, 1), *kinds(run, 1, again=True)] == ["Refused", "clip"]
        assert run.states() == ["refused", "fetched"]


@every_case
def test_a_failure_that_may_pass_is_tried_once_more_and_no_further(case: Case, tmp_path: Path) -> None:
    attempts = 1 if case.differs.get(("outcome", "failed_transient")) == "final" else 2
    with running(case, tmp_path) as run:
        run.server.outcome(None, "failed_transient")
        assert kinds(run, 3) == ["AdapterError"] * 3
        assert run.states() == ["failed"] * attempts
        assert run.billed() == attempts


@every_case
def test_a_failure_that_does_not_pass_is_not_tried_again_unasked(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(None, "failed")
        assert kinds(run, 3) == ["AdapterError"] * 3
        assert run.billed() == 1


@every_case
def test_whoever_asks_again_after_a_failure_pays_no_more_than_was_set(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(None, "failed")
        assert [*kinds(run, 1), *kinds(run, 2, again=True)] == ["AdapterError"] * 3
        assert run.billed() == 2
        assert "max_attempts" in run.told[-1]


@every_case
@pytest.mark.parametrize("outcome", ["cancelled", "empty"])
def test_a_job_that_ends_with_nothing_is_told_and_not_paid_for_again(case: Case, outcome: str, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(None, outcome)
        assert not {*kinds(run, 3)} & {"clip", "Postponed", "Cancelled"}
        assert run.billed() == (2 if ("outcome", outcome) in case.differs else 1)
        assert run.states()[0] in ("failed", "refused", "expired")


@every_case
def test_a_job_that_never_ends_runs_on_when_nobody_waits_any_more(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        clock = Clock()
        run.server.outcome(1, "stuck")
        assert run.go(clock=clock).kind == "Postponed"
        assert clock.waited <= WAIT_S
        (job,) = run.server.jobs.values()
        assert run.ledger.log("0001").attempts[0].job_id == job.id
        job.outcome = "succeeded"
        assert run.go().data == job.output
        assert run.billed() == 1


@every_case
def test_a_clip_that_is_fetched_is_fetched_again_for_nothing(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        assert run.go().data == run.go().data
        assert run.billed() == 1
        assert [fact["state"] for fact in run.ledger.log("0001").facts].count("fetched") == 1


@every_case
def test_beyond_the_budget_nothing_is_sent(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.ledger.broke = True
        assert isinstance(run.go().error, OverBudget)
        assert (run.server.hits["submit"], run.ledger.log("0001").facts) == (0, [])
        run.ledger.broke = False
        assert run.go().kind == "clip"


@every_case
def test_another_job_may_not_be_begun_beyond_the_budget_and_the_first_is_still_known(
    case: Case, tmp_path: Path
) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(1, "moderated")
        assert run.go().kind == "Refused"
        run.ledger.broke = True
        assert isinstance(run.go(again=True).error, OverBudget)
        assert run.states() == ["refused"]
        assert run.billed() == 1


@every_case
def test_ctrl_c_in_any_wait_loses_no_job(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        for wait in range(1, 20):
            run.server.fault("submit", "429")
            clip_id = f"{wait:04d}"
            ended = run.go(clip_id, clock=Clock(cancel_at=wait))
            if ended.kind == "clip":
                break
            assert ended.kind == "Cancelled"
            run.server.engine.clear()
            assert run.go(clip_id).kind == "clip"
            assert run.billed(clip_id) == 1
        assert wait >= 3


@every_case
def test_a_clip_that_is_too_short_is_a_bad_clip_of_a_job_that_stays_done(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path, clip=ClipSpec()) as run:
        run.server.fault(case.inline or "download", "too_short", nth=2 if case.inline else 1)
        ended = run.go()
        assert ended.clip is not None, ended.told
        size = (128, 72)
        geometry, output = Geometry("stretch", size, size, (0, 0, *size)), Output(*size, 24)
        with pytest.raises(BadClip, match="5 s are needed"):
            standardize(ended.clip, geometry, output, 5.0, tmp_path / "out.mp4", "hold_one")
        assert run.states() == ["fetched"]
