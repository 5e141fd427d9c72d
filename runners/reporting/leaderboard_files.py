"""The leaderboard as CSV (every digit), Markdown and LaTeX (a tabular that needs no package)."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import shown, write_text
from runners.dataset.user_csv import text_cell
from runners.reporting.leaderboard import LeaderboardRow, one_line
from runners.reporting.leaderboard_table import (
    clips_of,
    decimals_of,
    section,
    shown_interval,
    shown_mean,
    size_of,
    title_of,
)
from runners.reporting.tables import COLUMNS
from runners.scoring.scores import ScoreName

_SCORES: tuple[ScoreName, ...] = ("verified", "original")
_STATS = ("mean", "std", "low", "high")
CSV_COLUMNS = (
    "benchmark", "section", "model", "prompts", "runs", "clips", "expected", "fps", "width", "height",
    *(f"{key}_{stat}" for key in _SCORES for stat in _STATS),
    *(f"{key}_{stat}" for key in COLUMNS if key not in _SCORES for stat in _STATS[:2]),
    "truth_resampled", "scorer", "source", "date", "run_folders",
)  # fmt: skip
_MARKS = {"csv": "benchmark,section,model,", "md": "<!-- runners.score:", "tex": "% runners.score:"}
"""How each file begins: one that begins otherwise is somebody else's."""

_HEADINGS = ("model", "prompts", "runs", "Verified", "95 %", "Original", "95 %", "SP", "ST", "WS", "MSE", "clips",
             "output")  # fmt: skip
_MARKDOWN = {char: f"\\{char}" for char in "\\`*_[]<>|#~&"}
_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",  # \textquotedbl needs a font encoding that is not the default
    "[": "{[}",  # at the start of a line it would be an argument of the \\ before it, and * a part of it
    "*": "{*}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "…": r"\ldots{}",
    "–": "--",
    **{char: f"\\{char}" for char in "{}$&#_%"},
}


def check_places(folder: Path) -> None:
    """Raise UserError if a file of the leaderboard's name is there that is not the leaderboard's."""
    for kind, mark in _MARKS.items():
        path = folder / f"leaderboard.{kind}"
        if not os.path.lexists(path):  # a link to nowhere is somebody's, too
            continue
        try:
            ours = path.read_bytes().startswith(mark.encode())
        except OSError:
            ours = False
        if not ours:
            raise UserError(f"{shown(path)} is not the leaderboard's own; move it away, it would be written over")


def write_leaderboard(folder: Path, rows: Sequence[LeaderboardRow], notes: Sequence[str]) -> list[Path]:
    """Write leaderboard.csv, .md and .tex into `folder`, each atomically; returns their paths."""
    texts = {"csv": leaderboard_csv(rows), "md": leaderboard_md(rows, notes), "tex": leaderboard_tex(rows, notes)}
    paths = []
    for kind, text in texts.items():
        paths.append(folder / f"leaderboard.{kind}")
        write_text(paths[-1], text)
    return paths


def leaderboard_csv(rows: Sequence[LeaderboardRow]) -> str:
    """A line per row, numbers unrounded; empty where there is none.

    Names are somebody's: one that a spreadsheet would take for a formula has an apostrophe before it.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        values = {
            f"{key}_{stat}": number
            for key, mean in row.scores.items()
            for stat in _STATS
            if (number := getattr(mean, stat, None)) is not None
        }
        plain = {key: getattr(row, key) for key in ("clips", "expected", "fps", "width", "height")}
        texts = {key: getattr(row, key) for key in ("benchmark", "model", "prompts", "source", "date")}
        texts["run_folders"] = " ".join(row.runs)
        writer.writerow(
            {key: value for key, value in {**values, **plain}.items() if value is not None and key in CSV_COLUMNS}
            | {key: text_cell(one_line(name)) for key, name in texts.items() if name}
            | {"section": section(row), "runs": row.count}
            | {"truth_resampled": "" if row.published else str(row.truth_resampled).lower()}
            | {"scorer": "" if row.published else "official" if row.official else "builtin"}
        )
    return text.getvalue()


def leaderboard_md(rows: Sequence[LeaderboardRow], notes: Sequence[str]) -> str:
    """A table per benchmark."""
    lines = [f"{_MARKS['md']} made anew by every call -->", "# Physics-IQ leaderboard", ""]
    for name, members in groupby(rows, key=lambda row: row.benchmark):
        lines += [f"## {_escaped(one_line(name), _MARKDOWN)}", "", _md_row(_HEADINGS), _md_row(_alignment())]
        lines += [_md_row([_escaped(cell, _MARKDOWN) for cell in _cells(row)]) for row in members]
        lines.append("")
    return "\n".join([*lines, *(f"* {_escaped(one_line(note), _MARKDOWN)}" for note in notes)]) + "\n"


def leaderboard_tex(rows: Sequence[LeaderboardRow], notes: Sequence[str]) -> str:
    """A tabular per benchmark, to be input into a table environment."""
    lines = [f"{_MARKS['tex']} made anew by every call"]
    for name, members in groupby(rows, key=lambda row: row.benchmark):
        lines += [f"% {one_line(name)}", r"\begin{tabular}{" + "ll" + "r" * (len(_HEADINGS) - 2) + "}", r"\hline"]
        lines += [_tex_row(_HEADINGS), r"\hline"]
        before = None
        for row in members:
            lines += [r"\hline"] if before is not None and section(row) != before else []
            lines.append(_tex_row(_cells(row)))
            before = section(row)
        lines += [r"\hline", r"\end{tabular}"]
    return "\n".join([*lines, *(f"% {one_line(note)}" for note in notes)]) + "\n"


def _cells(row: LeaderboardRow) -> list[str]:
    def number(key: ScoreName) -> str:
        return shown_mean(row.scores[key], decimals_of(row))

    scores = [text for key in _SCORES for text in (number(key), shown_interval(row.scores[key]))]
    parts = [number(key) for key in COLUMNS if key not in _SCORES]
    title = title_of(row) + (f" {row.source}" if row.published else "")
    return [title, row.prompts or "–", str(row.count), *scores, *parts, clips_of(row), size_of(row)]


def _alignment() -> list[str]:
    return ["---", "---", *["---:"] * (len(_HEADINGS) - 2)]


def _md_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _tex_row(cells: Sequence[str]) -> str:
    return " & ".join(_escaped(cell, _TEX) for cell in cells) + r" \\"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)
