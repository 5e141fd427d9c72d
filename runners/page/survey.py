"""Everything that a report shows of the runs below a folder, before it is known how: models, runs, scenarios, truth."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

from runners.core.errors import UserError
from runners.core.settings import ScoreSettings
from runners.reporting.collect import CollectedRuns
from runners.reporting.leaderboard import LeaderboardRow, RunGroup, group, row
from runners.reporting.partial_runs import PartialRun
from runners.runs.manifest_records import ClipRecord
from runners.runs.run_record import RunRecord
from runners.scoring.frame_values import FrameValues, read_frame_values
from runners.scoring.scores import ClipScore, Scores
from runners.scoring.truth import TruthSource


@dataclass(frozen=True)
class ShownRun:
    """One run. `scores` holds metrics alone where `complete` is false, for the reason `why`; None: nothing measured."""

    key: str
    """Names its files in the report: letters, digits and dashes, the same in every report."""
    name: str
    record: RunRecord
    scores: Scores | None
    complete: bool
    why: str | None = None
    busy: bool = False

    @cached_property
    def frame_values(self) -> Mapping[tuple[str, str], FrameValues]:
        """Per frame, by (`trimmed-<scene>`, view); empty where nothing was measured or the file is gone."""
        try:
            return read_frame_values(self.record.folder.scores) if self.scores is not None else {}
        except UserError:
            return {}

    @cached_property
    def by_clip(self) -> Mapping[str, ClipScore]:
        """What each clip is worth, by scenario id."""
        return {clip.id: clip for clip in self.scores.per_clip} if self.scores is not None else {}


@dataclass(frozen=True)
class ShownModel:
    """Runs that differ in their number alone; `row` is their line of the leaderboard, None for incomplete runs."""

    key: str
    label: str
    benchmark: str
    runs: tuple[ShownRun, ...]
    row: LeaderboardRow | None
    kind: RunGroup | None = None

    @property
    def oracle(self) -> bool:
        """It saw take 2."""
        return self.runs[0].record.oracle


@dataclass(frozen=True)
class ShownScene:
    """A scenario of a benchmark: one view of one scene. Its last three are None where no data is."""

    key: str
    benchmark: str
    id: str
    scene: str
    view: str
    category: str
    clips: Mapping[str, ClipRecord]
    """By the runs' keys."""
    truth: TruthSource | None = None
    conditioning: Path | None = None
    """The first 3 s, as the data set ships them."""
    switch: Path | None = None
    free: bool = False
    """Nobody's terms forbid to pass its videos on: it was drawn by this program."""
    identity: str | None = None
    """Of its truth, by which the scorer's cache knows it."""


@dataclass
class Survey:
    """What a report is made of."""

    models: list[ShownModel]
    scenes: list[ShownScene] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    """Runs that could not be read, and why."""

    @cached_property
    def runs(self) -> dict[str, ShownRun]:
        """All runs by key."""
        return {run.key: run for model in self.models for run in model.runs}


def slug(text: str) -> str:
    """A name for files and addresses: what is safe of a text, and a hash where that is not all of it."""
    safe = re.sub(r"[^A-Za-z0-9.+=_-]+", "-", text).strip("-.")[:60]
    return safe if safe == text else f"{safe or 'x'}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def survey(collected: CollectedRuns, under_way: Sequence[PartialRun], settings: ScoreSettings) -> Survey:
    """All models and runs below a results folder, without scenarios (runners/page/scenarios.py); reads no video."""
    kinds, notes = group(collected.runs)
    models: list[ShownModel] = []
    taken: set[str] = set()
    for kind in kinds:
        runs = tuple(_run(collected, run.record, run.scores, taken) for run in kind.runs)
        line = row(kind, resamples=settings.resamples, seed=settings.seed)
        models.append(
            ShownModel(_model_key(kind.first.record, kind.label, models), kind.label, line.benchmark, runs, line, kind)
        )
    busy = {part.record.path for part in under_way}
    for part in [*(part for part in collected.partial if part.record.path not in busy), *under_way]:
        run = _run(collected, part.record, part.scores, taken, part)
        models.append(ShownModel(run.key, part.record.name, part.record.benchmark, (run,), None))
    return Survey(models, notes=notes, faults=dict(collected.faults))


def _run(
    collected: CollectedRuns, record: RunRecord, scores: Scores | None, taken: set[str], part: PartialRun | None = None
) -> ShownRun:
    place = collected.place(record.path)
    key = free_name(slug(place), taken)  # results/RUN and results/results/RUN are called the same
    taken.add(key)
    why, busy = (None, False) if part is None else (part.why, part.busy)
    return ShownRun(key, place, record, scores, part is None, why, busy)


def free_name(name: str, taken: Collection[str]) -> str:
    """The name itself, or with the first number from 2 on that nobody has."""
    return name if name not in taken else next(n for k in count(2) if (n := f"{name}-{k}") not in taken)


def _model_key(record: RunRecord, label: str, models: Iterable[ShownModel]) -> str:
    return free_name(slug(f"{record.benchmark}--{label}"), {model.key for model in models})
