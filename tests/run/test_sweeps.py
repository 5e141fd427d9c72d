"""Sweeps over anything: each job has a folder of its own, which a single run finds again, or nothing is begun."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runners.cli.command import Unfinished, run_elsewhere
from runners.core.errors import UserError
from runners.core.outcome import BAD_INPUT, DONE, Outcome
from tests.run.test_cli import DATA, SMALL, command, write_model

TWO = ["select.ids=[1,2]", "scorer=none"]


def sweep(results: Path, *words: object) -> tuple[int, list[str], str]:
    """(exit code, run folders that were made, what was told)."""
    done = command("-m", *DATA, *SMALL, f"results={results}", *words)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done.returncode, made(results), done.stdout


def made(results: Path) -> list[str]:
    return sorted(path.parent.name for path in results.glob("*/*/journal.jsonl"))


def test_jobs_that_differ_in_fit_and_seed_are_all_made_and_a_single_run_goes_on_with_one(tmp_path: Path) -> None:
    code, names, _ = sweep(tmp_path, *TWO, "model.fit=stretch,pad", "seed=1,2")
    assert code == 0
    assert names == [f"freeze+fit={fit}+seed={seed}-op-run_01" for fit in ("pad", "stretch") for seed in (1, 2)]
    journal = tmp_path / "mini" / names[0] / "journal.jsonl"
    before = journal.read_text("utf-8").count('"published"')
    single = [*DATA, *SMALL, *TWO, f"results={tmp_path}", "model.fit=pad", "seed=1"]
    assert command(*single, "tag=fit=pad+seed=1").returncode == 0
    assert (made(tmp_path), journal.read_text("utf-8").count('"published"')) == (names, before)
    manifest = json.loads((tmp_path / "mini" / names[0] / "manifest.json").read_text("utf-8"))
    assert manifest["configuration"]["tag"] == "fit=pad+seed=1"


@pytest.mark.full
def test_names_do_not_depend_on_the_other_values_their_order_or_the_plan(tmp_path: Path) -> None:
    for words in (["model.fit=pad,crop", "seed=2,1"], ["seed=1,3", "model.fit=crop,stretch,pad"]):
        code, names, told = sweep(tmp_path, *TWO, *words, "plan=true")
        assert (code, names) == (0, [])
        assert "mini/freeze+fit=pad+seed=1-op-run_01\n" in told


@pytest.mark.full
def test_lists_of_seeds_are_told_apart_and_the_runs_of_one_share_its_name(tmp_path: Path) -> None:
    code, _, told = sweep(tmp_path, *TWO, "seeds=[1,2],[3,4]", "run=1,2", "plan=true")
    names = {line.rsplit("/", 1)[-1] for line in told.splitlines() if line.startswith("  folder")}
    assert (code, names) == (0, {f"freeze+seeds={seeds}-op-run_0{run}" for seeds in ("1x2", "3x4") for run in (1, 2)})


@pytest.mark.full
def test_choices_of_a_group_and_a_tag_of_one_s_own_are_parts_of_the_name(tmp_path: Path) -> None:
    words = [*DATA, "output.preset=ultrafast", "output.fps=8", f"results={tmp_path}", "plan=true"]
    done = command("-m", *words, "model=freeze,extrapolate", "output=native,truth", "tag=mine", "run=1,2")
    names = {line.split("/")[-1] for line in done.stdout.splitlines() if line.startswith("  folder")}
    assert names == {
        f"{model}+mine+output={output}-op-run_0{run}"
        for model in ("freeze", "extrapolate") for output in ("native", "truth") for run in (1, 2)
    }  # fmt: skip


@pytest.mark.full
def test_a_named_sweep_tags_its_jobs_and_a_typed_value_ends_it(tmp_path: Path) -> None:
    text = (
        "# @package _global_\n# Mine\nhydra: {mode: MULTIRUN, sweeper: {params: {model.fit: 'pad,crop', run: '1,2'}}}\n"
    )
    (tmp_path / "conf" / "sweep").mkdir(parents=True)
    (tmp_path / "conf" / "sweep" / "fits.yaml").write_text(text, "utf-8")
    conf, results = f"--config-dir={tmp_path / 'conf'}", tmp_path / "r"
    _, _, told = sweep(results, *TWO, conf, "sweep=fits", "plan=true")
    for name in ("freeze+fit=pad-op-run_01", "freeze+fit=crop-op-run_02"):
        assert f"/{name}\n" in told
    _, _, told = sweep(results, *TWO, conf, "sweep=fits", "model.fit=pad", "run=2", "plan=true")
    assert (told.count("folder "), "/freeze-op-run_02\n" in told) == (1, True)


@pytest.mark.full
def test_runs_of_one_variant_are_one_row_with_their_mean(tmp_path: Path) -> None:
    code, _, told = sweep(tmp_path, "model.fit=stretch,pad", "run=1,2")
    assert (code, told.count("mean ± std of 2 runs")) == (0, 2)
    for fit in ("stretch", "pad"):
        assert f"│ freeze+fit={fit}-op: " in told
    done = command(f"results={tmp_path}", "resamples=10", module="score")
    assert done.returncode == 0, done.stdout
    rows = (tmp_path / "leaderboard.csv").read_text("utf-8").splitlines()[1:]
    assert sorted(row.split(",")[2:5] for row in rows) == [
        ["freeze+fit=pad", "op", "2"], ["freeze+fit=stretch", "op", "2"],
    ]  # fmt: skip


@pytest.mark.rotating("words", "message")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run=1,2,1"], "two jobs of the sweep are one and the same"),
        (["model.fit=pad,'pad'"], "one and the same"),
        (["tag=a,a", "seed=3"], "one and the same"),
    ],
)
def test_a_job_that_stands_twice_in_a_sweep_is_told_before_the_first_begins(
    tmp_path: Path, words: list[str], message: str
) -> None:
    code, names, told = sweep(tmp_path, *TWO, *words)
    assert (code, names, message in told) == (2, [], True), told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_two_models_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        path = write_model(tmp_path / "conf", name, "{_target_: adapters.baselines.Freeze}") / "model" / f"{name}.yaml"
        path.write_text(path.read_text("utf-8").replace(f"name: {name}", "name: same"), "utf-8")
    _, _, told = sweep(tmp_path / "r", *TWO, f"--config-dir={tmp_path / 'conf'}", "model=one,two", "plan=true")
    assert "/same+model=one-op-run_01\n" in told
    assert "/same+model=two-op-run_01\n" in told


@pytest.mark.full
def test_shards_and_selections_of_a_sweep_work_on_one_run(tmp_path: Path) -> None:
    code, names, told = sweep(tmp_path, "scorer=none", "shard=1/2,2/2")
    assert (code, names, told.count("3 of 3 clips published")) == (0, ["freeze-op-run_01"], 2)
    assert sweep(tmp_path, "scorer=none", "select.ids=[1],[2,3]", "scorer.workers=1,2")[0] == 0
    assert made(tmp_path) == names


@pytest.mark.full
def test_a_run_without_the_sweep_s_tag_is_told_where_its_clips_are(tmp_path: Path) -> None:
    sweep(tmp_path, *TWO, "model.fit=pad,crop")
    words = [*DATA, *SMALL, *TWO, f"results={tmp_path}"]
    assert command(*words).returncode == 0
    done = command(*words, "model.fit=pad")
    assert done.returncode == 2
    assert "freeze+fit=pad-op-run_01 was made with those asked for now: go on with it by tag=fit=pad" in done.stdout


@pytest.mark.full
def test_a_sweep_says_of_a_run_that_it_would_make_anew_where_its_clips_are(tmp_path: Path) -> None:
    words = [*DATA, *SMALL, *TWO, f"results={tmp_path}"]
    assert command(*words).returncode == 0
    done = command("-m", *words, "model.fit=stretch,pad", "plan=true")
    old, new = (tmp_path / "mini" / f"freeze{tag}-op-run_01" for tag in ("", "+fit=stretch"))
    assert f"mv {old} {new} goes on with it" in done.stderr
    assert done.stderr.count("note:") == 1
    old.rename(new)
    done = command("-m", *words, "model.fit=stretch,pad", "plan=true")
    assert "freeze+fit=stretch-op-run_01: 2 of 6 scenarios chosen, 2 published" in done.stdout


@pytest.mark.full
def test_a_sweep_does_not_pay_again_for_clips_that_are_there_under_the_plain_name(tmp_path: Path) -> None:
    conf = write_model(tmp_path / "conf", "dear", "{_target_: adapters.baselines.Freeze}")
    path = conf / "model" / "dear.yaml"
    path.write_text(path.read_text("utf-8") + "paid: true\n", "utf-8")
    words = [*DATA, *SMALL, *TWO, f"--config-dir={conf}", "model=dear", f"results={tmp_path / 'r'}"]
    assert command(*words).returncode == 0
    done = command("-m", *words, "model.fit=stretch,pad")
    assert (done.returncode, made(tmp_path / "r")) == (2, ["dear+fit=pad-op-run_01", "dear-op-run_01"])
    assert "goes on with it; a tag of your own pays for its clips again" in done.stdout
    assert command("-m", *words, "model.fit=stretch,pad", "tag=again").returncode == 0


def test_a_cap_over_a_sweep_is_refused_where_each_run_has_a_process_of_its_own(tmp_path: Path) -> None:
    from runners.cli.composing import Job
    from runners.core.settings import BudgetSettings, GenerateSettings

    settings = GenerateSettings(results=str(tmp_path), budget=BudgetSettings(max_usd=1.0, sweep_max_usd=2.0))
    with pytest.raises(UserError, match=r"^budget\.sweep_max_usd holds over the runs of one process"):
        run_elsewhere("generate", "", Job(settings))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_a_job_in_another_process_ends_with_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from runners import jobs
    from runners.cli.composing import Job
    from runners.core.settings import JobsSettings

    told: list[Outcome] = []
    outcomes = iter([Outcome(DONE), Outcome(BAD_INPUT)])
    changed = {"run": lambda settings, session: next(outcomes), "conclude": told.extend}
    monkeypatch.setattr(jobs, "COMMAND", jobs.COMMAND.__class__(**{**vars(jobs.COMMAND), **changed}))
    run_elsewhere("jobs", "", Job(JobsSettings()))
    with pytest.raises(Unfinished, match=r"^2$"):
        run_elsewhere("jobs", "", Job(JobsSettings()))
    assert [outcome.code for outcome in told] == [DONE, BAD_INPUT]
