"""All figures of the runs below a folder, drawn where their data is new, left out with a word where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.core.files import sha256_json, user_path, write_json, write_text
from runners.core.progress import Bar
from runners.core.settings import ReportSettings
from runners.figures.footage import plan_filmstrips, plan_mse_examples, plan_switch_frames
from runners.figures.frame_curves import plan_frame_curves
from runners.figures.plan import Model, NoData, Plan, mean_metrics, painted
from runners.figures.relations import plan_cost, plan_realism, plan_time, read_realism
from runners.figures.scores import plan_categories, plan_scenes, plan_scores, plan_spread, plan_views
from runners.figures.style import KINDS, ensure_matplotlib, save
from runners.reporting.collect import CollectedRuns
from runners.reporting.leaderboard import group, row
from runners.reporting.run_benchmarks import Benchmarks

VERSION = 1
"""Of how figures are drawn: another one draws all anew."""
_STATE = "figures.json"


@dataclass(frozen=True)
class Figure:
    """A figure with its files."""

    name: str
    title: str
    caption: str
    svg: Path
    png: Path
    pdf: Path
    csv: Path


def write_figures(
    collected: CollectedRuns, out: Path, settings: ReportSettings, benchmarks: Benchmarks,
    progress: Bar | None = None, told: list[str] | None = None,
) -> list[Figure]:  # fmt: skip
    """Draw into `out` what there is data for; a line goes into `told` for each figure that is left out.

    Names have their benchmark's before them where there are several. Raises UserError without matplotlib, and for a
    realism file that cannot be read.
    """
    ensure_matplotlib()
    realism = read_realism(user_path(settings.realism)) if settings.realism else None
    told = [] if told is None else told
    sets = models_of(collected, settings)
    if not sets:
        told.append("no figures: no complete run of a model that did not see take 2")
    out.mkdir(parents=True, exist_ok=True)
    state, figures = _read_state(out), []
    asked = [(name, plan) for name, models in sets.items() for plan in _plans(models, realism, benchmarks)]
    for done, (name, make) in enumerate(asked, 1):
        before = f"{_safe(name)}-" if len(sets) > 1 else ""
        title, planned = make
        try:
            figures.append(_write(planned(), before, out, state))
        except (NoData, UserError) as error:
            told.append(f"no figure of {title}{f' ({name})' if before else ''}: {error}")
        write_json(out / _STATE, state)
        if progress is not None:
            progress(done, len(asked))
    return figures


def models_of(collected: CollectedRuns, settings: ReportSettings) -> dict[str, list[Model]]:
    """The models of each benchmark, best first; those that saw take 2 are no contestants and left out."""
    found: dict[str, list[Model]] = {}
    for kind in group(collected.runs)[0]:
        line = row(kind, resamples=settings.resamples, seed=settings.seed)
        score = line.scores.get(line.own_score)
        if line.ceiling or score is None:
            continue
        models = found.setdefault(line.benchmark, [])
        label, taken = kind.label, {model.label for model in models}
        number = 2
        while label in taken:
            label, number = f"{kind.label} ({number})", number + 1
        metrics = mean_metrics(run.scores.marks.metrics for run in kind.runs)
        models.append(Model(label, score, metrics, line.own_score, kind, row=line))
    return {name: painted(models) for name, models in sorted(found.items())}


def _plans(models: Sequence[Model], realism: Any, benchmarks: Benchmarks) -> Iterator[tuple[str, Callable[[], Plan]]]:
    """Each figure's subject, as lines call it, and its maker."""

    def data() -> Any:
        return benchmarks.of(models[0].runs.first.record)

    yield "scores", partial(plan_scores, models)
    yield "realism against score", partial(plan_realism, models, realism)
    yield "categories", partial(plan_categories, models)
    yield "views", partial(plan_views, models)
    yield "scenes", partial(plan_scenes, models)
    yield "the spread over runs", partial(plan_spread, models)
    yield "score against cost", partial(plan_cost, models)
    yield "score against time", partial(plan_time, models)
    yield "error over the five seconds", partial(plan_frame_curves, models)
    yield "success and failure", lambda: plan_filmstrips(models, data())
    yield "switch frames", lambda: plan_switch_frames(data())
    yield "what an MSE looks like", lambda: plan_mse_examples(data())


def _write(plan: Plan, before: str, out: Path, state: dict[str, str]) -> Figure:
    """The figure's files, drawn only if they are not there or their data is another."""
    import matplotlib as mpl

    stem = out / f"{before}{plan.name}"
    content = plan.table.csv()
    drawn_from = sha256_json([VERSION, mpl.__version__, content, plan.caption, plan.size, plan.inputs])
    paths = {kind: out / f"{stem.name}.{kind}" for kind in (*KINDS, "csv")}
    if state.get(stem.name) != drawn_from or not all(path.is_file() for path in paths.values()):
        save(stem, plan.size, plan.draw)
        write_text(paths["csv"], content)
        state[stem.name] = drawn_from
    return Figure(stem.name, plan.title, plan.caption, **paths)


def _read_state(out: Path) -> dict[str, str]:
    """Which data each figure was drawn from; empty where that is not known."""
    try:
        found = json.loads((out / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _safe(name: str) -> str:
    """A benchmark's name as part of a file's."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "._") else "-" for char in name)[:60]
