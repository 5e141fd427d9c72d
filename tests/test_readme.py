"""README and docs are true: their commands run, examples work, tables are what comes out, every place is there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adapters import write_video
from runners.cli.hydra_errors import keys
from runners.core.settings import (
    DoctorSettings,
    FetchSettings,
    GenerateSettings,
    JobsSettings,
    ReportSettings,
    ScoreSettings,
    SelectSettings,
    SubmitSettings,
)
from tests.api import shell
from tests.run.harness import run, videos
from tests.tools.demo_picture import PLACE as PICTURE
from tests.tools.demo_picture import strip

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in (
    "data", "sweeps", "scoring", "local_models", "services", "adding_a_model", "python", "run_folder", "reproducing",
    "report", "tables", "sharing", "submitting", "fooling_yourself",
))]  # fmt: skip
"""In the order in which a reader goes on: what a page's commands need was made by those before it."""
DEMO = ("freeze", "extrapolate", "real_take")
README = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
BLOCK = re.compile(r"(?P<skip><!-- not run by tests: [^\n]*-->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```", re.DOTALL)


def blocks(kind: str) -> list[tuple[str, bool]]:
    """(text, whether tests run it) of every block of a kind."""
    return [(match["text"], match["skip"] is None) for match in BLOCK.finditer(README) if match["kind"] == kind]


