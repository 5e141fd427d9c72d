"""Seedance on BytePlus ModelArk: https://ark.ap-southeast.bytepluses.com/api/v3, as byteplus-python-sdk-v2 3.0."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Reply

_TASKS = "(?:/api/v3)?/contents/generations/tasks"
_SEED = {"seedance-1-0-pro-250528", "seedance-1-5-pro-251215"}
_NEWEST = "dreamina-seedance-2-5-260628"
_MODELS = {*_SEED, "dreamina-seedance-2-0-260128", "dreamina-seedance-2-0-fast-260128", _NEWEST}
_KNOWN = {
    "model", "content", "safety_identifier", "callback_url", "return_last_frame", "service_tier", "priority",
    "execution_expires_after", "generate_audio", "draft", "camera_fixed", "watermark", "seed", "resolution", "ratio",
    "duration", "frames", "output_format", "omni_reference_task_type",
}  # fmt: skip
_ERRORS = {
    401: ("Unauthorized", "AuthenticationError", "The API key in the request is missing or invalid."),
    402: ("Forbidden", "AccountOverdueError", "The request failed because your account has an overdue balance."),
    403: ("Forbidden", "AccountOverdueError", "The request failed because your account has an overdue balance."),
    404: ("NotFound", "ResourceNotFound", "The requested resource is not found."),
    429: ("TooManyRequests", "RateLimitExceeded.EndpointRPMExceeded", "The Requests Per Minute limit is exceeded."),
    500: ("InternalServerError", "InternalServiceError", "The service encountered an unexpected internal error."),
}
_FAILURES = {
    "moderated": ("OutputVideoSensitiveContentDetected", "The output video may contain sensitive information."),
    "failed_transient": ("InternalServiceError", "The service encountered an unexpected internal error."),
    "failed": ("InvalidParameter", "The image cannot be read."),
}


class Ark(Personality):
    """Answers with and without the `/api/v3` that the real address has."""

    name = "ark"
    key = "fake-ark-key"
    url_ttl_s = 24 * 3600.0
    not_identity = frozenset({"safety_identifier"})

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", _TASKS, self._create),
            Route("list", "GET", _TASKS, self._list),
            Route("poll", "GET", _TASKS + "/(?P<id>[^/]+)", self._get),
            Route("cancel", "DELETE", _TASKS + "/(?P<id>[^/]+)", self._delete),
        )

    def error(self, status: int, message: str = "") -> Reply:
        kind, code, told = _ERRORS.get(status, ("BadRequest", "InvalidParameter", "A parameter is not valid."))
        return _error(status, code, message or told, kind)

    def _create(self, call: Call) -> Reply:
        body = call.body
        _validate(body)
        name = call.engine.new_uuid("task")
        job_id = f"cgt-2026{int(name[:8], 16):010}-{name[-5:]}"
        job = call.accept(body, seconds=body.get("duration", 5), job_id=job_id)
        return Reply(200, {"id": job.id})

    def _get(self, call: Call) -> Reply:
        return Reply(200, self._task(call, call.job, call.state(call.job)))

    def _list(self, call: Call) -> Reply:
        """Newest first; filters may be given several times."""
        asked = parse_qs(urlsplit(call.request.target).query)
        jobs = [job for job in reversed(call.engine.jobs.values()) if _wanted(job, asked)]
        tasks = [self._task(call, job, job.outcome if call.engine.done(job) else "pending") for job in jobs]
        words = asked.get("filter.status")
        tasks = [task for task in tasks if not words or task["status"] in words]
        size, page = int(asked.get("page_size", ["10"])[0]), int(asked.get("page_num", ["1"])[0])
        return Reply(200, {"total": len(tasks), "items": tasks[size * (page - 1) : size * page]})

    def _delete(self, call: Call) -> Reply:
        call.engine.end(call.job, "cancelled")
        return Reply(200, {})

    def _task(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        asked = job.request
        task = {
            "id": job.id, "model": asked["model"], "created_at": int(job.created), "updated_at": int(job.created),
            "service_tier": "default", "execution_expires_after": 172800,
        }  # fmt: skip
        if "safety_identifier" in asked:
            task["safety_identifier"] = asked["safety_identifier"]
        task["seed"] = asked.get("seed", 10_000 + job.number)
        if state in ("pending", "unknown"):
            return {**task, "status": "brewing" if state == "unknown" else job.pending(("queued", "running"))}
        if state == "cancelled":
            return {**task, "status": job.detail or "cancelled"}
        if state in _FAILURES:
            code, told = _FAILURES[state]
            return {**task, "status": "failed", "error": {"code": job.detail or code, "message": told}}
        made = {
            "resolution": asked.get("resolution", "720p"),
            "ratio": asked.get("ratio", "16:9"),
            "framespersecond": 24,
        }
        content = {} if state == "empty" else {"video_url": call.url(job)}
        usage = {"completion_tokens": 108_900, "total_tokens": 108_900}
        return {
            **task,
            **made,
            "status": "succeeded",
            "duration": asked.get("duration", 5),
            "content": content,
            "usage": usage,
        }


def _wanted(job: FakeJob, asked: dict[str, list[str]]) -> bool:
    ids, model = asked.get("filter.task_ids"), asked.get("filter.model")
    return (not ids or job.id in ids) and (not model or job.request["model"] in model)


def _error(status: int, code: str, message: str, kind: str = "BadRequest") -> Reply:
    return Reply(status, {"error": {"code": code, "message": f"{message} Request id: 0217", "param": "", "type": kind}})


def _validate(body: dict[str, Any]) -> None:
    """The checks that an adapter can fail."""
    model = body.get("model")
    if model not in _MODELS:
        raise Answer(_error(404, "InvalidEndpointOrModel.NotFound", f"The model {model} does not exist.", "NotFound"))
    problems = [f"the parameter {name} is not valid" for name in sorted(body.keys() - _KNOWN)]
    pictures = [entry for entry in body.get("content") or [] if entry.get("type") == "image_url"]
    if len(pictures) != 1 or pictures[0].get("role") != "first_frame":
        problems.append("content needs one picture with the role first_frame")
    elif not str(pictures[0]["image_url"]["url"]).startswith(("https://", "data:image/")):
        problems.append("image_url.url is neither an address nor a data URI")
    if "seed" in body and model not in _SEED:
        problems.append(f"seed is not supported by {model}")
    if "generate_audio" in body and model == "seedance-1-0-pro-250528":
        problems.append(f"generate_audio is not supported by {model}")
    if not isinstance(body.get("duration", 5), int) or not 2 <= body.get("duration", 5) <= (
        30 if model == _NEWEST else 15
    ):
        problems.append("duration is out of range")
    if model == _NEWEST and body.get("ratio") != "adaptive":
        raise Answer(_error(400, "InvalidParameter.TaskTypeConstraint", "ratio must be adaptive for a first frame"))
    if problems:
        raise Answer(_error(400, "InvalidParameter", "; ".join(problems)))
