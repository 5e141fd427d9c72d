"""The main job of a paid model as it is typed: what is told before a cent is spent, and that no cap is ever passed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.fakes import FakeServer
from tests.api.harness import RUN, RUNWAY, attempts, command, manifest, started, words
from tests.run.harness import IDS

EACH_USD = 0.6
USD = EACH_USD + 1e-9


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(RUNWAY.fake(), pending=1) as fake:
        yield fake


def test_a_plan_tells_clips_seconds_and_cost_without_a_key_and_asks_nobody(server: FakeServer, tmp_path: Path) -> None:
    done = command("generate", *words(RUNWAY, server.base_url, tmp_path, "plan=true"), key=None)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 of 6 scenarios chosen, 0 published, 0 refused, 6 to make" in done.stdout
    assert "30 s of video in all" in done.stdout
    assert "cost about $3.60: 6 clips to pay for, at $0.60 each; $0.00 spent or promised before" in done.stdout
    assert server.captures == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_a_plan_of_a_sweep_tells_what_all_of_it_costs(server: FakeServer, tmp_path: Path) -> None:
    done = command("generate", "-m", *words(RUNWAY, server.base_url, tmp_path, "plan=true", "run=1,2"), key=None)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 2 runs of paid models: about $7.20" in done.stdout


NOT_YET = {
    "a live run without a key": (
        [], None, "the environment variable RUNWAYML_API_SECRET is not set; set it to your key for this service",
    ),
    "without a budget": (
        ["budget.max_usd=null"], RUNWAY.key, "costs about $0.60 a clip: say what this run may cost with budget.max",
    ),
    "with a budget that is no amount": (["budget.max_usd=-1"], RUNWAY.key, "budget.max_usd=-1.0 is no amount"),
    "a sweep without one for all its runs": (
        ["-m", "run=1,2"], RUNWAY.key, "say what they may cost together with budget.sweep_max_usd=",
    ),
    "a shard without a lock": (["shard=1/2"], RUNWAY.key, "name a file in it for them to lock: budget.lock="),
}  # fmt: skip


@pytest.mark.rotating("case")
@pytest.mark.parametrize("case", NOT_YET)
def test_nothing_is_sent_and_nothing_left_behind_by(server: FakeServer, tmp_path: Path, case: str) -> None:
    more, key, told = NOT_YET[case]
    done = command("generate", *words(RUNWAY, server.base_url, tmp_path, *more), key=key)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stdout
    assert {line.partition(":")[0] for line in done.stdout.splitlines()} == {"error"}
    assert "Traceback" not in done.stderr
    assert server.captures == []
    assert not (tmp_path / "mini").exists()


def test_a_run_stops_before_its_cap_and_goes_on_when_it_is_raised(server: FakeServer, tmp_path: Path) -> None:
    capped = command("generate", *words(RUNWAY, server.base_url, tmp_path, budget=f"budget.max_usd={2 * USD}"))
    assert capped.returncode == 3, capped.stdout + capped.stderr
    assert len(server.jobs) == 2
    assert "2 of 6 clips published" in capped.stdout
    assert "$1.20 are spent or promised, and $0.60 more would pass budget.max_usd=1.2" in capped.stdout
    assert "4 clips left; go on with: python -m runners.generate model=runway_gen45" in capped.stdout

    again = command("generate", *words(RUNWAY, server.base_url, tmp_path, budget=f"budget.max_usd={2.9 * USD}"))
    assert (again.returncode, len(server.jobs)) == (3, 2)

    raised = command("generate", *words(RUNWAY, server.base_url, tmp_path, budget=f"budget.max_usd={6 * USD}"))
    assert raised.returncode == 0, raised.stdout + raised.stderr
    assert len(server.jobs) == 6
    assert manifest(tmp_path / RUN)["cost_usd"] == 3.6


@pytest.mark.full
def test_a_sweep_never_passes_the_cap_of_all_its_runs_also_when_it_is_resumed(
    server: FakeServer, tmp_path: Path
) -> None:
    def sweep(usd: float) -> int:
        more = ["-m", "run=1,2", "select.ids=[1,2]", f"budget.sweep_max_usd={usd}"]
        return command("generate", *words(RUNWAY, server.base_url, tmp_path, *more)).returncode

    assert (sweep(3 * USD), len(server.jobs)) == (3, 3)
    assert (sweep(3 * USD), len(server.jobs)) == (3, 3)
    assert (sweep(4 * USD), len(server.jobs)) == (0, 4)
    runs = sorted((tmp_path / "mini").iterdir())
    assert [sorted(attempts(run)) for run in runs] == [IDS[:2], IDS[:2]]


@pytest.mark.full
def test_a_run_of_a_sweep_has_its_own_cap_too(server: FakeServer, tmp_path: Path) -> None:
    more = ["-m", "run=1,2", "select.ids=[1,2]", "budget.sweep_max_usd=100"]
    done = command("generate", *words(RUNWAY, server.base_url, tmp_path, *more, budget=f"budget.max_usd={USD}"))
    assert (done.returncode, len(server.jobs)) == (3, 2), done.stdout
    assert [len(attempts(run)) for run in sorted((tmp_path / "mini").iterdir())] == [1, 1]


@pytest.mark.full
def test_two_shards_at_once_share_one_cap(server: FakeServer, tmp_path: Path) -> None:
    lock = f"budget.lock={tmp_path / 'lock'}"
    typed = [
        words(RUNWAY, server.base_url, tmp_path, f"shard={k}/2", lock, budget=f"budget.max_usd={3 * USD}")
        for k in (1, 2)
    ]
    with started(typed[0]) as first, started(typed[1]) as second:
        told = [process.communicate(timeout=120)[0] for process in (first, second)]
    assert len(server.jobs) == 3, told
    assert 3 in {first.returncode, second.returncode} <= {0, 3}, told
    spent = sum(attempt.usd for tried in attempts(tmp_path / RUN).values() for attempt in tried)
    assert spent == pytest.approx(3 * EACH_USD)


@pytest.mark.full
def test_the_manifest_holds_every_job_with_what_it_really_cost(server: FakeServer, tmp_path: Path) -> None:
    server.outcome(1, "failed_transient")  # the service gives its credits back
    done = command("generate", *words(RUNWAY, server.base_url, tmp_path, "select.ids=[1,2]", "concurrency=1"))
    assert done.returncode == 0, done.stdout + done.stderr
    clips = manifest(tmp_path / RUN)["clips"]
    by_clip = {clip_id: [(job["state"], job["usd"]) for job in clip["jobs"]] for clip_id, clip in clips.items()}
    assert sorted(map(len, by_clip.values())) == [1, 2]
    assert sorted(by_clip.values(), key=len)[1] == [("failed", 0.0), ("fetched", EACH_USD)]
    assert manifest(tmp_path / RUN)["cost_usd"] == 2 * EACH_USD
    told = {job["job_id"] for clip in clips.values() for job in clip["jobs"]}
    assert told == set(server.jobs)
    for clip in clips.values():
        job, made = clip["jobs"][-1], clip["published"]["generation"]
        assert job["prompt"] == made["prompt"] == server.jobs[job["job_id"]].request["promptText"]
        assert job["seed"] == made["seed"] == server.jobs[job["job_id"]].request["seed"]
        assert made["info"]["model"] == job["model"] == "gen4.5"
        assert job["report"]["credits"] == 60


@pytest.mark.full
def test_a_failure_that_the_service_calls_final_is_not_paid_for_again(server: FakeServer, tmp_path: Path) -> None:
    server.outcome(None, "failed")
    typed = words(RUNWAY, server.base_url, tmp_path, "select.ids=[1]")
    first, second = command("generate", *typed), command("generate", *typed)
    assert (first.returncode, second.returncode, len(server.jobs)) == (1, 1, 2)
    assert "0001 failed: Runway: ASSET.INVALID" in first.stdout


def test_another_price_than_the_yaml_s_is_told_once_and_the_larger_counts(server: FakeServer, tmp_path: Path) -> None:
    cheap = "model.adapter.price.usd_per_second=0.1"
    done = command("generate", *words(RUNWAY, server.base_url, tmp_path, cheap, "select.ids=[1,2]"))
    assert done.returncode == 0, done.stdout + done.stderr
    told = "for 2 jobs the service announced another price than the model's YAML: up to $0.60, not $0.50"
    assert " ".join(done.stdout.split()).count(told) == 1
    (first,) = attempts(tmp_path / RUN)["0001"]
    assert first.facts["estimated_usd"] == first.usd == pytest.approx(EACH_USD)
