"""Masks that came with the data set, and how far one can get with them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from runners.benchmarks.benchmark import Benchmark
from runners.core.errors import UserError
from runners.core.outcome import Outcome
from runners.core.settings import BenchmarkSettings, ScorerSettings
from runners.dataset.layout import relative_path
from runners.reporting.tables import ceiling_note, notes
from runners.scoring import score as score_as_asked
from runners.scoring.cache import TruthCache
from runners.scoring.inputs import ScoringInput
from runners.scoring.pipeline import score_videos
from runners.scoring.scores import Ceiling, Scores
from runners.scoring.truth import find_truth, identities
from runners.scoring.truth_file import finish_entry
from runners.scoring.views import Resources
from tests.scoring import tiny
from tests.scoring.conftest import Tiny, score
from tests.scoring.odd_files import ship_masks


def second_takes(run: Tiny, folder: Path) -> Tiny:
    """Clips that are take 2, as `real_take` with `output=truth` publishes them."""
    folder.mkdir()
    for scenario in run.scenarios:
        assert scenario.second is not None
        source = run.dataset.root / relative_path("testing", scenario.second, tiny.FPS)
        shutil.copyfile(source, folder / scenario.output_name)
    return run._replace(videos=folder)


@pytest.fixture
def edited(own: Tiny) -> Tiny:
    """Masks of which somebody wiped the left third, where everything begins to move."""
    return own._replace(dataset=ship_masks(own.dataset, own.scenarios, wiped=20))


def ceiling(scores: Scores) -> tuple[float | None, float | None]:
    assert scores.ceiling is not None
    return scores.ceiling.verified, scores.ceiling.original


def test_with_masks_made_the_ceiling_is_100_and_take_2_reaches_it(own: Tiny, tmp_path: Path) -> None:
    scores = score(second_takes(own, tmp_path / "clips"), tmp_path / "scores")
    assert ceiling(scores) == (scores.verified, scores.original) == (100.0, 100.0)


def test_with_untouched_masks_of_the_official_tool_it_is_100_too(own: Tiny, tmp_path: Path) -> None:
    shipped = own._replace(dataset=ship_masks(own.dataset, own.scenarios))
    scores = score(second_takes(shipped, tmp_path / "clips"), tmp_path / "scores")
    assert scores.origin.masks == "shipped"
    assert ceiling(scores) == (scores.verified, scores.original) == (100.0, 100.0)


def test_with_masks_edited_by_hand_it_is_what_take_2_scores(edited: Tiny, tmp_path: Path) -> None:
    model = score(edited, tmp_path / "model")
    real = score(second_takes(edited, tmp_path / "clips"), tmp_path / "real")
    assert real.verified is not None
    assert real.verified < 95
    assert ceiling(model) == ceiling(real) == (real.verified, real.original)
    assert json.loads((tmp_path / "model" / "scores.json").read_bytes())["ceiling"]["verified"] == real.verified


def test_it_is_the_same_from_a_cache_from_memory_and_from_workers(edited: Tiny, tmp_path: Path) -> None:
    wanted = ceiling(score(edited, tmp_path / "plain"))
    dataset, scenarios, videos = edited
    cache = TruthCache(tmp_path / "cache", 10_000_000)
    for name, workers in (("cold", 2), ("warm", 1)):
        found = score_videos(
            ScoringInput(videos, dataset, scenarios, benchmark="t", expected=2),
            tmp_path / name,
            Resources(workers=workers, cache=cache),
        )
        assert ceiling(found) == wanted


def test_a_cache_of_the_time_before_ceilings_is_built_anew(edited: Tiny, tmp_path: Path) -> None:
    dataset, scenarios, videos = edited
    cache = TruthCache(tmp_path / "cache", 10_000_000)
    given, resources = ScoringInput(videos, dataset, scenarios, "t", expected=2), Resources(workers=1, cache=cache)
    wanted = ceiling(score_videos(given, tmp_path / "a", resources))
    for identity in identities(find_truth(dataset, scenarios, tiny.FPS)):
        entry = cache.open(identity)
        assert entry is not None
        entry.path.unlink()
        with cache.draft() as path:
            cache.keep(finish_entry(path, replace(entry.view, ceiling=None), ()), identity)
    assert ceiling(score_videos(given, tmp_path / "b", resources)) == wanted


def asked(run: Tiny, out: Path, masks: str) -> Scores:
    settings = BenchmarkSettings(name="tiny", kind="custom", root=str(run.dataset.root))
    benchmark = Benchmark(settings, run.dataset, out / "no.csv", run.scenarios, ())
    scorer = ScorerSettings(workers=1, cache="off", masks=masks)
    return score_as_asked(run.videos, benchmark, scorer, out=out, progress="plain").scores


def test_masks_made_are_as_if_none_had_been_shipped(own: Tiny, tmp_path: Path) -> None:
    bare = asked(own, tmp_path / "bare", "shipped")
    edited = own._replace(dataset=ship_masks(own.dataset, own.scenarios, wiped=20))
    made = asked(edited, tmp_path / "scores", "made")
    assert made == bare
    assert made.origin.masks == "made"


def test_scores_with_the_one_kind_of_masks_are_not_taken_for_those_with_the_other(edited: Tiny, tmp_path: Path) -> None:
    shipped, made = (asked(edited, tmp_path / "scores", masks) for masks in ("shipped", "made"))
    assert (shipped.origin.masks, made.origin.masks) == ("shipped", "made")
    assert shipped.verified != made.verified
    assert asked(edited, tmp_path / "scores", "shipped") == shipped


def test_masks_are_made_or_shipped(own: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"scorer\.masks: unknown 'ship'; did you mean 'shipped'\?"):
        asked(own, tmp_path, "ship")


def test_a_ceiling_below_100_is_told_under_the_table_and_100_is_not(edited: Tiny, tmp_path: Path) -> None:
    scores = score(edited, tmp_path)
    value, _ = ceiling(scores)
    lines = notes([Outcome(0, "one", scores=scores), Outcome(0, "two", scores=scores)])
    assert [
        line for line in lines if f"take 2 of the real experiment itself scores {value:.2f} (Verified)" in line
    ] == lines
    assert len(lines) == 1
    assert ceiling_note(Ceiling(100.0, 100.0)) is None
    assert ceiling_note(Ceiling(100.0, None)) is None
    assert ceiling_note(None) is None  # scores of the time before
