"""What a tracker is told of a run, by small stand-ins of the three packages; and that it never spoils the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.core.outcome import DONE
from runners.core.settings import ScorerSettings, SelectSettings
from runners.runs.run_record import read_record
from runners.scoring.stored import read_scores
from runners.sharing.summary import MOST_CLIPS, summarize
from runners.sharing.trackers import check_tracker, log_run, tracked
from tests.run.harness import run, settings

FAKE_WANDB = """
import json, os
print("a banner")
class Settings:
    def __init__(self, **how): self.how = how
class Table:
    def __init__(self, columns, data): self.told = {"columns": columns, "rows": len(data)}
class Video:
    def __init__(self, path, format, caption):
        assert os.path.exists(path)
        self.told = caption
class Summary(dict): pass
class Run:
    def __init__(self, how): self.how, self.logged, self.summary = how, [], Summary()
    def log(self, told): self.logged.append({k: getattr(v, "told", v) for k, v in told.items()})
    def finish(self):
        with open(os.environ["FAKE_LOG"], "a") as file:
            file.write(json.dumps({"init": self.how, "logged": self.logged, "summary": self.summary}) + "\\n")
def init(settings, **how):
    assert settings.how["x_disable_meta"]
    if os.environ.get("FAKE_FAULT"): raise RuntimeError("no network at /home/somebody/x")
    return Run(how)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scored run."""
    outcome = run(tmp_path_factory.mktemp("tracked"), scorer=ScorerSettings(workers=1))
    assert outcome.code == DONE
    assert outcome.folder is not None
    return outcome.folder


@pytest.fixture
def wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in on the path; returns where it writes down what it is told."""
    (tmp_path / "fakes" / "wandb").mkdir(parents=True)
    (tmp_path / "fakes" / "wandb" / "__init__.py").write_text(FAKE_WANDB)
    monkeypatch.syspath_prepend(tmp_path / "fakes")
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def log(folder: Path, project: str = "p") -> str:
    record = read_record(folder)
    assert record is not None
    return log_run(record, read_scores(folder / "scores"), "wandb", project)


def lines(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []


def test_a_run_is_logged_once_with_scores_tables_and_a_few_clips(made: Path, wandb: Path, capfd: Any) -> None:
    assert "logged to wandb as once/" in log(made, "once")
    assert "knows it already" in log(made, "once")
    (told,) = lines(wandb)
    (row,) = told["logged"]
    assert row["score/verified"] == told["summary"]["score/verified"] == read_scores(made / "scores").verified
    assert row["table/clips"]["rows"] == 6
    assert sum(key.startswith("clip/") for key in row) == MOST_CLIPS
    assert told["init"]["resume"] == "allow"
    assert told["init"]["id"].startswith("paint-op-run_01-")
    assert str(made.parent) not in wandb.read_text()
    assert capfd.readouterr().out == ""


def test_a_tracker_that_fails_is_a_line(made: Path, wandb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_FAULT", "1")
    told = log(made, "fails")
    assert told.startswith("warning: paint-op-run_01: not logged to wandb (RuntimeError: no network at …/x)")


def test_a_run_keeps_its_outcome_and_its_tracker_is_told(tmp_path: Path, wandb: Path) -> None:
    changes: dict[str, Any] = {"scorer": ScorerSettings(workers=1), "select": SelectSettings(limit=2)}
    asked = settings(tmp_path, tracker="wandb", **changes)
    outcome = tracked(asked, lambda: run(tmp_path, tracker="wandb", **changes))
    assert outcome.code == DONE
    assert "logged to wandb" in outcome.lines[-1]
    (told,) = lines(wandb)
    assert not any(key.startswith("score/") for key in told["logged"][0])
    assert told["init"]["notes"] == "metrics over 2 of 6 clips, no score"


def test_a_tracker_is_looked_at_before_the_run_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="did you mean 'wandb'"):
        check_tracker("wnadb", "p")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "wandb").mkdir()  # where its offline runs lie
    with pytest.raises(UserError, match=r"pip install -e '\.\[wandb\]'"):
        tracked(settings(tmp_path, tracker="wandb"), lambda: pytest.fail("it began"))


def test_what_is_logged_names_no_place(made: Path) -> None:
    record = read_record(made)
    assert record is not None
    payload = summarize(record, read_scores(made / "scores"))
    told = {key: value for key, value in payload.items() if key != "clips"}
    assert str(made.parent) not in json.dumps(told)
