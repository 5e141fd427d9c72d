"""The toolbox run over a staged folder: started, listened to, and its results read, however it ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runners.benchmarks.benchmark import Benchmark
from runners.core.errors import UserError
from runners.dataset.layout import CONTINUATION_S, file_name, output_name, relative_path
from runners.scoring.inputs import Clips
from runners.scoring.official.child import Ended, run_child
from runners.scoring.official.results import find_results, read_final, read_metrics
from runners.scoring.official.staging import Staged, Untouched, stage
from runners.scoring.official.toolbox import Toolbox
from runners.scoring.official.unfinished import Videos, go_on
from runners.scoring.table import Measured
from runners.scoring.toolbox_result import Final
from runners.scoring.truth import TruthSource


@dataclass(frozen=True)
class ToolboxJob:
    """One folder of clips to be scored, all checks passed."""

    benchmark: Benchmark
    toolbox: Toolbox
    versions: Mapping[str, str]
    clips: Clips
    sources: Sequence[TruthSource]
    processes: int

    @property
    def count(self) -> int:
        """Frames of a clip."""
        return CONTINUATION_S * self.clips.fps


@dataclass(frozen=True)
class Found:
    """What the toolbox came to: its table, as text and read, and its own scores; `failed` tells of a bad end."""

    table: str
    measured: list[Measured]
    final: Final
    failed: str | None


def run_toolbox(job: ToolboxJob, folder: Path, hear: Callable[[str], None]) -> Found:
    """Stage the job in `folder`, around what an earlier call left there, and run it. Raises `UserError`.

    What is worth going on with stays in the folder when this raises; without any, the folder is removed.
    """
    toolbox, clips = job.toolbox, job.clips
    guard = Untouched(clips.hashes, [path for source in job.sources for path in source.files])
    staged = stage(
        folder, clips.found, clips.hashes, job.sources, job.benchmark.dataset,
        toolbox.folder(job.benchmark.settings.kind),
    )  # fmt: skip
    heard: list[str] = []

    def listen(line: str) -> None:
        heard.append(line)
        hear(line)

    try:
        try:
            _prepare(job, staged, listen)
            words = toolbox.command(staged.clips, staged.root, staged.descriptions, staged.output, job.processes)
            ended = run_child(words, cwd=folder, env=toolbox.environment(), hear=listen)
        except OSError as error:
            raise UserError(f"the official toolbox could not be started: {error}") from None
        finally:
            _check_untouched(guard, folder)
        return _read(job, staged, ended, heard)
    except BaseException:
        if not _worth_keeping(staged, clips.fps):
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _check_untouched(guard: Untouched, folder: Path) -> None:
    try:
        guard.check()
    except UserError:  # of what was made from them nothing can be trusted either
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _prepare(job: ToolboxJob, staged: Staged, hear: Callable[[str], None]) -> None:
    """Bring what an earlier call left into a state in which the toolbox goes on with it."""
    table = staged.results
    if table is not None:
        try:
            read_metrics(table, job.benchmark.scenarios, job.count)
        except UserError:
            table.unlink()
    for line in go_on(staged, job.toolbox, _videos(job, staged), job.clips.fps, job.count, hear):
        hear(line)


def _videos(job: ToolboxJob, staged: Staged) -> Videos:
    fps = job.clips.fps
    scenarios = [scenario for scenario, _ in job.clips.found]
    items = [item for scenario in scenarios for item in (scenario.item, scenario.second) if item is not None]
    return {
        "truth": {file_name("masks", item, fps): staged.root / relative_path("testing", item, fps) for item in items},
        "clips": {
            file_name("masks", scenario.item, fps): staged.clips / output_name(scenario.item) for scenario in scenarios
        },
    }


def _read(job: ToolboxJob, staged: Staged, ended: Ended, heard: Sequence[str]) -> Found:
    """Its results; a table that is complete counts, whatever went wrong after it was written."""
    try:
        table = find_results(staged.output, staged.clips.name)
        measured = read_metrics(table, job.benchmark.scenarios, job.count)
    except UserError:
        check_end(ended, kept=_worth_keeping(staged, job.clips.fps))
        raise
    failed = None
    try:
        final = read_final(table, heard)
    except UserError:
        if not ended.code:
            raise
        final = Final()  # torn: it failed while it wrote them
    if ended.code:
        failed = f"{_how(ended)}: {ended.last_lines[-1] if ended.last_lines else 'no word'}"
    return Found(table.read_text("utf-8"), measured, final, failed)


def check_end(ended: Ended, *, kept: bool = False) -> None:
    """Raise `UserError` with the last lines of a toolbox that failed; with `kept`, something is left of its work."""
    if not ended.code:
        return
    starved = ended.code in (-9, 137) or any("BrokenProcessPool" in line for line in ended.last_lines)
    memory = "; was there too little memory? try scorer.workers=1" if starved else ""
    stays = "; the masks that it made stay, and the same command goes on with them" if kept else ""
    last = "".join(f"\n  {line}" for line in ended.last_lines)
    raise UserError(f"the official toolbox {_how(ended)}{memory}{stays}; its last lines:{last or ' none'}")


def _how(ended: Ended) -> str:
    return f"was ended by signal {-ended.code}" if ended.code < 0 else f"failed (exit code {ended.code})"


def _worth_keeping(staged: Staged, fps: int) -> bool:
    """Whether an interrupted call got anywhere: to a mask, or to a table."""
    made = any(path for folder in staged.made_masks(fps).values() if folder.is_dir() for path in folder.iterdir())
    return made or staged.results is not None
