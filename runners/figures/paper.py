"""A paper's tables and figures in LaTeX: each table in its environment, and a paper.tex that compiles alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from runners.core.files import link_or_copy, write_text
from runners.figures.style import PAGE_IN
from runners.figures.write import Figure
from runners.reporting.leaderboard import LeaderboardRow, one_line
from runners.reporting.leaderboard_files import leaderboard_tex
from runners.reporting.tables import COLUMNS

_SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\char34{}", "[": "{[}", "]": "{]}",
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
        tabular = re.sub(r"^%.*\n", "", settable(leaderboard_tex(lines, ())), flags=re.MULTILINE)
        caption = f"{tex(f'Scores on {one_line(name)}; {_what(lines)}. {told}')}"
        found.append(
            "\\begin{table*}\n\\centering\\scriptsize\\setlength{\\tabcolsep}{3pt}\n\\resizebox{\\textwidth}{!}{%\n"
            f"{tabular.strip()}}}\n\\caption{{{caption}}}\n\\end{{table*}}\n"
        )
    return "\n".join(found)


def _what(rows: Sequence[LeaderboardRow]) -> str:
    """Clips, sizes and rates, runs, and what stands for whom."""
    own = [row for row in rows if not row.published]
    clips = sorted({row.clips for row in own if row.clips})
    outputs = sorted({f"{row.width}×{row.height} at {row.fps} FPS" for row in own if row.width})
    runs = sorted({row.count for row in own})
    parts = [f"{' or '.join(map(str, clips))} clips", *outputs, f"{' or '.join(map(str, runs))} runs per model"]
    names = ", ".join(list(COLUMNS.values())[2:])
    published = "; published values are others' and for orientation" if len(own) < len(rows) else ""
    return f"{', '.join(parts)}; {names} are the parts of the Verified score; ± over runs (n-1){published}"


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
