"""The official fixture, scored once per session, and a tiny data set for everything else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from runners.dataset.layout import DataSet
from runners.dataset.scenarios import Scenario, load_scenarios
from runners.scoring.cache import TruthCache
from runners.scoring.inputs import ScoringInput
from runners.scoring.pipeline import score_videos
from runners.scoring.scores import Scores
from runners.scoring.views import Resources
from tests.scoring import tiny
from tests.scoring.official_run import Undisturbed, make_place
from tests.scoring.stand_in import make_ffprobe

MINI = Path(__file__).parents[1] / "fixtures" / "mini"


class Scored(NamedTuple):
    """A scored run and the folder that its files went to."""

    scores: Scores
    out: Path


class Tiny(NamedTuple):
    """A tiny data set and a run on it."""

    dataset: DataSet
    scenarios: list[Scenario]
    videos: Path


def score_official(run: str, out: Path, *, workers: int = 1, store: TruthCache | None = None) -> Scored:
    """Score one of the three runs of the official fixture."""
    dataset = DataSet(MINI / "dataset")
    scenarios = load_scenarios(dataset, MINI / "dataset" / "descriptions.csv")
    videos = MINI / "generated" / run
    scores = score_videos(
        ScoringInput(videos, dataset, scenarios, benchmark="mini", expected=6),
        out,
        Resources(workers=workers, cache=store),
    )
    return Scored(scores, out)


@pytest.fixture(scope="session")
def score_mini(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scored]:
    """Scores one of the three runs of the official fixture, once."""
    return cache(lambda run: score_official(run, tmp_path_factory.mktemp(run)))


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Two scenes, three views, two takes, and a complete run; for tests that change nothing in it."""
    root = tmp_path_factory.mktemp("tiny")
    dataset, scenarios = tiny.make_dataset(root / "data", scenes=2)
    return Tiny(dataset, scenarios, tiny.write_run(root / "videos", scenarios))


@pytest.fixture(scope="session")
def tiny_scored(tiny_run: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """The complete tiny run, scored in this process."""
    out = tmp_path_factory.mktemp("tiny-scores")
    return Scored(score(tiny_run, out), out)


@pytest.fixture
def own(tmp_path: Path) -> Tiny:
    """A data set of two views in a folder of the test's own, and a run."""
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left", "center"])
    return Tiny(dataset, scenarios, tiny.write_run(tmp_path / "videos", scenarios))


def score(run: Tiny, out: Path, *, workers: int = 1, expected: int | None = None) -> Scores:
    """Score a tiny run with nothing unusual set."""
    dataset, scenarios, videos = run
    count = len(scenarios) if expected is None else expected
    return score_videos(
        ScoringInput(videos, dataset, scenarios, benchmark="tiny", expected=count), out, Resources(workers=workers)
    )


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Undisturbed]:
    """Scores a place by one generation of the toolbox's stand-in, once; for tests that change nothing in it."""

    @cache
    def scored(generation: str) -> Undisturbed:
        place = make_place(tmp_path_factory.mktemp("undisturbed"), generation)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", str(make_ffprobe(tmp_path_factory.mktemp("bin"))), prepend=":")
            return Undisturbed(place, place.score())

    return scored
