"""What a call of `evaluate` came to."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.core.outcome import DONE, Outcome
from runners.runs.manifest_records import Manifest
from runners.runs.records import decode, encode

if TYPE_CHECKING:
    from runners.scoring.formulas import MetricValues
    from runners.scoring.scores import Scores as Details


@dataclass(frozen=True)
class Scores:
    """The scores of a run, from 0 to 100 (100: a second take of the real experiment); None where there is none."""

    verified: float | None = None
    original: float | None = None
    complete: bool = False
    """Every clip of the benchmark is there; without it there is no score."""
    details: Details | None = field(default=None, repr=False)
    """All of scores.json: parts of the score, groups, clips, the ceiling, remarks; None where nothing was scored."""

    @classmethod
    def of(cls, scores: Details | None) -> Scores:
        """The view of what scores.json holds."""
        if scores is None:
            return cls()
        return cls(scores.marks.verified, scores.marks.original, scores.complete, scores)


@dataclass(frozen=True)
class Metrics:
    """The mean metrics of the clips that a run has, beside the physical variance of these very clips: no score.

    IoUs from 0 to 1 (1 is best), MSE in units of full scale squared (0 is best): means over views, then scenes.
    """

    spatial: float
    spatiotemporal: float
    weighted_spatial: float
    mse: float
    variance: MetricValues | None
    """The same four between the two takes; None where a clip has no second take."""
    clips: int
    expected: int
    """How many clips the benchmark has."""
    mark: str | None
    """`metrics over 3 of 30 clips, no score`; None of a run that has a score."""

    @classmethod
    def of(cls, scores: Details | None) -> Metrics | None:
        """The view of what scores.json holds, None where nothing was measured."""
        from runners.reporting.partial_runs import mark

        if scores is None:
            return None
        told = None if scores.complete else mark(scores)
        means = scores.marks.metrics
        return cls(
            means.spatial, means.spatiotemporal, means.weighted_spatial, means.mse,
            scores.marks.variances, scores.clips, scores.expected, told,
        )  # fmt: skip


@dataclass(frozen=True)
class PublishedClip:
    """A clip as it was scored; `generation` holds what it was made from: prompt, seed, conditioning, timings, cost."""

    id: str
    path: Path
    view: str
    category: str
    generation: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class FailedClip:
    """A clip that was not made: `kind` is refused, bad_clip, error …, `reason` a line."""

    id: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Run:
    """A run that ended. `clips` and `failed` hold all of its folder by scenario id, also those of earlier calls."""

    name: str
    folder: Path | None
    """Where it lies; None for `plan=True`, which makes nothing."""
    scores: Scores
    clips: Mapping[str, PublishedClip] = field(repr=False)
    failed: Mapping[str, FailedClip]
    lines: tuple[str, ...] = field(repr=False)
    """What the command would say: what happened, warnings, and what to do next."""
    exit_code: int
    """The command's: 0 all is done, 1 clips failed or are missing, 3 stopped by a deadline or waiting for a service."""
    cost_usd: float | None = None
    """Of `plan=True`: what the clips that are left will cost."""
    _outcome: Outcome | None = field(default=None, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether every clip that was chosen is published."""
        return self.exit_code == DONE

    @property
    def metrics(self) -> Metrics | None:
        """The means over the clips there are, also of a run over part of the set; None where nothing was measured."""
        return Metrics.of(self.scores.details)

    @classmethod
    def of(cls, outcome: Outcome) -> Run:
        """What an outcome and its folder's manifest tell."""
        clips, failed = _clips(outcome.folder)
        return cls(
            outcome.name, outcome.folder, Scores.of(outcome.scores), clips, failed, outcome.lines, outcome.code,
            outcome.cost_usd, outcome,
        )  # fmt: skip

    def table(self) -> str:
        """The lines and the table that the command ends with, as text."""
        from runners.core.terminal import make_console
        from runners.reporting.tables import print_outcomes

        assert self._outcome is not None
        console = make_console(log_columns=_COLUMNS)
        with console.capture() as captured:
            print_outcomes([self._outcome], console)
        return captured.get().rstrip()

    def __str__(self) -> str:
        """As `table()`."""
        return self.table()

    def _repr_html_(self) -> str:
        """The scores, or the metrics where there is none, and the clips that failed, for a notebook."""
        from runners.reporting.tables import COLUMNS

        metrics, found = self.metrics, self.scores.details
        if metrics is not None and metrics.mark is not None:
            table = _metrics_html(self.name, metrics)
        else:
            cells = {heading: found.marks.score(key) if found else None for key, heading in COLUMNS.items()}
            shown = ["–" if cell is None else f"{cell:.2f}" for cell in cells.values()]
            table = _html([("run", *cells, "clips"), (self.name, *shown, str(len(self.clips)))])
        return f"{table}<pre>{html.escape(chr(10).join(self.lines))}</pre>"


def _metrics_html(name: str, metrics: Metrics) -> str:
    from runners.reporting.partial_runs import METRICS, metric_cells

    values = [f"{getattr(metrics, key):.4f}" for key in METRICS]
    rows = [("run", *METRICS.values()), (f"{name}: {metrics.mark}", *values)]
    if metrics.variance is not None:
        rows.append(("physical variance of these clips", *metric_cells(metrics.variance)))
    return _html(rows)


def _html(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its heading."""
    lines = []
    for number, cells in enumerate(rows):
        tag = "td" if number else "th"
        lines.append("".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells))
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


_COLUMNS = 140


def _clips(folder: Path | None) -> tuple[dict[str, PublishedClip], dict[str, FailedClip]]:
    """The published and the failed clips of a run folder, by its manifest."""
    manifest = folder / "manifest.json" if folder is not None else None
    if manifest is None or folder is None or not manifest.is_file():
        return {}, {}
    clips, failed = {}, {}
    for clip_id, clip in decode(Manifest, json.loads(manifest.read_bytes())).clips.items():
        if clip.published is not None:
            path, made = folder / "videos" / clip.name, encode(clip.generation)
            clips[clip_id] = PublishedClip(clip_id, path, clip.view, clip.category, made)
        elif clip.failed is not None:
            failed[clip_id] = FailedClip(clip_id, clip.failed.kind, clip.failed.reason)
    return clips, failed
