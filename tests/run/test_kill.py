"""Kill it anywhere; run it again; it ends the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from runners.runs.events import Published
from runners.runs.journal import journal_files, read_events
from tests.run.harness import IDS, run, videos

ROOT = Path(__file__).resolve().parents[2]
RUN = Path("mini/paint-op-run_01")


def crash(*words: object) -> dict[str, Any]:
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.run.crash", *map(str, words)],
        cwd=ROOT, env=environ, capture_output=True, text=True, timeout=900, check=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = run(tmp_path_factory.mktemp("undisturbed")).folder
    assert folder is not None
    return videos(folder)


def check_whole(folder: Path, clips: dict[str, bytes], *, raw: bool, ids: list[str] = IDS) -> None:
    """A run folder as an undisturbed run leaves it."""
    expected = {"journal.jsonl", "manifest.json", "videos"} | ({"raw"} if raw else set())
    assert {path.name for path in folder.iterdir()} == expected
    assert videos(folder) == {name: data for name, data in clips.items() if name[:4] in ids}
    events = [event for path in journal_files(folder) for event in read_events(path)]
    assert Counter(event.id for event in events if isinstance(event, Published)) == Counter(ids)
    if raw:
        assert sorted(path.stem for path in (folder / "raw").iterdir()) == ids


@pytest.mark.parametrize(
    ("kills", "raw"),
    [(3, True), pytest.param(25, False, marks=pytest.mark.full), pytest.param(25, True, marks=pytest.mark.full)],
)
def test_kills_at_random_instants_change_nothing(
    tmp_path: Path, undisturbed: dict[str, bytes], kills: int, raw: bool
) -> None:
    result = crash(tmp_path, "random", kills, 2026 + raw, *(["raw"] if raw else []))
    assert result == {"kills": kills, "code": 0}
    for folder in sorted(tmp_path.iterdir()):
        check_whole(folder / RUN, undisturbed, raw=raw)


@pytest.mark.full
@pytest.mark.parametrize("raw", [False, True])
def test_death_before_any_durable_step_changes_nothing(
    tmp_path: Path, undisturbed: dict[str, bytes], raw: bool
) -> None:
    steps = crash(tmp_path, "steps", 400, *(["raw"] if raw else []))["steps"]
    assert len(steps) > 20
    assert [step["code"] for step in steps] == [0] * len(steps)
    assert [step["died"] for step in steps] == [True] * (len(steps) - 1) + [False]
    for number in range(1, len(steps) + 1):
        check_whole(tmp_path / f"{number:03d}" / RUN, undisturbed, raw=raw, ids=IDS[:2])
