"""Vercel's AI Gateway: https://ai-gateway.vercel.sh/v4/ai/video-model, as @ai-sdk/gateway 4.0.146 has it."""

from __future__ import annotations

import base64
from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Incoming, Reply

_API = "/v4/ai/video-model"
_TYPES = {
    401: "authentication_error", 403: "forbidden", 404: "model_not_found", 424: "failed_dependency",
    429: "rate_limit_exceeded",
}  # fmt: skip
_FAILURES = {
    "moderated": "The request was rejected by the provider's moderation",
    "failed_transient": "Provider returned an error",
    "failed": "The image could not be read",
}
_KNOWN = {
    "prompt", "n", "aspectRatio", "resolution", "duration", "fps", "seed", "generateAudio", "providerOptions", "image",
    "frameImages", "inputReferences", "callbackUrl",
}  # fmt: skip
_HEADERS = {"ai-gateway-protocol-version": "0.0.1", "ai-video-model-specification-version": "4"}
_MOST_BYTES = 300 * 1024
_USD = {"bytedance/seedance-2.5": 0.2311, "spacexai/grok-imagine-video-1.5-lite": 0.03}


class Vercel(Personality):
    """`delivery`: whether a video is told by its address (`url`) or stands in the answer (`base64`)."""

    name = "vercel"
    key = "vck_fake"

    def __init__(self, key: str | None = None, *, delivery: str = "url") -> None:
        super().__init__(key)
        self.delivery = delivery

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", _API + "/start", self._create),
            Route("poll", "POST", _API + "/status", self._get),
            Route("credits", "GET", "/v1/credits", self._credits),
        )

    def job_id(self, request: Incoming, match: Any) -> str:
        """In the body of a question; in the address of a file."""
        asked = request.json if isinstance(request.json, dict) else {}
        return str((asked.get("operation") or {}).get("gatewayJobId", "")) or super().job_id(request, match)

    def error(self, status: int, message: str = "") -> Reply:
        kind = _TYPES.get(status, "internal_server_error" if status >= 500 else "invalid_request_error")
        return Reply(status, {"error": {"message": message or kind, "type": kind, "param": None, "code": kind}})

    def _create(self, call: Call) -> Reply:
        model = self._checked(call)
        if len(call.request.body) > _MOST_BYTES:
            raise call.refuse(413, "Request Entity Too Large")
        if problems := _problems(call.body):
            raise Answer(self.error(400, "; ".join(problems)))
        job = call.accept({**call.body, "model": model}, seconds=call.body.get("duration", 5))
        return Reply(200, {"operation": {"gatewayJobId": job.id}, "warnings": [], **_metadata(job, "queued")})

    def _get(self, call: Call) -> Reply:
        model, job = self._checked(call), call.job
        if model != job.request["model"]:
            raise call.refuse(404, "Async job not found")
        state = call.state(job)
        if state in ("pending", "unknown"):
            return Reply(200, {"status": "brewing" if state == "unknown" else "pending", **_metadata(job, "running")})
        if state == "cancelled":
            return Reply(200, {"status": "cancelled", **_metadata(job, "cancelled")})
        if state in _FAILURES:
            return Reply(200, {"status": "error", "error": job.detail or _FAILURES[state], **_metadata(job, "failed")})
        videos = [] if state == "empty" else [self._video(call, job)]
        cost = round(_USD[model] * job.request.get("duration", 5), 6)
        told = _metadata(job, "completed", cost=cost, generationId=f"gen_{job.number:026}")
        return Reply(200, {"status": "completed", "videos": videos, "warnings": [], **told})

    def _video(self, call: Call, job: FakeJob) -> dict[str, str]:
        if self.delivery == "base64":
            data = base64.b64encode(call.video(job)).decode()
            return {"type": "base64", "data": data, "mediaType": "video/mp4"}
        return {"type": "url", "url": call.url(job), "mediaType": "video/mp4"}

    def _credits(self, call: Call) -> Reply:
        return Reply(200, {"balance": "95.50", "total_used": "4.50"})

    def _checked(self, call: Call) -> str:
        headers = call.request.headers
        if any(headers.get(name) != value for name, value in _HEADERS.items()):
            raise call.refuse(400, "The protocol's version is missing")
        if headers.get("ai-model-id") not in _USD:
            raise call.refuse(404, "Model not found")
        return headers["ai-model-id"]


def _metadata(job: FakeJob, status: str, **told: Any) -> dict[str, Any]:
    return {"providerMetadata": {"gateway": {"asyncJob": {"jobId": job.id, "status": status}, **told}}}


def _problems(body: dict[str, Any]) -> list[str]:
    """The checks that an adapter can fail."""
    problems = [f"unknown field {name}" for name in sorted(body.keys() - _KNOWN)]
    if not body.get("prompt"):
        problems.append("prompt is required")
    if body.get("n") != 1:
        problems.append("n must be 1")
    for frame in body.get("frameImages", ()):
        image = frame.get("image", {})
        if frame.get("frameType") not in ("first_frame", "last_frame") or not {"mediaType", "data"} <= image.keys():
            problems.append("frameImages is not valid")
    return problems
