"""Whatever comes from outside can be put on record and shown."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outside import clean, clean_text, on_terminal

_ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_ODD)
def test_anything_becomes_strict_json_in_utf8(value: Any) -> None:
    json.dumps(clean(value), allow_nan=False, ensure_ascii=False).encode("utf-8")


@given(_ODD)
def test_what_is_clean_stays_as_it_is(value: Any) -> None:
    assert clean(clean(value)) == clean(value)


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        ({"a": (1, 2.5, None, True)}, {"a": [1, 2.5, None, True]}),
        ("half an emoji: \ud83d", "half an emoji: \ufffd"),
        (b"\xff ok", "\ufffd ok"),
        ({1: math.nan}, {"1": "nan"}),
        (10**400, "an integer of 1329 bits"),
    ],
)
def test_what_json_cannot_hold_becomes_text(value: Any, cleaned: Any) -> None:
    assert clean(value) == cleaned


def test_what_has_no_end_is_cut() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert len(json.dumps(clean(endless))) < 100
    assert len(clean("x" * 10**7)) == len(clean_text("x" * 10**7)) == 20_000
    assert len(clean(list(range(10**5)))) == 1000


def test_a_value_that_cannot_even_be_told_is_named() -> None:
    class Sulky:
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert clean([Sulky()]) == ["a Sulky that cannot be shown"]


def test_a_terminal_is_told_nothing_that_it_would_obey() -> None:
    assert on_terminal("a\x1b[2Jb\r\tc\x9b1m\u202egnp.exe") == "a\\x1b[2Jb\\r c\\x9b1m\\u202egnp.exe"
    assert on_terminal("one\ntwo") == "one\\ntwo"
    assert on_terminal("one\ntwo", lines=True) == "one\ntwo"
    assert on_terminal("Grün, 動画, 5 µs – «ok»") == "Grün, 動画, 5 µs – «ok»"


@given(st.text(st.characters()))
def test_what_is_shown_can_be_printed(text: str) -> None:
    shown = on_terminal(text)
    shown.encode("utf-8")
    assert "\x1b" not in shown
    assert "\n" not in shown
