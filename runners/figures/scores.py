"""Scores and what they are made of: Figures 4 and 6 of the paper, views, scenes, and how much runs differ."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runners.dataset.layout import VIEWS
from runners.figures.plan import METRICS, Cell, Model, NoData, Plan, Table, mean_metrics, score_title, what_was_run
from runners.figures.statistics import ranks, spearman
from runners.figures.style import COLUMN_IN, GREY, HATCHES, INK, PAGE_IN, text
from runners.scoring.scores import GroupScores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEGEND_COLUMNS = 4
_UPRIGHT: dict[str, Any] = {"rotation": 90, "ha": "center", "fontsize": 4.5}
_SLANTED: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor", "fontsize": 6.5}
"""How the names of many and of few scenes stand below a heat map."""


def plan_scores(models: Sequence[Model], ceilings: Sequence[Model] = ()) -> Plan:
    """Figure 4: scores against the variance line, and the mean rank over the four metrics with Spearman's ρ.

    `ceilings` saw take 2: each is a mark of reference, without a bar or a rank.
    """
    mean_ranks = _mean_ranks(models)
    found = spearman([model.score.mean for model in models], mean_ranks)
    rows = tuple(
        (*_numbers(model), rank, found.value if found else None, found.p if found else None, "model")
        for model, rank in zip(models, mean_ranks, strict=True)
    )
    rows += tuple((*_numbers(ceiling), None, None, None, "ceiling") for ceiling in ceilings)
    columns = ("model", "score", "std", "low", "high", *METRICS, "mean_rank", "spearman_rho", "spearman_p", "role")
    told = f" Spearman's ρ of score and mean rank: {found.value:.2f} (p {p_text(found.p)})." if found else ""

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.35, 1])
        places = range(len(models))
        for k, (model, rank) in enumerate(zip(models, mean_ranks, strict=True)):
            left.barh(k, model.score.mean, color=model.colour, height=0.66, edgecolor="white", linewidth=0.5)
            high = model.score.high if model.score.high is not None else model.score.mean
            if model.score.low is not None and model.score.high is not None:
                left.plot([model.score.low, model.score.high], [k, k], color=INK, linewidth=0.9, solid_capstyle="butt")
            left.text(max(high, model.score.mean) + 1.5, k, f"{model.score.mean:.1f}", va="center", fontsize=6.5)
            right.barh(k, rank, color=model.colour, height=0.66, edgecolor="white", linewidth=0.5)
            right.text(rank + 0.1, k, f"{rank:.2f}", va="center", fontsize=6.5)
        left.axvline(100, color=INK, linestyle="--", linewidth=0.9)
        for ceiling in ceilings:
            left.axvline(ceiling.score.mean, color=GREY, linestyle=":", linewidth=1.1)
        dotted = "; dotted: ceiling" if ceilings else ""
        left.set_title(f"dashed: physical variance = 100{dotted}", fontweight="normal", loc="right")
        left.set(xlim=(0, 108), yticks=list(places), yticklabels=[text(model.label) for model in models])
        left.set(xlabel=score_title(models))
        left.invert_yaxis()
        right.set(xlabel="Mean rank over four metrics (1 is best)", xlim=(0, len(models) + 0.8))
        if found:
            right.set_title(f"ρ = {found.value:.2f}, p {p_text(found.p)}", fontweight="normal")
        for axes in (left, right):
            axes.grid(axis="y", visible=False)

    caption = (
        "Scores; dashed: physical variance, what a second take of the real experiment reaches (100). "
        f"{_ceilings_told(ceilings)}Lines: 95 % interval, a bootstrap over scenes. Right: mean rank over the four "
        f"metrics.{told} {what_was_run(models)}"
    )
    return Plan("scores", "Scores and mean ranks", caption.strip(), Table(columns, rows), draw,
                (PAGE_IN, 0.75 + 0.24 * len(models)))  # fmt: skip


def _numbers(model: Model) -> tuple[Cell, ...]:
    score = model.score
    return (model.label, score.mean, score.std, score.low, score.high, *vars(model.metrics).values())


def _ceilings_told(ceilings: Sequence[Model]) -> str:
    if not ceilings:
        return ""
    named = ", ".join(f"{text(ceiling.label)} ({ceiling.score.mean:.1f})" for ceiling in ceilings)
    return f"Dotted: {named}, which saw the second take and is a ceiling, no contestant. "


def _mean_ranks(models: Sequence[Model]) -> list[float]:
    """Over the four metrics, best first: large IoUs, small MSE."""
    sides = [[getattr(model.metrics, key) * (1 if key == "mse" else -1) for model in models] for key in METRICS]
    return [statistics.fmean(places) for places in zip(*(ranks(side) for side in sides), strict=True)]


def p_text(p: float) -> str:
    """As papers write it, with its sign."""
    return "< .001" if p < 0.001 else f"= {p:.3f}".replace("0.", ".", 1)


def plan_categories(models: Sequence[Model]) -> Plan:
    """Figure 6: each metric in each category, with the variance line."""
    names = _common([run.per_category for run in _all_scores(models)])
    cells: dict[tuple[str, str, str], float] = {}
    variances: dict[tuple[str, str], float] = {}
    for name in names:
        for model in models:
            groups = [_named(run.scores.per_category, name) for run in model.runs.runs]
            values = mean_metrics(group.marks.metrics for group in groups)
            for key in METRICS:
                cells[name, key, model.label] = getattr(values, key)
            known = groups[0].marks.variances
            if known is not None:
                variances |= {(name, key): getattr(known, key) for key in METRICS}
    rows: list[tuple[Cell, ...]] = [
        (name, key, label, value, variances.get((name, key))) for (name, key, label), value in cells.items()
    ]

    def draw(figure: Figure) -> None:
        grid = figure.subplots(len(METRICS), len(names), squeeze=False, sharey="row")
        for line, (key, title) in zip(grid, METRICS.items(), strict=True):
            for axes, name in zip(line, names, strict=True):
                _bars(axes, models, [cells[name, key, model.label] for model in models])
                if (name, key) in variances:
                    axes.axhline(variances[name, key], color=INK, linestyle="--", linewidth=0.9)
                if key == "spatial":
                    axes.set_title(text(name))
            line[0].set_ylabel(
                f"{title.replace(' IoU', chr(10) + 'IoU')}\n({'less' if key == 'mse' else 'more'} is better)"
            )
        _legend(figure, models, line=True)

    caption = (
        "Metrics by category of physics, means over runs; dashed: physical variance, two takes of the real experiment. "
        + what_was_run(models)
    )
    table = Table(("category", "metric", "model", "value", "variance"), tuple(rows))
    size = (PAGE_IN, 5.2 + 0.14 * -(-len(models) // _LEGEND_COLUMNS))
    return Plan("categories", "Metrics by category", caption, table, draw, size)


def _bars(axes: Any, models: Sequence[Model], values: Sequence[float]) -> None:
    for k, (model, value) in enumerate(zip(models, values, strict=True)):
        hatch = HATCHES[k % len(HATCHES)]
        axes.bar(k, value, 0.8, color=model.colour, hatch=hatch, edgecolor="white", linewidth=0.4)
    axes.set_xticks([])
    axes.grid(axis="x", visible=False)


def _legend(figure: Figure, models: Sequence[Model], *, line: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(facecolor=model.colour, hatch=HATCHES[k % len(HATCHES)], edgecolor="white", label=text(model.label))
        for k, model in enumerate(models)
    ]
    if line:
        handles.append(Line2D([], [], color=INK, linestyle="--", linewidth=0.9, label="physical variance"))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(_LEGEND_COLUMNS, len(handles)))


def plan_views(models: Sequence[Model]) -> Plan:
    """The score by view."""
    names = [view for view in VIEWS if view in _common([run.per_view for run in _all_scores(models)])]
    if len(names) < 2:
        raise NoData("all clips show one view")
    values = {(model.label, view): _group_score(model, "per_view", view) for model in models for view in names}
    signs = dict(zip(VIEWS, ("<", "o", ">"), strict=True))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for k, model in enumerate(models):
            known = [values[model.label, view] for view in names]
            axes.plot([min(known), max(known)], [k, k], color=model.colour, linewidth=1, zorder=2)
            for view, value in zip(names, known, strict=True):
                face = model.colour if view == "center" else "white"
                axes.plot(value, k, signs[view], color=model.colour, markerfacecolor=face, markersize=5, zorder=3)
        axes.set(yticks=range(len(models)), yticklabels=[text(model.label) for model in models])
        axes.set(xlabel=score_title(models), ylim=(len(models) - 0.5, -0.5))
        axes.grid(axis="y", visible=False)
        from matplotlib.lines import Line2D

        handles = [Line2D([], [], color=GREY, marker=signs[view], linestyle="", markersize=5, label=view,
                          markerfacecolor=GREY if view == "center" else "white") for view in names]  # fmt: skip
        figure.legend(handles=handles, loc="outside upper center", ncols=len(names))

    rows = tuple((label, view, value) for (label, view), value in values.items())
    caption = f"Scores by view of the camera, means over runs. {what_was_run(models)}"
    return Plan("views", "Score by view", caption, Table(("model", "view", "score"), rows), draw,
                (COLUMN_IN, 0.9 + 0.24 * len(models)))  # fmt: skip


def plan_scenes(models: Sequence[Model]) -> Plan:
    """Models by scenes as a heat map, the hardest scene last."""
    names = _common([run.per_scene for run in _all_scores(models)])
    if len(names) < 2:
        raise NoData("there is one scene")
    values = {(model.label, name): _group_score(model, "per_scene", name) for model in models for name in names}
    names.sort(key=lambda name: (-statistics.fmean(values[model.label, name] for model in models), name))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        grid = [[values[model.label, name] for name in names] for model in models]
        picture = axes.imshow(grid, cmap="cividis", vmin=0, vmax=100, aspect="auto")
        small = len(names) > 30
        labels = [text(name.removeprefix("trimmed-"), 26) for name in names]
        axes.set_xticks(range(len(names)), labels, **(_UPRIGHT if small else _SLANTED))
        axes.set_yticks(range(len(models)), [text(model.label) for model in models])
        axes.grid(visible=False)
        if len(names) <= 20:
            for y, line in enumerate(grid):
                for x, value in enumerate(line):
                    shade = "white" if value < 55 else "black"
                    axes.text(x, y, f"{value:.0f}", ha="center", va="center", color=shade, fontsize=6)
        figure.colorbar(picture, ax=axes, label="score (%)", fraction=0.03, pad=0.01)

    rows = tuple((label, name, value) for (label, name), value in values.items())
    caption = f"Scores by scene, means over runs and views; scenes from easy to hard. {what_was_run(models)}"
    return Plan("scenes", "Score by scene", caption, Table(("model", "scene", "score"), rows), draw,
                (PAGE_IN, 1.6 + 0.24 * len(models)))  # fmt: skip


def plan_spread(models: Sequence[Model]) -> Plan:
    """How much the runs of a model differ."""
    several = [model for model in models if len(model.runs.runs) > 1]
    if not several:
        raise NoData("no model has a second run")
    rows = [
        (model.label, run.record.number, float(getattr(run.scores.marks, model.score_name) or 0.0))
        for model in several
        for run in model.runs.runs
    ]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for k, model in enumerate(several):
            marks = [value for label, _, value in rows if label == model.label]
            axes.plot(marks, [k] * len(marks), "|", color=model.colour, markersize=11, markeredgewidth=1.6, zorder=3)
            axes.plot(model.score.mean, k, model.marker, color=model.colour, markersize=4, zorder=4)
            told = f" {model.score.mean:.1f} ± {model.score.std or 0:.2f}"
            axes.annotate(told, (max(marks), k), xytext=(4, 0), textcoords="offset points", va="center", fontsize=6)
        axes.set(yticks=range(len(several)), yticklabels=[text(model.label) for model in several])
        axes.set(xlabel=score_title(models), ylim=(len(several) - 0.5, -0.5))
        marks = [value for *_, value in rows]
        span = (max(marks) - min(marks)) or 1.0
        axes.set_xlim(min(marks) - 0.08 * span, max(marks) + 0.75 * span)  # to the right with room for the words
        axes.grid(axis="y", visible=False)

    caption = "Every run's score (lines), their mean (marker) and sample standard deviation. " + what_was_run(several)
    return Plan("runs", "Run-to-run spread", caption, Table(("model", "run", "score"), tuple(rows)), draw,
                (COLUMN_IN, 0.7 + 0.26 * len(several)))  # fmt: skip


def _all_scores(models: Sequence[Model]) -> list[Any]:
    return [run.scores for model in models for run in model.runs.runs]


def _common(lists: Sequence[Sequence[GroupScores]]) -> list[str]:
    """The names that all runs have, in the first's order."""
    names = [{group.name for group in groups} for groups in lists]
    return [group.name for group in lists[0] if all(group.name in known for known in names)]


def _named(groups: Sequence[GroupScores], name: str) -> GroupScores:
    return next(group for group in groups if group.name == name)


def _group_score(model: Model, part: str, name: str) -> float:
    """The mean over runs of the score of some of the clips, 0 to 100."""
    marks = [_named(getattr(run.scores, part), name).marks for run in model.runs.runs]
    return statistics.fmean(float(getattr(one, model.score_name) or 0.0) for one in marks)
