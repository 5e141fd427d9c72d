"""How figures look, and their files: SVG, PNG and PDF that are the same byte for byte each time they are drawn."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.core.errors import UserError
from runners.core.files import publish
from runners.reporting.leaderboard import one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INSTALL = "pip install -e '.[figures]'"
COLUMN_IN, PAGE_IN = 3.3, 7.0
"""The widths, in inches, of one column of a paper and of its page."""
KINDS = ("svg", "png", "pdf")
GREY, INK = "#767676", "#1a1a1a"
_LONGEST = 30
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None}, "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}  # fmt: skip
_STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a name with a $ is no formula
    "text.usetex": False,
    "svg.fonttype": "none",  # text stays text, to be searched and read aloud
    "svg.hashsalt": "physics-iq",
    "pdf.fonttype": 42,
    "font.family": ["DejaVu Sans"],
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 7.0,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "figure.constrained_layout.use": True,
}
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo")


def ensure_matplotlib() -> None:
    """Raise UserError, with what to type, where matplotlib is not installed."""
    try:
        importlib.import_module("matplotlib")
    except ImportError:
        raise UserError(f"figures need matplotlib: {INSTALL}") from None


def text(name: str, most: int = _LONGEST) -> str:
    """A name as one line that the font can draw: of others a sign's number stands there; a long one is cut."""
    line = one_line(name)
    if len(line) > most:
        line = f"{line[: most * 2 // 3].rstrip()}…{line[-(most // 3 - 1) :].lstrip()}"
    known = _drawable()
    return "".join(char if ord(char) in known else f"[U+{ord(char):04X}]" for char in line) or "(no name)"


@cache
def _drawable() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def save(stem: Path, size: tuple[float, float], draw: Callable[[Figure], None], kinds: Sequence[str] = KINDS) -> None:
    """Draw a figure of `size` inches into `stem`.svg, .png and .pdf, each whole or not at all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _styled():
        figure = Figure(figsize=size)
        FigureCanvasAgg(figure)
        draw(figure)
        for kind in kinds:
            part = stem.with_name(f".{stem.name}.part.{kind}")
            figure.savefig(part, format=kind, metadata=_METADATA[kind])
            publish(part, stem.with_name(f"{stem.name}.{kind}"))


@contextmanager
def _styled() -> Iterator[None]:
    """The style for a while, whatever the user's own is; what fonts lack is no news for the terminal."""
    import matplotlib as mpl

    log = logging.getLogger("matplotlib")
    before = log.level
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log.setLevel(logging.ERROR)
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        try:
            yield
        finally:
            log.setLevel(before)
