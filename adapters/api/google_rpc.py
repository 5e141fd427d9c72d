"""How Google's services tell errors (google.rpc.Status in JSON), and base64 as they write it: for all that speak it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.api.http.retry_after import asked_wait
from adapters.api.provider import Provider
from adapters.api.told import error_of
from adapters.api.wire import Answer
from adapters.errors import RateLimited

UNAVAILABLE = 14
"""The one google.rpc code of which Google says that the same request may simply be sent again."""
_WORDS = r"usage (guidelines|polic)|content polic|prohibited.?content|responsible ai|safety filter"
_DECLINED = re.compile(_WORDS, re.IGNORECASE)


def declined(text: str) -> bool:
    """Whether an error says that the content is not wanted. Google has no code for it, only these words."""
    return bool(_DECLINED.search(text))


def decoded(text: str) -> bytes:
    """Base64 of either alphabet, padded or not. Raises ValueError."""
    text = text.replace("-", "+").replace("_", "/")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


class GoogleService(Provider):
    """A service that tells errors as `{"error": {"code", "message", "status", "details"}}`.

    The Interactions API is declared to tell `code` as a word and no `status`; both are read.
    """

    inline = True
    for_all: ClassVar[frozenset[str]] = frozenset({"API_KEY_INVALID"})
    """Statuses and reasons of an HTTP 400 that are no matter of the clip: no other would fare better."""

    def fault(self, answer: Answer) -> Exception | None:
        """A bad key is an HTTP 400 here; how long to wait stands in the details of a 429."""
        error = error_of(answer)
        told = {str(error.get("status") or error.get("code")).upper(), *_details(error, "reason")}
        if answer.status == 400 and self.for_all & told:
            return self.stop(answer)
        fault = super().fault(answer)
        if isinstance(fault, RateLimited) and fault.retry_after_s is None:
            delay = next(iter(_details(error, "retryDelay")), "").removesuffix("s")  # "30s", of google.rpc.RetryInfo
            fault.retry_after_s = asked_wait({"retry-after": delay}, self.now)
        return fault

    def owns(self, answer: Answer) -> bool:
        """An error with a code or a status."""
        error = error_of(answer)
        return bool(error.get("code") or error.get("status"))

    def is_moderation(self, answer: Answer) -> bool:
        """By the words of the message."""
        return declined(self.message(answer))

    def words(self, body: Any) -> str:
        """`RESOURCE_EXHAUSTED: Quota exceeded …`."""
        error = body.get("error") if isinstance(body, Mapping) else None
        if isinstance(error, Mapping) and (error.get("status") or error.get("code")):
            return f"{error.get('status') or error['code']}: {error.get('message') or 'no explanation'}"
        return super().words(body)


def _details(error: Mapping[str, Any], key: str) -> list[str]:
    """All values of a key in an error's details."""
    details = error.get("details")
    entries = details if isinstance(details, list) else []
    return [str(entry[key]) for entry in entries if isinstance(entry, Mapping) and key in entry]
