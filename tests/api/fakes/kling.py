"""Kling: https://api-singapore.klingai.com. No SDK speaks to it; as its documentation, kept by others, tells it."""

from __future__ import annotations

from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Reply

_TASKS = "/v1/videos/image2video"
_CODES = {400: 1201, 401: 1002, 402: 1102, 403: 1103, 404: 1203, 429: 1303, 503: 5001, 504: 5002}
_WORDS = {
    0: "SUCCEED", 1002: "Authorization is invalid", 1102: "Account balance not enough", 1103: "Access denied",
    1201: "Illegal request parameters", 1203: "The requested resource does not exist",
    1303: "parallel task over resource pack limit", 5000: "Internal server error", 5001: "Server is unavailable",
    5002: "Server timed out",
}  # fmt: skip
_KNOWN = {
    "model_name", "image", "image_tail", "prompt", "negative_prompt", "voice_list", "sound", "cfg_scale", "mode",
    "static_mask", "dynamic_masks", "camera_control", "duration", "callback_url", "external_task_id",
}  # fmt: skip
_FAILURES = {
    "moderated": "Failure to pass the risk control system",
    "failed_transient": "Server is busy, please try again later",
    "failed": "Image pixel is invalid",
    "cancelled": "Task was stopped",
}


class Kling(Personality):
    """Task ids are numbers. A task can be asked about by the name that its maker gave it as well: the route "list"."""

    name = "kling"
    key = "fake-kling-key"
    url_ttl_s = 30 * 24 * 3600.0
    not_identity = frozenset({"external_task_id"})

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", _TASKS, self._create),
            Route("list", "GET", _TASKS, self._list),
            Route("list", "GET", _TASKS + r"/(?P<name>[0-9a-f]+(?:-[0-9a-f]+)+)", self._by_name),
            Route("poll", "GET", _TASKS + r"/(?P<id>[^/]+)", self._get),
        )

    def error(self, status: int, message: str = "") -> Reply:
        """An account without units is a 429 here, told from a rate limit by the code alone."""
        code = _CODES.get(status, 1201 if status < 500 else 5000)
        return _envelope(429 if status == 402 else status, code, message)

    def _create(self, call: Call) -> Reply:
        body = call.body
        problems = _problems(body)
        name = body.get("external_task_id")
        if name and any(job.request.get("external_task_id") == name for job in call.engine.jobs.values()):
            problems.append("external_task_id is not unique")
        if problems:
            raise Answer(self.error(400, "; ".join(problems)))
        number = str(866_168_216_000_000_000 + int(call.engine.new_uuid("task")[:8], 16))
        job = call.accept(body, seconds=int(body.get("duration", "5")), job_id=number)
        return _envelope(200, 0, data=self._task(call, job, "submitted"))

    def _get(self, call: Call) -> Reply:
        return _envelope(200, 0, data=self._task(call, call.job, call.state(call.job)))

    def _by_name(self, call: Call) -> Reply:
        for job in call.engine.jobs.values():
            if job.request.get("external_task_id") == call.match["name"]:
                return _envelope(200, 0, data=self._task(call, job, self._seen(call, job)))
        return self.error(404)

    def _list(self, call: Call) -> Reply:
        """A page of what there is, newest first, without counting it as polls."""
        size = int(call.request.query.get("pageSize", 30))
        start = (int(call.request.query.get("pageNum", 1)) - 1) * size
        newest = list(reversed(call.engine.jobs.values()))[start : start + size]
        return _envelope(200, 0, data=[self._task(call, job, self._seen(call, job)) for job in newest])

    def _seen(self, call: Call, job: FakeJob) -> str:
        return job.outcome if call.engine.done(job) else "pending"

    def _task(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        created = int(job.created * 1000)
        task: dict[str, Any] = {
            "task_id": job.id,
            "task_status": "succeed" if state in ("succeeded", "empty", "expired") else "failed",
            "task_info": {"external_task_id": job.request.get("external_task_id")},
            "created_at": created,
            "updated_at": created,
        }
        if state in ("submitted", "pending", "unknown"):
            words = {"submitted": "submitted", "unknown": "brewing"}
            return {**task, "task_status": words.get(state) or job.pending(("submitted", "processing"))}
        if state in _FAILURES:
            return {**task, "task_status_msg": job.detail or _FAILURES[state], "final_unit_deduction": "0"}
        seconds = job.request.get("duration", "5")
        videos = [] if state == "empty" else [{"id": f"v{job.id}", "url": call.url(job), "duration": f"{seconds}.041"}]
        return {**task, "task_result": {"videos": videos}, "final_unit_deduction": seconds}


def _envelope(status: int, code: int, message: str = "", **fields: Any) -> Reply:
    told = message or _WORDS.get(code, "error")
    return Reply(status, {"code": code, "message": told, "request_id": "fake", **fields})


def _problems(body: dict[str, Any]) -> list[str]:
    """The checks that an adapter can fail."""
    problems = [f"unknown field {name}" for name in sorted(body.keys() - _KNOWN)]
    if body.get("model_name") != "kling-v3":
        problems.append("model_name is not supported")
    if not body.get("image") or body["image"].startswith("data:"):
        problems.append("image is neither an address nor bare base64")
    if body.get("duration", "5") not in map(str, range(3, 16)):
        problems.append("duration is no text from 3 to 15")
    if body.get("mode", "std") not in ("std", "pro") or body.get("sound", "off") not in ("on", "off"):
        problems.append("mode or sound is not supported")
    if max(len(body.get(name, "")) for name in ("prompt", "negative_prompt")) > 2500:
        problems.append("a prompt is longer than 2500")
    return problems
