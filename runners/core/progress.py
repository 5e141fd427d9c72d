"""Progress: a live view on a terminal, one plain line per clip in a log."""

from __future__ import annotations

import html
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Literal, Self, get_args

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from runners.core.errors import one_of
from runners.core.terminal import make_console, say

Style = Literal["auto", "live", "plain"]
STYLES: tuple[Style, ...] = get_args(Style)


class Counts:
    """What every view shows: how far the run is, how fast, and how long it will still take."""

    def __init__(self, title: str, total: int, done: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`done` of `total` clips were there before this invocation began."""
        self.title, self.total, self.before = title, total, done
        self.published = self.failed = self.refused = self.postponed = 0
        self.current: dict[str, str] = {}
        self._clock, self._begun = clock, clock()

    @property
    def done(self) -> int:
        """Clips published so far, by anyone."""
        return self.before + self.published

    @property
    def left(self) -> int:
        """Clips that this invocation has still to bring to an end."""
        return self.total - self.done - self.failed - self.refused - self.postponed

    def end(self, clip_id: str, kind: str) -> None:
        """Count one clip's end."""
        self.current.pop(clip_id, None)
        if kind == "published":
            self.published += 1
        elif kind == "refused":
            self.refused += 1
        elif kind == "postponed":
            self.postponed += 1
        else:
            self.failed += 1

    def pace(self) -> tuple[float, float | None]:
        """(clips per minute, seconds left), over this invocation; no estimate before the first clip."""
        elapsed = self._clock() - self._begun
        ended = self.published + self.failed + self.refused
        if not ended or elapsed <= 0:
            return 0.0, None
        return 60 * self.published / elapsed, elapsed / ended * self.left

    def summary(self) -> str:
        """`12/198 done, 1 failed, 3.4 clips/min, 0:54:00 left`."""
        rate, left = self.pace()
        parts = [f"{self.done}/{self.total} done"]
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.refused} refused"] if self.refused else []
        parts += [f"{self.postponed} left for later"] if self.postponed else []
        parts += [f"{rate:.1f} clips/min"] if rate else []
        parts += [f"{clock_text(left)} left"] if left is not None and self.left else []
        return ", ".join(parts)


class PlainProgress:
    """One line per clip, for logs."""

    def __init__(self, counts: Counts, stream: IO[str] | None = None) -> None:
        self._counts, self._stream = counts, stream or sys.stderr
        self._mutex = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        pass

    def begun(self, clip_id: str) -> None:
        """A log tells ends, not beginnings."""

    def step(self, clip_id: str, k: int, n: int) -> None:
        """A log tells ends, not steps."""

    def ended(self, clip_id: str, kind: str, text: str) -> None:
        """One line: which clip, what became of it, how far the run is."""
        with self._mutex:
            self._counts.end(clip_id, kind)
            say(f"{clip_id} {kind}{f': {text}' if text else ''} ({self._counts.summary()})", self._stream)


class LiveProgress:
    """A bar, the clips being made with their steps, and what failed last; redrawn in place."""

    def __init__(self, counts: Counts, console: Console | None = None) -> None:
        self._counts = counts
        self._mutex = threading.Lock()
        self._live = Live(
            console=console or make_console(stderr=True),
            get_renderable=self._draw,
            refresh_per_second=8,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._live.__exit__(kind, error, tb)
        self._live.console.print(Text(f"{self._counts.title}: {self._counts.summary()}"))

    def begun(self, clip_id: str) -> None:
        """Show the clip among those being made."""
        with self._mutex:
            self._counts.current[clip_id] = ""

    def step(self, clip_id: str, k: int, n: int) -> None:
        """Show how far the model is inside the clip."""
        with self._mutex:
            if clip_id in self._counts.current:
                self._counts.current[clip_id] = f" {k}/{n}" if n > 1 else ""

    def ended(self, clip_id: str, kind: str, text: str) -> None:
        """Take the clip away; a failure stays above the bar."""
        with self._mutex:
            self._counts.end(clip_id, kind)
        if kind != "published":
            self._live.console.print(Text(f"{clip_id} {kind}: {text}", style="red"))

    def _draw(self) -> RenderableType:
        with self._mutex:
            counts = self._counts
            row = Table.grid(padding=(0, 1))
            row.add_row(
                Text(counts.title, style="bold"),
                ProgressBar(total=max(1, counts.total), completed=counts.done, width=30),
            )
            lines: list[RenderableType] = [row, Text(f"  {counts.summary()}")]  # beside the bar it would be folded
            names = [f"{clip_id}{step}" for clip_id, step in counts.current.items()]
        return Group(*lines, Text("  making " + "  ".join(names), style="dim")) if names else Group(*lines)


class NotebookProgress(PlainProgress):
    """A bar below a notebook's cell; what fails stays as a line."""

    def __enter__(self) -> Self:
        self._shown = sys.modules["IPython"].display.display(_Html(self._bar()), display_id=True)
        return self

    def ended(self, clip_id: str, kind: str, text: str) -> None:
        """Move the bar on; a failure is a line of its own."""
        with self._mutex:
            self._counts.end(clip_id, kind)
            if kind != "published":
                say(f"{clip_id} {kind}: {text}", self._stream)
            self._shown.update(_Html(self._bar()))

    def _bar(self) -> str:
        counts = self._counts
        told = html.escape(f"{counts.title}: {counts.summary()}")
        return f'<progress value="{counts.done}" max="{max(1, counts.total)}"></progress> {told}'


class _Html:
    """What a notebook shows as HTML."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _repr_html_(self) -> str:
        return self._text


Progress = PlainProgress | LiveProgress


def make_progress(style: str, counts: Counts) -> Progress:
    """The view for `progress=auto|live|plain`; auto is live only on a terminal, and a bar in a notebook."""
    if style == "auto" and in_notebook():
        return NotebookProgress(counts)
    return LiveProgress(counts) if _is_live(style) else PlainProgress(counts)


class Bar:
    """A counter for the steps before and after the clips: drawing a data set, scoring."""

    def __init__(self, style: str, title: str) -> None:
        self._title, self._live = title, _is_live(style)
        self._status = make_console(stderr=True).status("") if self._live else None
        self._tenth = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, done: int, total: int) -> None:
        """Show `done` of `total`; in a log, only every tenth part."""
        if self._status is not None:
            self._status.start()
            self._status.update(Text(f"{self._title}: {done}/{total}"))
        elif 10 * done // max(1, total) > self._tenth:
            self._tenth = 10 * done // max(1, total)
            say(f"{self._title}: {done}/{total}")


def make_bar(style: str, title: str) -> Bar:
    """A counter that shows nothing until it is first called."""
    return Bar(style, title)


def _is_live(style: str) -> bool:
    """Raises UserError for a word that is no style."""
    style = one_of("progress", style, STYLES)
    return style == "live" or (style == "auto" and sys.stderr.isatty())


def in_notebook() -> bool:
    """Whether this program is a notebook's kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def clock_text(seconds: float) -> str:
    """`1:02:03` or `2:03`."""
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{whole:02d}" if hours else f"{minutes}:{whole:02d}"
