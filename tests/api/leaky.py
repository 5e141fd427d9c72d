"""A fake service that knows no shame: whatever it says holds the key that it was sent, in every form that keys take."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tests.api.fakes import FakeServer, Incoming, Reply
from tests.api.fakes.runway import Runway


def forms(key: str) -> dict[str, str]:
    """The key as it travels."""
    raw = key.encode()
    percent = quote(key, safe="")
    return {
        "raw": key,
        "percent-encoded": percent,
        "percent-encoded in small letters": re.sub("%..", lambda found: found[0].lower(), percent),
        "base64": base64.b64encode(raw).decode(),
        "base64 for addresses": base64.urlsafe_b64encode(raw).decode(),
        "a password in base64": base64.b64encode(b":" + raw).decode(),
        "hex": raw.hex(),
        "hex in capitals": raw.hex().upper(),
        "escaped in JSON": key.replace("/", "\\/"),
    }


class Leaky(FakeServer):
    """Runway, with the key in every answer: its bodies, its headers, its addresses."""

    def __init__(self, key: str) -> None:
        super().__init__(Runway(key), pending=1)
        self.storage_url = self.base_url  # an address with the key in it leads to where the key belongs
        self.polled = threading.Event()
        self.told = " ".join(forms(key).values())
        self._token = quote(key, safe="")

    def answer(self, request: Incoming) -> Reply:
        reply = super().answer(request)
        if request.path.startswith("/v1/tasks/"):
            self.polled.set()
        if isinstance(reply.body, Mapping):
            reply = replace(reply, body=self._leaked(reply.body))
        elif reply.status >= 400:
            reply = replace(reply, body=f"{(reply.content or b'').decode()} {self.told}".encode())
        headers = dict.fromkeys(("X-Request-Id", "Request-Id", "Server"), self.told)
        return replace(reply, headers={**headers, **reply.headers})

    def _leaked(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Its words with the key, and its addresses: https://user:key@host/…?token=key would not be unheard of."""
        told: dict[str, Any] = {
            name: f"{body.get(name, '')} {self.told}" for name in ("error", "failure", "createdAt", "echo")
        }
        if "output" in body:
            told["output"] = [f"{url}&token={self._token}#{self._token}" for url in body["output"]]
        return {**body, **told}
