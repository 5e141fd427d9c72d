"""Everything that is shown to people goes through here: what would command their terminal is spelled out instead.

File names, services, commands, model cards and journals hold what others wrote: escape sequences, text that turns
around, rich's own [markup]. And a stream may be unable to show a letter (ASCII, Latin-1), or nobody may be listening.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console

_SPELLED = {"×": "x", "–": "-", "—": "-", "−": "-", "…": "...", "±": "+-", "→": "->", "≥": ">=", "≤": "<=", "·": "."}


def prepare() -> None:
    """Have standard output and error replace what their encoding cannot show, where they would raise."""
    codecs.register_error("spelled", _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="spelled")


def _spelled(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lost = error.object[error.start : error.end]
    return "".join(_SPELLED.get(each, ascii(each)[1:-1]) for each in lost), error.end


def say(text: str, stream: IO[str] | None = None) -> None:
    """A line for people beside the results, or several; on standard error unless another stream is given.

    Work goes on if nobody listens any more.
    """
    from adapters.harness import on_terminal

    with suppress(OSError, ValueError):
        if (place := stream or sys.stderr) is not None:
            print(on_terminal(text, lines=True), file=place, flush=True)


def show(text: str) -> None:
    """A line of the results, on standard output."""
    if sys.stdout is not None:
        say(text, sys.stdout)


def make_console(*, stderr: bool = False, log_columns: int | None = None, **options: Any) -> Console:
    """A console for tables and views, in which texts are texts: no markup, and nothing that a terminal would obey.

    `log_columns`: its width where it is no terminal.
    """
    from rich.console import Console
    from rich.segment import Segment
    from rich.text import Text

    from adapters.harness import on_terminal

    class Plain(Console):
        """Spells out what is no printable text, at the one place through which all that is shown passes."""

        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            for part in super().render(renderable, options):
                yield part if part.control else Segment(on_terminal(part.text, lines=True), part.style)

        def render_str(self, text: str, **how: Any) -> Text:
            """Before rich drops some of what it finds, and so that the width is that of what is shown."""
            return super().render_str(on_terminal(text, lines=True), **how)

        def on_broken_pipe(self) -> None:
            """Nobody looks any more: that ends no work."""
            self.quiet = True

    options = {"markup": False, "highlight": False, "emoji": False, "stderr": stderr, **options}
    console = Plain(**options)
    if log_columns is not None and not console.is_terminal:
        console = Plain(**options, width=log_columns)
    return console


def draws_pictures() -> bool:
    """Whether standard output is a terminal that says it draws pictures: by kitty's protocol, or sixel.

    It is asked once, by the package of the extra `terminal`, and answers on standard input. Blocks of colour that
    stand for pixels are no picture.
    """
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return False
    if 0 in os.get_terminal_size(sys.stdout.fileno()):  # of a terminal without a size nobody knows how large to draw
        return False
    try:
        from textual_image import renderable
    except ImportError:
        return False
    return renderable.Image in (renderable.SixelImage, renderable.TGPImage)


def draw(picture: Image) -> None:
    """A picture as wide as the terminal allows, on standard output. Only where `draws_pictures`.

    What is shown is made here of pixels alone, so that its codes go to the terminal as they are.
    """
    from rich.segment import ControlType, Segment
    from textual_image.renderable import Image as Drawn

    class Codes:
        """The picture's parts, marked as what commands the terminal."""

        def __rich_console__(self, console: Console, options: Any) -> Iterator[Any]:
            for part in Drawn(picture, width="auto", height="auto").__rich_console__(console, options):
                text = isinstance(part, Segment) and not part.control
                yield Segment(part.text, part.style, [(ControlType.CURSOR_FORWARD, 0)]) if text else part

    make_console().print(Codes())


@contextmanager
def unheard() -> Iterator[None]:
    """Around the last words of a command: whoever stopped listening (`| head`) hears of no fault either."""
    with suppress(BrokenPipeError):
        yield
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:  # what is left in the stream goes nowhere when the process ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
