"""Money: what journals say was spent, and the gate that no request passes beyond a cap."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from adapters import Cancelled
from adapters.harness import OverBudget, fold_attempts, spent_usd
from runners.paid.job_log import ClipJobs, asked_again
from runners.paid.spending import Cap, Gate, Totals
from runners.runs.journal import ClipState, Journal, fold, journal_name
from tests.runs.lines import event


def running() -> bool:
    return False


def gate(folder: Path, cap_usd: float, others: tuple[Path, ...] = ()) -> Gate:
    lock = folder / ".budget.lock"
    lock.touch()
    return Gate([Cap(cap_usd, Totals([folder, *others]), "budget.max_usd")], lock, running)


def jobs(journal: Journal, gate_: Gate, clip_id: str = "0001") -> ClipJobs:
    return ClipJobs(journal, gate_, clip_id, ClipState())


def test_attempts_are_folded_with_the_latest_cost_of_each() -> None:
    events: list[dict[str, Any]] = [
        {"state": "submitting", "attempt": 1, "usd": 0.6},
        {"state": "rejected", "attempt": 1, "usd": 0},
        {"state": "submitting", "attempt": 2, "usd": 0.6},
        {"state": "submitted", "attempt": 2, "job_id": "a"},
        {"state": "failed", "attempt": 2, "usd": 0.55},
        {"state": "submitting", "attempt": 1, "usd": 0.6, "segment": 1},
        {"note": "no attempt of anything"},
    ]
    attempts = fold_attempts(events)
    assert [(one.segment, one.number, one.state, one.usd) for one in attempts] == [
        (0, 1, "rejected", 0), (0, 2, "failed", 0.55), (1, 1, "submitting", 0.6),
    ]  # fmt: skip
    assert [one.billed for one in attempts] == [False, True, True]
    assert spent_usd(events) == pytest.approx(1.15)


def test_the_request_that_would_pass_the_cap_is_not_promised(tmp_path: Path) -> None:
    journal = Journal(tmp_path / journal_name(None))
    log = jobs(journal, gate(tmp_path, 1.0))
    for number in (1, 2):
        with log.spend({"state": "submitting", "attempt": number, "usd": 0.5}, 0.5):
            pass
    with (
        pytest.raises(OverBudget, match=r"\$1\.00 are spent or promised.*budget\.max_usd=1"),
        log.spend({"state": "submitting", "attempt": 3, "usd": 0.5}, 0.5),
    ):
        pass
    assert len(log.events()) == 2


def test_what_turned_out_cheaper_leaves_room(tmp_path: Path) -> None:
    journal = Journal(tmp_path / journal_name(None))
    log = jobs(journal, gate(tmp_path, 1.0))
    with log.spend({"state": "submitting", "attempt": 1, "usd": 0.9}, 0.9):
        log.append({"state": "rejected", "attempt": 1, "usd": 0})
    with log.spend({"state": "submitting", "attempt": 2, "usd": 0.9}, 0.9):
        pass
    assert Totals([tmp_path]).usd() == pytest.approx(0.9)


def test_many_threads_never_pass_the_cap_together(tmp_path: Path) -> None:
    journal, gate_ = Journal(tmp_path / journal_name(None)), gate(tmp_path, 1.0)

    def spend(k: int) -> None:
        intent = {"state": "submitting", "attempt": 1, "usd": 0.1}
        with suppress(OverBudget), jobs(journal, gate_, f"{k:04d}").spend(intent, 0.1):
            pass

    threads = [threading.Thread(target=spend, args=(k,)) for k in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Totals([tmp_path]).usd() == pytest.approx(1.0)
    assert gate_.in_flight == 0


def test_shards_share_one_cap_through_one_lock(tmp_path: Path) -> None:
    first, second = (Journal(tmp_path / journal_name((k, 2))) for k in (1, 2))
    gates = [gate(tmp_path, 1.0), gate(tmp_path, 1.0)]
    with jobs(first, gates[0], "0001").spend({"state": "submitting", "attempt": 1, "usd": 0.7}, 0.7):
        pass
    with pytest.raises(OverBudget), jobs(second, gates[1], "0002").spend({"attempt": 1, "usd": 0.7}, 0.7):
        pass


def test_a_sweeps_cap_counts_all_its_runs_and_no_other(tmp_path: Path) -> None:
    here, sibling, stranger = (tmp_path / name for name in ("a-run_01", "a-run_02", "b-run_01"))
    for folder in (here, sibling, stranger):
        folder.mkdir()
        log = jobs(Journal(folder / journal_name(None)), Gate([], None, running))
        with log.spend({"state": "submitting", "attempt": 1, "usd": 4.0}, 4.0):
            pass
    assert Totals([here, sibling]).usd() == pytest.approx(8.0)


def test_a_torn_line_is_a_promise_that_was_not_made(tmp_path: Path) -> None:
    path = tmp_path / journal_name(None)
    path.write_bytes(b'{"event": "job", "number": 1, "id": "1", "job": {"attempt": 1, "usd": 2}}\n{"event": "job", "nu')
    totals = Totals([tmp_path])
    assert totals.usd() == 2
    with path.open("ab") as file:
        file.write(b'mber": 2, "id": "2", "job": {"attempt": 1, "usd": 3}}\n')
    assert totals.usd() == 5


def test_no_request_is_promised_once_the_run_is_being_stopped(tmp_path: Path) -> None:
    journal = Journal(tmp_path / journal_name(None))
    log = jobs(journal, Gate([], None, lambda: True))
    with pytest.raises(Cancelled), log.spend({"state": "submitting", "attempt": 1, "usd": 1}, 1):
        pass
    assert log.events() == []


def test_requests_on_their_way_are_counted(tmp_path: Path) -> None:
    gate_ = Gate([], None, running)
    with jobs(Journal(tmp_path / journal_name(None)), gate_).spend({"attempt": 1}, 1):
        assert gate_.in_flight == 1
    assert gate_.in_flight == 0


def test_asking_again_means_that_the_end_was_known(tmp_path: Path) -> None:
    journal = Journal(tmp_path / journal_name(None))
    journal.append(event("job", id="1", job={"state": "refused", "attempt": 1}))
    assert not asked_again(fold(tmp_path).clip("1"))  # killed before the refusal was told
    journal.append(event("failed", id="1", kind="refused", reason="no"))
    assert asked_again(fold(tmp_path).clip("1"))
    journal.append(event("job", id="1", job={"state": "submitting", "attempt": 2}))
    assert not asked_again(fold(tmp_path).clip("1"))  # killed while it was asked again


@pytest.mark.parametrize("odd", ["-100", "NaN", '"NaN"', "Infinity", "null", "true", "[]", "1" + "0" * 400])
def test_a_cost_that_is_none_does_not_disarm_a_cap(odd: str, tmp_path: Path) -> None:
    path = tmp_path / journal_name(None)
    event = '{"event": "job", "number": %d, "id": "1", "job": {"attempt": 1, "state": "%s", "usd": %s}}\n'
    path.write_text(event % (1, "submitting", "0.9") + event % (2, "succeeded", odd))
    assert Totals([tmp_path]).usd() == 0.9
    with pytest.raises(OverBudget):
        Cap(1.0, Totals([tmp_path]), "budget.max_usd").check(0.2)


@pytest.mark.parametrize("odd", ["NaN", '"x"', "null", "[]", "{}", "1e400"])
def test_an_attempt_that_is_no_number_is_counted_all_the_same(odd: str, tmp_path: Path) -> None:
    event = '{"event": "job", "number": %s, "id": "1", "job": {"attempt": %s, "segment": %s, "usd": 0.9}}\n'
    (tmp_path / journal_name(None)).write_text(event % (odd, odd, odd))
    assert Totals([tmp_path]).usd() == 0.9
