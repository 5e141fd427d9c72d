"""A results folder with runs of the small data set: complete, incomplete, and with a hostile name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runners.core.outcome import DONE, Outcome
from runners.core.settings import ReportSettings, ScorerSettings, SelectSettings
from runners.page.report import report
from runners.scoring.memory import Memory
from tests.run.harness import run, settings

HOSTILE = "<script>alert(1)</script> \"quoted\" 'too' \u202eRTL\u202c \U0001f600 $x$ \x07 ../../etc "


@pytest.fixture(scope="session", autouse=True)
def previews(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of these tests' own."""
    folder, before = tmp_path_factory.mktemp("previews"), os.environ.get("PHYSICS_IQ_PREVIEWS")
    os.environ["PHYSICS_IQ_PREVIEWS"] = str(folder)
    yield folder
    if before is None:
        del os.environ["PHYSICS_IQ_PREVIEWS"]
    else:
        os.environ["PHYSICS_IQ_PREVIEWS"] = before


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, previews: Path) -> Path:
    """Two complete runs of one model, one of another, and two clips of a third."""
    results = tmp_path_factory.mktemp("page") / "results"
    scorer = ScorerSettings(workers=1)
    for number in (1, 2):
        assert run(results, run=number, scorer=scorer).code == DONE
    model = settings(results).model
    assert run(results, model=replace(model, name="other"), scorer=scorer).code == DONE
    part = SelectSettings(ids=["1", "2"])
    assert run(results, model=replace(model, name="part"), select=part, scorer=scorer).code == DONE
    return results


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    shutil.copytree(made, tmp_path / "results")
    return tmp_path / "results"


def ask(results: Path, out: Path, **changes: Any) -> Outcome:
    base = ReportSettings(
        results=str(results), out=str(out), scorer=ScorerSettings(workers=1), resamples=50, progress="plain"
    )
    return report(replace(base, **changes), Memory())


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
