"""The official toolbox beside the built-in scorer: how far apart they are, and whether its own scores are as ours."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from runners.core.outcome import Outcome

_NAMES = {
    "spatial_iou": "spatial IoU",
    "spatiotemporal_iou": "spatiotemporal IoU, per frame",
    "weighted_spatial_iou": "weighted spatial IoU",
    "mse": "MSE, per frame",
}


def official_tables(outcomes: Sequence[Outcome]) -> list[Table]:
    """One small table per run that both scorers scored."""
    return [
        _table(outcome.name, outcome.scores, official["differences"])
        for outcome in outcomes
        if outcome.scores and (official := outcome.scores.get("official")) and "differences" in official
    ]


def official_notes(outcomes: Sequence[Outcome]) -> list[str]:
    """Which scores the official toolbox made, and a warning where it came to others than its own metrics give."""
    lines = []
    for outcome in outcomes:
        official = (outcome.scores or {}).get("official")
        if official is None:
            continue
        revision = official["revision"] or official["sha256"]
        lines.append(f"{outcome.name}: official toolbox {revision[:12]}, {official['command_line']}/run_physics_iq.py")
        if official.get("failed"):
            lines.append(f"note: the toolbox {official['failed']}; its table was complete by then, and is what counts")
        if not official["agrees"]:
            final = ", ".join(f"{key} {value:.4f}" for key, value in official["final"].items() if value is not None)
            lines.append(f"warning: the toolbox's own scores ({final}) are not those that follow from its metrics")
    return lines


def _table(name: str, scores: dict[str, object], differences: dict[str, dict[str, object]]) -> Table:
    table = Table(title=f"{name}: built-in scorer and official toolbox", title_justify="left")
    table.add_column("")
    for heading in ("largest difference", "mean difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for metric, label in _NAMES.items():
        found = differences["metrics"][metric]
        assert isinstance(found, dict)
        table.add_row(label, f"{found['largest']:.2g}", f"{found['mean']:.2g}")
    table.add_section()
    official = scores["official"]
    assert isinstance(official, dict)
    for key in ("verified", "original"):
        ours, theirs, difference = scores[key], official[key], differences["scores"][key]
        told = "–" if difference is None else f"{difference:+.4f} points"
        table.add_row(Text(f"{key.capitalize()}: {_points(ours)}, official {_points(theirs)}"), told, "")
    return table


def _points(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "–"
