"""What a figure is before it is drawn: its data as a table, its caption, and how to draw it."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runners.dataset.user_csv import text_cell
from runners.figures.colours import colours, markers
from runners.planning.seeds import LISTED, clip_seed
from runners.reporting.leaderboard import LeaderboardRow, Mean, RunGroup, one_line
from runners.scoring.formulas import MetricValues

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | float | int | None
METRICS = {
    "spatial": "Spatial IoU", "spatiotemporal": "Spatiotemporal IoU", "weighted_spatial": "Weighted spatial IoU",
    "mse": "MSE",
}  # fmt: skip


class NoData(Exception):
    """A figure has nothing to show; the message says what is missing."""


@dataclass(frozen=True)
class Table:
    """A figure's data."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def csv(self) -> str:
        """Every digit; names that a spreadsheet would run have an apostrophe before them."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow([text_cell(one_line(cell)) if isinstance(cell, str) else cell for cell in row])
        return out.getvalue()


@dataclass(frozen=True)
class Plan:
    """A figure to be drawn, `size` in inches; `inputs` are hashes of what it shows beside its table."""

    name: str
    title: str
    caption: str
    table: Table
    draw: Callable[[Figure], None]
    size: tuple[float, float]
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """One model in figures: its score, and its mean metrics over runs; `kind` holds the runs where there are any."""

    label: str
    score: Mean
    metrics: MetricValues
    score_name: str = "verified"
    kind: RunGroup | None = None
    colour: str = "#000000"
    marker: str = "o"
    row: LeaderboardRow | None = None

    @property
    def runs(self) -> RunGroup:
        """Its runs, for figures that are made of them alone. Raises NoData."""
        if self.kind is None:
            raise NoData("there are no runs")
        return self.kind


def painted(models: Sequence[Model]) -> list[Model]:
    """The same models, best first, each in the colour that its name has everywhere."""
    hues, signs = (table(model.label for model in models) for table in (colours, markers))
    return [
        Model(**{**vars(model), "colour": hues[model.label], "marker": signs[model.label]})
        for model in sorted(models, key=lambda model: (-model.score.mean, model.label))
    ]


def mean_metrics(values: Iterable[MetricValues]) -> MetricValues:
    """Over runs."""
    found = list(values)
    return MetricValues(*(statistics.fmean(getattr(value, key) for value in found) for key in METRICS))


def score_title(models: Sequence[Model]) -> str:
    """How the score is called."""
    return f"Physics-IQ {'Verified ' if models[0].score_name == 'verified' else ''}score (%)"


def what_was_run(models: Sequence[Model]) -> str:
    """Benchmark, clips, size and rate, runs, seeds and scorer, as a caption ends with; empty without runs."""
    kinds = [model.kind for model in models if model.kind is not None]
    if not kinds:
        return ""
    scores = [kind.first.scores for kind in kinds]
    origin = scores[0].origin
    outputs = sorted({f"{one.origin.width}×{one.origin.height} at {one.origin.fps} FPS" for one in scores})
    counts = sorted({len(kind.runs) for kind in kinds})
    runs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    plural = "" if counts == [1] else "s"
    versions = ", ".join(sorted({str(one.scorer_version) for one in scores}))
    return (
        f"Benchmark {one_line(origin.benchmark)}, {scores[0].clips} clips; {', '.join(outputs)}; "
        f"{runs} run{plural} per model; {_seeds_told(kinds)}scorer version {versions}."
    )


def _seeds_told(kinds: Sequence[RunGroup]) -> str:
    """The base seeds that clips' seeds are derived from, and the seeds of runs that have one for all their clips."""
    derived, plain = set(), set()
    for run in (run for kind in kinds for run in kind.runs):
        known = run.record.manifest.fingerprint.get("generation", {}).get("seed")
        if not isinstance(known, dict) or not isinstance(seed := known.get("seed"), int):
            continue
        match known.get("seeds"):
            case "derived":
                derived.add(seed)
            case "same":
                plain.add(clip_seed("same", seed, run.record.number, ""))
            case rule if rule == LISTED:
                plain.add(seed)
    parts = [f"base seed{_listed(derived)}, each clip's derived from it and the run"] if derived else []
    parts += [f"seed{_listed(plain)}, one for all clips of a run"] if plain else []
    return "".join(f"{part}; " for part in parts)


def _listed(numbers: Iterable[int]) -> str:
    found = sorted(numbers)
    return f"{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}"
