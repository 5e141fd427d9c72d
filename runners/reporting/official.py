"""The official toolbox beside the built-in scorer: how far apart they are, and whether its own scores are as ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from runners.core.outcome import Outcome
from runners.scoring.scores import Scores
from runners.scoring.toolbox_result import Beside

_NAMES = {
    "spatial_iou": "spatial IoU",
    "spatiotemporal_iou": "spatiotemporal IoU, per frame",
    "weighted_spatial_iou": "weighted spatial IoU",
    "mse": "MSE, per frame",
}


def official_tables(outcomes: Sequence[Outcome]) -> list[Table]:
    """One small table per run that both scorers scored."""
    return [
        _table(outcome.name, outcome.scores, outcome.scores.official.beside)
        for outcome in outcomes
        if outcome.scores and outcome.scores.official and outcome.scores.official.beside
    ]


def official_notes(outcomes: Sequence[Outcome]) -> list[str]:
    """Which scores the official toolbox made, and a warning where it came to others than its own metrics give."""
    lines = []
    for outcome in outcomes:
        official = outcome.scores.official if outcome.scores else None
        if official is None:
            continue
        revision = official.revision or official.sha256
        lines.append(f"{outcome.name}: official toolbox {revision[:12]}, {official.command_line}/run_physics_iq.py")
        if official.failed:
            lines.append(f"note: the toolbox {official.failed}; its table was complete by then, and is what counts")
        if not official.agrees:
            told = {key: value for key, value in asdict(official.final).items() if value is not None}
            final = ", ".join(f"{key} {value:.4f}" for key, value in told.items())
            lines.append(f"warning: the toolbox's own scores ({final}) are not those that follow from its metrics")
    return lines


def _table(name: str, scores: Scores, beside: Beside) -> Table:
    table = Table(title=f"{name}: built-in scorer and official toolbox", title_justify="left")
    table.add_column("")
    for heading in ("largest difference", "mean difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for metric, label in _NAMES.items():
        found = beside.differences.metrics[metric]
        table.add_row(label, f"{found.largest:.2g}", f"{found.mean:.2g}")
    table.add_section()
    pairs = {"verified": (scores.verified, beside.verified), "original": (scores.original, beside.original)}
    for key, (ours, theirs) in pairs.items():
        difference = beside.differences.scores[key]
        told = "–" if difference is None else f"{difference:+.4f} points"
        table.add_row(Text(f"{key.capitalize()}: {_points(ours)}, official {_points(theirs)}"), told, "")
    return table


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
