"""Runs of several models with everything that figures show: costs, times, values per frame, clips and truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runners.benchmarks.benchmark import Benchmark, read_benchmark
from runners.core.settings import BenchmarkSettings, PageSettings, ReportSettings
from runners.figures.footage import plan_filmstrips, plan_mse_examples, plan_switch_frames
from runners.figures.frame_curves import plan_frame_curves
from runners.figures.plan import Plan
from runners.figures.relations import plan_cost, plan_realism, plan_time
from runners.figures.scores import plan_categories, plan_scenes, plan_scores, plan_spread, plan_views
from runners.figures.write import Board, boards
from runners.reporting.collect import CollectedRuns
from runners.reporting.leaderboard import ScoredRun, one_line
from runners.scoring.scores import Scores
from tests.reporting.scored import scored_run
from tests.run.harness import MINI

HOSTILE = "<script>_$x^2$ \U0001f9e0 \u202eRTL\u202c \x07 \u0627\u0644 ../" + "y" * 10_000
SETTINGS = ReportSettings(resamples=20, progress="plain", report=PageSettings(figures=True))
CATEGORIES = ("Optics", "Fluid Dynamics")


def made_run(
    folder: Path, model: str, number: int = 1, shares: Sequence[float] = (0.2, 0.6), *, usd: float | None = None,
    seconds: float | None = None, oracle: bool = False,
) -> ScoredRun:  # fmt: skip
    """A run of two scenes, three views each, the scenes of fixtures/mini; it cost `usd`, and a clip took `seconds`."""
    run = scored_run(model, number, shares, fps=30, oracle=oracle, parent=str(folder), benchmark="mini")
    scenes = {clip.scene: CATEGORIES[k // 3 % 2] for k, clip in enumerate(run.scores.per_clip)}
    clips = [replace(clip, category=scenes[clip.scene]) for clip in run.scores.per_clip]
    scores = Scores.of(clips, run.scores.origin, expected=len(clips), missing=[])
    manifest = replace(run.record.manifest, cost_usd=usd, clips={
        name: replace(clip, published=replace(clip.published, generation=replace(
            clip.published.generation, generate_s=seconds)))
        for name, clip in run.record.manifest.clips.items() if clip.published is not None
    })  # fmt: skip
    return ScoredRun(replace(run.record, manifest=manifest), scores)


def with_frames(run: ScoredRun, mse: Sequence[float]) -> ScoredRun:
    """The same run with its metrics.csv: `mse` and fixed other values of each frame, for the left view of one scene."""
    frames = {"v1_mse": list(mse), "spatiotemporal_iou_v1": [0.5] * len(mse), "variance_mse": [0.001] * len(mse),
              "variance_spatiotemporal_iou": [0.9] * len(mse)}  # fmt: skip
    names = [f"{name}_perspective-left" for name in frames]
    cells = ",".join(f'"{json.dumps(values)}"' for values in frames.values())
    run.record.folder.scores.mkdir(parents=True, exist_ok=True)
    path = run.record.folder.scores / "metrics.csv"
    path.write_text(f"scenario,{','.join(names)}\ntrimmed-scene-0.mp4,{cells}\n", encoding="utf-8")
    return run


def with_clips(run: ScoredRun) -> ScoredRun:
    """The same run with clips: those of fixtures/mini that show nothing but the switch frame."""
    run.record.path.mkdir(parents=True, exist_ok=True)
    run.record.folder.videos.symlink_to(MINI / "generated" / "static-30")
    return run


def board(*runs: ScoredRun) -> Board:
    """The models of these runs, which are of one benchmark."""
    return boards(CollectedRuns(Path("results"), runs=list(runs)), SETTINGS)["mini"]


def mini() -> Benchmark:
    """The data set in fixtures."""
    root = MINI / "dataset"
    return read_benchmark(BenchmarkSettings(name="mini", kind="original", root=str(root)), root)


def full_board(folder: Path, name: str = "alpha") -> Board:
    """Two models and a ceiling, for every figure there is; the better one, of two runs, is called `name`."""
    runs = [
        made_run(folder, name, 1, (0.4, 0.8), usd=2.0, seconds=6.0),
        made_run(folder, name, 2, (0.2, 0.8), usd=4.0, seconds=2.0),
        made_run(folder, "beta", 1, (0.1, 0.3), usd=0.1, seconds=40.0),
    ]
    # Folders have the names that runs have on a disk, whatever their models are called.
    runs = [_placed(run, folder / f"run_{k}") for k, run in enumerate(runs)]
    runs = [with_clips(with_frames(run, [0.001 * (k + 1), 0.003])) for k, run in enumerate(runs)]
    ceiling = made_run(folder, "take2", 1, (1.0, 1.0), oracle=True)
    return board(*runs, ceiling)


def _placed(run: ScoredRun, place: Path) -> ScoredRun:
    return replace(run, record=replace(run.record, folder=replace(run.record.folder, path=place)))


def plans(found: Board) -> dict[str, Plan]:
    """Every figure of a board, by its file's name."""
    models, data = found.models, mini()
    realism = {one_line(model.label): 0.25 * k for k, model in enumerate(models, 1)}
    made = [
        plan_scores(models, found.ceilings), plan_realism(models, realism), plan_categories(models), plan_views(models),
        plan_scenes(models), plan_spread(models), plan_cost(models), plan_time(models), plan_frame_curves(models),
        plan_filmstrips(models, data), plan_switch_frames(data), plan_mse_examples(data),
    ]  # fmt: skip
    return {plan.name: plan for plan in made}
