"""The leaderboard on a terminal: a table per benchmark, no number ever cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from runners.reporting.leaderboard import LeaderboardRow, Mean, one_line
from runners.reporting.tables import COLUMNS, ceiling_note
from runners.scoring.scores import ScoreName

_SCORES = ("verified", "original")
LOG_COLUMNS = 240
WIDEST = 100
"""What a window shows: tables that need no more have no more."""
_LEAST_NAME = 20


def print_leaderboard(rows: Sequence[LeaderboardRow], console: Console) -> None:
    """One table per benchmark, in the order of the rows, each as full as fits."""
    for name, members in groupby(rows, key=lambda row: row.benchmark):
        console.print(fitting(name, list(members), console))


def fitting(name: str, rows: Sequence[LeaderboardRow], console: Console) -> Table:
    """With intervals and parts, without the parts, with the own score's interval, or without: what the width allows."""
    choices = [leaderboard_table(name, rows, detail) for detail in _DETAILS]
    for table in choices[1:]:
        table.caption = "narrow terminal: more columns are in leaderboard.md"
    for table, detail in zip(choices[:-1], _DETAILS, strict=False):
        wanted = Measurement.get(console, console.options.update(max_width=1000), table).maximum
        if wanted - _to_spare(table, rows, detail) <= console.width:
            return table
    return choices[-1]


def _to_spare(table: Table, rows: Sequence[LeaderboardRow], detail: Detail) -> int:
    """Columns by which a table may be folded: names, and sizes with their rates."""
    if not detail.folds:
        return 0
    name = max(len(title_of(row)) for row in rows)
    size = max(len(size_of(row)) for row in rows) if any(each.header == "output" for each in table.columns) else 0
    return max(name - _LEAST_NAME, 0) + max(size - len("1280×720,"), 0)


@dataclass(frozen=True)
class Detail:
    """What a table shows: the parts of the score, the intervals of which scores; what may be folded, or left out."""

    parts: bool = True
    intervals: Literal["both", "own", "none"] = "both"
    folds: bool = False
    """What all rows share stands above the table; all rows with a score are complete, so that clips are left out."""


_DETAILS = (
    Detail(),
    Detail(parts=False),
    Detail(parts=False, intervals="own", folds=True),
    Detail(parts=False, intervals="none"),
)
_WHOLE = _DETAILS[0]


def leaderboard_table(name: str, rows: Sequence[LeaderboardRow], detail: Detail = _WHOLE) -> Table:
    """Scores in percent of what a second take of the real experiment reaches."""
    by = "Original" if rows[0].own_score == "original" else "Verified"
    title = f"{one_line(name)}: best first by the {by} score (100 = a second take of the real experiment)"
    columns = [key for key in COLUMNS if detail.parts or key in _SCORES]
    bounded = {"both": _SCORES, "own": (rows[0].own_score,), "none": ()}[detail.intervals]
    sizes = {size_of(row) for row in rows}
    shared = detail.folds and len(sizes) == 1
    table = Table(title=Text(f"{title}\n{sizes.pop()}" if shared else title), title_justify="left")
    table.add_column("model", overflow="fold")
    table.add_column("prompts", no_wrap=True)
    table.add_column("runs", justify="right", no_wrap=True)
    for key in columns:
        table.add_column(COLUMNS[key], justify="right", no_wrap=True)
        if key in bounded:
            table.add_column("95 %", justify="right", no_wrap=True)
    if not detail.folds:
        table.add_column("clips", justify="right", no_wrap=True)
    if not shared:
        table.add_column("output", justify="right", overflow="fold")
    for row, follower in zip(rows, [*rows[1:], None], strict=True):
        ends = follower is not None and section(follower) != section(row)
        tail = [*([] if detail.folds else [clips_of(row)]), *([] if shared else [size_of(row)])]
        cells = [*_cells(row, columns, bounded), *tail]
        table.add_row(*map(Text, cells), style=_style(row), end_section=ends)
    return table


