"""What a prompts file says, entry by entry, in the forms in which people publish them: CSV, JSON and JSONL.

CSV: a column that names the scenario and one with the text, as in the official `descriptions.csv`. JSON: a list of
objects (NVIDIA's has `name`, `prompt` and `negative_prompt`), or an object from name to text or to such an object.
JSONL: such an object a line. Which of them a file is, its content says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.dataset.user_csv import Row, read_csv, utf8_text

NAMES = ("scenario", "name", "id", "generated_video_name", "video", "video_name")
"""Columns or keys that say which clip an entry is for; the first that is there counts."""
TEXTS = ("description", "prompt", "text")
NEGATIVE = "negative_prompt"
_DEEPEST = 50
_NO_CHARACTERS = re.compile("[\0\ud800-\udfff]")
"""What JSON can spell and no service, file or process can be given: a zero byte, half of a surrogate pair."""


@dataclass(frozen=True)
class Entry:
    """A text for one or more clips: `name` as it is written, `negative` None where the file has none at all for it."""

    name: str
    text: str
    negative: str | None
    fault: Callable[[str], UserError]
    """An error that names the file and the place."""


def read_entries(path: Path) -> list[Entry]:
    """All entries of a prompts file. Raises UserError, with the place, for a file that is none of the known forms."""
    start = utf8_text(path).lstrip()[:1]
    if start in ("[", "{") and path.suffix.lower() != ".csv":
        return list(_json_entries(path))
    if path.suffix.lower() in (".json", ".jsonl"):
        raise UserError(f"{path} holds no JSON: a list or an object was expected")
    return [_csv_entry(row) for row in _rows(path)]


def _rows(path: Path) -> list[Row]:
    """The records of a CSV, whose columns have the official names or those that others gave them."""
    rows = read_csv(path, ())
    columns = rows[0].values if rows else {}
    wanted = [("scenario", NAMES), ("description", TEXTS)]
    return read_csv(path, [official for official, known in wanted if not any(name in columns for name in known)])


def _csv_entry(row: Row) -> Entry:
    name, text = (next(key for key in known if key in row.values) for known in (NAMES, TEXTS))
    negative = row.get(NEGATIVE) if NEGATIVE in row.values else None
    return Entry(row.get(name), row[text], negative, row.fault)


def _json_entries(path: Path) -> Iterator[Entry]:
    text = utf8_text(path)
    try:
        content = _loaded(text, partial(_fault, path, ""))
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise UserError(f"{path}, line {error.lineno}: not well-formed JSON ({error.msg})") from None
        for number, line in enumerate(text.split("\n"), start=1):  # U+2028 and its like may stand in a text
            if line.strip():
                yield _from_line(line, partial(_fault, path, f", line {number}"))
        return
    if isinstance(content, Mapping) and not _is_entry(content):
        for name, value in content.items():
            yield _entry(name, value, partial(_fault, path, f", {name!r}"))
        return
    for number, value in enumerate([content] if isinstance(content, Mapping) else content, start=1):
        yield _named(value, partial(_fault, path, f", entry {number}"))


def _from_line(line: str, fault: Callable[[str], UserError]) -> Entry:
    try:
        return _named(_loaded(line, fault), fault)
    except json.JSONDecodeError as error:
        raise fault(f"not well-formed JSON ({error.msg})") from None


def _is_entry(value: Mapping[str, Any]) -> bool:
    return any(key in value for key in NAMES) and any(key in value for key in TEXTS)


def _named(value: Any, fault: Callable[[str], UserError]) -> Entry:
    """An entry that says itself which clip it is for."""
    name = next((value[key] for key in NAMES if key in value), None) if isinstance(value, Mapping) else None
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise fault(f"expected an object with {' or '.join(NAMES[:3])}, and {' or '.join(TEXTS[:2])}")
    return _entry(str(name), value, fault)


def _entry(name: str, value: Any, fault: Callable[[str], UserError]) -> Entry:
    if isinstance(value, str):
        return Entry(name, as_text(value, fault), None, fault)
    found = [key for key in TEXTS if key in value] if isinstance(value, Mapping) else []
    if not found:
        raise fault(f"expected a text, or an object with {' or '.join(TEXTS[:2])}")
    if len({as_text(value[key], fault) for key in found}) > 1:
        raise fault(f"it has {' and '.join(found)}; keep the one that is to be sent")
    negative = value.get(NEGATIVE)
    return Entry(name, as_text(value[found[0]], fault), None if negative is None else as_text(negative, fault), fault)


def as_text(value: Any, fault: Callable[[str], UserError]) -> str:
    """A prompt as it is sent: one that is itself an object or a list becomes JSON text, indented as NVIDIA's are."""
    if not isinstance(value, str | Mapping | list):
        raise fault(f"a prompt must be a text or an object, not {value!r}")
    text = value if isinstance(value, str) else _spelt(value, fault)
    if found := _NO_CHARACTERS.search(text):
        raise fault(f"a prompt holds \\u{ord(found[0]):04x}, which is no character that can be sent; remove it")
    return text


def _spelt(value: Any, fault: Callable[[str], UserError]) -> str:
    if _is_deeper(value, _DEEPEST):
        raise _too_deep(fault)
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise fault("a prompt holds NaN or an infinite number, which JSON has no word for; write a number") from None


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_deeper(each, levels - 1) for each in inner)


def _loaded(text: str, fault: Callable[[str], UserError]) -> Any:
    try:
        return json.loads(text, object_pairs_hook=partial(_once, fault))
    except RecursionError:
        raise _too_deep(fault) from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # of Python, which reads no number of so many digits
        raise fault("a number has thousands of digits; is it meant as a text, in double quotes?") from None


def _too_deep(fault: Callable[[str], UserError]) -> UserError:
    return fault(f"values nested more than {_DEEPEST} deep are not read")


def _once(fault: Callable[[str], UserError], pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise fault(f"the key {key!r} stands twice in one object; remove one")
        found[key] = value
    return found


def _fault(path: Path, place: str, what: str) -> UserError:
    return UserError(f"{path}{place}: {what}")
