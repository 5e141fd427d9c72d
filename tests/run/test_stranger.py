"""A stranger's model: our wheel and their package in a fresh environment, outside of the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.run.test_cli import DATA, SMALL

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment into which wheels of ours and of the plug-in are installed."""
    place = tmp_path_factory.mktemp("stranger")
    ours = place / "ours"
    for name in ("adapters", "conf", "runners"):
        shutil.copytree(ROOT / name, ours / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, ours)
    theirs = shutil.copytree(ROOT / "tests" / "example_plugin", place / "theirs")
    pip = [sys.executable, "-m", "pip"]
    offline = ["--quiet", "--no-deps", "--no-index"]
    built = subprocess.run(
        [*pip, "wheel", *offline, "--no-build-isolation", "-w", place / "wheels", ours, theirs],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if built.returncode and ("No module named" in built.stderr or "BackendUnavailable" in built.stderr):
        pytest.skip("no wheel can be built here: pip or setuptools is missing")
    assert built.returncode == 0, built.stderr
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "env"], check=True)
    python = place / "env" / "bin" / "python"
    wheels = sorted((place / "wheels").iterdir())
    subprocess.run([*pip, "--python", python, "install", *offline, *wheels], check=True, capture_output=True)
    (site,) = (place / "env" / "lib").glob("python*/site-packages")
    # What the harness needs is taken from here; a path in a .pth brings no editable install of the repository along.
    packages = [path for path in sys.path if path.endswith("-packages")] or [sysconfig.get_paths()["purelib"]]
    (site / "packages.pth").write_text("\n".join(packages) + "\n")
    return python


def execute(python: Path, *words: object) -> subprocess.CompletedProcess[str]:
    away = python.parents[2]
    return subprocess.run(
        [python, *map(str, words)], cwd=away, env={"PATH": "/usr/bin:/bin", "HOME": str(away)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.full
def test_their_adapter_passes_our_checks_in_their_environment(python: Path) -> None:
    code = "import adapters, runpy; runpy.run_path('theirs/tests/test_model.py')['test_it_keeps_the_contract']()"
    done = execute(python, "-c", f"{code}; print(adapters.__file__)")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1])


def test_their_model_runs_there(python: Path, tmp_path: Path) -> None:
    words = ["model=acme", *DATA, *SMALL, "scorer=none", "select.limit=1", f"results={tmp_path}"]
    done = execute(python, "-m", "runners.generate", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((tmp_path / "mini" / "acme-op-run_01" / "videos").iterdir())) == 1
