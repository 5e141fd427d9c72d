"""WaveSpeed: https://api.wavespeed.ai/api/v3, as its package wavespeed 2.0.5 and its pages have it."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.storage import denied
from tests.api.fakes.wire import Answer, Reply

_API = "/api/v3"
_WORDS = {
    401: "invalid authentication", 402: "Insufficient credits. Please top up.", 403: "forbidden",
    404: "not found", 429: "rate limit exceeded",
}  # fmt: skip
_FAILURES = {
    "moderated": "The content was flagged as sensitive by the model provider",
    "failed_transient": "upstream error: HTTP 503",
    "failed": "The image could not be read",
    "cancelled": "",
}
_TAKES: dict[str, set[str]] = {
    "kwaivgi/kling-v4.0/image-to-video": {"image", "last_image", "keyframes", "aspect_ratio"},
    "kwaivgi/kling-v4.0/video-extend": {"video", "last_image"},
}
_ALL = {"prompt", "duration", "resolution", "enable_sync_mode"}


class WaveSpeed(Personality):
    """Every answer is `{"code", "message", "data"}`; files lie on another host. An extension holds what was sent."""

    name = "wavespeed"
    key = "fake-wavespeed-key"
    url_ttl_s = 24 * 3600.0
    url_fixed = True

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("poll", "GET", _API + "/predictions/(?P<id>[^/]+)/result", self._get),
            Route("upload", "POST", _API + "/media/uploads", self._leave),
            Route("balance", "GET", _API + "/balance", self._balance),
            Route("files", "PUT", "/__upload/(?P<file>[^/]+)", self._take_file, auth=False),
            Route("submit", "POST", _API + "/(?P<model>.+)", self._create),
        )

    def error(self, status: int, message: str = "") -> Reply:
        default = "internal error" if status >= 500 else "invalid parameters"
        return Reply(status, {"code": status, "message": message or _WORDS.get(status, default)})

    def _create(self, call: Call) -> Reply:
        body, model = call.body, call.match["model"]
        if model not in _TAKES:
            raise call.refuse(404, f"model {model} not found")
        if problems := _problems(call, model, body):
            raise Answer(self.error(400, "; ".join(problems)))
        echo_s = 0
        if "video" in body:  # the clip depends on what the file holds, not on its name
            echo_s, data = 3, call.engine.uploads[body["video"].rpartition("/")[2]]
            body = {**body, "video": hashlib.sha256(data).hexdigest()}
        job_id = call.engine.new_uuid("prediction").replace("-", "")
        job = call.accept(body, seconds=body.get("duration", 5), echo_s=echo_s, job_id=job_id)
        return _told(self._job(call, job, "pending"))

    def _get(self, call: Call) -> Reply:
        return _told(self._job(call, call.job, call.state(call.job)))

    def _job(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": job.id, "model": job.path.removeprefix(f"{_API}/"), "outputs": [], "has_nsfw_contents": [],
            "urls": {"get": f"{call.request.host}{_API}/predictions/{job.id}/result"}, "status": "completed",
            "created_at": job.created_text, "error": "", "timings": {"inference": 0},
        }  # fmt: skip
        if state in ("pending", "unknown"):
            return {**told, "status": "brewing" if state == "unknown" else job.pending(("created", "processing"))}
        if state in _FAILURES:
            word = "cancelled" if state == "cancelled" else "failed"
            return {**told, "status": word, "error": job.detail or _FAILURES[state]}
        if state == "empty":
            return told
        return {**told, "outputs": [call.url(job)], "has_nsfw_contents": [False], "timings": {"inference": 61234}}

    def _leave(self, call: Call) -> Reply:
        if not {"filename", "size"} <= call.body.keys():
            raise call.refuse(400, "filename and size are required")
        token = call.engine.new_uuid("upload")
        upload = {
            "method": "PUT", "url": f"{call.storage_url}/__upload/{token}",
            "headers": {"Content-Type": call.body.get("content_type", "application/octet-stream")},
        }  # fmt: skip
        return _told({"upload": upload, "download_url": f"{call.storage_url}/__static/{token}"})

    def _take_file(self, call: Call) -> Reply:
        if call.request.headers.get("content-type") != "video/mp4":
            return denied(403, "The headers are not those that were signed.")
        call.engine.uploads[call.match["file"]] = call.request.body
        return Reply(200, b"")

    def _balance(self, call: Call) -> Reply:
        return _told({"balance": 12.5})


def _told(data: dict[str, Any]) -> Reply:
    return Reply(200, {"code": 200, "message": "success", "data": data})


def _problems(call: Call, model: str, body: dict[str, Any]) -> list[str]:
    """The checks that an adapter can fail."""
    known = _ALL | _TAKES[model]
    problems = [f"unknown field {name}" for name in sorted(body.keys() - known)]
    if not isinstance(body.get("duration", 5), int) or not 3 <= body.get("duration", 5) <= 30:
        problems.append("duration must be a whole number from 3 to 30")
    if "image" in known and not str(body.get("image")).startswith(("https://", "data:image/")):
        problems.append("image is required")
    if "video" in known and str(body.get("video")).rpartition("/")[2] not in call.engine.uploads:
        problems.append("video cannot be fetched")
    if "video" in known and not body.get("prompt"):
        problems.append("prompt is required")
    return problems