def typed(*, run_by_tests: bool) -> list[list[str]]:
    """The words of every command line of the README, comments left out."""
    lines = [line for text, runs in blocks("sh") if runs is run_by_tests for line in text.splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def execute(words: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    assert words[0] == "python"
    environ = {**os.environ, "COLUMNS": "140", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *words[1:]], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader would type: with videos of their own beside."""
    place = tmp_path_factory.mktemp("reader")
    (place / "my_videos").mkdir()
    for name in ("kettle", "swing"):
        frames = (np.full((36, 64, 3), k % 200, np.uint8) for k in range(8 * 12 + 1))
        write_video(place / "my_videos" / f"{name}.mp4", frames, 12)
    return place


def made_by_this_version(runs: Path) -> bool:
    """Whether all of the demo's runs are there, whole, and newer than all they are made from: as `make` would ask."""
    if not all((runs / f"{model}-op-run_01" / "scores" / "scores.json").exists() for model in DEMO):
        return False
    sources = [
        ROOT / "constraints.txt",
        *(file for room in ("adapters", "conf", "runners") for file in code(ROOT / room)),
    ]
    made = [file for model in DEMO for file in (runs / f"{model}-op-run_01").rglob("*") if file.is_file()]
    return min(file.stat().st_mtime for file in made) > max(file.stat().st_mtime for file in sources)


def code(room: Path) -> Iterator[Path]:
    return (file for file in room.rglob("*") if file.suffix in (".py", ".yaml"))


@pytest.fixture(scope="module")
def demo(folder: Path) -> str:
    """What `make demo` prints, after its installation: by the runs that it left in the repository, if they are new."""
    runs = ROOT / "results" / "demo"
    if made_by_this_version(runs):
        for model in DEMO:
            shutil.copytree(runs / f"{model}-op-run_01", folder / "results" / "demo" / f"{model}-op-run_01")
    recipe = next(line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if "runners.generate" in line)
    done = execute(["python", *shlex.split(recipe)[1:]], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows(table: str) -> dict[str, list[float]]:
    """Run name → the numbers of its row, of a table in either style."""
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in re.split(r"[|│┃]", line)[1:-1]]
        if len(cells) > 6 and re.fullmatch(r"\d+\.\d+", cells[1]):
            scores, interval = (cells[1], *cells[3:8]), cells[2].split(" … ")
            found[cells[0].split(" ")[0]] = [float(cell) for cell in (*scores, *interval)]
    return found


def test_the_ceiling_is_100_by_both_formulas_and_the_baselines_are_far_below(demo: str) -> None:
    scores = rows(demo)
    assert scores["real_take-op-run_01"][:2] == [100.0, 100.0]
    assert max(max(scores[f"{model}-op-run_01"][:2]) for model in ("freeze", "extrapolate")) < 50


def test_the_table_of_the_readme_is_what_the_demo_ends_with(demo: str) -> None:
    shown, made = rows(README), rows(demo)
    assert set(shown) == set(made)
    assert len(made) == 3
    for name, numbers in made.items():
        # Not to the last digit: the drawing's floating-point sums may differ in theirs on another processor.
        assert shown[name] == pytest.approx(numbers, abs=0.5), name


def test_the_picture_is_made_of_the_demo_s_clips(demo: str, folder: Path) -> None:
    made = strip(folder / "results" / "demo")
    assert made.size == Image.open(PICTURE).size
    assert np.asarray(made.convert("L")).std() > 20
    assert PICTURE.stat().st_size < 600_000


def test_the_commands_run(demo: str, folder: Path) -> None:
    for words in typed(run_by_tests=True):
        if words[0] in ("make", "source"):
            continue
        assert words[:2] == ["python", "-m"]
        done = shell.run(ROOT, words[2], words[3:], {**os.environ, "COLUMNS": "140"}, folder)
        assert done.returncode == 0, (words, done.stdout + done.stderr)
    assert (folder / "my_scores" / "scores.json").exists()


def test_commands_that_need_more_than_a_test_has_are_made_of_words_that_exist() -> None:
    schemas = {
        "generate": GenerateSettings,
        "score": ScoreSettings,
        "submit": SubmitSettings,
        "fetch": FetchSettings,
        "jobs": JobsSettings,
        "doctor": DoctorSettings,
        "report": ReportSettings,
    }
    for words in typed(run_by_tests=False):
        command = words[2].removeprefix("runners.")
        assert words[:3] == ["python", "-m", f"runners.{command}"]
        known: set[str] = {*keys(schemas[command]), "experiment", "placement", "sweep"}
        names = [word.partition("=")[0] for word in words[3:] if "=" in word]
        assert [name for name in names if name not in known and not name.startswith("model.adapter.")] == []


def test_the_make_targets_exist() -> None:
    targets = {words[1] for words in typed(run_by_tests=True) if words[0] == "make"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets >= {"demo", "test"}
    assert all(f"\n{target}:" in makefile for target in targets)


def test_the_settings_it_names_exist() -> None:
    table = README.split("| setting |")[1].split("\n\n")[0]
    named = {
        name for cell in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for name in re.findall(r"`([\w.]+)=", cell)
    }
    assert len(named) > 10
    assert named - set(keys(GenerateSettings)) == set()


def test_the_example_class_is_a_model(tmp_path: Path) -> None:
    names: dict[str, object] = {}
    for text, _ in blocks("python"):  # the class, then the check of its contract
        if "Brighten" in text:
            exec(text, names)
    brighten = names["Brighten"]
    assert isinstance(brighten, type)
    outcome = run(tmp_path, brighten(), select=SelectSettings(ids=["1"]))
    assert (outcome.code, outcome.folder is not None and len(videos(outcome.folder))) == (0, 1)


def test_the_page_of_python_runs(folder: Path) -> None:
    page = "\n".join(text for text, _ in blocks("python") if "evaluate" in text)
    done = execute(["python", "-c", page], folder)
    assert done.returncode == 0, done.stderr
    assert "still-step-1000-op-run_01: 1 of 1 clip published" in done.stdout
    assert {"freeze-op-run_01", "freeze-op-run_02"} <= {path.name for path in (folder / "results" / "demo").iterdir()}


def test_the_example_yaml_is_a_model(tmp_path: Path) -> None:
    path = tmp_path / "my_models" / "model" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(next(text for text, _ in blocks("yaml")), encoding="utf-8")
    words = ["python", "-m", "runners.generate", "--config-dir", "my_models", "model=mine", "--cfg", "job"]
    done = execute(words, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/envs/mine/bin/python generate.py" in done.stdout
    assert "\n  name: mine\n" in done.stdout


def test_every_place_it_names_is_there() -> None:
    tree = README.split("## Where things are")[1].split("```")[1]
    above = ROOT
    for line in tree.strip().splitlines():
        rooms = list(takewhile(lambda word: word.endswith("/"), line.split()))
        if not line.startswith(" "):
            above = ROOT / rooms[0]
            assert above.is_dir(), line
        else:
            assert rooms, line
            assert all((above / room).is_dir() for room in rooms), line


def test_every_page_is_known_and_short_enough_to_be_read() -> None:
    assert set(PAGES[1:]) == set((ROOT / "docs").glob("*.md"))
    front = PAGES[0].read_text(encoding="utf-8")
    assert len(front.splitlines()) <= 150
    assert set(re.findall(r"\]\((docs/\w+\.md)\)", front)) == {f"docs/{page.name}" for page in PAGES[1:]}


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "adapters/api/README.md",
        "adapters/local/README.md",
        *(f"docs/{page.name}" for page in PAGES[1:]),
    ],
)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    path = ROOT / page
    named = set(re.findall(r"`((?:[\w.]+/)*\w+\.py)`", path.read_text(encoding="utf-8")))
    theirs = {"run_physics_iq.py"}  # of the official toolbox
    lost = [name for name in sorted(named) if not ((path.parent / name).exists() or (ROOT / name).exists())]
    assert [name for name in lost if Path(name).name not in theirs] == []
