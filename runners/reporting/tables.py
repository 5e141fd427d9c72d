"""The table at the end of a command: one row per run, and a mean ± sample standard deviation over runs of one kind."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from runners.core.outcome import Outcome
from runners.core.terminal import make_console
from runners.reporting.official import official_notes, official_tables
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
        for table in (fitting_table(scored, console), *official_tables(scored)):
            console.print(table)
        for note in (*notes(scored), *official_notes(scored)):
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


def fitting_table(outcomes: Sequence[Outcome], console: Console) -> Table:
    """The fullest table that a glance takes in: everything on one line, else names folded, else only the two scores.

    No number is ever cut.
    """
    room = min(console.width, _WIDEST)
    for parts in (True, False):
        if _width(whole := score_table(outcomes, parts=parts), console) <= room:
            return whole
        left = room - _width(score_table(outcomes, parts=parts, name_columns=0), console)
        if left >= _LEAST_NAME or not parts:
            break
    return score_table(outcomes, parts=parts, name_columns=max(left, _LEAST_NAME))


def _width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=1000), table).maximum


def score_table(outcomes: Sequence[Outcome], *, parts: bool = True, name_columns: int | None = None) -> Table:
    """Scores in percent, 100 being what a second take of the real experiment reaches; best first.

    `parts`: the parts of the Verified score as well. `name_columns`: names are folded to so many, a spread stands
    under its mean, and an output that all runs share above the table.
    """
    folded = name_columns is not None
    columns = dict(COLUMNS if parts else list(COLUMNS.items())[:2])
    ranked = sorted(outcomes, key=_rank)
    outputs = [_output(outcome) for outcome in ranked]
    shared, gap = folded and len(set(outputs)) == 1, "\n" if folded else " "
    title = "Physics-IQ scores (100 = a second take of the real experiment)" + (f"\n{outputs[0]}" if shared else "")
    table = Table(title=title, title_justify="left")
    table.add_column("run", overflow="fold", max_width=name_columns)
    for heading in columns.values():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("clips", justify="right", no_wrap=True)
    if not shared:
        table.add_column("output", justify="right", max_width=len("1280×720,") if folded else None)
    for outcome, named, output, follower in zip(ranked, _names(ranked), outputs, [*ranked[1:], None], strict=True):
        scores = _scores(outcome)
        name = f"{named}{gap}(ceiling, sees take 2)" if outcome.oracle else named
        cells = [*(_number(scores.marks.score(key)) for key in columns), f"{scores.clips}/{scores.expected}"]
        table.add_row(
            Text(name), *cells, *([] if shared else [output]),
            style="dim" if outcome.oracle else None,
            end_section=outcome.oracle and follower is not None and not follower.oracle,
        )  # fmt: skip
    for name, cells, count in means(ranked):
        spread = [cell.replace(" ±", "\n±") if folded else cell for cell in cells[: len(columns)]]
        table.add_row(Text(f"{name}:{gap}mean ± std of {count} runs"), *spread, style="bold")
    return table


def _scores(outcome: Outcome) -> Scores:
    assert outcome.scores is not None, "a table is of runs that have scores"
    return outcome.scores


def _output(outcome: Outcome) -> str:
    origin = _scores(outcome).origin
    return f"{origin.width}×{origin.height}, {origin.fps} FPS"


def _names(outcomes: Sequence[Outcome]) -> list[str]:
    """The runs' names, with their benchmark's before them where there are several."""
    benchmarks = [_scores(outcome).origin.benchmark for outcome in outcomes]
    several = len(set(benchmarks)) > 1
    return [
        f"{benchmark}/{outcome.name}" if several else outcome.name
        for benchmark, outcome in zip(benchmarks, outcomes, strict=True)
    ]


def means(outcomes: Sequence[Outcome]) -> list[tuple[str, list[str], int]]:
    """For runs that differ in their number alone: mean ± sample standard deviation (n − 1) of each score.

    Runs whose scores are of another benchmark, rate or size are no repetitions of each other.
    """
    kinds: dict[tuple[str, str, int, int, int], dict[str, Scores]] = {}
    for outcome, named in zip(outcomes, _names(outcomes), strict=True):
        scores = _scores(outcome)
        if scores.verified is not None:
            origin = scores.origin
            name = re.sub(r"-run_\d+$", "", named)
            kind = (name, origin.benchmark, origin.fps, origin.width, origin.height)
            kinds.setdefault(kind, {})[named] = scores
    rows = []
    for (name, *_), runs in kinds.items():
        if len(runs) > 1:
            values = [[run.marks.score(key) for run in runs.values()] for key in COLUMNS]
            rows.append((name, [_mean_and_std(column) for column in values], len(runs)))
    return rows


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
