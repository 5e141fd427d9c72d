"""Runs of the small data set in a results folder, scored, to be spoilt."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runners.core.outcome import DONE, Outcome
from runners.core.settings import ScorerSettings, ScoreSettings
from runners.reporting.score_runs import score_runs
from tests.run.harness import run, settings


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of one model, and one of another: none scored."""
    results = tmp_path_factory.mktemp("made") / "results"
    for number in (1, 2):
        assert run(results, run=number).code == DONE
    still = replace(settings(results).model, name="other")
    assert run(results, model=still).code == DONE
    return results


@pytest.fixture(scope="session")
def scored(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same three runs, scored once."""
    results = tmp_path_factory.mktemp("scored") / "results"
    shutil.copytree(made, results)
    assert ask(results).code == DONE
    return results


@pytest.fixture
def results(scored: Path, tmp_path: Path) -> Path:
    """A copy of the scored runs to be spoilt."""
    shutil.copytree(scored, tmp_path / "results")
    return tmp_path / "results"


def ask(results: Path, **changes: Any) -> Outcome:
    base = ScoreSettings(results=str(results), scorer=ScorerSettings(workers=1), resamples=50, progress="plain")
    return score_runs(replace(base, **changes))


def table(results: Path) -> dict[str, dict[str, str]]:
    """The rows of leaderboard.csv by model."""
    with (results / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        return {row["model"]: row for row in csv.DictReader(file)}


def text(outcome: Outcome) -> str:
    return "\n".join(outcome.lines)
