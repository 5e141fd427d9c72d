"""A loaded model outlives one job of a sweep, and never two models are loaded at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters import SetupError
from adapters.harness import RollOut
from runners.core.errors import UserError
from runners.core.outcome import DONE
from runners.generation.model_cache import Lender
from runners.generation.run import generate
from tests.run.harness import MINI, Paint, settings, videos

ROOT = Path(__file__).resolve().parents[2]
LOG: list[str] = []


class Noted(Paint):
    """Says when it is loaded and closed."""

    def __init__(self, name: str = "a", *, broken: bool = False) -> None:
        super().__init__()
        self.name, self.broken = name, broken

    def load(self) -> None:
        LOG.append(f"load {self.name}")
        if self.broken:
            raise SetupError("no weights here")

    def close(self) -> None:
        LOG.append(f"close {self.name}")


def make(node: Any) -> Noted:
    return Noted(**{key: value for key, value in node.items() if key != "_target_"})


@pytest.fixture
def lender() -> Lender:
    LOG.clear()
    return Lender(LOG.append)


def job(lender: Lender, results: Path, name: str, run: int = 1, *, short: str = "error", **changes: Any) -> Any:
    base = settings(results, run=run)
    base.model.name, base.model.short = name, short
    base.model.adapter = {"_target_": "tests.run.test_lending.Noted", "name": name, **changes}
    return generate(base, lender.of(make))


def test_four_runs_of_one_model_load_it_once(lender: Lender, tmp_path: Path) -> None:
    outcomes = [job(lender, tmp_path, "a", run) for run in (1, 2, 3, 4)]
    lender.close()
    assert LOG == ["load a", "close a"]
    assert [outcome.code for outcome in outcomes] == [DONE] * 4
    assert len({tuple(videos(outcome.folder).values()) for outcome in outcomes}) == 4


@pytest.mark.full
def test_a_lent_model_makes_the_same_bytes_as_a_fresh_one(lender: Lender, tmp_path: Path) -> None:
    job(lender, tmp_path / "one", "a", 1)
    second = job(lender, tmp_path / "one", "a", 2)
    lender.close()
    fresh = job(lender, tmp_path / "two", "a", 2)
    assert videos(second.folder) == videos(fresh.folder)


@pytest.mark.full
def test_the_held_model_is_closed_before_another_is_loaded(lender: Lender, tmp_path: Path) -> None:
    for run in (1, 2):
        for name in ("a", "b"):
            job(lender, tmp_path, name, run)
    lender.close()
    assert LOG == ["load a", "close a", "load b", "close b", "load a", "close a", "load b", "close b"]


@pytest.mark.full
def test_other_arguments_are_another_model(lender: Lender, tmp_path: Path) -> None:
    job(lender, tmp_path, "a", 1)
    job(lender, tmp_path, "a", 2, broken=False)
    lender.close()
    assert LOG == ["load a", "close a", "load a", "close a"]


def test_a_model_that_cannot_be_loaded_is_closed_and_not_kept(lender: Lender, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match="no weights here"):
            job(lender, tmp_path, "a", broken=True)
    job(lender, tmp_path, "b")
    lender.close()
    assert LOG == ["load a", "close a", "load a", "close a", "load b", "close b"]


@pytest.mark.full
def test_a_model_at_work_is_closed_only_when_its_work_has_ended(lender: Lender, tmp_path: Path) -> None:
    job(lender, tmp_path, "a")
    lender.abandon()
    lender.close()
    assert LOG == ["load a"]
    lender.given_back()
    assert LOG == ["load a", "close a"]
    job(lender, tmp_path, "b")
    lender.close()
    assert LOG[2:] == ["load b", "close b"]


def test_a_run_with_nothing_to_do_neither_loads_nor_closes(lender: Lender, tmp_path: Path) -> None:
    job(lender, tmp_path, "a")
    job(lender, tmp_path, "b")
    LOG.clear()
    job(lender, tmp_path, "a")
    assert LOG == []


def test_a_job_that_rolls_out_uses_the_same_loaded_model(lender: Lender, tmp_path: Path) -> None:
    job(lender, tmp_path, "a", 1, short="roll_out")
    job(lender, tmp_path, "a", 2)
    lender.close()
    assert LOG == ["load a", "close a"]
    assert RollOut(lender.of(make)({"name": "a"})).identity({"name": "a"}) == {"name": "a"}


@pytest.mark.full
def test_a_sweep_from_the_command_line_loads_once(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "model"
    folder.mkdir(parents=True)
    (folder / "noted.yaml").write_text(
        "# Says when it is loaded\nname: noted\nadapter: {_target_: tests.run.test_lending.Told, name: a}\n"
    )
    words = [
        "-m", "--config-dir", str(tmp_path / "mine"), "model=noted", "run=1,2,3", "benchmark=original",
        f"benchmark.root={MINI / 'dataset'}", "benchmark.expected=null", "output=truth", "select.limit=1",
        f"results={tmp_path / 'results'}", "scorer=none", "progress=plain",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "runners.generate", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("load a") == 1
    assert done.stderr.count("close a") == 1


class Told(Noted):
    """Says it on stderr."""

    def load(self) -> None:
        print("load", self.name, file=sys.stderr)

    def close(self) -> None:
        print("close", self.name, file=sys.stderr)


def test_a_model_of_another_revision_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    LOG.clear()

    class Versioned(Noted):
        commit = "one"

        def revision(self) -> str:
            return self.commit

        def describe(self) -> dict[str, Any]:
            return {"revision": self.commit}

    first = settings(tmp_path)
    first.select.limit = 1
    generate(first, lambda node: Versioned())
    Versioned.commit = "two"
    LOG.clear()
    first.select.limit = 2
    with pytest.raises(UserError, match="begun with revision one"):
        generate(first, lambda node: Versioned())
    assert LOG == ["close a"]


@pytest.mark.full
def test_placement_is_told_to_be_for_local_pipelines() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runners.generate", "model=freeze", "placement=gpu24gb", "plan=true"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "takes no placement" in done.stdout + done.stderr


@pytest.mark.full
def test_a_setting_that_a_models_yaml_lacks_is_told_how_to_be_added() -> None:
    words = ["model=wan22_a14b", "model.adapter.placement.offload=model", "plan=true"]
    done = subprocess.run(
        [sys.executable, "-m", "runners.generate", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "+model.adapter.placement.offload=" in done.stdout + done.stderr
