"""Scored runs of a small stand-in for Physics-IQ Verified: its descriptions list as many clips as a test has."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from runners.core.outcome import Outcome
from runners.core.settings import BenchmarkSettings, PromptsSettings, ScorerSettings, ScoreSettings, SubmitSettings
from runners.reporting.score_runs import score_runs
from runners.submission.fields import WARRANTIES
from runners.submit import run as submit
from tests.run.harness import MINI, run, settings

Ask = Callable[..., Outcome]
"""The command: run folders, the content of a card, changes of the settings."""

VERIFIED = BenchmarkSettings(name="verified", kind="verified", root=str(MINI / "dataset"))

SIGNED = {
    "public_info": {
        "organization": "Us",
        "model_version": "1",
        "availability": "public",
        "model_source": "https://a.example",
        "tech_report": "https://a.example/report.pdf",
        "generation_cost": 0.1,
        "generation_gpu": "none",
        "generation_ngpu": 0,
        "generation_time": 1.5,
    },
    "terms": {
        "terms_version": "1.0",
        "terms_accepted": True,
        "accepted_on_behalf_of": "Us",
        "accepted_at": "2026-11-25T12:00:00Z",
    },
    "warranties": dict.fromkeys(WARRANTIES, True),
}


def text(outcome: Outcome) -> str:
    return "\n".join(outcome.lines)


def make_runs(results: Path, numbers: Sequence[int] = (1, 2), name: str = "paint", **changes: Any) -> list[Path]:
    """Runs over the stand-in, scored."""
    model = replace(settings(results).model, name=name, **changes.pop("model", {}))
    adapter = changes.pop("adapter", None)
    changes = {"benchmark": VERIFIED, "prompts": PromptsSettings(mode="op"), **changes}
    folders = []
    for number in numbers:
        outcome = run(results, adapter, run=number, model=model, **changes)
        assert outcome.folder is not None
        folders.append(outcome.folder)
    score_runs(ScoreSettings(results=str(results), scorer=ScorerSettings(workers=1), resamples=5, progress="plain"))
    return folders


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scored runs of a model, in a results folder that no test changes."""
    results = tmp_path_factory.mktemp("submitted") / "results"
    make_runs(results)
    return results


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> list[Path]:
    """A copy of the two runs, to be spoilt."""
    shutil.copytree(made, tmp_path / "results")
    return sorted((tmp_path / "results" / "verified").iterdir())


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """The command, with its output beside the runs."""

    def asked(folders: Sequence[Path], card: Any = None, **changes: Any) -> Outcome:
        if card is not None:
            (tmp_path / "card.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
            changes["card"] = str(tmp_path / "card.yaml")
        base = SubmitSettings(runs=[str(folder) for folder in folders], out=str(tmp_path / "out"), benchmark=VERIFIED)
        return submit(replace(base, **changes))

    return asked
