"""What a run folder says of itself is believed only as far as it holds together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.core.locks import Lock
from runners.core.outcome import DONE
from runners.core.settings import SelectSettings
from runners.runs.run_record import is_busy, read_record
from tests.run.harness import run


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of a whole run."""
    outcome = run(tmp_path_factory.mktemp("record"), run=3, tag="x")
    assert outcome.code == DONE
    assert outcome.folder is not None
    found: dict[str, Any] = json.loads((outcome.folder / "manifest.json").read_bytes())
    return found


@pytest.fixture
def folder(manifest: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "mini" / "paint+x-op-run_03"
    path.mkdir(parents=True)
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


def test_a_whole_run_says_what_it_is(folder: Path) -> None:
    record = read_record(folder)
    assert record is not None
    assert (record.model, record.tag, record.prompts, record.number) == ("paint", "x", "op", 3)
    assert (record.benchmark, record.kind, record.oracle, record.complete) == ("mini", "original", False, True)
    assert len(record.hashes) == 6
    assert record.refused == []
    assert len(record.lost()) == 6  # this copy has no videos


def test_a_run_without_a_manifest_has_no_record(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda manifest: manifest.pop("configuration"),
        lambda manifest: manifest["configuration"].pop("run"),
        lambda manifest: manifest["configuration"].update(run="1"),
        lambda manifest: manifest["configuration"].update(run=True),
        lambda manifest: manifest["configuration"].update(model="svd"),
        lambda manifest: manifest.update(clips=[]),
        lambda manifest: manifest["clips"].update({"0001": None}),
        lambda manifest: manifest["clips"]["0001"].update(name=None),
        lambda manifest: manifest["clips"]["0001"].update(name="../../elsewhere.mp4"),
        lambda manifest: manifest["clips"]["0001"]["published"].pop("sha256"),
        lambda manifest: manifest["clips"]["0001"].update(published=None),
        lambda manifest: manifest["clips"].pop("0001"),
        lambda manifest: manifest["clips"]["0001"].pop("published"),
        lambda manifest: manifest.update(expected=7),
    ],
)
def test_a_manifest_that_does_not_hold_together_is_damaged(folder: Path, spoil: Callable[[Any], Any]) -> None:
    content = json.loads((folder / "manifest.json").read_bytes())
    spoil(content)
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"manifest\.json is damaged \(.*the command that made the run writes it anew"):
        read_record(folder)


def test_an_unfinished_run_is_no_damage(tmp_path: Path) -> None:
    outcome = run(tmp_path, select=SelectSettings(limit=2))
    assert outcome.folder is not None
    record = read_record(outcome.folder)
    assert record is not None
    assert (record.complete, len(record.hashes), record.manifest.expected) == (False, 2, 6)


def test_a_run_is_busy_while_a_process_holds_one_of_its_journals(folder: Path) -> None:
    for name in ("journal.jsonl", "journal-2of4.jsonl"):
        (folder / name).touch()
    assert not is_busy(folder)
    with Lock(folder / "journal.jsonl", shared=True):  # as shards do
        assert not is_busy(folder)
        with Lock(folder / "journal-2of4.jsonl"):
            assert is_busy(folder)
    with Lock(folder / "journal.jsonl"):
        assert is_busy(folder)
    assert not is_busy(folder)
