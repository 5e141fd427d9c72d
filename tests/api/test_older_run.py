"""A run folder of an older version goes on, whatever was added to journals since.

`tests/fixtures/older_run.tar.gz` was made by commit b75b3c8: a paid run of which clip 0001 is published, and which was
killed (SIGKILL) while it waited for the answer to its request for clip 0002. Its events say no schema.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from runners.runs.journal import fold
from tests.api.cases import BY_NAME
from tests.api.fakes import FakeServer
from tests.api.harness import DATA, RUN, RUNWAY, attempts, command, manifest, words
from tests.run.harness import videos

ARCHIVE = Path(__file__).resolve().parents[1] / "fixtures" / "older_run.tar.gz"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "results", filter="data")
    return tmp_path / "results"


def test_its_open_job_is_listed_from_wherever_one_looks(results: Path) -> None:
    for place in (results, results / "mini", results / RUN, results.parent):
        done = command("jobs", "list", f"results={place}")
        assert done.returncode == 0, done.stdout
        assert "2 jobs, $1.20 spent or promised, 1 open (0002)" in done.stdout


def test_it_goes_on_without_asking_for_anything_twice_and_is_scored_and_checked(results: Path) -> None:
    before = videos(results / RUN)
    with FakeServer(RUNWAY.fake(), pending=1) as server:
        typed = words(RUNWAY, server.base_url, results, "output.crf=40", "keep_raw=false")
        done = command("generate", *typed)
        assert done.returncode == 1, done.stdout
        assert "1 clip may have been paid for" in done.stdout
        assert len(server.jobs) == 4
        told = command("jobs", "abandon", f"run={results / RUN}", "clip=0002", "accept_double_charge=true")
        assert told.returncode == 0, told.stdout
        assert command("generate", *typed).returncode == 0
        assert len(server.jobs) == 5
    assert before.items() <= videos(results / RUN).items()
    record = manifest(results / RUN)
    assert (record["complete"], record["cost_usd"], len(attempts(results / RUN)["0002"])) == (True, 4.2, 2)
    assert [event.schema for event in fold(results / RUN).started] == [None, None, 1, 1]

    scored = command("score", f"results={results}", *DATA)
    assert scored.returncode == 0, scored.stdout
    assert "1 of 1 runs have scores, 1 made now" in scored.stdout
    checked = command("submit", f"runs=[{results / 'mini'}]", "check_only=true", *DATA)
    assert "runway_gen45-op-run_01: is over the benchmark mini, and not over Physics-IQ Verified" in checked.stdout


@pytest.mark.full
def test_a_run_that_cannot_be_read_hides_no_other_s_jobs(results: Path) -> None:
    (results / "a" / "broken").mkdir(parents=True)
    (results / "a" / "broken" / "journal.jsonl").write_bytes(b'{"event": "job", "torn\n')
    (results / "copy" / "videos").mkdir(parents=True)
    (results / "copy" / "manifest.json").write_text("{}")
    done = command("jobs", "list", f"results={results}")
    assert done.returncode == 2
    assert "journal.jsonl: line 1 is damaged" in done.stdout
    assert "1 open (0002)" in done.stdout
    missing = command("jobs", "list", f"results={results.parent / 'resluts'}")
    assert (missing.returncode, "did you mean" in missing.stdout) == (2, True)


@pytest.mark.full
def test_a_run_that_was_begun_with_a_model_s_former_name_is_told_how_it_goes_on(tmp_path: Path) -> None:
    """A YAML that asks for the dated name now must not have half a run paid for again under another tag."""
    case, former = BY_NAME["xai"], "model.adapter.model=grok-imagine-video-1.5"
    with FakeServer(case.fake(), pending=1) as server:
        typed = words(case, server.base_url, tmp_path)
        assert command("generate", *typed, former, "select.limit=1", key=None, XAI_API_KEY=case.key).returncode == 0
        now = command("generate", *typed, key=None, XAI_API_KEY=case.key)
        assert (now.returncode, len(server.jobs)) == (2, 1)
        assert f"go on with the run as it was begun by {former}, or keep both by naming the new one: tag=" in now.stdout
        assert command("generate", *typed, former, key=None, XAI_API_KEY=case.key).returncode == 0
        assert len(server.jobs) == 6
        other = command("generate", *typed, "seed=7", key=None, XAI_API_KEY=case.key)
        assert (other.returncode, "as it was begun" in other.stdout) == (2, False)
