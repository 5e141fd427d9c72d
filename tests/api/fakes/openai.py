"""OpenAI's video API as it was until 2026-09-24, and as compatible proxies still have it: POST /v1/videos."""

from __future__ import annotations

import io
from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.storage import served
from tests.api.fakes.wire import Incoming, Part, Reply

_SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024")
_TYPES = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("insufficient_permissions", None, "Your organization must be verified."),
    404: ("invalid_request_error", None, "Video not found"),
    429: ("rate_limit_error", "rate_limit_exceeded", "Rate limit reached for requests"),
}
_FAILURES = {
    "moderated": ("moderation_blocked", "Your request was blocked by our moderation system."),
    "failed_transient": ("server_error", "The server had an error while it made the video."),
    "failed": ("video_generation_failed", "Video generation failed."),
    "cancelled": ("video_generation_user_error", "The job was stopped."),
}
_LIFE_S = 24 * 3600


class OpenAI(Personality):
    """`poll_after_ms`: what its answers say about the time until the next poll; None: nothing."""

    name = "openai"
    key = "sk-fake"

    def __init__(self, key: str | None = None, *, poll_after_ms: int | None = None) -> None:
        super().__init__(key)
        self.poll_after_ms = poll_after_ms

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", r"/v1/videos", self._create),
            Route("submit", "POST", r"/v1/videos/(?P<kind>extensions|edits)", self._continue),
            Route("list", "GET", r"/v1/videos", self._list),
            Route("download", "GET", r"/v1/videos/(?P<id>[^/]+)/content", self._content),
            Route("poll", "GET", r"/v1/videos/(?P<id>[^/]+)", self._get),
            Route("delete", "DELETE", r"/v1/videos/(?P<id>[^/]+)", self._delete),
        )

    def error(self, status: int, message: str = "") -> Reply:
        kind, code, text = _TYPES.get(status, ("invalid_request_error", None, "Invalid request."))
        if status >= 500:
            kind, text = "server_error", "The server had an error while processing your request."
        body = {"error": {"message": message or text, "type": kind, "param": None, "code": code}}
        return Reply(status, body, {"x-request-id": "req_fake"})

    def _create(self, call: Call) -> Reply:
        fields, files = _read(call)
        _validate(call, fields, files)
        return self._accepted(call, fields, files, float(fields.get("seconds", "4")), 0)

    def _continue(self, call: Call) -> Reply:
        """Extend or edit a video that is there, or one that is sent along."""
        fields, files = _read(call)
        source = call.engine.jobs.get(str(fields.get("video[id]") or (fields.get("video") or {}).get("id")))
        if not fields.get("prompt") or (source is None and "video" not in files):
            raise call.refuse(400, "Missing required parameter: 'video'.")
        echo_s = 3.0 if source is None else source.clip.total / source.clip.fps
        extends = call.match["kind"] == "extensions"
        return self._accepted(call, fields, files, float(fields.get("seconds", "4")), echo_s if extends else 0)

    def _accepted(
        self, call: Call, fields: dict[str, Any], files: dict[str, Part], seconds: float, echo_s: float
    ) -> Reply:
        job_id = "video_" + call.engine.new_uuid("video").replace("-", "")
        job = call.accept(fields, seconds=seconds, echo_s=echo_s, files=files, job_id=job_id)
        return Reply(200, self._video(job, "queued"))

    def _get(self, call: Call) -> Reply:
        headers = {} if self.poll_after_ms is None else {"openai-poll-after-ms": str(self.poll_after_ms)}
        return Reply(200, self._video(call.job, call.state(call.job)), headers)

    def _list(self, call: Call) -> Reply:
        """What there is, newest first unless asked otherwise, without counting it as polls."""
        videos = [job for job in call.engine.jobs.values() if not job.deleted]
        videos = videos if call.request.query.get("order") == "asc" else videos[::-1]
        after = call.request.query.get("after")
        start = next((place + 1 for place, job in enumerate(videos) if job.id == after), 0)
        limit = int(call.request.query.get("limit", 20))
        page = [
            self._video(job, job.outcome if call.engine.done(job) else "pending")
            for job in videos[start : start + limit]
        ]
        ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
        return Reply(200, {"object": "list", "data": page, **ends, "has_more": len(videos) > start + limit})

    def _content(self, call: Call) -> Reply:
        job = call.job
        if not call.engine.done(job):
            raise call.refuse(404, "Video is not ready yet, use GET /v1/videos/{video_id} to check status.")
        if job.outcome != "succeeded" or call.engine.epoch() > job.created + _LIFE_S:
            raise call.refuse(404, "The content of this video is not available.")
        return served(call, call.video(job))

    def _delete(self, call: Call) -> Reply:
        if not call.engine.done(call.job):
            raise call.refuse(400, "Only completed or failed videos can be deleted.")
        call.job.deleted = True
        return Reply(200, {"id": call.job.id, "object": "video.deleted", "deleted": True})

    def _video(self, job: FakeJob, state: str) -> dict[str, Any]:
        done = state in ("succeeded", "empty", "expired")
        words = {"queued": "queued", "unknown": "brewing", "pending": job.pending(("queued", "in_progress"))}
        status = "completed" if done else words.get(state, "failed")
        code, message = _FAILURES.get(state, ("", ""))
        return {
            "id": job.id,
            "object": "video",
            "created_at": int(job.created),
            "completed_at": int(job.created) + 1 if done else None,
            "expires_at": int(job.created) + _LIFE_S if done else None,
            "status": status,
            "model": job.request.get("model", "sora-2"),
            "progress": 100 if done else min(99, 30 * job.polls),
            "prompt": job.request["prompt"],
            "seconds": f"{(job.clip.total - 1) / job.clip.fps:g}",
            "size": job.request.get("size", "720x1280"),
            "remixed_from_video_id": None,
            "error": {"code": job.detail or code, "message": message} if status == "failed" else None,
        }


def _read(call: Call) -> tuple[dict[str, Any], dict[str, Part]]:
    """The fields and files of a multipart form, or of a JSON object."""
    if not _is_form(call.request):
        return call.body, {}
    form = call.request.form
    files = {name: part for name, part in form.items() if part.filename}
    return {name: part.text for name, part in form.items() if not part.filename}, files


def _is_form(request: Incoming) -> bool:
    return request.headers.get("content-type", "").startswith("multipart/form-data")


def _validate(call: Call, fields: dict[str, Any], files: dict[str, Part]) -> None:
    if not fields.get("prompt"):
        raise call.refuse(400, "Missing required parameter: 'prompt'.")
    if str(fields.get("seconds", "4")) not in ("4", "8", "12"):
        raise call.refuse(400, "Invalid value: 'seconds'. Supported values are: '4', '8', and '12'.")
    size = fields.get("size", "720x1280")
    if size not in _SIZES:
        raise call.refuse(400, f"Invalid value: 'size'. Supported values are: {', '.join(_SIZES)}.")
    if "input_reference" in files and _size(files["input_reference"].data) != size:
        raise call.refuse(400, "Inpaint image must match the requested width and height")


def _size(data: bytes) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            return "{}x{}".format(*image.size)
    except UnidentifiedImageError:
        return "no picture"
