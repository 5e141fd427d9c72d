"""Reading a user's CSV: any text survives, and every fault is told with its file and line."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.dataset.user_csv import plain_text, read_csv, text_cell

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


def _write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@given(
    st.lists(st.tuples(texts, texts), max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_text_survives(rows: list[tuple[str, str]], encoding: str, line_end: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, lineterminator=line_end, quoting=csv.QUOTE_ALL)
            writer.writerows([("first", "second"), *rows])
        read = [(row["first"], row["second"]) for row in read_csv(path, ("second",))]
    assert read == [row for row in rows if any(value.strip() for value in row)]


def test_a_row_knows_the_line_it_starts_in(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", 'a,b\r\n1,"two\r\nlines"\r\n\r\n3,4\r\n')
    assert [(row.line, row["a"]) for row in read_csv(path, ("a",))] == [(2, "1"), (5, "3")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a,c\n1,2\n", r"no column b .*found: a, c"),
        ("", r"no column a, b .*found: nothing"),
        ("a;b\n1;2\n", "separate the columns with commas"),
        ("a,b,b\n1,2,3\n", "column b stands twice"),
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 values for 2 columns"),
        ("a,b\n1\n", "line 2: 1 values"),
        ('a,b\n1,"never closed\n2,3\n', "line 2: not well-formed"),
        ('a,b\n1,2\n1,"x"y\n', "line 3: not well-formed"),
        ("a,b\n1,é\n".encode("latin-1"), "not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "zero bytes"),
    ],
)
def test_a_fault_is_told_with_file_and_remedy(content: str | bytes, told: str, tmp_path: Path) -> None:
    path = _write(tmp_path / "bad.csv", content)
    with pytest.raises(UserError, match=told) as raised:
        read_csv(path, ("a", "b"))
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_csv(tmp_path / "none.csv", ())
    with pytest.raises(UserError, match="is a folder"):
        read_csv(tmp_path, ())


@pytest.mark.parametrize("text", ["plain", "", "it's", "'quoted'", "=1+1", "-x", "'=1", "''@a", "＝1", "'"])
def test_a_cell_is_no_formula_and_reads_back_unharmed(text: str) -> None:
    cell = text_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "＝"))
    assert plain_text(cell) == text
