"""A paper's tables and figures in LaTeX: each table in its environment, and a paper.tex that compiles alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from runners.core.files import link_or_copy, write_text
from runners.figures.style import PAGE_IN
from runners.figures.write import Figure
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

_LONGEST, _MOST_ROWS = 32, 45
"""Characters of a name, and rows of a table that a page holds with its caption."""
_SCORES: dict[str, Callable[[LeaderboardRow], str]] = {
    "runs": lambda row: str(row.count),
    "Verified": lambda row: shown_mean(row.scores["verified"], decimals_of(row)),
    "95 %": lambda row: shown_interval(row.scores["verified"]),
    "Original": lambda row: shown_mean(row.scores["original"], decimals_of(row)),
    "95 % ": lambda row: shown_interval(row.scores["original"]),
    "clips": clips_of,
    "output": size_of,
}
_PUBLISHED: dict[str, Callable[[LeaderboardRow], str]] = {
    "score": lambda row: shown_mean(row.scores.get(row.own_score), decimals_of(row)),
    "source": lambda row: _cut(row.source or "", _LONGEST + 20),
}
_PARTS: dict[str, Callable[[LeaderboardRow], str]] = {
    name: lambda row, key=key: shown_mean(row.scores[key], decimals_of(row))  # type: ignore[misc]
    for key, name in list(COLUMNS.items())[2:]
}
"""The tables' columns after the model's name."""
_SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\char34{}", "[": "{[}", "]": "{]}", "*": "{*}",
    **{char: f"\\{char}" for char in "{}$&#_%"},
}  # fmt: skip
_SET = {
    "±": r"$\pm$", "×": r"$\times$", "…": r"\ldots{}", "–": "--", "—": "---", "ρ": r"$\rho$", "σ": r"$\sigma$",
    "−": "$-$", "’": "'", "‘": "`",
}  # fmt: skip
"""What pdflatex sets without a package for it."""
_LATIN = frozenset("äöüÄÖÜßéèêëáàâãåíìîïóòôõúùûçñÉÈÁÀÅÇÑÓÒÚØøÆæ")


def tex(text: str) -> str:
    """A text as one line of LaTeX; a sign that pdflatex cannot set stands as its number."""
    return settable("".join(_SPECIAL.get(char, char) for char in one_line(text)))


def settable(source: str) -> str:
    """LaTeX source in which every sign is one that pdflatex knows."""
    return "".join(
        _SET.get(char, char if char.isascii() or char in _LATIN else rf"\fbox{{\tiny U+{ord(char):04X}}}")
        for char in source
    )


def write_paper(rows: Sequence[LeaderboardRow], figures: Sequence[Figure], folder: Path, told: str) -> Path:
    """Write tables.tex, figures.tex, paper.tex and the figures' PDFs into `folder`; returns paper.tex.

    `told` is how intervals were made. The two parts can be input into a paper of one's own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for figure in figures:
        place = folder / figure.pdf.name
        part = folder / f".{figure.pdf.name}.part"
        part.unlink(missing_ok=True)
        link_or_copy(figure.pdf, part)
        part.replace(place)
    write_text(folder / "tables.tex", _tables(rows, told))
    write_text(folder / "figures.tex", "\n".join(_figure(figure) for figure in figures))
    write_text(folder / "paper.tex", _PAPER)
    return folder / "paper.tex"


def _tables(rows: Sequence[LeaderboardRow], told: str) -> str:
    found = []
    for name, members in groupby(rows, key=lambda row: row.benchmark):
        lines = list(members)
        own = [row for row in lines if not row.published]
        tables = (
            (own, _SCORES, f"Scores on {one_line(name)}; {_what(own)}. {told}."),
            (own, _PARTS, f"The parts of the Verified score on {one_line(name)}."),
            ([row for row in lines if row.published], _PUBLISHED,
             f"Published scores on {one_line(name)}: others' values, for orientation."),
        )  # fmt: skip
        found += [_table(part, columns, caption) for chosen, columns, caption in tables for part in _pages(chosen)]
    return "\n".join(found)


def _pages(rows: Sequence[LeaderboardRow]) -> list[Sequence[LeaderboardRow]]:
    """As many tables as the rows need pages."""
    return [rows[first : first + _MOST_ROWS] for first in range(0, len(rows), _MOST_ROWS)]


def _table(rows: Sequence[LeaderboardRow], columns: Mapping[str, Callable[[LeaderboardRow], str]], told: str) -> str:
    """A table of the page's width at most, in letters that can be read; longer names are cut in their middle."""
    lines = [rf"\begin{{tabular}}{{l{'r' * len(columns)}}}", r"\hline", _line(["model", *columns]), r"\hline"]
    for row, before in zip(rows, [None, *rows[:-1]], strict=True):
        lines += [r"\hline"] if before is not None and section(row) != section(before) else []
        lines.append(_line([_name(row), *(cell(row) for cell in columns.values())]))
    body = "\n".join([*lines, r"\hline", r"\end{tabular}"])
    fitted = "\\ifdim\\wd0>\\textwidth\\resizebox{\\textwidth}{!}{\\usebox0}\\else\\usebox0\\fi"
    return (
        f"\\begin{{table*}}\n\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{4pt}}\n\\sbox0{{%\n{body}}}%\n{fitted}\n"
        f"\\caption{{{tex(told)}}}\n\\end{{table*}}\n"
    )


def _line(cells: Sequence[str]) -> str:
    return " & ".join(map(tex, cells)) + r" \\"


def _name(row: LeaderboardRow) -> str:
    """The model's name with its prompts, and what must be known of the row."""
    name = _cut(one_line(row.model), _LONGEST)
    return title_of(replace(row, model=f"{name}-{row.prompts}" if row.prompts else name))


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 10]}…{name[-9:]}"


def _what(rows: Sequence[LeaderboardRow]) -> str:
    """Clips, sizes and rates, and runs."""
    clips = sorted({row.clips for row in rows if row.clips})
    outputs = sorted({f"{row.width}×{row.height} at {row.fps} FPS" for row in rows if row.width})
    runs = sorted({row.count for row in rows})
    parts = [f"{' or '.join(map(str, clips))} clips", *outputs, f"{' or '.join(map(str, runs))} runs per model"]
    return f"{', '.join(parts)}; ± over runs (n-1)"


def _figure(figure: Figure) -> str:
    return (
        f"\\begin{{figure*}}\n\\centering\n\\includegraphics[{_size(figure)}]{{{figure.pdf.name}}}\n"
        f"\\caption{{{tex(figure.caption)}}}\n\\end{{figure*}}\n"
    )


def _size(figure: Figure) -> str:
    """Its own size, which is a column's or a page's."""
    return f"width={PAGE_IN}in,height=0.8\\textheight,keepaspectratio" if _is_wide(figure) else "scale=1"


def _is_wide(figure: Figure) -> bool:
    found = re.search(rb"/MediaBox \[ ?0 0 ([0-9.]+)", figure.pdf.read_bytes())
    return found is not None and float(found[1]) > 72 * PAGE_IN - 2


_PAPER = r"""\documentclass[10pt,letterpaper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage[margin=0.75in]{geometry}
\usepackage{graphicx}
\begin{document}
\input{tables}
\clearpage
\input{figures}
\end{document}
"""
