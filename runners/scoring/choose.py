"""Which scorer scores: the built-in one, the official toolbox, or both beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from runners.benchmarks.benchmark import Benchmark
from runners.core.errors import UserError, one_of
from runners.core.files import write_text
from runners.core.progress import make_bar
from runners.core.settings import ScorerSettings
from runners.core.terminal import say
from runners.dataset.layout import CONTINUATION_S
from runners.dataset.scenarios import Scenario
from runners.previews.cache import open_previews
from runners.scoring.cache import open_cache
from runners.scoring.fit import check_truth
from runners.scoring.inputs import ScoringInput, find_clips
from runners.scoring.memory import Memory
from runners.scoring.pipeline import score_videos
from runners.scoring.reuse import folder_rate, reuse_scores
from runners.scoring.scores import Masks, Scored
from runners.scoring.stored import write_scores
from runners.scoring.toolbox_result import Beside
from runners.scoring.views import Resources

Scorer = Literal["builtin", "official", "both", "none"]
SCORERS: tuple[Scorer, ...] = get_args(Scorer)
MASKS: tuple[Masks, ...] = ("shipped", "made")
"""Those that can be asked for; scores may be over a mixture."""


def check_scorer(scorer: ScorerSettings, benchmark: Benchmark, chosen: Sequence[Scenario], fps: int) -> None:
    """Everything about scoring that can be told before there are clips at `fps`. Raises `UserError`."""
    check_scorer_settings(scorer)
    if scorer.name == "none":
        return
    open_cache(scorer)
    check_truth(benchmark.dataset, chosen, fps, scorer.masks)
    if scorer.name != "builtin":
        from runners.scoring.official import check_official

        check_official(scorer, benchmark, fps)


def check_scorer_settings(scorer: ScorerSettings) -> None:
    """Raise `UserError` for a scorer, masks, or a number of workers that there cannot be."""
    one_of("scorer.name", scorer.name, SCORERS)
    one_of("scorer.masks", scorer.masks, MASKS)
    if scorer.workers < 0:
        raise UserError(f"scorer.workers={scorer.workers} must be at least 0 (0: one per core)")


def score(
    videos: Path, benchmark: Benchmark, scorer: ScorerSettings, *, out: Path, progress: str = "auto",
    memory: Memory | None = None,
) -> Scored:  # fmt: skip
    """Score a folder of clips as `scorer` says, or read back what is still true: what `out`/scores.json then holds.

    Writes metrics.csv and, last, scores.json into `out`. With the official toolbox its own results lie in
    `out`/official as well, and scores.json tells of it under "official"; with both, scores.json is the built-in
    scorer's, and "official" holds the toolbox's scores and all differences. `progress` is a style: auto, live or
    plain; `memory` is shared by runs that are scored one after the other. Raises `UserError` for faults of the input,
    before any work, and `ScoringError` for nobody's mistake.
    """
    check_scorer_settings(scorer)
    if scorer.name == "none":
        raise UserError("scorer=none scores nothing; choose builtin, official or both")
    memory = memory or Memory()
    if scorer.name == "builtin":
        return _builtin(videos, benchmark, scorer, out, progress, memory)
    fps = _rate(videos, benchmark)
    if scorer.name == "official":
        return _official(videos, benchmark, scorer, fps, out, memory)
    return _both(videos, benchmark, scorer, fps, out, progress, memory)


def _builtin(
    videos: Path, benchmark: Benchmark, scorer: ScorerSettings, out: Path, progress: str, memory: Memory
) -> Scored:
    cache = open_cache(scorer)
    given = ScoringInput.of(videos, benchmark, scorer.masks)
    known = reuse_scores(given, out, memory)
    if known is not None:
        return Scored(known, anew=False)
    with make_bar(progress, "scoring") as bar:
        resources = Resources(scorer.workers, memory, cache, bar, say, open_previews())
        return Scored(score_videos(given, out, resources), anew=True)


def _official(
    videos: Path, benchmark: Benchmark, scorer: ScorerSettings, fps: int, out: Path, memory: Memory
) -> Scored:
    from runners.scoring.official import FOLDER, say, score_official

    found = score_official(videos, benchmark, scorer, fps, out, say, memory)
    (out / "scores.json").unlink(missing_ok=True)  # another scorer's must never stand beside these metrics
    write_text(out / "metrics.csv", (out / FOLDER / "metrics.csv").read_text("utf-8"))
    write_scores(out, found.scores)
    return found


def _both(
    videos: Path, benchmark: Benchmark, scorer: ScorerSettings, fps: int, out: Path, progress: str, memory: Memory
) -> Scored:
    from runners.scoring.official import FOLDER, check_official, compare, read_metrics, say, score_official

    check_official(scorer, benchmark, fps)
    ours = _builtin(videos, benchmark, scorer, out, progress, memory)
    theirs = score_official(videos, benchmark, scorer, fps, out, say, memory)
    count = CONTINUATION_S * fps
    measured, wanted = (
        read_metrics(folder / "metrics.csv", benchmark.scenarios, count) for folder in (out, out / FOLDER)
    )
    toolbox = theirs.scores
    assert toolbox.official is not None, "the toolbox made them"
    differences = compare(measured, wanted, ours.scores.marks, toolbox.marks)
    beside = Beside(toolbox.verified, toolbox.original, toolbox.origin.opencv, toolbox.origin.masks, differences)
    scores = replace(ours.scores, official=replace(toolbox.official, beside=beside))
    write_scores(out, scores)
    return Scored(scores, ours.anew or theirs.anew)


def _rate(videos: Path, benchmark: Benchmark) -> int:
    """The clips' rate; a folder that has none is told by the check of clips."""
    fps = folder_rate(videos)
    if fps is None:
        find_clips(videos, benchmark.scenarios, 1)
        raise UserError(f"{videos}: there is no .mp4 to score")
    return fps
