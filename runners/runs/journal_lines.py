"""A journal's lines read back: whole events, what others wrote between them, and what is damaged.

Only we write to a journal, but bytes of others have been seen in one: a message to a descriptor that was closed when
the journal was opened, a shell's `>>`. Whole events beside them are kept. What is passed over must not be able to hide
an event, for it could be the promise of a paid job:

* It bears no trace of one. An event is one line of JSON, so each end of it that is left behind shows a brace, and a
  piece of its middle the punctuation of keys or lists. NULs are what a lost block of a disk reads as.
* No number is missing where it stands, and none comes again. Events are numbered one by one; only a process that
  begins, with a `start`, may have counted on from what stands in another journal.

Whatever is neither an event nor passed over is damage: nobody goes on from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.harness import clean, clean_text, on_terminal
from runners.core.errors import UserError
from runners.runs.events import SCHEMA

Line = dict[str, Any]
"""The JSON object of an event: `runners.runs.events` makes a record of it."""

_OBJECTS = ("fingerprint", "facts", "generation", "job")
_BEGINNING = b'{"event"'
_TRACE = re.compile(rb'[{}\x00]|"\s*[:,]|\[\[|\]\]|\]\s*,')
_SHOWN = 60
_LONGEST = 1 << 20


@dataclass
class Lines:
    """What a journal holds. `foreign`: what was passed over, each with its place, fit for a terminal."""

    events: list[Line] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def encoded(event: Line) -> tuple[Line, bytes]:
    """An event as it will be read back, and its line: there is one, whatever odd thing somebody reported.

    What JSON has no word for becomes text, halves of surrogate pairs become U+FFFD.
    """
    try:
        text = json.dumps(event, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        event = clean(event, _LONGEST)
        text = json.dumps(event, allow_nan=False)
    if "\\ud" in text:
        event = _of_whole_characters(event)
        text = json.dumps(event, allow_nan=False)
    return event, text.encode() + b"\n"


def as_recorded(value: Any) -> Any:
    """A value as a journal gives it back, to be compared with one that stands there."""
    return json.loads(encoded({"value": value})[1])["value"]


def _of_whole_characters(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(clean_text(text, len(text)), parse_constant=str)


def read_lines(path: Path) -> Lines:
    """All of a journal's finished lines. Raises UserError for one that is damaged, or may hide an event."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); move it away or mend it") from None
    lines, last, doubtful = Lines(), 0, 0
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        foreign = []
        for piece in _pieces(line):
            if piece is None or (isinstance(piece, bytes) and _TRACE.search(piece)):
                raise _damaged(path, number)
            if isinstance(piece, bytes):
                foreign.append(piece)
                doubtful = doubtful or number
                continue
            if doubtful and not _follows(piece, last):
                raise _damaged(path, doubtful)
            lines.events.append(piece)
            last, doubtful = number_of(piece), 0
        if foreign:
            lines.foreign.append(_told(path, number, b" ... ".join(foreign)))
    return lines


def _follows(event: Line, last: int) -> bool:
    """Whether no event is missing before this one, nor is it told a second time."""
    if "number" not in event:  # of the oldest journals
        return True
    return number_of(event) > last if event["event"] == "start" else number_of(event) == last + 1


def newer_version(schemas: Iterable[object]) -> str | None:
    """What is to be told where one of these is a newer schema than this version knows; None if none is."""
    newest = max((schema for schema in schemas if isinstance(schema, int)), default=SCHEMA)
    if newest <= SCHEMA:
        return None
    return f"a newer version of this program worked on it (schema {newest}; this one knows {SCHEMA})"


def whole_events(line: bytes) -> list[Line]:
    """The events of one line, whatever else is in it: for a journal that was read before."""
    return [piece for piece in _pieces(line) if isinstance(piece, dict)]


def number_of(event: Line) -> int:
    """An event's number; 0 if it has none."""
    number = event.get("number", 0)
    return number if isinstance(number, int) else 0


def _pieces(line: bytes) -> Iterator[Line | bytes | None]:
    """A line's events and the bytes around them, in order; None for what begins like an event and is none."""
    event = _event(line)
    if event is not None:
        yield event
        return
    text, end = line.decode("latin-1"), 0  # a character a byte
    while (start := line.find(_BEGINNING, end)) >= 0:
        if start > end:
            yield line[end:start]
        try:
            _, end = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            yield None
            return
        yield _event(line[start:end])
    if end < len(line) or not line:
        yield line[end:]


def _told(path: Path, number: int, foreign: bytes) -> str:
    text = on_terminal(clean_text(foreign.decode("utf-8", "replace"), _SHOWN))
    return f"line {number} of {path.name} is not this program's, and was passed over: '{text}'"


def _event(line: bytes) -> Line | None:
    try:
        value = json.loads(line, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or "event" not in value or not isinstance(value.get("id", ""), str):
        return None
    if not all(isinstance(value.get(key, {}), dict) for key in _OBJECTS):
        return None
    return value if line.isascii() and b"\\ud" not in line.lower() else _of_whole_characters(value)


def _damaged(path: Path, number: int) -> UserError:
    return UserError(f"{path}: line {number} is damaged; restore the file, or start another run with tag=…")
