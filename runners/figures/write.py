"""All figures of the runs below a folder, drawn where their data is new, left out with a word where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from runners.benchmarks.benchmark import Benchmark
from runners.core.errors import UserError, nearest
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

VERSION = 2
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
    sets = boards(collected, settings)
    chosen = chosen_scenarios(settings.filmstrips, sets.values())
    if not sets:
        told.append("no figures: no complete run of a model that did not see take 2")
    out.mkdir(parents=True, exist_ok=True)
    state, figures = _read_state(out), []
    with_truth = settings.report.truth != "none"
    asked = [
        (name, plan)
        for name, board in sets.items()
        for plan in (*_plans(board, realism), *_picture_plans(board.models, benchmarks, chosen, with_truth=with_truth))
    ]
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


@dataclass(frozen=True)
class Board:
    """One benchmark's models, best first, and apart from them those that saw take 2, which are no contestants."""

    models: list[Model]
    ceilings: list[Model]


def boards(collected: CollectedRuns, settings: ReportSettings) -> dict[str, Board]:
    """The models of each benchmark that has one that did not see take 2."""
    found: dict[str, list[Model]] = {}
    for kind in group(collected.runs)[0]:
        line = row(kind, resamples=settings.resamples, seed=settings.seed)
        score = line.scores.get(line.own_score)
        if score is None:
            continue
        models = found.setdefault(line.benchmark, [])
        label, taken = kind.label, {model.label for model in models}
        number = 2
        while label in taken:
            label, number = f"{kind.label} ({number})", number + 1
        metrics = mean_metrics(run.scores.marks.metrics for run in kind.runs)
        models.append(Model(label, score, metrics, line.own_score, kind, row=line))
    painted_ones = ((name, painted(models)) for name, models in sorted(found.items()))
    parted = {name: Board(*([one for one in models if is_ceiling(one) is seen] for seen in (False, True)))
              for name, models in painted_ones}  # fmt: skip
    return {name: board for name, board in parted.items() if board.models}


def is_ceiling(model: Model) -> bool:
    """Whether it saw take 2."""
    return model.row is not None and model.row.ceiling


def chosen_scenarios(wanted: Sequence[str], sets: Iterable[Board]) -> list[str]:
    """Ids as data sets spell them, of `filmstrips` as typed. Raises UserError for one that no run has."""
    known = {clip.id for board in sets for clip in board.models[0].runs.first.scores.per_clip}
    chosen = []
    for word in (str(entry).strip() for entry in wanted):
        same = [name for name in known if name == word or (word.isdecimal() and int(name) == int(word))]
        if known and not same:
            raise UserError(f"filmstrips: {word[:40]!r} is no scenario of these runs{nearest(word, known)}")
        chosen += same
    return list(dict.fromkeys(chosen))


Named = tuple[str, Callable[[], Plan]]


def _plans(board: Board, realism: Mapping[str, float] | None) -> Iterator[Named]:
    """Each figure of numbers: its subject, as lines call it, and its maker."""
    models = board.models
    yield "scores", partial(plan_scores, models, board.ceilings)
    yield "realism against score", partial(plan_realism, models, realism)
    yield "categories", partial(plan_categories, models)
    yield "views", partial(plan_views, models)
    yield "scenes", partial(plan_scenes, models)
    yield "the spread over runs", partial(plan_spread, models)
    yield "score against cost", partial(plan_cost, models)
    yield "score against time", partial(plan_time, models)
    yield "error over the five seconds", partial(plan_frame_curves, models)


def _picture_plans(
    models: Sequence[Model], benchmarks: Benchmarks, chosen: Sequence[str], *, with_truth: bool
) -> Iterator[Named]:
    """Those that show the data set's own pictures; without the truth there are none."""

    def shown(make: Callable[[Benchmark], Plan]) -> Plan:
        if not with_truth:
            raise NoData("it shows the data set's pictures, and report.truth=none")
        return make(benchmarks.of(models[0].runs.first.record))

    yield "success and failure", lambda: shown(lambda data: plan_filmstrips(models, data, chosen))
    yield "switch frames", lambda: shown(plan_switch_frames)
    yield "what an MSE looks like", lambda: shown(plan_mse_examples)


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
