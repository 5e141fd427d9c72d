"""Requests of unknown fate: told with what to do, brought to an end by a person, and by nobody else."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from runners.core.locks import Lock
from tests.api.fakes import FakeServer
from tests.api.harness import BPP_RUN, RUN, RUNWAY, attempts, command, manifest, words, write_prompts

THREE = ["select.ids=[1-3]", "concurrency=1"]


class Lost(NamedTuple):
    """A run of three clips: the answers to two submits were lost, after both had been accepted."""

    server: FakeServer
    results: Path
    told: str

    @property
    def run(self) -> Path:
        return self.results / RUN

    def jobs(self, *typed: str) -> tuple[int, str]:
        """`runners.jobs` with these words."""
        done = command("jobs", *typed, key=None)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    def again(self) -> tuple[int, str]:
        done = command("generate", *words(RUNWAY, self.server.base_url, self.results, *THREE))
        return done.returncode, done.stdout

    def of(self, clip_id: str) -> str:
        """The job that the service's dashboard shows for a clip."""
        seed = attempts(self.run)[clip_id][0].facts["seed"]
        return next(job.id for job in self.server.jobs.values() if job.request["seed"] == seed)

    def clips(self) -> tuple[str, str, str]:
        """The two clips of unknown fate, and the one that is published."""
        known = attempts(self.run)
        first, second = sorted(clip_id for clip_id, tried in known.items() if tried[-1].ambiguous)
        (published,) = known.keys() - {first, second}
        return first, second, published


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Lost]:
    with FakeServer(RUNWAY.fake(), pending=1) as server:
        server.fault("submit", "create_rst", times=2)
        done = command("generate", *words(RUNWAY, server.base_url, tmp_path, *THREE))
        assert (done.returncode, len(server.jobs)) == (1, 3), done.stdout + done.stderr
        yield Lost(server, tmp_path, done.stdout)


def test_they_are_told_with_the_command_that_helps_and_asked_for_by_no_later_run(lost: Lost) -> None:
    assert "1 of 3 clips published" in lost.told
    first, second, _ = lost.clips()
    for clip_id in (first, second):
        assert f"{clip_id} ambiguous: the answer of 127.0.0.1" in lost.told
    assert "2 clips may have been paid for, and nothing is asked for again by itself" in lost.told
    assert f"python -m runners.jobs list run={lost.run}" in lost.told
    code, out = lost.again()
    assert (code, len(lost.server.jobs)) == (1, 3)
    assert "2 clips may have been paid for" in out
    assert "Runway may have been asked for this clip, and may have charged for it" in out


def test_they_count_as_spent(lost: Lost) -> None:
    assert manifest(lost.run)["cost_usd"] == pytest.approx(1.8)
    code, out = lost.jobs("list", f"run={lost.run}")
    assert code == 0
    assert "3 jobs, $1.80 spent or promised, 2 open" in out


@pytest.mark.full
def test_the_list_shows_them_and_what_to_type(lost: Lost) -> None:
    first, _, published = lost.clips()
    _, out = lost.jobs("list", f"results={lost.results}")
    assert out.count("ambiguous") == 2
    assert lost.of(published) not in out
    assert f"python -m runners.jobs adopt run={lost.run} clip={first} job=ID" in out
    assert f"python -m runners.jobs abandon run={lost.run} clip={first} accept_double_charge=true" in out
    assert lost.of(published) in lost.jobs("list", f"run={lost.run}", "all=true")[1]


@pytest.mark.full
def test_one_is_adopted_and_one_given_up_and_the_next_run_acts_on_it(lost: Lost) -> None:
    first, second, _ = lost.clips()
    code, out = lost.jobs("adopt", f"run={lost.run}", f"clip={first}", f"job={lost.of(first)}")
    assert (code, f"clip {first} goes on with job {lost.of(first)}" in out) == (0, True)
    code, out = lost.jobs("abandon", f"run={lost.run}", f"clip={second}", "accept_double_charge=true")
    assert (code, f"clip {second}: given up; the next run pays for a new job" in out) == (0, True)
    code, out = lost.again()
    assert code == 0, out
    assert len(lost.server.jobs) == 4
    states = {clip_id: [attempt.state for attempt in tried] for clip_id, tried in attempts(lost.run).items()}
    assert (states[first], states[second]) == (["fetched"], ["abandoned", "fetched"])
    jobs = manifest(lost.run)["clips"][first]["jobs"]
    assert [(job["job_id"], job["adopted"]) for job in jobs] == [(lost.of(first), True)]
    assert manifest(lost.run)["cost_usd"] == pytest.approx(2.4)


