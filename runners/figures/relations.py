"""The score against something else: realism (Figure 5 of the paper), cost, and time; and realism read from a CSV."""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from runners.core.errors import UserError, first_of
from runners.core.files import shown
from runners.dataset.user_csv import plain_text
from runners.figures.plan import Model, NoData, Plan, Table, score_title, what_was_run
from runners.figures.scores import p_text
from runners.figures.statistics import Line, fit, pearson
from runners.figures.style import COLUMN_IN, GREY, INK, text
from runners.reporting.leaderboard import one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = ("model", "realism")
_MOST_NAMED = 4
"""Models whose names have room beside their markers."""
_LARGER = {"*": 8.0, "X": 6.0, "P": 6.0}
"""Sizes, in points, of markers that look small in the others'."""


def read_realism(path: Path) -> dict[str, float]:
    """Realism, 0 to 1, more is more realistic, by model. Raises UserError naming the line at fault."""
    found: dict[str, float] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            lacks = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if lacks:
                raise UserError(f"{shown(path)} has no column {first_of(lacks)}; it needs: model,realism")
            for row in reader:
                name = one_line(plain_text(row["model"] or ""))
                if name in found:
                    raise UserError(f"{shown(path)}, line {reader.line_num}: {name[:80]} stands there twice")
                found[name] = _realism(row["realism"], path, reader.line_num)
    except (OSError, UnicodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise UserError(f"realism={shown(path)} cannot be read ({why})") from None
    if not found:
        raise UserError(f"{shown(path)} holds no models: a line for each, model,realism")
    return found


def _realism(cell: str | None, path: Path, line: int) -> float:
    try:
        value = float(cell or "")
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise UserError(f"{shown(path)}, line {line}: realism is a number from 0 to 1, not {(cell or '')[:40]!r}")
    return value


def plan_realism(models: Sequence[Model], realism: Mapping[str, float] | None) -> Plan:
    """Figure 5: realism against score, with the fitted line, its 95 % band, Pearson's r and p."""
    if realism is None:
        raise NoData("realism=FILE.csv (columns model, realism) was not given")
    known = [(model, value) for model in models if (value := _of(model, realism)) is not None]
    if not known:
        names = ", ".join(text(model.label) for model in models[:3])
        raise NoData(f"none of the models in the realism file is here (such as {names})")
    x, y = [model.score.mean for model, _ in known], [value for _, value in known]
    found, line = pearson(x, y), fit(x, y)
    rows = tuple((model.label, model.score.mean, value, found.value if found else None, found.p if found else None)
                 for model, value in known)  # fmt: skip

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if line is not None:
            _draw_line(axes, line, x)
        _points(axes, [model for model, _ in known], x, y)
        axes.set(xlabel=score_title(models), ylabel="Realism (1 is most realistic)")
        if found:
            axes.set_title(f"r = {found.value:.2f}, p {p_text(found.p)}", fontweight="normal")

    told = f" Pearson's r = {found.value:.2f}, p {p_text(found.p)}, n = {found.n}." if found else ""
    fitted = "" if line is None else " Line: linear fit with its 95 % band."
    caption = f"Visual realism against physical understanding.{fitted}{told} {what_was_run(models)}"
    columns = ("model", "score", "realism", "pearson_r", "pearson_p")
    return Plan("realism", "Realism against score", caption.strip(), Table(columns, rows), draw, _size(len(known)))


def _of(model: Model, realism: Mapping[str, float]) -> float | None:
    """A model's realism, whether its prompts are named with it or not."""
    names = [model.label, *([model.row.model] if model.row else [])]
    return next((realism[name] for name in map(one_line, names) if name in realism), None)


def _draw_line(axes: Any, line: Line, x: Sequence[float]) -> None:
    margin = 0.08 * (max(x) - min(x))
    across = np.linspace(min(x) - margin, max(x) + margin, 101)
    middle, half = line.at(across), line.half_band(across)
    axes.fill_between(across, middle - half, middle + half, color="#d9d9d9", linewidth=0, zorder=1)
    axes.plot(across, middle, color=GREY, linewidth=1, zorder=2)


def _points(axes: Any, models: Sequence[Model], x: Sequence[float], y: Sequence[float]) -> None:
    """A marker each, and its name: beside it where models are few, below the figure where they are many."""
    for model, a, b in zip(models, x, y, strict=True):
        axes.plot(a, b, model.marker, color=model.colour, markersize=_LARGER.get(model.marker, 5), zorder=3,
                  markeredgecolor="white", markeredgewidth=0.4, label=text(model.label, 24), linestyle="")  # fmt: skip
    if len(models) > _MOST_NAMED:
        axes.figure.legend(loc="outside lower center", ncols=2, handletextpad=0.2, columnspacing=1.0, fontsize=6)
        return
    axes.margins(0.12)
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    placed: list[tuple[float, float]] = []
    for model, a, b in zip(models, x, y, strict=True):
        across, up = (a - left) / ((right - left) or 1), (b - low) / ((high - low) or 1)
        near = sum(abs(across - c) < 0.6 and abs(up - d) < 0.08 for c, d in placed)
        placed.append((across, up))
        side = -1 if across > 0.5 else 1
        axes.annotate(
            text(model.label, 22), (a, b), xytext=(5 * side, 4 - 8 * (near % 2)), textcoords="offset points",
            fontsize=6, ha="right" if side < 0 else "left", va="bottom" if near % 2 == 0 else "top", color=INK,
        )  # fmt: skip


def _size(models: int) -> tuple[float, float]:
    return COLUMN_IN, 2.6 if models <= _MOST_NAMED else 2.5 + 0.13 * -(-models // 2)


def plan_cost(models: Sequence[Model]) -> Plan:
    """The score against what a run cost."""
    found = [(model, [run.record.manifest.cost_usd for run in model.runs.runs]) for model in models]
    known = [(model, _mean(costs)) for model, costs in found]
    return _against(models, [(model, value) for model, value in known if value], "cost", "cost_usd_per_run",
                    "Cost of a run (US$)", "no run has a cost")  # fmt: skip


def plan_time(models: Sequence[Model]) -> Plan:
    """The score against how long a clip took to generate."""
    known = []
    for model in models:
        times = [made.generate_s for run in model.runs.runs for made in run.record.generations]
        if value := _mean(times):
            known.append((model, value))
    return _against(models, known, "time", "generate_s_per_clip", "Generation time per clip (s)",
                    "no run says how long its clips took")  # fmt: skip


def _mean(values: Sequence[float | None]) -> float | None:
    """None if one of them is not known."""
    known = [float(value) for value in values if value is not None]
    return statistics.fmean(known) if known and len(known) == len(values) else None


def _against(
    models: Sequence[Model], known: Sequence[tuple[Model, float]], name: str, column: str, label: str, lacks: str
) -> Plan:
    if not known:
        raise NoData(lacks)
    x, y = [value for _, value in known], [model.score.mean for model, _ in known]

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import FuncFormatter, NullFormatter

        axes = figure.subplots()
        wide = max(x) / min(x) > 10
        if wide:
            _points(axes, [model for model, _ in known], [math.log10(value) for value in x], y)
            axes.xaxis.set_major_locator(_whole_powers())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda power, _: f"{10**power:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            _points(axes, [model for model, _ in known], x, y)
        axes.set(xlabel=label + (", logarithmic" if wide else ""), ylabel=score_title(models))

    rows = tuple((model.label, value, model.score.mean) for model, value in known)
    title = f"Score against {name}"
    caption = f"{title}: {label[0].lower()}{label[1:]}, mean over runs. {what_was_run(models)}"
    return Plan(name, title, caption, Table(("model", column, "score"), rows), draw, _size(len(known)))


def _whole_powers() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=5, integer=True)
