"""A YAML of somebody else's is read in bounded time and memory, or told in a line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.core.yamlfile import load_yaml, scan

LISTS = "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 40))


def read(folder: Path, text: str) -> object:
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return load_yaml(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LISTS, "more than 200000 values"),
        (MERGES, "more than 200000 values"),
        ("[" * 100_000, "nested more than 50 deep"),
        ("{a: " * 1000, "nested more than 50 deep"),
        ("&a [*a]", "&a holds itself"),
        ("a: " + "x" * 4_100_000, "larger than 4 MB"),
        ("- 1\n" * 200_001, "more than 200000 values"),
        ("a: 1\nb:\n  c: 2\n  c: 3\n", "line 4: the key 'c' stands twice"),
        ("a: [", "line 1: not well-formed YAML"),
        ("a: 2024-02-30", "not well-formed YAML: day is out of range"),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("a: 1\n---\nb: 2\n", "not well-formed YAML"),
    ],
)
def test_what_has_no_bounds_or_is_no_yaml_is_refused_in_a_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "file.yaml") in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_aliases_within_bounds_are_read(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\ntwice: [*base, *base]\n"
    assert read(tmp_path, text) == {
        "base": {"a": 1, "b": 2}, "more": {"a": 1, "b": 3}, "twice": [{"a": 1, "b": 2}] * 2,
    }  # fmt: skip


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffa: é\n") == {"a": "é"}


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, message in ((tmp_path / "pipe.yaml", "no regular file"), (tmp_path, "no regular file"),
                          (tmp_path / "none.yaml", "there is no such file")):  # fmt: skip
        with pytest.raises(UserError, match=message):
            load_yaml(path)
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(UserError, match="not UTF-8 text"):
        load_yaml(tmp_path / "latin.yaml")


def test_values_are_found_with_their_keys_and_lines() -> None:
    text = "a: 1_0\nb: {c: 'x', d: [2, y]}\n"
    assert [(each.path, each.line, each.text, each.plain) for each in scan(text, "f")] == [
        (("a",), 1, "1_0", True),
        (("b", "c"), 2, "x", False),
        (("b", "d"), 2, "2", True),
        (("b", "d"), 2, "y", True),
    ]
