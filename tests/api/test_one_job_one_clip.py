"""A job is one clip's: ids that a service tells are compared, and only a name of the attempt's own finds a lost job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.fakes import FakeServer
from tests.api.front import Front
from tests.api.harness import RUN, RUNWAY, attempts, command, manifest, words
from tests.api.kit import BY_NAME, CASES, Case, Clock, Ledger, Run, running

STATES_NONE = {"xai"}
"""Services whose answers to a poll do not say which job they are of."""
ARK_WITHOUT_SEED = replace(BY_NAME["ark"], model="ark_seedance_20", changes={"options": {"uuid": "safety_identifier"}})


def begun(run: Run, clip_id: str) -> str:
    """A clip whose job runs, left after its first poll; the job's id."""
    assert run.go(clip_id, clock=Clock(cancel_at=1)).kind == "Cancelled"
    return str(run.ledger.log(clip_id).attempts[-1].job_id)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_id_that_another_clip_has_is_not_believed(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.engine.uuid = lambda *parts: "0e0e0e0e-0000-4000-8000-000000000000"  # type: ignore[method-assign]
        assert run.go("0001").kind == "clip"
        asked = run.server.hits["poll"]
        ends = [run.go("0002") for _ in range(2)]
        assert [end.kind for end in ends] == ["Ambiguous", "Ambiguous"]
        assert all("clip 0001" in end.told for end in ends)
        assert run.states("0002") == ["answered"]
        assert run.ledger.log("0002").attempts[0].job_id is None
        assert run.server.hits["poll"] == asked


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in STATES_NONE], ids=str)
def test_the_record_of_another_job_is_asked_for_again_and_never_fetched(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path, wait_s=60) as run:
        first, second = begun(run, "0001"), begun(run, "0002")
        jobs = run.server.engine.jobs
        jobs[first], jobs[second] = jobs[second], jobs[first]
        ended = run.go("0001")
        assert ended.kind == "Postponed"
        assert "not believed" in ended.told
        notes = [fact["note"] for fact in run.ledger.log("0001").facts if "note" in fact]
        assert len(notes) == 1
        assert second in notes[0] or case.name == "vertex"  # whose names are longer than what is shown
        jobs[first], jobs[second] = jobs[second], jobs[first]
        videos = {clip_id: run.go(clip_id).data for clip_id in ("0001", "0002")}
        assert videos == {"0001": jobs[first].output, "0002": jobs[second].output}
        assert (run.billed("0001"), run.billed("0002")) == (1, 1)


