"""Which files are compared with, what is missing, and what is computed only once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from runners.core.errors import UserError
from runners.dataset.layout import DataSet, relative_path
from runners.dataset.scenarios import Scenario
from runners.scoring import view
from runners.scoring.build import build_entry, full_frames
from runners.scoring.fit import check_truth
from runners.scoring.inputs import ScoringInput
from runners.scoring.memory import Memory
from runners.scoring.pipeline import score_videos
from runners.scoring.truth import TruthSource, TruthView, find_truth
from runners.scoring.truth_file import Entry
from runners.scoring.views import Resources
from tests.scoring import tiny
from tests.scoring.conftest import Tiny


def test_complete_truth_passes(tiny_run: Tiny) -> None:
    check_truth(tiny_run.dataset, tiny_run.scenarios, tiny.FPS)


def test_a_data_set_without_truth_is_told_where_it_was_sought(tmp_path: Path, tiny_run: Tiny) -> None:
    with pytest.raises(UserError, match=r"split-videos/testing/8FPS.*scorer=none"):
        check_truth(DataSet(tmp_path), tiny_run.scenarios, 8)


@pytest.mark.parametrize("take", [1, 2])
def test_a_missing_file_of_either_take_is_named_with_its_folder(take: int, tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path)
    item = scenarios[1].item if take == 1 else scenarios[1].second
    assert item is not None
    path = tmp_path / relative_path("testing", item, 8)
    path.unlink()
    with pytest.raises(UserError, match=f"missing in {path.parent}: {path.name}; .*scorer=none"):
        check_truth(dataset, scenarios, 8)


def test_many_missing_files_are_counted(tmp_path: Path, tiny_run: Tiny) -> None:
    first = tiny_run.scenarios[0]
    tiny.write_truth(tmp_path, first.item, tiny.slide(1.0), 8)
    with pytest.raises(UserError, match="and 6 more"):
        check_truth(DataSet(tmp_path), tiny_run.scenarios, 8)


def test_clips_at_a_shipped_rate_are_compared_with_its_files(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path, views=["left"])
    tiny.make_dataset(tmp_path, views=["left"], fps=12)
    source = find_truth(DataSet(tmp_path), scenarios, 8)[0]
    assert not source.resampled
    assert source.takes[0].parent.name == "8FPS"
    assert source.masks == (None, None)
    assert dataset.root == tmp_path


def test_other_rates_are_made_from_the_highest(tmp_path: Path) -> None:
    _, scenarios = tiny.make_dataset(tmp_path, views=["left"])
    tiny.make_dataset(tmp_path, views=["left"], fps=12)
    source = find_truth(DataSet(tmp_path), scenarios, 10)[0]
    assert source.resampled
    assert source.shipped_fps == 12
    assert len(list(full_frames(source, 0))) == 50


def test_truth_shorter_than_5_s_is_named(tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path, views=["left"])
    path = tiny.write_truth(tmp_path, scenarios[0].item, tiny.slide(5.0)[:39], 8)
    source = find_truth(dataset, scenarios, 8)[0]
    with pytest.raises(UserError, match=f"{path.name}: only 39 of 40 frames decode"):
        build_entry(tmp_path / "entry", source, tmp_path)


def _ship_masks(dataset: DataSet, scenario: Scenario, takes: int) -> None:
    """Put masks where a data set ships them; empty ones, so that they are known again."""
    for item in (scenario.item, scenario.second)[:takes]:
        assert item is not None
        target = dataset.root / relative_path("masks", item, 8)
        target.parent.mkdir(parents=True, exist_ok=True)
        writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*"mp4v"), 8, (64, 36), isColor=False)
        for _ in range(40):
            writer.write(np.zeros((36, 64), np.uint8))
        writer.release()


@pytest.mark.parametrize(("takes", "told"), [(2, "shipped"), (0, "made")])
def test_shipped_masks_are_used_where_there_are_any(takes: int, told: str, tmp_path: Path) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"])
    _ship_masks(dataset, scenarios[0], takes)
    dataset = DataSet(dataset.root)
    videos = tiny.write_run(tmp_path / "videos", scenarios)
    scores = score_videos(
        ScoringInput(videos, dataset, scenarios, benchmark="t", expected=1), tmp_path / "out", Resources(workers=1)
    )
    assert scores.origin.masks == told
    truth = build_entry(tmp_path / "entry", find_truth(dataset, scenarios, 8)[0], tmp_path).view
    assert [any(mask.any() for mask in stack) for stack in truth.masks] == [takes < 1, takes < 2]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[TruthSource]:
    """The sources whose truth was computed, one entry each time."""
    seen: list[TruthSource] = []
    real: Callable[..., Entry] = build_entry

    def watched(path: Path, source: TruthSource, scratch: Path, known: TruthView | None) -> Entry:
        if known is None:
            seen.append(source)
        return real(path, source, scratch, known)

    monkeypatch.setattr(view, "build_entry", watched)
    return seen


def test_a_second_run_reuses_the_truth_and_has_the_same_scores(
    tiny_run: Tiny, tmp_path: Path, measured: list[TruthSource]
) -> None:
    memory = Memory()
    dataset, scenarios, videos = tiny_run
    for name in ("first", "second"):
        out = tmp_path / name
        score_videos(
            ScoringInput(videos, dataset, scenarios, benchmark="t", expected=6),
            out,
            Resources(workers=1, memory=memory),
        )
    assert len(measured) == 6
    for file in ("metrics.csv", "scores.json"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_truth_that_changed_on_disk_is_computed_anew(tmp_path: Path, measured: list[TruthSource]) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"])
    videos = tiny.write_run(tmp_path / "videos", scenarios)
    memory = Memory()
    path = find_truth(dataset, scenarios, 8)[0].takes[1]
    for _ in range(2):
        score_videos(
            ScoringInput(videos, dataset, scenarios, benchmark="t", expected=1),
            tmp_path,
            Resources(workers=1, memory=memory),
        )
        path.write_bytes(path.read_bytes() + b"\0")
    assert len(measured) == 2


def test_truth_that_was_only_touched_is_the_same_truth(tmp_path: Path, measured: list[TruthSource]) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"])
    videos = tiny.write_run(tmp_path / "videos", scenarios)
    memory = Memory()
    for time_ns in (1, 2):
        os.utime(find_truth(dataset, scenarios, 8)[0].takes[1], ns=(time_ns, time_ns))
        score_videos(
            ScoringInput(videos, dataset, scenarios, benchmark="t", expected=1),
            tmp_path,
            Resources(workers=1, memory=memory),
        )
    assert len(measured) == 1
