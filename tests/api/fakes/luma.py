"""Luma Agents: https://agents.lumalabs.ai/v1, as the luma-agents SDK 0.5 speaks to it."""

from __future__ import annotations

from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Reply

_RATIOS = ("9:16", "3:4", "1:1", "4:3", "16:9", "21:9")
_REFERENCES = ("url", "data", "generation_id", "file_id")
_ERRORS = {
    401: "Invalid API key", 402: "Insufficient credits", 404: "Not found", 429: "Rate limit exceeded",
    503: "Service unavailable",
}  # fmt: skip
_CODES = {
    "moderated": "content_moderated", "failed_transient": "generation_failed", "failed": "invalid_request",
    "cancelled": "budget_exhausted",
}  # fmt: skip


class Luma(Personality):
    """No cancelling, no list: what was accepted can only be asked for by its id."""

    name = "luma"
    key = "luma-api-fake"

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", r"/v1/generations", self._create),
            Route("poll", "GET", r"/v1/generations/(?P<id>[^/]+)", self._get),
            Route("upload", "POST", r"/v1/files", self._create_file),
            Route("upload", "POST", r"/v1/files/(?P<file>[^/]+)/complete", self._file),
            Route("upload", "GET", r"/v1/files/(?P<file>[^/]+)", self._file),
            Route("files", "PUT", r"/__upload/(?P<file>[^/]+)", self._take_file, auth=False),
        )

    def error(self, status: int, message: str = "") -> Reply:
        headers = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0"} if status == 429 else {}
        return Reply(status, {"detail": message or _ERRORS.get(status, "Internal server error")}, headers)

    def _create(self, call: Call) -> Reply:
        self._validate(call)
        seconds = int(call.body.get("video", {}).get("duration", "5s").removesuffix("s"))
        job = call.accept(call.body, seconds=seconds)
        return Reply(201, _generation(job, "queued"))

    def _get(self, call: Call) -> Reply:
        job = call.job
        state = call.state(job)
        if state in ("pending", "unknown"):
            return Reply(
                200, _generation(job, "brewing" if state == "unknown" else job.pending(("queued", "processing")))
            )
        if state in ("succeeded", "expired"):
            return Reply(200, {**_generation(job, "completed"), "output": [{"type": "video", "url": call.url(job)}]})
        if state == "empty":
            return Reply(200, {**_generation(job, "completed"), "output": []})
        code = job.detail or _CODES[state]
        return Reply(200, {**_generation(job, "failed"), "failure_code": code, "failure_reason": f"It failed: {code}."})

    def _validate(self, call: Call) -> None:
        body, video = call.body, call.body.get("video") or {}
        if not 1 <= len(body.get("prompt") or "") <= 6000:
            raise call.refuse(422, "prompt: a string of 1 to 6000 characters is required")
        if body.get("model") != "ray-3.2" or body.get("type") not in ("video", "video_edit"):
            raise call.refuse(422, "model, type: not a known pair")
        if {"seed", "negative_prompt"} & (body.keys() | video.keys()):
            raise call.refuse(422, "seed, negative_prompt: extra inputs are not permitted")
        if body.get("aspect_ratio") not in (None, *_RATIOS):
            raise call.refuse(422, f"aspect_ratio: must be one of {', '.join(_RATIOS)}")
        if video.get("duration") not in (None, "5s", "10s"):
            raise call.refuse(422, "video.duration: must be 5s or 10s")
        if len(video.get("keyframes") or ()) != len(video.get("keyframe_indexes") or ()):
            raise call.refuse(422, "video.keyframe_indexes: must match keyframes in length")
        for place in (
            video.get("start_frame"),
            video.get("end_frame"),
            body.get("source"),
            *video.get("keyframes", ()),
        ):
            if place is not None:
                self._reference(call, place)

    def _reference(self, call: Call, place: dict[str, Any]) -> None:
        given = [name for name in _REFERENCES if place.get(name)]
        if len(given) != 1 or (given == ["data"] and not place.get("media_type")):
            raise call.refuse(422, "exactly one of url, data with media_type, generation_id, file_id is required")
        known = {"generation_id": set(call.engine.jobs), "file_id": set(call.engine.uploads)}
        if given[0] in known and place[given[0]] not in known[given[0]]:
            raise call.refuse(404, f"{given[0]}: not found")

    def _create_file(self, call: Call) -> Reply:
        if not {"mime_type", "size_bytes"} <= call.body.keys():
            raise call.refuse(422, "mime_type, size_bytes: field required")
        token = call.engine.new_uuid("file")
        call.engine.notes[token] = call.body
        upload = {
            "method": "PUT", "url": f"{call.storage_url}/__upload/{token}", "expires_at": "2100-01-01T00:00:00Z",
            "headers": {"Content-Type": call.body["mime_type"]},
        }  # fmt: skip
        return Reply(201, {"id": token, "state": "pending", "file": _file(call, token), "upload": upload})

    def _take_file(self, call: Call) -> Reply:
        call.engine.uploads[call.match["file"]] = call.request.body
        return Reply(200, b"")

    def _file(self, call: Call) -> Reply:
        if call.match["file"] not in call.engine.notes:
            raise call.refuse(404, "File not found")
        return Reply(200, _file(call, call.match["file"]))


def _generation(job: FakeJob, state: str) -> dict[str, Any]:
    return {
        "id": job.id, "created_at": job.created_text, "model": job.request["model"], "state": state,
        "type": job.request["type"], "failure_code": None, "failure_reason": None, "output": None,
    }  # fmt: skip


def _file(call: Call, token: str) -> dict[str, Any]:
    told = call.engine.notes[token]
    return {
        "id": token, "created_at": "2026-11-25T00:00:00Z", "mime_type": told["mime_type"],
        "purpose": told.get("purpose", "input"), "size_bytes": told["size_bytes"],
        "state": "ready" if token in call.engine.uploads else "pending", "filename": told.get("filename"),
    }  # fmt: skip
