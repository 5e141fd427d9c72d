"""A key appears in no text, in no form; what is no secret stays readable."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.api.redaction import Redactor

KEY = "sk-canary/9f+3=äé 77"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {KEY}",
        f"https://host/file?token={quote(KEY, safe='')}&x=1",
        f"https://host/{quote(KEY)}/file",
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(b":" + KEY.encode()).decode(),
        KEY.encode().hex(),
        json.dumps({"key": KEY}, ensure_ascii=False),
        repr(KEY),
    ],
)
def test_the_key_is_hidden_in_every_form_in_which_it_travels(text: str) -> None:
    told = Redactor((KEY,))(text)
    for form in (KEY, quote(KEY, safe=""), quote(KEY), base64.b64encode(KEY.encode()).decode(), KEY.encode().hex()):
        assert form.rstrip("=") not in told


@pytest.mark.parametrize("form", [KEY, quote(KEY, safe=""), quote(KEY, safe="").lower(), KEY.encode().hex().upper()])
def test_a_key_that_was_cut_off_is_hidden_too(form: str) -> None:
    for length in range(8, len(form) + 1):
        told = Redactor((KEY,))(f"the token '{form[:length]}' is wrong")
        assert form[:8] not in told
        assert told.startswith("the token '[redacted]")


def test_json_values_lose_the_key_wherever_it_stands() -> None:
    report = {
        "seed": 7,
        "model": "gen4.5",
        "urls": [f"https://host/a?key={KEY}"],
        "told": {"by": f"<{KEY}>", "at": None},
    }
    assert Redactor((KEY,)).values(report) == {
        "seed": 7, "model": "gen4.5", "urls": ["https://host/a?[redacted]"], "told": {"by": "<[redacted]>", "at": None},
    }  # fmt: skip


def test_signed_addresses_lose_their_query_and_data_uris_their_data() -> None:
    redact = Redactor(())
    assert redact("see https://cdn.example/a.mp4?X-Amz-Signature=abc&Expires=1.") == (
        "see https://cdn.example/a.mp4?[redacted]"
    )
    assert redact(f"data:image/png;base64,{'A' * 100} end") == "data:image/png;base64,[redacted] end"


def test_ordinary_words_stay() -> None:
    told = "HTTP 422: prompt must not be longer than 1000 characters (prompt)"
    assert Redactor((KEY,))(told) == told


def test_an_empty_or_tiny_key_hides_nothing() -> None:
    assert Redactor(("", "a"))("a banana") == "a banana"


@given(st.text(min_size=8, max_size=40), st.text(max_size=50), st.text(max_size=50))
def test_whatever_the_key_it_is_gone(key: str, before: str, after: str) -> None:
    told = Redactor((key,)).secrets(f"{before}{key}{after}")
    assert key not in told.replace("[redacted]", "\0") or key in "[redacted]"


def test_a_token_that_was_got_later_is_hidden_from_then_on() -> None:
    redact = Redactor((KEY,))
    assert redact("ya29.later-token") == "ya29.later-token"
    redact.learn("ya29.later-token")
    assert "later" not in redact("echo: ya29.later-token")
    assert KEY not in redact(f"echo: {KEY}")
