"""Alibaba's DashScope: https://dashscope-intl.aliyuncs.com/api/v1, as its pages and dashscope 2.0.2 have it."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.storage import denied
from tests.api.fakes.wire import Answer, Reply

_API = "/api/v1"
_ERRORS = {
    400: ("InvalidParameter", "A parameter is not valid."),
    401: ("InvalidApiKey", "Invalid API-key provided."),
    402: ("Arrearage", "Access denied, please make sure your account is in good standing."),
    403: ("AccessDenied", "Access denied."),
    404: ("ModelNotFound", "Model can not be found."),
    429: ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    503: ("ServiceUnavailable", "The service is not available now."),
    504: ("RequestTimeOut", "Request timed out, please try again later."),
}
_FAILURES = {
    "moderated": ("DataInspectionFailed", "Output data may contain inappropriate content."),
    "failed_transient": ("InternalError.Timeout", "An internal timeout error has occurred."),
    "failed": ("InvalidParameter", "The size is not match."),
}
_FRAMES = {"first_frame", "last_frame", "driving_audio", "first_clip"}
_MODELS: dict[str, tuple[set[str], range, set[str]]] = {
    "wan2.7-i2v-2026-04-25": (_FRAMES, range(2, 16), {"prompt_extend"}),
    "wan3.0-video": ({"first_frame", "last_frame"}, range(2, 31), {"prompt_extend", "ratio", "audio"}),
    "happyhorse-1.1-i2v": ({"first_frame"}, range(3, 16), set()),
}
"""What each takes in `media`, its lengths, and its parameters beside those that all have."""
_PARAMETERS = {"resolution", "duration", "watermark", "seed"}


class DashScope(Personality):
    """An account in debt is an HTTP 400; a task that is unknown is an HTTP 200; files lie on another host."""

    name = "dashscope"
    key = "sk-fake-dashscope"
    url_ttl_s = 24 * 3600.0
    url_fixed = True

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", _API + "/services/aigc/video-generation/video-synthesis", self._create),
            Route("list", "GET", _API + "/tasks", self._list),
            Route("poll", "GET", _API + "/tasks/(?P<id>[^/]+)", self._get),
            Route("upload", "GET", _API + "/uploads", self._policy),
            Route("files", "POST", "/__oss/?", self._take_file, auth=False),
        )

    def error(self, status: int, message: str = "") -> Reply:
        default = ("InternalError", "An internal error has occurred.") if status >= 500 else _ERRORS[400]
        code, told = _ERRORS.get(status, default)
        body = {"code": code, "message": message or told, "request_id": "7438d53d-fake"}
        return Reply(400 if status == 402 else status, body)

    def _create(self, call: Call) -> Reply:
        body = call.body
        if call.request.headers.get("x-dashscope-async") != "enable":
            raise Answer(self.error(403, "current user api does not support synchronous calls"))
        if problems := _problems(call, body):
            raise Answer(self.error(400, "; ".join(problems)))
        seconds, (media,) = body["parameters"].get("duration", 5), body["input"]["media"]
        job_id = call.engine.new_uuid("task")
        if media["type"] == "first_clip":  # the clip depends on what the file holds, not on its name
            data = call.engine.uploads[media["url"].removeprefix("oss://")]
            body = {**body, "input": {**body["input"], "media": [{**media, "url": hashlib.sha256(data).hexdigest()}]}}
        job = call.accept(body, seconds=seconds, echo_s=3 if media["type"] == "first_clip" else 0, job_id=job_id)
        return _told({"task_status": "PENDING", "task_id": job.id})

    def _get(self, call: Call) -> Reply:
        if call.found is None:
            return _told({"task_id": call.match["id"], "task_status": "UNKNOWN"})
        task = _task(call, call.job, call.state(call.job))
        seconds = call.job.request["parameters"].get("duration", 5)
        usage = {"duration": seconds, "output_video_duration": seconds, "video_count": 1, "SR": 720}
        return _told(task, **({"usage": usage} if task["task_status"] == "SUCCEEDED" else {}))

    def _list(self, call: Call) -> Reply:
        jobs = list(reversed(call.engine.jobs.values()))
        size = int(call.request.query.get("page_size", 10))
        tasks = [{"task_id": job.id, "status": "SUCCEEDED" if call.engine.done(job) else "RUNNING"} for job in jobs]
        return Reply(200, {"total": len(jobs), "page_no": 1, "page_size": size, "tasks": tasks[:size]})

    def _policy(self, call: Call) -> Reply:
        if call.request.query.get("action") != "getPolicy" or not call.request.query.get("model"):
            raise call.refuse(400, "action or model is missing")
        data = {
            "policy": "eyJleHBpcmF0aW9uIjoi", "signature": "ZmFrZQ==", "upload_dir": "dashscope-instant/fake/2026",
            "upload_host": f"{call.storage_url}/__oss", "expire_in_seconds": 300, "max_file_size_mb": 100,
            "oss_access_key_id": "LTAIfake", "x_oss_object_acl": "private", "x_oss_forbid_overwrite": "true",
        }  # fmt: skip
        return Reply(200, {"data": data, "request_id": "52f4-fake"})

    def _take_file(self, call: Call) -> Reply:
        form = call.request.form
        names = [name for name in form if name != "file"]
        wanted = {"OSSAccessKeyId", "Signature", "policy", "key", "x-oss-object-acl", "x-oss-forbid-overwrite"}
        if not wanted <= set(names) or list(form)[-1] != "file":
            return denied(403, "The form is not what the policy allows.")
        key = form["key"].text
        if key in call.engine.uploads:
            return denied(409, "The object you specified already exists.", "FileAlreadyExists")
        call.engine.uploads[key] = form["file"].data
        return Reply(200, b"")


def _told(output: dict[str, Any], **more: Any) -> Reply:
    return Reply(200, {"request_id": "2ca1c497-fake", "output": output, **more})


def _task(call: Call, job: FakeJob, state: str) -> dict[str, Any]:
    task = {"task_id": job.id, "submit_time": job.created_text, "scheduled_time": job.created_text}
    if state in ("pending", "unknown"):
        return {**task, "task_status": "BREWING" if state == "unknown" else job.pending(("PENDING", "RUNNING"))}
    if state == "cancelled":
        return {**task, "task_status": "CANCELED"}
    if state in _FAILURES:
        code, message = _FAILURES[state]
        return {**task, "task_status": "FAILED", "code": job.detail or code, "message": message}
    task |= {"task_status": "SUCCEEDED", "end_time": job.created_text, "orig_prompt": job.request["input"]["prompt"]}
    return task if state == "empty" else {**task, "video_url": call.url(job)}


def _problems(call: Call, body: dict[str, Any]) -> list[str]:
    """The checks that an adapter can fail."""
    kinds, lengths, further = _MODELS.get(str(body.get("model")), (set(), range(0), set()))
    told, given = body.get("input", {}), body.get("parameters", {})
    problems = [f"unknown parameter {name}" for name in sorted(given.keys() - _PARAMETERS - further)]
    problems += [f"unknown input {name}" for name in sorted(told.keys() - {"prompt", "negative_prompt", "media"})]
    if given.get("duration", 5) not in lengths or given.get("resolution", "1080P") not in ("480P", "720P", "1080P"):
        problems.append("model, duration or resolution is not supported")
    media = told.get("media") or [{}]
    url = str(media[0].get("url"))
    if len(media) != 1 or media[0].get("type") not in kinds:
        problems.append("the combination of media is not valid")
    elif media[0]["type"] == "first_clip":
        known = url.removeprefix("oss://") in call.engine.uploads
        if not known or call.request.headers.get("x-dashscope-ossresourceresolve") != "enable":
            problems.append("url error, please check url!")
    elif not url.startswith(("https://", "data:image/")):
        problems.append("url error, please check url!")
    return problems
