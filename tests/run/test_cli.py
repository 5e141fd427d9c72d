"""The commands as they are typed: exit codes, messages, sweeps, plug-ins, Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.core.locks import Held, Lock
from tests.api import shell
from tests.run.harness import MINI

ROOT = Path(__file__).resolve().parents[2]
DATA = ["benchmark=original", f"benchmark.root={MINI / 'dataset'}", "benchmark.expected=6", "benchmark.name=mini"]
SMALL = ["output=truth", "output.width=96", "output.height=54", "output.fps=8", "output.preset=ultrafast"]


def command(*words: object, module: str = "generate") -> subprocess.CompletedProcess[str]:
    """The command in a child of a process that has everything imported already."""
    return shell.run(ROOT, f"runners.{module}", [str(word) for word in words], os.environ)


def fresh_command(*words: object, module: str = "generate") -> subprocess.CompletedProcess[str]:
    """The command in a process that starts with nothing, as a user's does."""
    return subprocess.run(
        [sys.executable, "-m", f"runners.{module}", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@contextlib.contextmanager
def started(*words: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "runners.generate", *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def write_model(folder: Path, name: str, adapter: str) -> Path:
    path = folder / "model" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# A model for tests.\nname: {name}\nadapter: {adapter}\n", encoding="utf-8")
    return folder


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Until the file is there, or the process ended without it."""
    handle = os.pidfd_open(process.pid)
    while not path.exists():
        ready, _, _ = select.select([handle], [], [], 0.02)
        assert not ready, process.communicate()[0]
    os.close(handle)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    results = tmp_path_factory.mktemp("sweep")
    return results, fresh_command("-m", "model=freeze,extrapolate", "run=1,2", *DATA, *SMALL, f"results={results}")


def test_a_sweep_makes_every_run_and_ends_with_one_table(swept: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    results, done = swept
    assert done.returncode == 0, done.stdout + done.stderr
    names = [f"{model}-op-run_{run:02d}" for model in ("extrapolate", "freeze") for run in (1, 2)]
    assert sorted(path.name for path in (results / "mini").iterdir()) == names
    for name in names:
        assert name in done.stdout
        scores = json.loads((results / "mini" / name / "scores" / "scores.json").read_text(encoding="utf-8"))
        assert (scores["complete"], scores["clips"], scores["fps"], scores["width"]) == (True, 6, 8, 96)
    assert done.stdout.count("mean ± std of 2 runs") == 2


def test_hydra_leaves_nothing_beside_the_runs(swept: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    results, _ = swept
    assert sorted(path.name for path in results.iterdir()) == ["mini"]
    assert not (ROOT / "outputs").exists()
    assert not (ROOT / "multirun").exists()


@pytest.mark.full
def test_a_failing_model_of_a_sweep_stops_no_other_and_the_exit_code_tells(tmp_path: Path) -> None:
    conf = write_model(tmp_path / "conf", "broken", "{_target_: tests.run.harness.Patient}")
    done = command("-m", "model=broken,freeze", f"--config-dir={conf}", *DATA, *SMALL, f"results={tmp_path / 'r'}")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "tests.run.harness.Patient needs 'flag': set model.adapter.flag=…" in done.stdout
    assert "freeze-op-run_01: 6 of 6 clips published" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_sweep_with_an_unknown_choice_does_no_work_at_all(tmp_path: Path) -> None:
    done = command("-m", "model=freeze,frezee", *DATA, *SMALL, f"results={tmp_path / 'r'}")
    assert (done.returncode, (tmp_path / "r" / "mini").exists()) == (2, False)
    assert "there is no model 'frezee'; did you mean 'freeze'?" in done.stdout


MISTAKES = {
    "model=frezee": "there is no model 'frezee'; did you mean 'freeze'?",
    "outptu=truth": "there is no setting 'outptu'; did you mean 'output'?",
    "benchmark.rot=x": "did you mean 'benchmark.root'",
    "run=one": "run=one: run: Value 'one' of type 'str' could not be converted to Integer",
    "run=[1": "error:",
    "+model.adapter.fodler=x": "adapters.baselines.Freeze takes no argument 'fodler'",
    "model.adapter._target_=adapters.baselines.Freezer": "Freezer",
    "select.views=[top]": "unknown view 'top'",
    "output.width=97": "98",
    "prompts.file=x.csv": "prompts=bpp",
    "model._target_=x": "there is no setting",
    "benchmark.descriptions=/nowhere.csv": "/nowhere.csv",
    "results=/proc/none": "choose results=",
    "model.short=hole": "did you mean 'hold' or 'hold_one'?",
    "from_raw=/nowhere": "there is no run in this folder",
    "--no-such-flag": "unrecognized arguments",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_a_line_or_two_with_exit_code_2(tmp_path: Path, mistake: str) -> None:
    done = command(*DATA, *SMALL, f"results={tmp_path}", "tag=x", mistake)
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert MISTAKES[mistake] in told
    assert "Traceback" not in told
    if not mistake.startswith("--"):
        assert len(told.splitlines()) <= 3
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_within_seconds_with_the_command_that_goes_on(tmp_path: Path) -> None:
    conf = write_model(
        tmp_path / "conf", "patient", f"{{_target_: tests.run.harness.Patient, flag: {tmp_path / 'flag'}}}"
    )
    words = ["model=patient", f"--config-dir={conf}", *DATA, *SMALL, f"results={tmp_path / 'r'}"]
    with started(*words) as process:
        wait_for(tmp_path / "flag", process)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    assert f"6 clips left; go on with: python -m runners.generate model=patient --config-dir={conf}" in out
    assert "Traceback" not in out
    assert not list((tmp_path / "r" / "mini" / "patient-op-run_01").glob(".work*"))


@pytest.mark.full
def test_a_model_that_hears_nothing_is_left_behind(tmp_path: Path) -> None:
    conf = write_model(
        tmp_path / "conf", "deaf", f"{{_target_: tests.run.harness.Patient, flag: {tmp_path / 'flag'}, deaf: true}}"
    )
    words = ["-m", "model=deaf,freeze", f"--config-dir={conf}", *DATA, *SMALL, f"results={tmp_path / 'r'}"]
    with started(*words) as process:
        wait_for(tmp_path / "flag", process)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    assert "not started: the sweep was interrupted" in out
    assert not (tmp_path / "r" / "mini" / "freeze-op-run_01").exists()
    assert "Traceback" not in out


@pytest.mark.full
def test_the_second_process_on_a_run_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    conf = write_model(
        tmp_path / "conf", "patient", f"{{_target_: tests.run.harness.Patient, flag: {tmp_path / 'flag'}}}"
    )
    words = ["model=patient", f"--config-dir={conf}", *DATA, *SMALL, f"results={tmp_path / 'r'}"]
    with started(*words) as process:
        wait_for(tmp_path / "flag", process)
        done = command(*words)
        assert done.returncode == 2
        assert f"is being worked on by process {process.pid} on " in done.stdout
    folder = tmp_path / "r" / "mini" / "patient-op-run_01"
    with contextlib.suppress(Held):
        Lock(folder).release()
        return
    pytest.fail("a killed process left a lock behind")


def test_help_lists_models_of_a_config_dir(tmp_path: Path) -> None:
    conf = write_model(tmp_path / "conf", "mymodel", "{_target_: x}")
    for words in (["--config-dir", conf], [f"--config-dir={conf}"]):
        assert "mymodel" in command("--help", *words).stdout


@pytest.mark.full
def test_score_scores_any_folder_of_clips(tmp_path: Path) -> None:
    done = command(
        f"videos={MINI / 'generated' / 'static-30'}", f"scores={tmp_path}", "benchmark=custom", "benchmark.name=mini",
        f"benchmark.root={MINI / 'dataset'}", module="score",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14.94" in done.stdout
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert abs(scores["original"] - 14.8968) < 1e-3
    assert (tmp_path / "metrics.csv").exists()


def test_score_without_clips_says_how(tmp_path: Path) -> None:
    done = command("benchmark=custom", module="score")
    assert (done.returncode, "videos=DIR" in done.stdout) == (2, True)
