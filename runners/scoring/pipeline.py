"""From a folder of clips to metrics.csv and scores.json."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runners.core.files import write_text
from runners.dataset.scenarios import Scenario
from runners.scoring.fit import check_sources
from runners.scoring.formulas import summarize
from runners.scoring.inputs import Clips, ScoringInput, find_clips
from runners.scoring.partial import ViewLog
from runners.scoring.scores import ClipScore, Origin, Scores
from runners.scoring.stored import write_scores
from runners.scoring.table import Measured, metrics_csv
from runners.scoring.truth import TruthSource, all_files, find_truth, joint_identity
from runners.scoring.views import Resources, score_views

if TYPE_CHECKING:
    from runners.scoring.view import ViewResult


def score_videos(given: ScoringInput, out: Path, resources: Resources) -> Scores:
    """Score a folder of clips and write metrics.csv and scores.json into `out`, each atomically, scores last.

    Clips may be missing: then there are metrics and no scores. The result does not depend on the order in which views
    are done. Views that a killed invocation scored in `out` are taken over if clip, truth, scorer and OpenCV are the
    same. Raises `UserError` before any work for faults of the input, and `ScoringError` (runners/scoring/pool.py) for
    what is nobody's mistake.
    """
    log = ViewLog(out)
    decoded = {view.sha256 for view in log.read().values()}
    clips = find_clips(given.videos, given.scenarios, resources.processes, decoded=decoded)
    sources = find_truth(given.dataset, [scenario for scenario, _ in clips.found], clips.fps, given.masks)
    hashes = resources.memory.hashes.of(all_files(sources))
    check_sources(sources, hashes, resources.tell)
    truth = tuple(source.identity(hashes) for source in sources)
    results = score_views(clips, sources, truth, log, resources)
    scores = _aggregate(clips, sources, truth, results, given.benchmark, given.expected)
    (out / "scores.json").unlink(missing_ok=True)  # of other clips or truth: never beside these metrics
    write_text(out / "metrics.csv", metrics_csv([_measured(*pair) for pair in zip(clips.found, results, strict=True)]))
    write_scores(out, scores)
    log.remove()
    return scores


def _aggregate(
    clips: Clips,
    sources: Sequence[TruthSource],
    truth: Sequence[str],
    results: Sequence[ViewResult],
    benchmark: str,
    expected: int,
) -> Scores:
    import cv2

    origin = Origin(
        benchmark=benchmark,
        fps=clips.fps,
        width=clips.width,
        height=clips.height,
        opencv=cv2.__version__,
        truth_colour=",".join(sorted({result.colour for result in results})),
        truth_fps=sources[0].shipped_fps,
        masks="shipped" if sources[0].masks_shipped else "made",
        truth_sha256=joint_identity(truth),
    )
    scored = [_clip_score(*pair) for pair in zip(clips.found, results, strict=True)]
    missing = [scenario.output_name for scenario in clips.missing]
    return Scores.of(scored, origin, expected=expected, missing=missing, remarks=clips.remarks)


def _clip_score(clip: tuple[Scenario, Path], result: ViewResult) -> ClipScore:
    scenario, path = clip
    variance = result.variance
    return ClipScore(
        id=scenario.id,
        scene=scenario.name,
        view=scenario.view,
        category=scenario.category,
        file=path.name,
        sha256=result.sha256,
        metrics=summarize(result.first),
        variance=None if variance is None else summarize(variance),
        ceiling=None if result.ceiling is None else summarize(result.ceiling),
    )


def _measured(clip: tuple[Scenario, Path], result: ViewResult) -> Measured:
    scenario, _ = clip
    return Measured(scenario.name, scenario.view, result.first, result.second, result.variance)
