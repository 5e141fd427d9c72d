"""Whose a paid job is: claims of one run, of its sweep, of runs beside it, and of threads at the same moment."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from runners.paid.job_log import ClipJobs
from runners.paid.job_owners import JobOwners
from runners.paid.spending import Gate
from runners.runs.journal import ClipState, Journal, journal_name


def gate(lock: Path | None = None) -> Gate:
    return Gate([], lock, lambda: False)


def log(run: Path, clip_id: str = "0001", sweep: tuple[Path, ...] = ()) -> ClipJobs:
    run.mkdir(parents=True, exist_ok=True)
    return ClipJobs(_journal(run), gate(), clip_id, ClipState(), owners=JobOwners(run, sweep))


_journals: dict[Path, Journal] = {}


def _journal(run: Path) -> Journal:
    if run not in _journals:
        _journals[run] = Journal(run / journal_name(None))
    return _journals[run]


def claim(jobs: ClipJobs, job_id: str = "a", attempt: int = 1, host: str = "api.x", **intent: object) -> str | None:
    jobs.append({"state": "submitting", "attempt": attempt, "usd": 0.5, "host": host, **intent})
    return jobs.claim({"state": "submitted", "attempt": attempt, "job_id": job_id})


def test_a_job_is_one_attempt_s_of_one_clip(tmp_path: Path) -> None:
    first, second = log(tmp_path / "run_01", "0001"), log(tmp_path / "run_01", "0002")
    assert claim(first) is None
    assert claim(first) is None  # told twice, as after a kill
    assert claim(first, attempt=2) == "attempt 1 of the same clip"
    assert claim(second) == "clip 0001"
    assert claim(second, "b") is None
    assert [fact.get("job_id") for fact in second.events()] == [None, None, "b"]


@pytest.mark.parametrize("swept", [True, False])
def test_a_job_is_one_run_s(tmp_path: Path, swept: bool) -> None:
    here, there = tmp_path / "x/run_01", tmp_path / ("y" if swept else "x") / "run_01+tag"
    assert claim(log(here)) is None
    assert str(claim(log(there, "0002", (here, there) if swept else ()))).startswith("clip 0001 of ")


def test_each_service_has_ids_of_its_own_and_a_server_of_one_s_own_may_begin_anew(tmp_path: Path) -> None:
    runs = [tmp_path / f"run_{k:02}" for k in (1, 2, 3)]
    assert claim(log(runs[0]), host="localhost:8091", usd=0) is None
    assert claim(log(runs[1]), host="localhost:8091", usd=0) is None
    assert claim(log(runs[1], "0002"), host="localhost:8091", usd=0) == "clip 0001"
    assert claim(log(runs[2]), host="api.x") is None


def test_a_copied_run_has_the_same_requests(tmp_path: Path) -> None:
    assert claim(log(tmp_path / "run_01"), uuid="u") is None
    assert claim(log(tmp_path / "copy"), uuid="u") is None
    assert claim(log(tmp_path / "run_02"), uuid="w") is not None


def test_a_job_that_a_person_adopted_by_mistake_and_gave_up_is_free_again(tmp_path: Path) -> None:
    wrong, right = log(tmp_path / "run_01", "0001"), log(tmp_path / "run_01", "0002")
    wrong.append({"state": "submitted", "attempt": 1, "job_id": "a", "adopted": True})
    assert claim(right) == "clip 0001"
    wrong.append({"state": "abandoned", "attempt": 1})
    assert claim(right) is None


def test_a_journal_beside_it_that_makes_no_sense_holds_nobody_up(tmp_path: Path) -> None:
    other = tmp_path / "run_02"
    other.mkdir()
    (other / "journal.jsonl").write_text('{"event": "job", "id": "1", "job": {"attempt": "one", "job_id": "b"}}\n')
    assert claim(log(tmp_path / "run_01")) is None


@pytest.mark.parametrize("odd", [{"segment": None}, {"attempt": "one"}, {"attempt": [1]}])
@pytest.mark.parametrize("beside", [True, False])
def test_an_odd_number_in_a_journal_hides_no_job_after_it(tmp_path: Path, beside: bool, odd: dict[str, object]) -> None:
    run = tmp_path / "run_01"
    owner = log(tmp_path / "run_02" if beside else run, "0001")
    owner.append({"state": "submitting", "attempt": 1, **odd})
    assert claim(owner) is None
    assert "clip 0001" in str(claim(log(run, "0002")))


class Slow(JobOwners):
    """Lets others come in between what it saw and what is made of it."""

    def owner_of(self, job_id: str, clip_id: str, segment: int, attempt: int) -> str | None:
        found = super().owner_of(job_id, clip_id, segment, attempt)
        time.sleep(0.01)
        return found


def test_of_threads_that_claim_one_job_at_the_same_moment_one_gets_it(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    journal, shared, owners = Journal(tmp_path / journal_name(None)), gate(tmp_path / "lock"), Slow(tmp_path)
    start, told = threading.Barrier(8), []

    def one(clip_id: str) -> None:
        jobs = ClipJobs(journal, shared, clip_id, ClipState(), owners=owners)
        start.wait()
        told.append(jobs.claim({"state": "submitted", "attempt": 1, "job_id": "a"}))

    threads = [threading.Thread(target=one, args=(f"{k:04}",)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count(None) == 1
    assert len({owner for owner in told if owner}) == 1