@pytest.mark.full
def test_all_are_adopted_from_the_list_and_the_next_run_pays_for_nothing(lost: Lost, tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    assert lost.jobs("list", f"run={lost.run}", f"export={path}")[0] == 0
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seeds = {str(job.request["seed"]): job.id for job in lost.server.jobs.values()}
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows({**row, "job": seeds[row["seed"]]} for row in rows)
    code, out = lost.jobs("adopt", f"from={path}")
    assert (code, "2 adopted ($1.20)" in out) == (0, True), out
    code, out = lost.again()
    assert (code, len(lost.server.jobs)) == (0, 3), out


@pytest.mark.full
def test_all_are_given_up_and_the_next_run_pays_what_was_told(lost: Lost) -> None:
    code, out = lost.jobs("abandon", f"run={lost.run}")
    assert (code, "the next run may pay $1.20 again" in out) == (2, True), out
    assert lost.again()[0] == 1
    assert lost.jobs("abandon", f"run={lost.run}", "most_usd=1.20", "accept_double_charge=true")[0] == 0
    code, out = lost.again()
    assert (code, len(lost.server.jobs)) == (0, 5), out


@pytest.mark.full
def test_wrong_uses_change_nothing_and_say_what_is_wrong(lost: Lost) -> None:
    first, _, published = lost.clips()
    before = (lost.run / "journal.jsonl").read_bytes()
    run, clip = f"run={lost.run}", f"clip={first}"
    wrong = {
        ("adopt", run, clip, f"job={lost.of(published)}"): f"is that of clip {published} already",
        ("adopt", run, clip): "adopt needs job=ID",
        ("adopt", run, f"clip={published}", "job=x"): "its last request is fetched, not ambiguous: nothing to adopt",
        ("adopt", run, "clip=0009", "job=x"): "has no paid job of a clip '0009'",
        ("adopt", clip, "job=x"): "adopt needs run=FOLDER and clip=ID",
        ("abandon", run, clip): "may have cost $0.60; the next run will pay for another one",
        ("abandon", f"run={lost.results}", clip, "accept_double_charge=true"): "is no run folder",
        ("adpot", run, clip): "did you mean 'adopt' or 'abandon'?",
    }
    for typed, told in wrong.items():
        code, out = lost.jobs(*typed)
        assert (code, told in out) == (2, True), (typed, out)
    assert (lost.run / "journal.jsonl").read_bytes() == before


@pytest.mark.full
def test_a_run_that_is_worked_on_is_left_alone(lost: Lost) -> None:
    first, _, _ = lost.clips()
    with Lock(lost.run / "journal.jsonl"):
        for typed in (["adopt", f"job={lost.of(first)}"], ["abandon", "accept_double_charge=true"]):
            code, out = lost.jobs(*typed, f"run={lost.run}", f"clip={first}")
            assert (code, "is being worked on by another process" in out) == (2, True)


@pytest.mark.full
def test_a_job_is_no_other_text_s_and_comes_back_with_its_own(tmp_path: Path) -> None:
    def ask(text: str) -> tuple[int, str]:
        chosen = write_prompts(tmp_path / "prompts.csv", "0001", text)
        done = command("generate", *words(RUNWAY, server.base_url, tmp_path, *chosen, "select.ids=[1]"))
        return done.returncode, done.stdout

    with FakeServer(RUNWAY.fake(), pending=1) as server:
        server.fault("submit", "create_rst")
        assert ask("A ball rolls.")[0] == 1
        (job_id,) = server.jobs
        adopted = command("jobs", "adopt", f"run={tmp_path / BPP_RUN}", "clip=0001", f"job={job_id}")
        assert adopted.returncode == 0, adopted.stdout
        code, out = ask("A cube slides.")
        assert code == 1
        assert f"job {job_id} was begun with another prompt, picture or seed" in out
        assert ask("A ball rolls.")[0] == 0
        assert len(server.jobs) == 1
