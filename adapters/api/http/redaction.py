"""Keeps credentials out of everything that is written: logs, journals, errors.

Each pass takes time in proportion to the text, whatever stands in it: a service may answer with megabytes. So no
pattern may begin anew inside of a run of characters that it has read through once.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"
"""Stands where a secret stood, or what may hold one."""
_SHORTEST = 6
"""A shorter value is no key, and hiding it would eat other words."""
_BEGINNING = 8
"""So many first characters of a secret are not shown without the rest either."""
_DATA_URI = re.compile(r"data:([\w/+.-]*);base64,[A-Za-z0-9+/=_-]{16,}")
_BLOB = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{512,}+={0,2}")
_ASKING = re.compile(r"(?<![^\s\"'<>\\])[^\s\"'<>?\\]*+\?[^\s\"'<>\\]++")
"""A whole run of what an address can hold, with a question mark in it."""
_ADDRESS = re.compile(r"https?://[^?]")
_ESCAPE = re.compile("%[0-9A-F]{2}")
_BEARER = re.compile(r"(?i)\b(bearer|key|token)(\s+)[A-Za-z0-9._~+/=:-]{12,}")


class Redactor:
    """Takes the given secrets out of a text in every form in which they travel, and with them all signed queries."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        self._known: frozenset[str] = frozenset()
        self._forms: list[str] = []
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Hide this one too from now on."""
        if secret in self._known or len(secret) < _SHORTEST:
            return
        self._known |= {secret}
        # The longest first: one may hold another. A new list, since other threads may be reading the old one.
        self._forms = sorted({form for one in self._known for form in _forms(one)}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without secrets (cut-off ones too), data URIs, blobs of base64 and the queries of addresses."""
        text = self.secrets(text)
        for form in self._forms:
            text = _without_beginnings(text, form)
        text = _DATA_URI.sub(rf"data:\1;base64,{HIDDEN}", text)
        text = _BLOB.sub(HIDDEN, text)
        text = _ASKING.sub(_without_query, text)
        return _BEARER.sub(rf"\1\2{HIDDEN}", text)

    def values(self, value: Any) -> Any:
        """JSON values with every text in them redacted."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self.values(key): self.values(entry) for key, entry in value.items()}
        return [self.values(entry) for entry in value] if isinstance(value, list | tuple) else value

    def secrets(self, text: str) -> str:
        """The text without the secrets themselves; all else stays as it is."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text


def _without_query(found: re.Match[str]) -> str:
    """A run without all that comes after the first question mark that follows on an address."""
    run, at = found[0], 0
    while (mark := run.find("?", at)) >= 0:
        if _ADDRESS.search(run, at, mark) and mark + 1 < len(run):
            return f"{run[: mark + 1]}{HIDDEN}"
        at = mark + 1
    return run


def _without_beginnings(text: str, form: str) -> str:
    """The text without the first part of a secret: somebody's longest message may have ended in the middle of it."""
    head, end, kept = form[:_BEGINNING], 0, []
    while (at := text.find(head, end)) >= 0:
        kept += [text[end:at], HIDDEN]
        end = at + _alike(text[at : at + len(form)], form)
    return "".join([*kept, text[end:]])


def _alike(one: str, other: str) -> int:
    """How many first characters two texts share."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _forms(secret: str) -> set[str]:
    """The secret as it is, percent-encoded, in hex, in base64 (alone, and as a password of Basic), escaped in JSON."""
    raw = secret.encode()
    encoded = {base64.b64encode(raw), base64.urlsafe_b64encode(raw), base64.b64encode(b":" + raw)}
    percent = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    small = {_ESCAPE.sub(lambda found: found[0].lower(), form) for form in percent}
    escaped = {repr(secret)[1:-1], json.dumps(secret)[1:-1], secret.replace("/", "\\/")}
    texts = {secret, raw.hex(), raw.hex().upper()} | percent | small | escaped
    return texts | {code.decode().rstrip("=") for code in encoded}
