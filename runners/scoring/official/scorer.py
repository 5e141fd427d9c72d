"""Scoring with the official toolbox: check, stage, run, read back; nothing of the user's is touched."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from adapters.harness import VideoInfo, glance
from runners.benchmarks.benchmark import Benchmark
from runners.core.errors import UserError
from runners.core.files import sha256_file, sha256_json, write_text
from runners.core.provenance import usable_cores
from runners.core.settings import ScorerSettings
from runners.core.terminal import say as say_plainly
from runners.dataset.layout import CONTINUATION_S
from runners.dataset.scenarios import Scenario
from runners.scoring.fit import check_sources
from runners.scoring.formulas import summarize
from runners.scoring.inputs import colour_of, find_clips
from runners.scoring.memory import Memory
from runners.scoring.official.preconditions import check_folder, check_lengths, check_rules
from runners.scoring.official.requirements import check_needs
from runners.scoring.official.results import read_metrics, rounded_original
from runners.scoring.official.running import Found, ToolboxJob, run_toolbox
from runners.scoring.official.staging import staging_folder
from runners.scoring.official.toolbox import Toolbox, find_toolbox
from runners.scoring.reuse import ensure_checked
from runners.scoring.scores import SCORER_VERSION, ClipScore, Origin, Scored, Scores
from runners.scoring.stored import read_scores, write_scores
from runners.scoring.table import Measured
from runners.scoring.toolbox_result import ToolboxResult
from runners.scoring.truth import all_files, find_truth, truth_identity

FOLDER = "official"
"""Where in the folder of scores the toolbox's own results are kept."""
_BYTES_PER_PIXEL = 90
"""What it holds per pixel of a frame of a view: three clips in float64, three masks, twice (7 GB at 4K, 30 FPS)."""


def check_official(scorer: ScorerSettings, benchmark: Benchmark, fps: int) -> tuple[Toolbox, dict[str, str]]:
    """Whether the toolbox can score clips of this benchmark at `fps`, before there are any. Raises `UserError`.

    Returns what the checkout is, and the versions of its interpreter and modules.
    """
    toolbox = find_toolbox(scorer.path, scorer.python)
    check_rules(toolbox, benchmark.dataset, benchmark.scenarios, fps)
    return toolbox, check_needs(toolbox)


def score_official(
    videos: Path, benchmark: Benchmark, scorer: ScorerSettings, fps: int, out: Path, hear: Callable[[str], None],
    memory: Memory | None = None,
) -> Scored:  # fmt: skip
    """Score a folder of clips at `fps`, unless `out`/official holds scores of these clips, truth and toolbox.

    Writes `official/metrics.csv` (the toolbox's own CSV) and, last, `official/scores.json` into `out`; returns the
    latter. `hear` gets the toolbox's output line by line. Raises `UserError`.
    """
    memory = memory or Memory()
    toolbox, versions = check_official(scorer, benchmark, fps)
    known = _known(videos, benchmark, toolbox, versions, fps, out / FOLDER, scorer.masks, memory)
    if known is not None:
        return Scored(known, anew=False)
    clips = find_clips(videos, benchmark.scenarios, scorer.workers or usable_cores())
    check_folder(clips.missing, [glance(path).fps for _, path in clips.found], clips.fps)
    sources = find_truth(benchmark.dataset, benchmark.scenarios, clips.fps, scorer.masks)
    check_sources(sources, memory.hashes.of(all_files(sources)))
    check_lengths([path for _, path in clips.found])
    processes = scorer.workers or _processes(glance(sources[0].takes[0]), CONTINUATION_S * clips.fps)
    job = ToolboxJob(benchmark, toolbox, versions, clips, sources, processes)
    identity = _identity(
        toolbox, versions, _rows(clips.found, clips.hashes), truth_identity(sources, memory.hashes), benchmark
    )
    with staging_folder(out, identity) as folder:
        found = run_toolbox(job, folder, hear)
        scores = _scores(job, found, identity, truth_identity(sources, memory.hashes))
        target = out / FOLDER
        (target / "scores.json").unlink(missing_ok=True)  # of other clips; never beside this CSV
        write_text(target / "metrics.csv", found.table)
        write_scores(target, scores)
    return Scored(scores, anew=True)


