"""fal's queue: https://queue.fal.run, as fal-client 1.0 speaks to it, and its storage for uploads."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Reply

_APP = r"/(?P<app>(?:workflows/|comfy/)?[^/]+/[^/]+)"
_ERRORS = {
    401: "Authentication is required to access this application",
    403: "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.",
    404: "Request not found",
    429: "Too many requests",
    503: "Service unavailable",
    504: "Request timed out",
}
_MESSAGES = {
    "content_policy_violation": "The content was flagged by a content checker.",
    "image_load_error": "Failed to load the image.",
    "missing": "Field required",
}


class Fal(Personality):
    """Every application is there. As in the real queue, wrong input is taken, billed and told as the result."""

    name = "fal"
    key = "fake-fal-id:fake-fal-secret"
    auth_prefix = "Key "
    url_ttl_s = None
    url_fixed: ClassVar[bool] = True

    def routes(self) -> tuple[Route, ...]:
        request = _APP + r"/requests/(?P<id>[^/]+)"
        return (
            Route("upload", "POST", r"/storage/upload/initiate", self._start_upload),
            Route("files", "PUT", r"/__upload/(?P<file>[^/]+)", self._take_upload, auth=False),
            Route("poll", "GET", request + "/status", self._status),
            Route("cancel", "PUT", request + "/cancel", self._cancel),
            Route("result", "GET", request, self._result),
            Route("submit", "POST", _APP + r"(?P<sub>(?:/[^/]+)*)", self._submit),
        )

    def error(self, status: int, message: str = "") -> Reply:
        body: dict[str, Any] = {"detail": message or _ERRORS.get(status, "Internal Server Error")}
        if status == 422:
            body = {"detail": [_detail("missing", message or "Field required", ["body"])]}
        return Reply(status, body, {"X-Fal-Request-Id": "fake"})  # no error type: a gateway's blip is no verdict

    def _submit(self, call: Call) -> Reply:
        seconds = str(call.body.get("duration", 5)).removesuffix("s")
        job = call.accept(call.body, seconds=float(seconds) if seconds.replace(".", "", 1).isdigit() else 5)
        if job.outcome == "succeeded" and (missing := _missing(call.match["sub"], call.body)):
            job.outcome, job.detail = "failed", f"missing:{missing}"
        return Reply(200, {"status": "IN_QUEUE", **_urls(call, job), "queue_position": 0}, _headers(job))

    def _status(self, call: Call) -> Reply:
        job = call.job
        state = call.state(job)
        answer: dict[str, Any] = {"status": "COMPLETED", **_urls(call, job), "logs": None}
        if state in ("pending", "unknown"):
            word = "BREWING" if state == "unknown" else job.pending(("IN_QUEUE", "IN_PROGRESS"))
            where = {"queue_position": 0} if word == "IN_QUEUE" else {}
            return Reply(202, {**answer, "status": word, **where}, _headers(job))
        answer["metrics"] = {"inference_time": 1.0}
        if told := _flat(job):
            answer["error"], answer["error_type"] = told[1:]
        return Reply(200, answer, _headers(job))

    def _result(self, call: Call) -> Reply:
        job = call.job
        if not call.engine.done(job):
            return Reply(400, {"detail": "Request is still in progress"}, _headers(job))
        if told := _flat(job):
            status, message, kind = told
            return Reply(status, {"detail": message, "error_type": kind}, {**_headers(job), "X-Fal-Error-Type": kind})
        if job.outcome in ("moderated", "failed"):
            return Reply(422, {"detail": [_failure(job)]}, _headers(job))
        if job.outcome == "empty":
            return Reply(200, {"video": None}, _headers(job))
        video = {
            "url": call.url(job),
            "content_type": "video/mp4",
            "file_name": "video.mp4",
            "file_size": len(job.output),
        }
        return Reply(200, {"video": video, "seed": job.request.get("seed", 42)}, _headers(job))

    def _cancel(self, call: Call) -> Reply:
        if call.engine.done(call.job):
            return Reply(400, {"status": "ALREADY_COMPLETED"})
        if call.job.polls < 2:  # still in the queue: what runs already runs on
            call.engine.end(call.job, "cancelled")
        return Reply(202, {"status": "CANCELLATION_REQUESTED"})

    def _start_upload(self, call: Call) -> Reply:
        if not {"file_name", "content_type"} <= call.body.keys():
            raise call.refuse(422, "Field required")
        token = call.engine.new_uuid("upload")
        return Reply(
            200,
            {"upload_url": f"{call.storage_url}/__upload/{token}", "file_url": f"{call.storage_url}/__static/{token}"},
        )

    def _take_upload(self, call: Call) -> Reply:
        call.engine.uploads[call.match["file"]] = call.request.body
        return Reply(200, b"")


def _headers(job: FakeJob) -> dict[str, str]:
    return {"X-Fal-Request-Id": job.id}


def _urls(call: Call, job: FakeJob) -> dict[str, str]:
    app = job.path.strip("/").split("/")
    base = f"{call.request.host}/{'/'.join(app[: 3 if app[0] in ('workflows', 'comfy') else 2])}/requests/{job.id}"
    return {
        "request_id": job.id,
        "response_url": base,
        "status_url": f"{base}/status",
        "cancel_url": f"{base}/cancel",
    }


def _missing(path: str, body: dict[str, Any]) -> str:
    image = "start_image_url" if "kling-video/v3" in path or "/v3/pro" in path else "image_url"
    required = ("prompt", image) if "image-to-video" in path else ("prompt",)
    return next((name for name in required if not body.get(name)), "")


def _flat(job: FakeJob) -> tuple[int, str, str] | None:
    """Status, message and type of what the queue itself says of a job that no model answered."""
    if job.outcome == "failed_transient":
        return 504, "The runner was lost while it worked.", job.detail or "runner_disconnected"
    if job.outcome == "cancelled":
        return 499, "Request was cancelled", job.detail or "client_cancelled"
    return None


def _failure(job: FakeJob) -> dict[str, Any]:
    default = "content_policy_violation" if job.outcome == "moderated" else "image_load_error"
    kind, _, field = (job.detail or default).partition(":")
    return _detail(kind, _MESSAGES.get(kind, kind), ["body", field or "prompt"], job.request)


def _detail(kind: str, message: str, where: list[str], sent: Any = None) -> dict[str, Any]:
    return {"loc": where, "msg": message, "type": kind, "url": f"https://docs.fal.ai/errors#{kind}", "input": sent}
