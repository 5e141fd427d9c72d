"""MiniMax's Hailuo: https://api.minimax.io. No SDK speaks to it; as platform.minimax.io and others tell it."""

from __future__ import annotations

import re
from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Incoming, Reply

_CODES = {400: 2013, 401: 2049, 402: 1008, 403: 1004, 413: 2013, 422: 2013, 429: 1002}
"""These never show as HTTP statuses: they come as codes in a 200. All others are the gateway's own."""
_WORDS = {
    0: "success", 1000: "unknown error", 1002: "rate limit", 1004: "not authorized", 1008: "insufficient balance",
    1024: "internal error", 1026: "input new_sensitive", 1027: "output new_sensitive", 2013: "invalid params",
    2049: "invalid api key", 2056: "usage limit exceeded",
}  # fmt: skip
_FAILURES = {"moderated": 1027, "failed_transient": 1024, "failed": 2013}
_KNOWN = {
    "model", "prompt", "first_frame_image", "last_frame_image", "duration", "resolution", "prompt_optimizer",
    "fast_pretreatment", "aigc_watermark", "callback_url",
}  # fmt: skip


class MiniMax(Personality):
    """Task ids are numbers; a file is its task's with a 9 before it."""

    name = "minimax"
    key = "fake-minimax-key"
    url_ttl_s = 3600.0

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", "/v1/video_generation", self._create),
            Route("poll", "GET", "/v1/query/video_generation", self._query),
            Route("result", "GET", "/v1/files/retrieve", self._retrieve),
        )

    def error(self, status: int, message: str = "") -> Reply:
        if status in _CODES:
            return _envelope(_CODES[status], message)
        return Reply(status, (message or "error").encode(), {"Content-Type": "text/plain"})

    def job_id(self, request: Incoming, match: re.Match[str]) -> str:
        return (
            request.query.get("task_id")
            or request.query.get("file_id", "").removeprefix("9")
            or super().job_id(request, match)
        )

    def _create(self, call: Call) -> Reply:
        body = call.body
        _validate(body)
        number = str(int(call.engine.new_uuid("task")[:8], 16) + 10**11)
        job = call.accept(body, seconds=body.get("duration", 6), job_id=number)
        return _envelope(0, task_id=job.id)

    def _query(self, call: Call) -> Reply:
        job = call.job
        state = call.state(job)
        if state in ("pending", "unknown"):
            word = "Brewing" if state == "unknown" else job.pending(("Preparing", "Queueing", "Processing"))
            return _envelope(0, task_id=job.id, status=word, file_id="")
        if state in ("succeeded", "empty", "expired"):
            file = "" if state == "empty" else f"9{job.id}"
            size: dict[str, Any] = {"video_width": 1366, "video_height": 768}
            return _envelope(0, task_id=job.id, status="Success", file_id=file, **size)
        code = int(job.detail or _FAILURES.get(state, 1000))
        return _envelope(code, task_id=job.id, status="Fail", file_id="")

    def _retrieve(self, call: Call) -> Reply:
        job: FakeJob = call.job
        file = {"file_id": int(f"9{job.id}"), "bytes": 0, "filename": "output_aigc.mp4", "purpose": "video_generation"}
        return _envelope(0, file={**file, "created_at": int(job.created), "download_url": call.url(job)})


def _envelope(code: int, message: str = "", **fields: Any) -> Reply:
    return Reply(
        200, {**fields, "base_resp": {"status_code": code, "status_msg": message or _WORDS.get(code, "error")}}
    )


def _validate(body: dict[str, Any]) -> None:
    """The checks that an adapter can fail."""
    problems = [f"unknown parameter {name}" for name in sorted(body.keys() - _KNOWN)]
    if body.get("model") != "MiniMax-Hailuo-2.3":
        problems.append(f"model {body.get('model')} not supported")
    if not str(body.get("first_frame_image", "")).startswith(("https://", "data:image/")):
        problems.append("first_frame_image is neither an address nor a data URI")
    if body.get("duration", 6) not in (6, 10) or body.get("resolution", "768P") not in ("768P", "1080P"):
        problems.append("duration or resolution not supported")
    if len(body.get("prompt", "")) > 2000:
        problems.append("prompt is longer than 2000")
    if problems:
        raise Answer(_envelope(2013, f"invalid params, {'; '.join(problems)}"))