def _processes(truth: VideoInfo, count: int) -> int:
    """How many views it may hold in memory at once: half of the machine's is left to others."""
    need = count * (truth.width // 4) * (truth.height // 4) * _BYTES_PER_PIXEL
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(usable_cores(), memory // 2 // max(need, 1)))


def _scores(job: ToolboxJob, found: Found, identity: str, truth: str) -> Scores:
    """Scores as the built-in scorer would make them, from the toolbox's metrics by our formulas."""
    clips, final = job.clips, found.final
    origin = Origin(
        benchmark=job.benchmark.name,
        fps=clips.fps,
        width=clips.width,
        height=clips.height,
        opencv=job.versions.get("cv2", "unknown"),
        truth_colour=",".join(sorted({colour_of(source.takes[0]) for source in job.sources})),
        truth_fps=clips.fps,
        masks="shipped" if job.sources[0].masks_shipped else "made",
        truth_sha256=truth,
    )
    scored = [
        _clip_score(scenario, path, job.clips.hashes[path], view)
        for (scenario, path), view in zip(clips.found, found.measured, strict=True)
    ]
    scores = Scores.of(scored, origin, expected=len(job.benchmark.scenarios), missing=[], remarks=clips.remarks)
    marks = scores.marks
    rounded = rounded_original(marks.metrics, marks.variances) if marks.variances else None
    toolbox = job.toolbox
    return replace(
        scores,
        scorer="official",
        scorer_version=f"official:{toolbox.sha256}",  # never the built-in scorer's, so never taken for its scores
        official=ToolboxResult(
            command_line=toolbox.command_line,
            checkout=str(toolbox.checkout),
            revision=toolbox.revision,
            sha256=toolbox.sha256,
            versions=dict(job.versions),
            processes=job.processes,
            final=final,
            original_rounded=rounded,
            failed=found.failed,
            agrees=final.agrees(scores.verified, scores.original, rounded),
            identity=identity,
        ),
    )


def _clip_score(scenario: Scenario, path: Path, sha256: str, view: Measured) -> ClipScore:
    assert view.variance is not None, "the official table has it for every view"
    return ClipScore(
        id=scenario.id, scene=scenario.name, view=scenario.view, category=scenario.category, file=path.name,
        sha256=sha256, metrics=summarize(view.first), variance=summarize(view.variance),
    )  # fmt: skip


Rows = list[tuple[str, ...]]


def _rows(clips: Sequence[tuple[Scenario, Path]], hashes: Mapping[Path, str]) -> Rows:
    return [(s.id, s.name, s.view, s.category, path.name, hashes[path]) for s, path in clips]


def _identity(toolbox: Toolbox, versions: Mapping[str, str], rows: Rows, truth: str, benchmark: Benchmark) -> str:
    """Everything that a result depends on."""
    program = (toolbox.command_line, toolbox.sha256, versions.get("cv2"), SCORER_VERSION)
    return sha256_json([program, benchmark.name, benchmark.settings.kind, truth, rows])


def _known(
    videos: Path, benchmark: Benchmark, toolbox: Toolbox, versions: Mapping[str, str], fps: int, out: Path, masks: str,
    memory: Memory,
) -> Scores | None:  # fmt: skip
    """The kept scores if they are of these very clips, this truth and this toolbox; None if anything differs.

    Raises `UserError` for those of inputs that are refused by now.
    """
    try:
        known = read_scores(out)
        clips = [(scenario, videos / scenario.output_name) for scenario in benchmark.scenarios]
        if known.origin.fps != fps or {path.name for path in videos.iterdir()} != {path.name for _, path in clips}:
            return None
        rows = _rows(clips, {path: sha256_file(path) for _, path in clips})
        sources = find_truth(benchmark.dataset, benchmark.scenarios, fps, masks)
        identity = _identity(toolbox, versions, rows, truth_identity(sources, memory.hashes), benchmark)
        read_metrics(out / "metrics.csv", benchmark.scenarios, CONTINUATION_S * fps)
    except (OSError, ValueError, KeyError, TypeError, UserError):
        return None
    same = known.official is not None and known.official.identity == identity
    return ensure_checked(known, [path for _, path in clips], sources, out, memory) if same else None


def say(line: str) -> None:
    """A line of the toolbox's output, for people and logs."""
    say_plainly(f"official: {line}")
