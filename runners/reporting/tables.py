"""The table at the end of a command: one row per run, and a mean ± sample standard deviation over runs of one kind."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from runners.core.outcome import Outcome
from runners.core.settings import ScoreSettings
from runners.core.terminal import make_console
from runners.reporting.next_commands import after_runs
from runners.reporting.official import official_notes, official_tables
from runners.reporting.partial_runs import metrics_table
from runners.scoring.bootstrap import Scenes, intervals
from runners.scoring.formulas import sample_std
from runners.scoring.scores import Ceiling, ScoreName, Scores

COLUMNS: dict[ScoreName, str] = {
    "verified": "Verified",
    "original": "Original",
    "verified_spatial": "SP",
    "verified_spatiotemporal": "ST",
    "verified_weighted_spatial": "WS",
    "verified_mse": "MSE",
}
"""The scores and their headings; the four after the scores are the Verified score's parts."""

_ASKED = ScoreSettings()
_INTERVAL = (
    f"95 %: interval of the Verified score, a bootstrap over scenes ({_ASKED.resamples} resamples, seed {_ASKED.seed})"
)
_LOG_COLUMNS = 140
_WIDEST = 100
"""What a window, a log's viewer and a page show without a turn of the wheel."""
_LEAST_NAME = 20
"""Columns of a run's name below which rather the parts of the score are left out."""


def print_outcomes(outcomes: Sequence[Outcome], console: Console | None = None) -> None:
    """The lines of every job, then one table over all that have scores."""
    console = console or make_console(log_columns=_LOG_COLUMNS)
    for outcome in outcomes:
        style = "red" if outcome.code not in (0, 3) else None
        for line in outcome.lines:
            console.print(
                line,
                style=style if line.startswith(("error", "  ")) else None,
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
    if told := whole_cost(outcomes):
        console.print(told, highlight=False)
    scored = [outcome for outcome in outcomes if outcome.scores is not None]
    if scored:
        _print_scores(scored, console)


def _print_scores(scored: Sequence[Outcome], console: Console) -> None:
    """Scores, below them the metrics of runs that have none, what must be known of both, and what to type next."""
    whole = [outcome for outcome in scored if _scores(outcome).complete]
    parts = [(name, _scores(run)) for run, name in _named(scored) if not _scores(run).complete]
    if whole:
        console.print(fitting_table(whole, console))
    if parts:
        console.print(metrics_table(parts, min(console.width, _WIDEST)))
    for table in official_tables(scored):
        console.print(table)
    interval = [_INTERVAL] if whole else []
    for note in (*interval, *notes(scored), *official_notes(scored), *after_runs(sorted(scored, key=_rank))):
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def whole_cost(outcomes: Sequence[Outcome]) -> str | None:
    """What the plans of several paid runs come to together, and of how many nobody knows."""
    planned = [outcome.cost_usd for outcome in outcomes if outcome.cost_usd is not None]
    unknown = sum(outcome.unpriced for outcome in outcomes)
    if len(planned) + unknown < 2:
        return None
    if not unknown:
        return f"all {len(planned)} runs of paid models: about ${sum(planned):.2f}"
    known = f"{len(planned)} of {len(planned) + unknown} runs of paid models: about ${sum(planned):.2f}"
    return f"{known}; the price of {'one' if unknown == 1 else unknown} is unknown"


@dataclass(frozen=True)
class _Line:
    """A run in the table."""

    outcome: Outcome
    name: str
    output: str
    clips: str
    interval: str


def _lines(outcomes: Sequence[Outcome]) -> list[_Line]:
    """Best first."""
    return [
        _Line(run, name, _output(run), f"{_scores(run).clips}/{_scores(run).expected}", _interval([_scores(run)]))
        for run, name in _named(sorted(outcomes, key=_rank))
    ]


def _interval(runs: Sequence[Scores]) -> str:
    """The 95 % interval of the Verified score of runs over the same scenes, as the leaderboard has it."""
    if any(run.verified is None or any(clip.variance is None for clip in run.per_clip) for run in runs):
        return "–"
    scenes = [Scenes.of(run.per_clip) for run in runs]
    if any(each.names != scenes[0].names for each in scenes):
        return "–"
    bounds = intervals(scenes, _ASKED.resamples, _ASKED.seed)["verified"]
    return "–" if bounds is None else f"{bounds[0]:.1f} … {bounds[1]:.1f}"


def fitting_table(outcomes: Sequence[Outcome], console: Console) -> Table:
    """The fullest table that a glance takes in: everything on one line, else names folded, else only the two scores.

    No number is ever cut.
    """
    room, lines = min(console.width, _WIDEST), _lines(outcomes)
    for parts in (True, False):
        if _width(whole := _table(lines, parts=parts), console) <= room:
            return whole
        left = room - _width(_table(lines, parts=parts, name_columns=0), console)
        if left >= _LEAST_NAME or not parts:
            break
    return _table(lines, parts=parts, name_columns=max(left, _LEAST_NAME))


def _width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=1000), table).maximum


def score_table(outcomes: Sequence[Outcome], *, parts: bool = True, name_columns: int | None = None) -> Table:
    """Scores in percent, 100 being what a second take of the real experiment reaches; best first.

    `parts`: the parts of the Verified score as well. `name_columns`: names are folded to so many, a spread stands
    under its mean, and what all runs share, clips and output, above the table.
    """
    return _table(_lines(outcomes), parts=parts, name_columns=name_columns)


