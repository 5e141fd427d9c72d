"""Errors as Google's services tell them, for the personalities of Gemini and Vertex AI."""

from __future__ import annotations

from typing import Any

from tests.api.fakes.wire import Reply

_NAMES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
_WORDS = {
    401: "Request had invalid authentication credentials.",
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    429: "You exceeded your current quota, please check your plan and billing details.",
    500: "An internal error has occurred.",
    503: "The model is overloaded. Please try again later.",
    504: "Deadline expired before operation could complete.",
}


def google_error(status: int, message: str = "", name: str = "", details: list[dict[str, Any]] | None = None) -> Reply:
    """`{"error": {"code", "message", "status", "details"}}`."""
    told = message or _WORDS.get(status, "Request contains an invalid argument.")
    error: dict[str, Any] = {"code": status, "message": told, "status": name or _NAMES.get(status, "UNKNOWN")}
    return Reply(status, {"error": {**error, "details": details} if details else error})