class Stale(Front):
    """A cache that gives its last answer about the first file to whoever asks about the next one at first."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.kept: dict[bytes, bytes] = {}

    def _passed_on(self, request: bytes) -> bytes:
        answer = super()._passed_on(request)
        if b"application/json" in answer:  # addresses lead to the front again: its port has as many digits
            answer = answer.replace(b":%d/" % self._there[1], self.base_url[-6:].encode() + b"/")
        path = request.split(b" ", 2)[1]
        if b"/files/" in path and b"download" not in path:
            first = path not in self.kept
            self.kept[path] = answer
            return next(iter(self.kept.values())) if first else answer
        return answer


@pytest.mark.parametrize("case", [BY_NAME["minimax"], BY_NAME["gemini_file"]], ids=str)
def test_what_is_told_of_another_job_s_file_is_not_believed(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run, Stale(run.server.base_url) as front:
        videos = [run.go(clip_id, base_url=front.base_url).data for clip_id in ("0001", "0002")]
        assert videos == [job.output for job in run.server.jobs.values()]
        assert len(front.kept) == 2
        assert "not believed" in str([fact.get("note") for fact in run.ledger.log("0002").facts])


def test_a_service_that_states_no_id_is_believed(tmp_path: Path) -> None:
    with running(BY_NAME["xai"], tmp_path) as run:
        assert run.go().kind == "clip"


@pytest.mark.parametrize("case", [*CASES, ARK_WITHOUT_SEED], ids=str)
def test_no_run_takes_the_job_of_another_run_with_the_same_seed_and_inputs(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("submit", "create_rst")  # the first run's job is made, and its answer lost
        assert run.go().kind == "Ambiguous"
        other = Run(case, run.server, tmp_path, run.changes, Ledger())
        run.server.fault("submit", "500")  # the second run's is not made
        assert [other.go().kind for _ in range(3)] == ["Ambiguous"] * 3
        assert other.ledger.log("0001").attempts[0].job_id is None


@pytest.mark.parametrize("case", [BY_NAME["kling"], ARK_WITHOUT_SEED], ids=str)
def test_each_of_two_runs_finds_its_own_job_by_the_attempt_s_name(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        runs = [Run(case, run.server, tmp_path, run.changes, Ledger()) for _ in range(2)]
        run.server.fault("submit", "create_rst", times=2)
        assert [each.go().kind for each in runs] == ["Ambiguous", "Ambiguous"]
        assert [each.go().kind for each in reversed(runs)] == ["clip", "clip"]
        found = [each.ledger.log("0001").attempts[0].job_id for each in runs]
        assert found == list(run.server.jobs)


class OneId(FakeServer):
    """A service, or a proxy in front of it, that answers every submission with the same id."""

    def __init__(self) -> None:
        super().__init__(RUNWAY.fake(), pending=1)
        self.engine.uuid = lambda *parts: "0e0e0e0e-0000-4000-8000-000000000000"  # type: ignore[method-assign]


def test_of_clips_that_are_answered_with_one_id_at_the_same_moment_one_is_published(tmp_path: Path) -> None:
    with OneId() as server:
        done = command("generate", *words(RUNWAY, server.base_url, tmp_path, "select.ids=[1-3]", "concurrency=3"))
        assert done.returncode == 1, done.stdout + done.stderr
        known = attempts(tmp_path / RUN)
        assert sorted(tried[-1].state for tried in known.values()) == ["answered", "answered", "fetched"]
        (owner,) = (clip_id for clip_id, tried in known.items() if tried[-1].state == "fetched")
        assert done.stdout.count(f"which is that of clip {owner}") == 2
        assert len(list((tmp_path / RUN / "videos").glob("*.mp4"))) == 1


def test_an_id_that_a_clip_of_another_run_has_is_not_believed(tmp_path: Path) -> None:
    with OneId() as server:
        typed = words(RUNWAY, server.base_url, tmp_path, "select.ids=[1]", "budget.sweep_max_usd=100")
        done = command("generate", "-m", *typed, "run=1,2")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "which is that of clip 0001 of " in done.stdout
        later = command("generate", *typed, "run=3")  # not of the sweep, and beside it
        assert later.returncode == 1
        states = [attempts(tmp_path / f"mini/runway_gen45-op-run_{k:02}")["0001"][-1].state for k in (1, 2, 3)]
        assert states == ["fetched", "answered", "answered"]


@pytest.mark.full
def test_clips_of_one_video_are_told_wherever_the_run_is_shown(tmp_path: Path) -> None:
    with FakeServer(RUNWAY.fake(), pending=1, distinct=False) as server:
        typed = [*words(RUNWAY, server.base_url, tmp_path), "budget.sweep_max_usd=100"]
        done = command("generate", "-m", *typed, "run=1,2")
    assert done.returncode == 0, done.stdout + done.stderr
    within = "clips 0001, 0002, 0003, 0004, 0005, … are the same video, byte for byte"
    assert done.stdout.count(f"warning: {within}") == 2
    assert "run_02 (6 clips: 0001, 0002, 0003, …) have the same video, byte for byte: one of them" in done.stdout
    assert manifest(tmp_path / RUN)["warnings"][0].startswith(within)

    scored = command("score", f"results={tmp_path}", "resamples=5")
    assert scored.returncode == 0, scored.stdout + scored.stderr
    for text in (scored.stdout, (tmp_path / "leaderboard.md").read_text(encoding="utf-8").replace("\\", "")):
        assert f"run_01: {within}" in text
        assert "run_02 (6 clips: 0001, 0002, 0003, …) have the same video" in text
    submitted = command("submit", f"runs=[{tmp_path / RUN}]", "check_only=true")
    assert submitted.stdout.count(within) == 1
