"""OpenRouter's videos: https://openrouter.ai/api/v1/videos, as its package openrouter 1.3.84 has them."""

from __future__ import annotations

from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.storage import served
from tests.api.fakes.wire import Answer, Reply

_VIDEOS = "(?:/api/v1)?/videos"
_WORDS = {
    401: "No auth credentials found", 402: "Insufficient credits", 403: "Forbidden", 404: "Resource not found",
    413: "Payload too large", 429: "Rate limit exceeded", 500: "Internal Server Error",
}  # fmt: skip
_FAILURES = {
    "moderated": "The request was rejected by the provider's moderation",
    "failed_transient": "Provider returned an error",
    "failed": "The image could not be read",
    "cancelled": "The job was cancelled",
}
_KNOWN = {
    "model", "prompt", "duration", "resolution", "aspect_ratio", "size", "seed", "generate_audio", "frame_images",
    "input_references", "previous_job_id", "provider", "callback_url", "session_id", "trace", "user",
}  # fmt: skip
_USD = {"kwaivgi/kling-v3.0-pro": 0.112, "google/veo-3.1-fast": 0.08, "bytedance/seedance-2.5": 0.2311}
_SEEDED = {"google/veo-3.1-fast", "bytedance/seedance-2.5"}


class OpenRouter(Personality):
    """The video lies at the service itself, which wants the key. `byok`: jobs run on a key of the user's own."""

    name = "openrouter"
    key = "sk-or-fake"

    def __init__(self, key: str | None = None, *, byok: bool = False) -> None:
        super().__init__(key)
        self.byok = byok

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", _VIDEOS, self._create),
            Route("models", "GET", _VIDEOS + "/models", self._models),
            Route("download", "GET", _VIDEOS + "/(?P<id>[^/]+)/content", self._content),
            Route("poll", "GET", _VIDEOS + "/(?P<id>[^/]+)", self._get),
            Route("key", "GET", "(?:/api/v1)?/key", self._key),
        )

    def error(self, status: int, message: str = "") -> Reply:
        default = _WORDS[500] if status >= 500 else "Invalid request parameters"
        return Reply(status, {"error": {"code": status, "message": message or _WORDS.get(status, default)}})

    def _create(self, call: Call) -> Reply:
        body = call.body
        if problems := _problems(body):
            raise Answer(self.error(400, "; ".join(problems)))
        job_id = f"gen-vid-1789000000-{call.engine.new_uuid('job').replace('-', '')[:20]}"
        job = call.accept(body, seconds=body.get("duration", 5), job_id=job_id)
        return Reply(202, self._job(call, job, "pending"))

    def _get(self, call: Call) -> Reply:
        return Reply(200, self._job(call, call.job, call.state(call.job)))

    def _content(self, call: Call) -> Reply:
        job = call.job
        if not call.engine.done(job):
            raise call.refuse(409, "The video is not ready")
        if job.outcome != "succeeded":
            raise call.refuse(410, "The video is gone")
        return served(call, call.video(job))

    def _models(self, call: Call) -> Reply:
        return Reply(200, {"data": [{"id": name, "seed": name in _SEEDED} for name in _USD]})

    def _key(self, call: Call) -> Reply:
        data = {"label": "sk-or-v1-fa...ke", "limit": 50, "limit_remaining": 12.5, "usage": 37.5, "is_free_tier": False}
        return Reply(200, {"data": data})

    def _job(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        told: dict[str, Any] = {"id": job.id, "polling_url": f"/api/v1/videos/{job.id}", "status": "completed"}
        if state in ("pending", "unknown"):
            return {**told, "status": "brewing" if state == "unknown" else job.pending(("pending", "in_progress"))}
        usd = _USD[job.request["model"]] * job.request.get("duration", 5)
        if state in _FAILURES:
            word = "cancelled" if state == "cancelled" else "failed"
            return {**told, "status": word, "error": job.detail or _FAILURES[state], "usage": {"cost": 0}}
        usage = {"cost": round(0.05 * usd if self.byok else usd, 6), "is_byok": self.byok}
        told |= {"generation_id": f"gen-1789000000-{job.number:020}", "usage": usage}
        path = "/api/v1/videos" if "/api/v1" in job.path else "/videos"
        urls = [] if state == "empty" else [f"{call.request.host}{path}/{job.id}/content?index=0"]
        return {**told, "unsigned_urls": urls}


def _problems(body: dict[str, Any]) -> list[str]:
    """The checks that an adapter can fail."""
    problems = [f"unknown field {name}" for name in sorted(body.keys() - _KNOWN)]
    if body.get("model") not in _USD:
        problems.append(f"{body.get('model')} is no video model")
    if not body.get("prompt"):
        problems.append("prompt is required")
    if "seed" in body and body.get("model") not in _SEEDED:
        problems.append("seed is not supported by this model")
    for frame in body.get("frame_images", ()):
        url = str(frame.get("image_url", {}).get("url"))
        if frame.get("frame_type") not in ("first_frame", "last_frame") or not url.startswith(("https://", "data:")):
            problems.append("frame_images is not valid")
    return problems