def section(row: LeaderboardRow) -> str:
    """The part of its table that a row stands in."""
    return "published" if row.published else "ceiling" if row.ceiling else "own"


def title_of(row: LeaderboardRow) -> str:
    """The model's name, with what must be known of the row."""
    marks = {"published": f" [published, {row.date}]", "ceiling": " (ceiling, sees take 2)", "own": ""}
    return one_line(row.model) + marks[section(row)] + (" [official toolbox]" if row.official else "")


def size_of(row: LeaderboardRow) -> str:
    """Size and rate; of published values nobody knows them."""
    return f"{row.width}×{row.height}, {row.fps} FPS" if row.width else "–"


def clips_of(row: LeaderboardRow) -> str:
    """How many clips were scored, of how many."""
    return f"{row.clips}/{row.expected}" if row.clips is not None else "–"


def shown_mean(mean: Mean | None, decimals: int = 2) -> str:
    """Mean ± sample standard deviation."""
    if mean is None:
        return "–"
    spread = "" if mean.std is None else f" ± {mean.std:.{decimals}f}"
    return f"{mean.mean:.{decimals}f}{spread}"


def shown_interval(mean: Mean | None) -> str:
    """The 95 % interval over scenes."""
    if mean is None or mean.low is None or mean.high is None:
        return "–"
    return f"{mean.low:.1f} … {mean.high:.1f}"


def decimals_of(row: LeaderboardRow) -> int:
    """Published values were printed with one decimal."""
    return 1 if row.published else 2


def notes(rows: Sequence[LeaderboardRow], *, resamples: int, seed: int) -> list[str]:
    """What a reader of the table must know to not fool themselves."""
    bootstrap = f"a bootstrap over scenes ({resamples} resamples, seed {seed})"
    lines = [f"95 %: interval of {bootstrap}; ±: sample standard deviation over runs"]
    if any(row.truth_resampled for row in rows):
        lines.append("truth was resampled to the clips' rate: compare such scores only with others at this rate")
    sizes = {(row.benchmark, row.width, row.height, row.fps) for row in rows if not row.published}
    if len(sizes) > len({benchmark for benchmark, *_ in sizes}):
        lines.append("rows differ in size or rate, which changes scores: compare only rows of one output")
    if any(row.official for row in rows):
        lines.append("[official toolbox]: scored by the benchmark's own program; other rows by the built-in scorer")
    lines += _ceilings(rows)
    lines += _several_truths(rows)
    sources = {f"{row.source} ({row.date})" for row in rows if row.published}
    if sources:
        lines.append(f"[published] values were not made here; they are from {'; '.join(sorted(sources))}")
    return lines


def _ceilings(rows: Sequence[LeaderboardRow]) -> list[str]:
    """How far one can get where the data set's masks keep even take 2 from 100."""
    told = {(row.benchmark, row.fps, note): None for row in rows if (note := ceiling_note(row.reachable))}
    return [f"{one_line(benchmark)} at {fps} FPS: {note}" for benchmark, fps, note in told]


def _several_truths(rows: Sequence[LeaderboardRow]) -> list[str]:
    """Two data sets may have one name: their rows stand in one table, and must not be compared."""
    truths: dict[tuple[str, int | None], set[str]] = {}
    for row in rows:
        if row.truth is not None:
            truths.setdefault((row.benchmark, row.fps), set()).add(row.truth)
    names = dict.fromkeys(one_line(name) for (name, _), found in truths.items() if len(found) > 1)
    return [f"rows of {name} were scored against different truth files: do not compare them" for name in names]


def _style(row: LeaderboardRow) -> str | None:
    return {"published": "italic", "ceiling": "dim"}.get(section(row))


def _cells(row: LeaderboardRow, columns: Sequence[ScoreName], bounded: Collection[str]) -> list[str]:
    cells = [title_of(row), row.prompts or "–", str(row.count)]
    for key in columns:
        cells.append(shown_mean(row.scores[key], decimals_of(row)))
        if key in bounded:
            cells.append(shown_interval(row.scores[key]))
    return cells
