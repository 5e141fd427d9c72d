"""Many jobs given up at once: told with their dollars first, never more than was told, finished where it was left."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runners.core.locks import Lock
from runners.runs.journal import Journal
from tests.api.harness import ROOT, command
from tests.run.runs_of_jobs import HELD, ambiguous, last, running, states, write_run
from tests.runs.lines import event

YES = "accept_double_charge=true"


def jobs(*words: str) -> tuple[int, str]:
    done = command("jobs", *words, key=None)
    assert "Traceback" not in done.stderr + done.stdout
    return done.returncode, done.stdout


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Three requests of unknown fate, a job that runs, one that was never sent, and a published clip."""
    clips = {f"{number:04d}": ambiguous(usd=0.6) for number in (1, 2, 3)}
    clips |= {"0004": running("j-4"), "0005": [*ambiguous(), HELD], "0006": ambiguous()}
    return write_run(tmp_path / "results" / "set" / "a", clips, published=["0006"])


def suggested(told: str) -> list[str]:
    """The words of the command that is told last."""
    line = next(line for line in told.splitlines() if line.startswith("if that is meant: "))
    return shlex.split(line.partition("runners.jobs ")[2])


def test_the_dollars_are_told_first_and_nothing_is_done(run: Path) -> None:
    before = (run / "journal.jsonl").read_bytes()
    code, told = jobs("abandon", f"run={run}")
    assert code == 2
    assert (
        "3 requests of unknown fate in 1 run may have cost $1.80; giving them up means that the next run may pay $1.80"
    ) in told
    assert suggested(told) == ["abandon", f"run={run}", "most_usd=1.80", YES]
    assert (run / "journal.jsonl").read_bytes() == before


def test_what_is_suggested_gives_up_the_ambiguous_ones_alone(run: Path) -> None:
    code, told = jobs(*suggested(jobs("abandon", f"run={run}")[1]))
    assert (code, "3 given up ($1.80)" in told) == (0, True), told
    assert states(run) == {
        "0001": "abandoned", "0002": "abandoned", "0003": "abandoned", "0004": "submitted", "0005": "held",
        "0006": "submitting",
    }  # fmt: skip
    code, told = jobs("abandon", f"run={run}", YES)
    assert (code, "nothing to give up" in told) == (0, True)


def test_all_runs_below_results_and_those_that_cannot_be_read_are_told(run: Path) -> None:
    other = write_run(run.parents[1] / "b", {"0001": ambiguous(usd=1.25)})
    damaged = write_run(run.parents[1] / "c", {"0001": ambiguous()})
    with (damaged / "journal.jsonl").open("ab") as file:
        file.write(b'{"event": half\n')
    results = f"results={run.parents[1]}"
    code, told = jobs("abandon", results)
    assert (code, "4 requests of unknown fate in 2 runs may have cost $3.05" in told) == (2, True), told
    code, told = jobs(*suggested(told))
    assert (code, f"{damaged}/journal.jsonl: line 4 is damaged" in told) == (1, True), told
    assert (states(run)["0003"], states(other)["0001"]) == ("abandoned", "abandoned")


def test_more_than_was_told_is_refused(run: Path) -> None:
    meant = suggested(jobs("abandon", f"run={run}")[1])
    journal = Journal(run / "journal.jsonl")
    journal.append(event("job", id="0007", job=ambiguous(usd=0.01)[0]))
    journal.close()
    code, told = jobs(*meant)
    assert (code, "that is more than most_usd=1.8: nothing was given up" in told) == (2, True), told
    assert "abandoned" not in states(run).values()
    assert suggested(told)[-2:] == ["most_usd=1.81", YES]


def test_other_states_are_given_up_only_by_name(run: Path) -> None:
    code, told = jobs("abandon", f"run={run}", "state=running")
    assert (code, "1 running job in 1 run may have cost $0.60" in told) == (2, True)
    assert jobs(*suggested(told))[0] == 0
    assert [clip for clip, state in states(run).items() if state == "abandoned"] == ["0004"]
    code, told = jobs("abandon", f"run={run}", "state=runing", YES)
    assert (code, "did you mean 'running'?" in told) == (2, True)


