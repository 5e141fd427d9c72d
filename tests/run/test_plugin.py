"""An installed package that brings a model: code and YAML, seen by --help, by sweeps and by the list of choices."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run.test_cli import DATA, SMALL

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example plug-in installed into it by pip; a copy is built, since pip builds in place."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(ROOT / "tests" / "example_plugin", folder / "source")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", folder / "site", source], check=True, capture_output=True)
    return folder / "site"


def generate(site: Path, *words: object) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "runners.generate", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def test_its_model_stands_in_the_help(site: Path) -> None:
    assert "acme" in generate(site, "--help").stdout


@pytest.mark.full
def test_its_model_runs_and_sweeps_beside_ours(site: Path, tmp_path: Path) -> None:
    words = [*DATA, *SMALL, "scorer=none", "select.limit=1", f"results={tmp_path}"]
    done = generate(site, "-m", "model=acme,freeze", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in (tmp_path / "mini").iterdir()) == ["acme-op-run_01", "freeze-op-run_01"]
    assert len(list((tmp_path / "mini" / "acme-op-run_01" / "videos").iterdir())) == 1


def test_a_misspelt_name_is_answered_with_it(site: Path) -> None:
    done = generate(site, "model=acmee", *DATA)
    assert done.returncode == 2
    assert "there is no model 'acmee'; did you mean 'acme'?" in done.stdout


@pytest.mark.full
def test_glob_sees_it(site: Path, tmp_path: Path) -> None:
    words = [*DATA, *SMALL, "scorer=none", "select.limit=1", f"results={tmp_path}", "plan=true"]
    done = generate(site, "-m", "model=glob(ac*)", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "acme-op-run_01: 1 of 6 scenarios chosen" in done.stdout
