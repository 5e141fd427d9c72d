"""The trackers' own packages, offline: `make trackers` runs these in an environment of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from runners.core.settings import ScorerSettings
from runners.runs.run_record import read_record
from runners.scoring.stored import read_scores
from runners.sharing.trackers import log_run
from tests.run.harness import run


@pytest.mark.parametrize("tracker", ["wandb", "trackio", "mlflow"])
def test_a_run_is_logged_and_not_twice(tracker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(tracker, reason="make trackers (make trackers TRACKERS=mlflow)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    for name in ("WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "TRACKIO_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    outcome = run(tmp_path / "results", scorer=ScorerSettings(workers=1))
    assert outcome.folder is not None
    record, scores = read_record(outcome.folder), read_scores(outcome.folder / "scores")
    assert record is not None
    assert "logged to" in log_run(record, scores, tracker, "physics-iq")
    assert "knows it already" in log_run(record, scores, tracker, "physics-iq")