def _table(lines: Sequence[_Line], *, parts: bool, name_columns: int | None = None) -> Table:
    folded = name_columns is not None
    keys = list(COLUMNS)[: None if parts else 2]
    extra = [("clips", [line.clips for line in lines]), ("output", [line.output for line in lines])]
    shared = [cells[0] for _, cells in extra if folded and len(set(cells)) == 1]
    extra = [(heading, cells) for heading, cells in extra if not folded or len(set(cells)) > 1]
    gap = "\n" if folded else " "
    title = "Physics-IQ scores (100 = a second take of the real experiment)"
    if shared:
        title += "\n" + ", ".join(f"{text} clips" if "/" in text else text for text in shared)
    table = Table(title=title, title_justify="left")
    table.add_column("run", overflow="fold", max_width=name_columns)
    for heading in _with_interval([COLUMNS[key] for key in keys], "95 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading, _ in extra:
        fold = folded and heading == "output"
        table.add_column(heading, justify="right", no_wrap=not fold, max_width=len("1280×720,") if fold else None)
    for k, (line, follower) in enumerate(zip(lines, [*lines[1:], None], strict=True)):
        run = line.outcome
        marks = _scores(run).marks
        cells = _with_interval([_number(marks.score(key)) for key in keys], line.interval)
        table.add_row(
            Text(f"{line.name}{gap}(ceiling, sees take 2)" if run.oracle else line.name),
            *cells, *(column[k] for _, column in extra),
            style="dim" if run.oracle else None,
            end_section=run.oracle and follower is not None and not follower.outcome.oracle,
        )  # fmt: skip
    for name, runs in _kinds([line.outcome for line in lines]):
        spread = [cell.replace(" ±", gap + "±") for cell in _spreads(runs)[: len(keys)]]
        cells = _with_interval(spread, _interval(runs))
        table.add_row(Text(f"{name}:{gap}mean ± std of {len(runs)} runs"), *cells, style="bold")
    return table


def _with_interval(cells: Sequence[str], interval: str) -> list[str]:
    """The cells of the scores, with that of the interval behind the first, which it belongs to."""
    return [cells[0], interval, *cells[1:]]


def _scores(outcome: Outcome) -> Scores:
    assert outcome.scores is not None, "a table is of runs that have scores"
    return outcome.scores


def _output(outcome: Outcome) -> str:
    origin = _scores(outcome).origin
    return f"{origin.width}×{origin.height}, {origin.fps} FPS"


def _named(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, str]]:
    """The runs with their names, their benchmark's before them where there are several."""
    benchmarks = [_scores(outcome).origin.benchmark for outcome in outcomes]
    several = len(set(benchmarks)) > 1
    return [
        (outcome, f"{benchmark}/{outcome.name}" if several else outcome.name)
        for benchmark, outcome in zip(benchmarks, outcomes, strict=True)
    ]


def means(outcomes: Sequence[Outcome]) -> list[tuple[str, list[str], int]]:
    """For runs that differ in their number alone: mean ± sample standard deviation (n − 1) of each score.

    Runs whose scores are of another benchmark, rate or size are no repetitions of each other.
    """
    return [(name, _spreads(runs), len(runs)) for name, runs in _kinds(outcomes)]


def _kinds(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, list[Scores]]]:
    """Runs that differ in their number alone, where there are several, by the name that they share."""
    kinds: dict[tuple[str, str, int, int, int], dict[str, Scores]] = {}
    for outcome, named in _named(outcomes):
        scores = _scores(outcome)
        if scores.verified is not None:
            origin = scores.origin
            name = re.sub(r"-run_\d+$", "", named)
            kind = (name, origin.benchmark, origin.fps, origin.width, origin.height)
            kinds.setdefault(kind, {})[named] = scores
    for (name, *_), runs in kinds.items():
        if len(runs) > 1:
            yield name, list(runs.values())


def _spreads(runs: Sequence[Scores]) -> list[str]:
    return [_mean_and_std([run.marks.score(key) for run in runs]) for key in COLUMNS]


def notes(outcomes: Sequence[Outcome]) -> list[str]:
    """What a reader of the table must know to not fool themselves."""
    without: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.scores is not None and not outcome.scores.complete:
            second_takes = outcome.scores.second_takes
            why = "the set is incomplete" if second_takes else "the benchmark has no second takes"
            without.setdefault(why, []).append(outcome.name)
    lines = [f"no score for {', '.join(names)}: {why} (metrics are in scores/)" for why, names in without.items()]
    scored = [outcome.scores for outcome in outcomes if outcome.scores is not None]
    if any(scores.origin.truth_resampled for scores in scored):
        lines.append("truth was resampled to the clips' rate: compare such scores only with others at this rate")
    ceilings = [ceiling_note(scores.ceiling) for scores in scored]
    return lines + list(dict.fromkeys(note for note in ceilings if note))


def ceiling_note(ceiling: Ceiling | None) -> str | None:
    """What the masks that came with a data set keep everybody from, if they do; None where 100 can be reached."""
    if ceiling is None:
        return None
    pairs = ((COLUMNS["verified"], ceiling.verified), (COLUMNS["original"], ceiling.original))
    reached = {heading: value for heading, value in pairs if value is not None}
    if all(f"{value:.2f}" == "100.00" for value in reached.values()):
        return None
    told = " and ".join(f"{value:.2f} ({heading})" for heading, value in reached.items())
    return f"ceiling: with the masks that came with the data set, take 2 of the real experiment itself scores {told}"


def _rank(outcome: Outcome) -> tuple[bool, bool, float, str]:
    """The ceiling stands above and apart, whatever it reaches; what has no score comes last."""
    value = _scores(outcome).verified
    return (not outcome.oracle, value is None, -(value or 0.0), outcome.name)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _mean_and_std(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    spread = sample_std(known)
    return "–" if spread is None else f"{statistics.mean(known):.2f} ± {spread:.2f}"
