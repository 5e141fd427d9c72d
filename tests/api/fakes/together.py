"""Together's videos: https://api.together.ai/v2/videos, as its package together 3.1.1 has them."""

from __future__ import annotations

from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Reply

_TYPES = {
    401: "authentication_error", 402: "credit_limit", 403: "permission_error", 404: "model_not_available",
    429: "rate_limit",
}  # fmt: skip
_FAILURES = {
    "moderated": "The request was rejected by content moderation",
    "failed_transient": "Internal error of the provider",
    "failed": "invalidInput: the image could not be read",
    "cancelled": "The job was cancelled",
}
_KNOWN = {
    "model", "prompt", "fps", "generate_audio", "guidance_scale", "height", "media", "negative_prompt",
    "output_format", "output_quality", "ratio", "resolution", "seconds", "seed", "steps", "width",
}  # fmt: skip
_MEDIA = {"audio_inputs", "frame_images", "frame_videos", "reference_images", "reference_videos", "source_video"}
_USD = {"ByteDance/Seedance-2.5": 0.249}


class Together(Personality):
    """Seedance 2.5 alone, whose size and sound cannot be asked for."""

    name = "together"
    key = "fake-together-key"

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", "/v2/videos", self._create),
            Route("poll", "GET", "/v2/videos/(?P<id>[^/]+)", self._get),
            Route("models", "GET", "/v1/models", self._models),
        )

    def error(self, status: int, message: str = "") -> Reply:
        kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
        return Reply(status, {"error": {"message": message or kind, "type": kind, "param": None, "code": None}})

    def _create(self, call: Call) -> Reply:
        body = call.body
        if problems := _problems(body):
            raise Answer(self.error(400, "; ".join(problems)))
        job = call.accept(body, seconds=int(body.get("seconds", "5")))
        return Reply(200, self._job(call, job, "pending"))

    def _get(self, call: Call) -> Reply:
        return Reply(200, self._job(call, call.job, call.state(call.job)))

    def _models(self, call: Call) -> Reply:
        return Reply(200, [{"id": name, "type": "video"} for name in _USD])

    def _job(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        asked, seconds = job.request, job.request.get("seconds", "5")
        told: dict[str, Any] = {
            "id": job.id, "object": "video", "model": asked["model"], "status": "completed", "size": "1280x720",
            "seconds": seconds, "created_at": int(job.created),
        }  # fmt: skip
        if state in ("pending", "unknown"):
            return {**told, "status": "brewing" if state == "unknown" else "in_progress"}
        if state in _FAILURES:
            word = "cancelled" if state == "cancelled" else "failed"
            return {**told, "status": word, "error": {"message": job.detail or _FAILURES[state], "code": None}}
        if state == "empty":
            return told
        cost = round(_USD[asked["model"]] * int(seconds), 6)
        return {**told, "outputs": {"cost": cost, "video_url": call.url(job)}}


def _problems(body: dict[str, Any]) -> list[str]:
    """The checks that an adapter can fail."""
    media = body.get("media") or {}
    problems = [f"unknown field {name}" for name in sorted(body.keys() - _KNOWN)]
    problems += [f"unknown media {name}" for name in sorted(media.keys() - _MEDIA)]
    if body.get("model") not in _USD:
        problems.append(f"{body.get('model')} is no video model")
    if not 2 <= len(str(body.get("prompt") or "")) <= 10_000:
        problems.append("prompt must have 2 to 10000 characters")
    if "ratio" in body or "width" in body or "height" in body:
        problems.append("size and shape cannot be asked for")
    if not isinstance(body.get("seconds", "5"), str) or not 4 <= int(body.get("seconds", "5")) <= 30:
        problems.append("seconds must be a text, from 4 to 30")
    for frame in media.get("frame_images", ()):
        if frame.get("frame") not in ("first", "last", None) or not frame.get("input_image"):
            problems.append("frame_images is not valid")
    return problems