@pytest.mark.full
def test_clips_can_be_listed_and_all_must_be_what_was_meant(run: Path) -> None:
    code, told = jobs("abandon", f"run={run}", "clip=[0001,0004,0005]", YES)
    assert code == 2
    assert "clip 0004 is running, clip 0005 is not sent: not ambiguous, so nothing is done" in told
    assert "abandoned" not in states(run).values()
    code, told = jobs("abandon", f"run={run}", "clip=[0001,0003]")
    assert (code, "2 requests of unknown fate in 1 run may have cost $1.20" in told) == (2, True)
    assert suggested(told)[2] == "clip=[0001,0003]"
    assert jobs("abandon", f"run={run}", "clip=0001", YES)[0] == 0
    assert jobs(*suggested(told))[0] == 0, "one of them was given up before"
    assert [clip for clip, state in states(run).items() if state == "abandoned"] == ["0001", "0003"]


@pytest.mark.parametrize("clip", ["clip=", "clip=[]", "clip=['']"])
def test_a_variable_that_was_empty_is_not_the_whole_run(run: Path, clip: str) -> None:
    code, told = jobs("abandon", f"run={run}", clip, YES)
    assert (code, "clip" in told) == (2, True)
    assert "abandoned" not in states(run).values()


def test_clips_need_the_run_that_they_are_of(run: Path) -> None:
    code, told = jobs("abandon", f"results={run.parent}", "clip=[0001,0002]", YES)
    assert (code, "abandon needs run=FOLDER and clip=ID" in told) == (2, True)


def test_a_busy_run_is_told_and_the_others_go_on(run: Path) -> None:
    other = write_run(run.parent / "b", {"0001": ambiguous()})
    with Lock(run / "journal.jsonl"):
        code, told = jobs("abandon", f"results={run.parent}", YES)
    assert (code, f"{run} is being worked on by another process" in told) == (1, True), told
    assert "1 given up ($0.60); the same command goes on with the rest" in told
    assert (states(run)["0001"], states(other)["0001"]) == ("submitting", "abandoned")
    assert jobs("abandon", f"results={run.parent}", YES)[0] == 0
    assert states(run)["0001"] == "abandoned"


@pytest.mark.full
def test_killed_midway_the_same_command_finishes_the_rest(run: Path) -> None:
    meant = suggested(jobs("abandon", f"run={run}")[1])
    dies = (
        "import os, runpy, signal, sys\n"
        "from runners.runs.journal import Journal\n"
        "append, left = Journal.append, [2]\n"
        "def dying(self, *a, **k):\n"
        "    append(self, *a, **k)\n"
        "    left[0] -= 1\n"
        "    left[0] or os.kill(os.getpid(), signal.SIGKILL)\n"
        "Journal.append = dying\n"
        "runpy.run_module('runners.jobs', run_name='__main__')\n"
    )
    killed = subprocess.run([sys.executable, "-c", dies, *meant], cwd=ROOT, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list(states(run).values()).count("abandoned") == 2
    code, told = jobs(*meant)
    assert (code, "1 given up ($0.60)" in told) == (0, True), told
    events = (run / "journal.jsonl").read_text("utf-8").count('"abandoned"')
    assert events == 3


def test_requests_that_nobody_looked_for_are_told(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", {"0001": ambiguous(), "0002": ambiguous()}, killed=True)
    assert "2 of 2 were left by a process that was killed" in jobs("abandon", f"run={run}")[1]


def test_a_rolled_out_clip_s_own_segment_is_given_up(tmp_path: Path) -> None:
    first = [{**fact, "segment": 0} for fact in running("j-0")]
    run = write_run(tmp_path / "r", {"0001": [*first, *ambiguous(segment=1)]})
    assert jobs("abandon", f"run={run}", YES)[0] == 0
    assert (last(run)["0001"].segment, last(run)["0001"].state) == (1, "abandoned")


def test_journals_with_odd_lines_still_list_and_their_clips_are_left_alone(run: Path) -> None:
    odd: list[dict[str, object]] = [
        {"state": "submitting", "attempt": None}, {"state": "submitting", "attempt": 2, "usd": "NaN"},
    ]  # fmt: skip
    journal = Journal(run / "journal.jsonl")
    for fact in odd:
        journal.append(event("job", id="0001", job=fact))
    journal.append(event("job", id="0002"))
    journal.append(event("job", id="0003", job={"state": "submitting", "attempt": 1, "at": "noon"}))
    journal.close()
    code, told = jobs("list", f"run={run}")
    assert (code, "6 jobs, $" in told) == (0, True), told
    assert "clip 0001: 2 facts of its jobs cannot be read" in told
    code, told = jobs("abandon", f"run={run}", "clip=0001", YES)
    assert (code, "nobody knows what became of it" in told) == (2, True)
