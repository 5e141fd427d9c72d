"""check_only=true: any folders of clips against the rules; of clips made elsewhere a descriptions file is enough."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.core.outcome import BAD_INPUT, DONE, STOPPED
from runners.core.settings import BenchmarkSettings
from tests.run.harness import MINI
from tests.submission.conftest import VERIFIED, Ask, text


@pytest.fixture
def elsewhere(runs: list[Path], tmp_path: Path) -> list[Path]:
    """Two folders of clips, of which nothing else is known."""
    folders = [tmp_path / "theirs" / name / "videos" for name in ("a", "b")]
    for run, folder in zip(runs, folders, strict=True):
        shutil.copytree(run / "videos", folder)
    return folders


def test_any_folders_of_clips_can_be_checked(elsewhere: list[Path], ask: Ask, tmp_path: Path) -> None:
    file = BenchmarkSettings(name="verified", kind="verified", descriptions=str(MINI / "dataset/descriptions.csv"))
    outcome = ask(elsewhere, check_only=True, out=None, benchmark=file)
    assert (outcome.code, outcome.lines[-1]) == (DONE, "2 runs, 12 clips: no rule is broken")
    assert not (tmp_path / "out").exists()


def test_breaches_of_clips_made_elsewhere_are_told_per_file(elsewhere: list[Path], ask: Ask) -> None:
    gone = min((elsewhere[1]).iterdir())
    gone.unlink()
    outcome = ask(elsewhere, check_only=True)
    assert outcome.code == BAD_INPUT
    assert f"error: b/videos/{gone.name}: is missing" in text(outcome)
    assert not any("a/videos" in line for line in outcome.lines)


def test_a_card_is_checked_with_them_and_what_it_lacks_is_listed(elsewhere: list[Path], ask: Ask) -> None:
    format_ = {"fps": 8, "resolution": "96x54", "descriptions": "op", "input_type": "i2v"}
    outcome = ask(elsewhere, {"public_info": format_}, check_only=True)
    assert outcome.code == STOPPED
    assert "  warranties.metadata_accurate" in outcome.lines
    outcome = ask(elsewhere, {"public_info": {**format_, "resolution": "1280x720"}}, check_only=True)
    assert text(outcome).count(": is 96x54, not 1280x720") == 12
    with pytest.raises(UserError, match="WIDTHxHEIGHT"):
        ask(elsewhere, {"public_info": {**format_, "resolution": "720p"}}, check_only=True)


def test_the_count_of_the_real_benchmark_is_198(elsewhere: list[Path], ask: Ask) -> None:
    outcome = ask(elsewhere, check_only=True, benchmark=replace(VERIFIED, expected=198))
    assert "error: a/videos: 6 clips are described, and the benchmark has 198" in text(outcome)


def test_runs_of_the_harness_can_be_checked_without_scores_and_over_any_benchmark(runs: list[Path], ask: Ask) -> None:
    shutil.rmtree(runs[1] / "scores")
    manifest = json.loads((runs[1] / "manifest.json").read_bytes())
    manifest["configuration"]["benchmark"] |= {"name": "demo", "kind": "demo"}
    (runs[1] / "manifest.json").write_text(json.dumps(manifest))
    outcome = ask(runs, check_only=True)
    assert outcome.code == DONE
    assert "warning: paint-op-run_02: is not scored" in text(outcome)
    assert "warning: paint-op-run_02: is over the benchmark demo" in text(outcome)


def test_the_folder_above_the_clips_may_be_named_as_well(elsewhere: list[Path], ask: Ask) -> None:
    outcome = ask([folder.parent for folder in elsewhere], check_only=True)
    assert (outcome.code, outcome.lines[-1]) == (DONE, "2 runs, 12 clips: no rule is broken")


def test_a_resolution_is_spelt_as_the_leaderboard_reads_it(elsewhere: list[Path], ask: Ask) -> None:
    with pytest.raises(UserError, match="WIDTHxHEIGHT"):
        ask(elsewhere, {"public_info": {"fps": 8, "resolution": "96X54"}}, check_only=True)


def test_clips_made_elsewhere_cannot_be_submitted_since_nothing_is_known_of_them(
    elsewhere: list[Path], ask: Ask
) -> None:
    with pytest.raises(UserError, match="no run folder with a manifest; check_only=true"):
        ask(elsewhere)
