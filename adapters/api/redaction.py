"""Keeps credentials out of everything that is written: logs, journals, errors."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote, quote_plus

_HIDDEN = "[redacted]"
_SHORTEST = 6
"""A shorter value is no key, and hiding it would eat other words."""
_DATA_URI = re.compile(r"data:([\w/+.-]*);base64,[A-Za-z0-9+/=_-]{16,}")
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{512,}={0,2}")
_QUERY = re.compile(r"(https?://[^\s\"'<>?\\]+)\?[^\s\"'<>\\]+")
_BEARER = re.compile(r"(?i)\b(bearer|key|token)(\s+)[A-Za-z0-9._~+/=:-]{12,}")


class Redactor:
    """Takes the given secrets out of a text in every form in which they travel, and with them all signed queries."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                forms |= _forms(secret)
        self._forms = sorted(forms, key=len, reverse=True)  # the longest first: one may hold another

    def __call__(self, text: str) -> str:
        """The text without secrets, data URIs, blobs of base64 and the query strings of addresses."""
        text = self.secrets(text)
        text = _DATA_URI.sub(rf"data:\1;base64,{_HIDDEN}", text)
        text = _BLOB.sub(_HIDDEN, text)
        text = _QUERY.sub(rf"\1?{_HIDDEN}", text)
        return _BEARER.sub(rf"\1\2{_HIDDEN}", text)

    def secrets(self, text: str) -> str:
        """The text without the secrets themselves; all else stays as it is."""
        for form in self._forms:
            text = text.replace(form, _HIDDEN)
        return text


def _forms(secret: str) -> set[str]:
    """The secret as it is, percent-encoded, as base64 (alone, and as the password of Basic), escaped in JSON."""
    raw = secret.encode()
    encoded = {base64.b64encode(raw), base64.urlsafe_b64encode(raw), base64.b64encode(b":" + raw)}
    texts = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1], raw.hex()}
    return texts | {code.decode().rstrip("=") for code in encoded}
