"""xAI: https://api.x.ai/v1, as @ai-sdk/xai 5.0 speaks to it (xAI's own SDK speaks gRPC)."""

from __future__ import annotations

from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Reply

_NEWER = ("480p", "720p", "1080p")
_MODELS = {
    "grok-imagine-video": ("480p", "720p"),
    "grok-imagine-video-1.5": _NEWER,
    "grok-imagine-video-1.5-lite": _NEWER,
    "grok-imagine-video-1.5-2026-05-30": _NEWER,
}
_KNOWN = {
    "generations": {
        "model", "prompt", "image", "duration", "aspect_ratio", "resolution", "generate_audio", "last_frame",
        "keyframes", "storage_options", "user",
    },
    "extensions": {"model", "prompt", "video", "duration", "storage_options"},
}  # fmt: skip
_SECONDS = {"generations": range(1, 16), "extensions": range(2, 11)}
_TICKS_PER_S = 1_400_000_000
_INVALID = "Client specified an invalid argument"
_FAILURES = {
    "failed_transient": ("internal_error", "The video could not be generated. Please try again later."),
    "failed": ("invalid_input", "The image could not be read."),
    "cancelled": ("cancelled", "The request was cancelled."),
}


class XAI(Personality):
    """`bare`: whether a 202 comes without a body, as it sometimes does."""

    name = "xai"
    key = "xai-fake"
    url_ttl_s = 24 * 3600.0

    def __init__(self, key: str | None = None, *, bare: bool = True) -> None:
        super().__init__(key)
        self.bare = bare

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", r"/v1/videos/(?P<kind>generations|extensions)", self._create),
            Route("poll", "GET", r"/v1/videos/(?P<id>[^/]+)", self._get),
            Route("key", "GET", r"/v1/api-key", self._key),
        )

    def error(self, status: int, message: str = "") -> Reply:
        """Three shapes; a wrong key is a 400 here, and an account without credits a 429."""
        if status == 401:
            return Reply(400, {"code": _INVALID, "error": "Incorrect API key provided: xa***ke."})
        if status == 402:
            told = "Your team has either used all available credits or reached its monthly spending limit."
            return Reply(429, {"code": "Some resource has been exhausted", "error": told})
        if status == 429:
            return Reply(429, {"error": message or "Too many requests"})
        if status >= 500:
            return Reply(status, {"error": {"message": message or "Internal error", "type": "server_error"}})
        return Reply(status, {"code": _INVALID, "error": message or "An error occurred."})

    def _create(self, call: Call) -> Reply:
        kind, body = call.match["kind"], call.body
        problems = _problems(kind, body)
        if problems:
            raise Answer(self.error(400, "; ".join(problems)))
        extends = kind == "extensions"
        seconds = body.get("duration", 6 if extends else 8)
        return Reply(200, {"request_id": call.accept(body, seconds=seconds, echo_s=3 if extends else 0).id})

    def _get(self, call: Call) -> Reply:
        job = call.job
        state = call.state(job)
        if state == "unknown":
            return Reply(200, {"status": "brewing"})
        if state == "pending":
            return Reply(202) if self.bare else Reply(202, {"status": "pending", "progress": min(99, 30 * job.polls)})
        if state in _FAILURES:
            code, message = _FAILURES[state]
            return Reply(200, {"status": "failed", "error": {"code": job.detail or code, "message": message}})
        return Reply(200, self._done(call, job, state))

    def _done(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        """Moderation is a `done` without an address, and is charged."""
        seconds = job.request.get("duration", 8)
        passed = state != "moderated"
        video = {"duration": seconds, "respect_moderation": passed}
        if passed and state != "empty":
            video["url"] = call.url(job)
        usage = {"cost_in_usd_ticks": _TICKS_PER_S * seconds}
        return {"status": "done", "video": video, "model": job.request["model"], "usage": usage, "progress": 100}

    def _key(self, call: Call) -> Reply:
        barred = {"api_key_blocked": False, "api_key_disabled": False, "team_blocked": False}
        return Reply(200, {"redacted_api_key": "xai-...ake", "name": "fake", "acls": ["api-key:model:*"], **barred})


def _problems(kind: str, body: dict[str, Any]) -> list[str]:
    """The checks that an adapter can fail."""
    problems = [f"unknown field {name}" for name in sorted(body.keys() - _KNOWN[kind])]
    if body.get("model") not in _MODELS:
        problems.append(f"the model {body.get('model')} does not exist")
    elif kind == "generations" and body.get("resolution", "480p") not in _MODELS[body["model"]]:
        problems.append(f"resolution {body['resolution']} is not supported")
    if not body.get("prompt"):
        problems.append("prompt is required")
    field, mime = ("image", "data:image/") if kind == "generations" else ("video", "data:video/mp4;")
    if field in body or kind == "extensions":
        url = (body.get(field) or {}).get("url", "")
        problems += [] if url.startswith(("https://", mime)) else [f"{field}.url is neither an address nor a data URI"]
    if body.get("duration", 6) not in _SECONDS[kind]:
        problems.append("duration is out of range")
    return problems
