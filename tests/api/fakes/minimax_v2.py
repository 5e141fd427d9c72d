"""MiniMax's second API, of H3: https://api.minimax.io/v2, as its OpenAPI of 2026-08 states it. No Python SDK has it."""

from __future__ import annotations

from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Reply

_TASKS = "/v2/query/video_generation"
_ERRORS = {
    400: ("bad_request_error", "invalid params (2013)"),
    401: ("authorized_error", "login fail: Please carry the API secret key in the 'Authorization' field (1004)"),
    402: ("insufficient_balance_error", "insufficient balance (1008)"),
    422: ("unprocessable_entity_error", "unprocessable entity (2013)"),
    429: ("rate_limit_error", "rate limit, please retry later (1002)"),
}
_FAILURES = {
    "moderated": ("1027", "output video contains sensitive content"),
    "failed_transient": ("1024", "internal error"),
    "failed": ("2013", "invalid params"),
}
_KNOWN = {"model", "content", "resolution", "duration", "ratio", "extra", "callback_url"}
_MODELS = {
    "MiniMax-H3": (("768P", "2K"), range(4, 16)),
    "MiniMax-H3-Max": (("480P", "768P"), range(5, 16)),
}


class MiniMaxV2(Personality):
    """Task ids are numbers. The list keeps seven days, and tells nothing that the maker of a task named."""

    name = "minimax_v2"
    key = "fake-minimax-v2-key"
    url_ttl_s = 3600.0

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", "/v2/video_generation", self._create),
            Route("list", "GET", _TASKS, self._list),
            Route("poll", "GET", _TASKS + "/(?P<id>[^/]+)", self._query),
        )

    def error(self, status: int, message: str = "") -> Reply:
        kind, told = _ERRORS.get(status, ("server_error" if status >= 500 else "bad_request_error", "error (1000)"))
        error = {"type": kind, "message": message or told, "http_code": str(status)}
        return Reply(status, {"type": "error", "error": error, "request_id": "0217-fake"})

    def _create(self, call: Call) -> Reply:
        body = call.body
        if problems := _problems(body):
            raise Answer(self.error(400, f"invalid params, {'; '.join(problems)} (2013)"))
        number = str(424_000_000_000_000 + int(call.engine.new_uuid("task")[:8], 16))
        job = call.accept(body, seconds=body["duration"], job_id=number)
        return Reply(200, {"task_id": job.id})

    def _query(self, call: Call) -> Reply:
        return Reply(200, {"task": _task(call, call.job, call.state(call.job))})

    def _list(self, call: Call) -> Reply:
        """A page of what there is, newest first, without counting it as polls."""
        size, page = (int(call.request.query.get(name, most)) for name, most in (("page_size", 20), ("page_num", 1)))
        jobs = list(reversed(call.engine.jobs.values()))
        shown = [_task(call, job, job.outcome if call.engine.done(job) else "pending") for job in jobs]
        return Reply(200, {"items": shown[(page - 1) * size : page * size], "total": len(jobs)})


def _task(call: Call, job: FakeJob, state: str) -> dict[str, Any]:
    task: dict[str, Any] = {
        "id": job.id, "model": job.request["model"], "status": "succeeded", "created_at": int(job.created),
        "updated_at": int(job.created) + 1, "resolution": job.request["resolution"],
        "duration": job.request["duration"], "ratio": "16:9", "usage": {}, "task_type": "generation",
        "modality": "video",
    }  # fmt: skip
    if state in ("pending", "unknown"):
        return {**task, "status": "brewing" if state == "unknown" else job.pending(("queued", "running"))}
    if state == "cancelled":
        return {**task, "status": "cancelled"}
    if state in _FAILURES:
        code, message = _FAILURES[state]
        return {**task, "status": "failed", "error": {"code": job.detail or code, "message": message}}
    seconds = job.request["duration"]
    task["usage"] = {"total_seconds": seconds, "input_seconds": 0, "output_seconds": seconds, "input_image_count": 1}
    return task if state == "empty" else {**task, "content": {"url": call.url(job)}}


def _problems(body: dict[str, Any]) -> list[str]:
    """The checks that an adapter can fail."""
    problems = [f"unknown parameter {name}" for name in sorted(body.keys() - _KNOWN)]
    sizes, lengths = _MODELS.get(str(body.get("model")), ((), range(0)))
    if body.get("resolution") not in sizes or body.get("duration") not in lengths:
        problems.append("model, resolution or duration not supported")
    if "extra" in body and (body["model"] != "MiniMax-H3-Max" or body["extra"].keys() != {"prompt_expansion_mode"}):
        problems.append("extra not supported")
    texts = [one.get("text") for one in body.get("content", ()) if one.get("type") == "text"]
    frames = [one for one in body.get("content", ()) if one.get("role") == "first_frame"]
    if len(texts) != 1 or not texts[0] or len(texts[0]) > 7000:
        problems.append("content must include a non-empty text item (prompt is required)")
    if len(frames) != 1 or not frames[0]["image_url"]["url"].startswith(("https://", "data:image/", "mm_file://")):
        problems.append("the first frame is neither an address nor a data URI")
    return problems
