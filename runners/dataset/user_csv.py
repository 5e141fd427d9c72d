"""Reading a user's CSV (commas, quotes, line breaks in texts; every fault with its line), and writing a safe cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Row:
    """One record: its values by column, and the line of the file where it starts (the header is line 1)."""

    file: Path
    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def get(self, column: str) -> str:
        """The value of a column that the file may lack, without spaces around it; "" if it does."""
        return self.values.get(column, "").strip()

    def fault(self, what: str) -> UserError:
        """An error that names this file and line."""
        return UserError(f"{self.file}, line {self.line}: {what}")


def read_csv(path: Path, required: Collection[str]) -> list[Row]:
    """All records of a comma-separated UTF-8 file (with or without BOM, LF or CRLF); blank lines are skipped.

    Raises `UserError` if the file is not there, not UTF-8, not well-formed CSV, lacks a required column, or has a
    record with more or fewer values than columns (the usual sign of an unquoted comma).
    """
    records = _records(path, utf8_text(path, "CSV UTF-8"))
    columns = [name.strip() for name in next(records, (1, []))[1]]
    _check_columns(path, columns, required)
    rows = []
    for line, values in records:
        if any(value.strip() for value in values):
            row = Row(path, line, dict(zip(columns, values, strict=False)))
            if len(values) != len(columns):
                raise row.fault(
                    f"{len(values)} values for {len(columns)} columns; put a text that holds a comma in double quotes"
                )
            rows.append(row)
    return rows


def text_cell(text: str) -> str:
    """A text for a CSV that people open in a spreadsheet: an apostrophe stands before what would be run as a formula.

    Not for files of a given format (descriptions.csv, metrics.csv), whose readers want every cell as it is.
    """
    return f"'{text}" if _marked(text) else text


def plain_text(cell: str) -> str:
    """What `text_cell` was given, whether or not a spreadsheet took its apostrophe for its own."""
    return cell[1:] if cell.startswith("'") and _marked(cell) else cell


def _marked(text: str) -> bool:
    """Whether a text is a formula, behind any number of apostrophes: one more or less of them can be told apart."""
    return text.lstrip("'").startswith(_FORMULA)


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line where it starts; one with quoted line breaks spans several."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for values in reader:
            yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"{path}, line {line}: not well-formed CSV ({error}); "
            "a text with a comma, quote or line break stands in double quotes, and a quote in it is doubled"
        ) from error


def utf8_text(path: Path, kind: str = "UTF-8") -> str:
    """The text of a file, without BOM; `kind`: as what to save it. Raises UserError if it cannot be read as that."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; name the file in it") from None
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start}); save it as '{kind}'") from error
    if "\0" in text:
        raise UserError(f"{path} is no text file (it holds zero bytes); save it as '{kind}'")
    return text


def _check_columns(path: Path, columns: list[str], required: Collection[str]) -> None:
    missing = [name for name in required if name not in columns]
    if missing:
        found = ", ".join(columns) if any(columns) else "nothing"
        hint = "; separate the columns with commas" if len(columns) == 1 and set(found) & set(";\t") else ""
        raise UserError(f"{path}: no column {', '.join(missing)} in its first line (found: {found}){hint}")
    repeated = sorted({name for name in columns if name and columns.count(name) > 1})
    if repeated:
        raise UserError(f"{path}: the column {', '.join(repeated)} stands twice in its first line; remove one")
