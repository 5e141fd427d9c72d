"""A paid run is killed anywhere; run again, every clip is there, and no job was paid for twice."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from runners.runs.events import Published
from runners.runs.journal import journal_files, read_events
from tests.api.cases import CASES, Case
from tests.api.fakes import FakeServer
from tests.api.harness import ROOT, RUNWAY, attempts, environ, words
from tests.run.harness import IDS, videos

EVERY = [case for case in CASES if not case.bearer]
"""All whose credential is a key in the environment."""
FEW = [RUNWAY, next(case for case in EVERY if case.evidence)]
"""One whose lost job a person adopts, one that shows its jobs: these die in `make test`."""
every_service = pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case in FEW else pytest.mark.full) for case in EVERY], ids=str
)
ONE = "select.ids=[1]"
LOST, GIVEN_UP = "before:answered", "before:answered:give_up"
"""Killed when the service has taken the job, and its answer is not on record."""
PROMISED, DONE = "after:submitting", "after:succeeded"
RANDOM_KILLS = 8

Record = dict[str, Any]


def crash(folder: Path, tasks: Sequence[tuple[Case, tuple[str, ...], list[str]]]) -> list[list[Record]]:
    """Do what tests/api/crash.py says, each (case, words, kills) at a fake service of its own."""
    with contextlib.ExitStack() as stack:
        told = []
        for number, (case, more, kills) in enumerate(tasks):
            server = stack.enter_context(FakeServer(case.fake(), pending=1, keep_bytes=4096))
            results = folder / str(number)
            typed = words(case, server.base_url, results, "concurrency=3", "model.adapter.concurrency=3", *more)
            key = {case.key_env: case.key}
            told.append(
                {"results": str(results), "address": server.base_url, "words": typed, "environ": key, "kills": kills}
            )
        done = subprocess.run(
            [sys.executable, "-m", "tests.api.crash"], input=json.dumps(told), cwd=ROOT, capture_output=True, text=True,
            timeout=900, check=False, env=environ(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: list[list[Record]] = json.loads(done.stdout.splitlines()[-1])
        return found


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    return crash(tmp_path_factory.mktemp("steps"), [(RUNWAY, (ONE,), ["steps"])])[0]


Around = Callable[[Case], dict[str, Record]]
"""The records of a service by kill."""


def killed_around(folder: Path, cases: Sequence[Case]) -> dict[str, dict[str, Record]]:
    """By service and kill; what a person decides does not depend on the service."""
    kills = [[LOST, DONE, *([GIVEN_UP, PROMISED] if case is RUNWAY else [])] for case in cases]
    tasks = [(case, (ONE,), chosen) for case, chosen in zip(cases, kills, strict=True)]
    return {
        case.name: dict(zip(chosen, records, strict=True))
        for case, chosen, records in zip(cases, kills, crash(folder, tasks), strict=True)
    }


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Around:
    """The few are killed in one go, and all others in another, each when the first of them is asked for."""

    @cache
    def batch(few: bool) -> dict[str, dict[str, Record]]:
        return killed_around(tmp_path_factory.mktemp("facts"), [case for case in EVERY if (case in FEW) is few])

    return lambda case: batch(case in FEW)[case.name]


def check_whole(record: Record, clips: dict[str, bytes]) -> None:
    """The run's folder is as an undisturbed run leaves it."""
    folder = Path(record["folder"])
    assert {path.name for path in folder.iterdir()} == {"journal.jsonl", "manifest.json", "videos", "raw"}
    assert videos(folder) == clips
    events = [event for path in journal_files(folder) for event in read_events(path)]
    assert set(Counter(event.id for event in events if isinstance(event, Published)).values()) == {1}


@pytest.mark.full
def test_death_before_any_durable_step_costs_no_second_job(killed: list[Record]) -> None:
    assert len(killed) > 25
    assert [record["died"] for record in killed] == [True] * (len(killed) - 1) + [False]
    assert [record["billed"] for record in killed] == [1] * len(killed)


@pytest.mark.full
def test_death_before_any_durable_step_leaves_the_clip_as_it_would_have_been(killed: list[Record]) -> None:
    undisturbed = videos(Path(killed[-1]["folder"]))
    assert [name[:4] for name in undisturbed] == IDS[:1]
    for record in killed:
        assert record["codes"][-1] == 0, record
        check_whole(record, undisturbed)


@pytest.mark.full
def test_a_person_is_asked_exactly_if_the_answer_to_a_promised_request_is_not_on_record(killed: list[Record]) -> None:
    unknown = [record for record in killed if record["left"] == {"0001": "submitting"}]
    assert {record["billed_by_then"] for record in unknown} == {0, 1}
    for record in killed:
        assert bool(record["helped"]) == (record in unknown), record
        assert record["codes"] == ([1, 0] if record in unknown else [0]), record


@pytest.mark.full
def test_every_state_of_a_job_was_left_behind_by_some_kill(killed: list[Record]) -> None:
    left = {record["left"].get("0001", "nothing") for record in killed}
    assert left == {"nothing", "submitting", "answered", "submitted", "succeeded", "fetched"}


@pytest.mark.full
@every_service
def test_a_job_whose_answer_was_lost_is_adopted_by_id_or_found_by_itself(around: Around, case: Case) -> None:
    record = around(case)[LOST]
    assert record["left"] == {"0001": "submitting"}
    assert record["billed_by_then"] == record["billed"] == 1
    assert record["helped"] == ([] if case.evidence else ["adopt"])
    assert record["codes"] == ([0] if case.evidence else [1, 0])
    (attempt,) = attempts(Path(record["folder"]))["0001"]
    assert attempt.facts["reconciled" if case.evidence else "adopted"]


@every_service
def test_a_job_that_was_done_is_fetched_by_the_next_process(around: Around, case: Case) -> None:
    record = around(case)[DONE]
    assert record["left"] == {"0001": "succeeded"}
    assert (record["helped"], record["codes"], record["billed"]) == ([], [0], 1)


@every_service
def test_whatever_killed_it_the_clips_of_a_service_are_the_same(around: Around, case: Case) -> None:
    clips = videos(Path(around(case)[DONE]["folder"]))
    for record in around(case).values():
        assert record["died"]
        check_whole(record, clips)


def test_a_job_that_is_given_up_is_paid_for_once_more_and_both_are_counted(
    around: Around,
) -> None:
    record = around(RUNWAY)[GIVEN_UP]
    assert (record["helped"], record["codes"], record["billed"]) == (["abandon"], [1, 0], 2)
    first, second = attempts(Path(record["folder"]))["0001"]
    assert (first.state, second.state) == ("abandoned", "fetched")
    assert first.usd == second.usd == 0.6


def test_a_promise_that_never_left_is_paid_for_only_after_a_person_said_so(
    around: Around,
) -> None:
    record = around(RUNWAY)[PROMISED]
    assert record["left"] == {"0001": "submitting"}
    assert record["billed_by_then"] == 0
    assert (record["helped"], record["codes"], record["billed"]) == (["abandon"], [1, 0], 1)


@pytest.mark.full
def test_kills_at_random_instants_of_a_run_of_four_clips_cost_no_second_job(tmp_path: Path) -> None:
    (records,) = crash(tmp_path, [(RUNWAY, ("select.ids=[1-4]",), [f"random:{RANDOM_KILLS}:2026"])])
    undisturbed = videos(Path(records[0]["folder"]))
    assert [name[:4] for name in undisturbed] == IDS[:4]
    for record in records:
        assert record["codes"][-1] == 0, record
        assert record["billed"] == 4, record
        check_whole(record, undisturbed)
