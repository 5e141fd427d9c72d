"""No request is paid for whose promise the next process would not find, and none twice where locks mean nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.fakes import FakeServer
from tests.api.harness import ROOT, RUN, RUNWAY, attempts, environ, started, words
from tests.api.test_interrupted_process import Gated, again, rest, states, submits

LOCKLESS = """
import fcntl, runpy, sys
fcntl.flock = lambda *_: None  # as on a disk whose locks hold on one machine only
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def test_a_run_folder_that_is_moved_away_ends_the_spending_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    with Gated(submits) as server:
        typed = words(RUNWAY, server.base_url, tmp_path, "model.adapter.concurrency=1")
        with started(typed) as process:
            server.wait_for(1)
            (tmp_path / RUN).rename(tmp_path / "away")
            server.let_go()
            out = rest(process)
        assert process.returncode == 1, out
        assert "was removed, moved or replaced while it was worked on; put it back" in out
        assert not (tmp_path / RUN).exists()
        assert server.submits() == 1
        assert {tried[-1].state for tried in attempts(tmp_path / "away").values()} <= {"submitted", "held", "succeeded"}
        (tmp_path / "away").rename(tmp_path / RUN)
        code, out = again(typed)
        assert code == 0, out
        assert len(server.jobs) == server.submits() == 6


@pytest.mark.full
def test_a_run_folder_that_is_removed_ends_the_spending(tmp_path: Path) -> None:
    with Gated(submits) as server:
        with started(words(RUNWAY, server.base_url, tmp_path, "model.adapter.concurrency=1")) as process:
            server.wait_for(1)
            shutil.rmtree(tmp_path / RUN)
            server.let_go()
            out = rest(process)
        assert (process.returncode, server.submits()) == (1, 1), out


@pytest.mark.full
def test_where_locks_mean_nothing_two_processes_pay_for_no_clip_twice(tmp_path: Path) -> None:
    with FakeServer(RUNWAY.fake(), pending=3) as server:
        command = [sys.executable, "-c", LOCKLESS, "runners.generate", *words(RUNWAY, server.base_url, tmp_path)]
        both = [
            subprocess.Popen(
                command, cwd=ROOT, env=environ(**{RUNWAY.key_env: RUNWAY.key}), stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
            )
            for _ in range(2)
        ]  # fmt: skip
        told = [process.communicate(timeout=120)[0] for process in both]
        assert sorted(process.returncode for process in both) in ([0, 2], [0, 0]), told
        assert len(server.jobs) == 6
        assert states(tmp_path) == ["fetched"] * 6


@pytest.mark.parametrize("shard", ["1/2", pytest.param("2/2", marks=pytest.mark.full)])
def test_where_locks_mean_nothing_a_shard_is_worked_on_once(tmp_path: Path, shard: str) -> None:
    with Gated(submits) as server:
        typed = words(RUNWAY, server.base_url, tmp_path, f"shard={shard}", f"budget.lock={tmp_path / 'lock'}")
        lockless = [sys.executable, "-c", LOCKLESS, "runners.generate"]
        with started(typed) as process:
            server.wait_for(1)
            for other in (typed, words(RUNWAY, server.base_url, tmp_path)):
                done = subprocess.run(
                    [*lockless, *other], cwd=ROOT, env=environ(**{RUNWAY.key_env: RUNWAY.key}), capture_output=True,
                    text=True, check=False,
                )  # fmt: skip
                assert done.returncode == 2, done.stdout
                assert f"is being worked on by process {process.pid} on " in done.stdout
            server.let_go()
            out = rest(process)
        assert process.returncode == 0, out
        assert len(server.jobs) == server.submits() == 3
