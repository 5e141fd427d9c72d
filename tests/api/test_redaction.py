"""A key appears in no text, in no form; what is no secret stays readable."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.api.http.redaction import Redactor

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


PIECES = (
    "http://", "https://", "http:/", "https", "?", "a", "/", "=1", "&", " ", "\n", '"', "<", "\\", "data:", "image/png",
    ";base64,", "A" * 16, "_-+/", "=", "B" * 512, "C" * 511, "bearer ", "Key\t", "token", "x" * 12, ":", "é", KEY,
    KEY[:5], KEY[:9], KEY[:12], quote(KEY)[:14], KEY.encode().hex()[:10], "[redacted]",
)  # fmt: skip


def defined(text: str, redact: Redactor) -> str:
    """What is hidden, by definition; it takes time in proportion to the square of a text's length."""
    text = redact.secrets(text)
    for form in redact._forms:
        at = 0
        while (at := text.find(form[:8], at)) >= 0:
            shared = next(n for n in range(len(form), 0, -1) if text.startswith(form[:n], at))
            text = f"{text[:at]}[redacted]{text[at + shared :]}"
            at += len("[redacted]")
    text = re.sub(r"data:([\w/+.-]*);base64,[A-Za-z0-9+/=_-]{16,}", r"data:\1;base64,[redacted]", text)
    text = re.sub(r"[A-Za-z0-9+/_-]{512,}={0,2}", "[redacted]", text)
    text = re.sub(r"(https?://[^\s\"'<>?\\]+)\?[^\s\"'<>\\]+", r"\1?[redacted]", text)
    return re.sub(r"(?i)\b(bearer|key|token)(\s+)[A-Za-z0-9._~+/=:-]{12,}", r"\1\2[redacted]", text)


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_what_is_hidden_is_what_is_defined(text: str) -> None:
    redact = Redactor((KEY,))
    assert redact(text) == defined(text, redact)


@pytest.mark.full
def test_the_time_it_takes_grows_with_the_text_and_not_with_its_square() -> None:
    """Half a megabyte of each takes half a second; where a pattern begins anew everywhere, many minutes."""
    code = (
        "import sys; from adapters.api.http.redaction import Redactor; redact = Redactor(('sk-canary-123456',))\n"
        "for piece in sys.argv[1:]: redact(piece * (500_000 // len(piece)))"
    )
    pieces = [
        "http://", "https://h/", "http://a?", "a?", "?", "a", "data:", "data:;base64,", "bearer ", "token\n", "key  ",
        " ", "a" * 511 + " ", "sk-canary-1",
    ]  # fmt: skip
    subprocess.run([sys.executable, "-c", code, *pieces], check=True, timeout=120)
