"""Runway: https://api.dev.runwayml.com, as the runwayml SDK 5.24 speaks to it."""

from __future__ import annotations

from typing import Any

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Reply

VERSION = "2024-11-06"
_DATA_URI_BYTES = 5 * 1024 * 1024
_RATIOS = ("1280:720", "720:1280", "1104:832", "832:1104", "960:960", "1584:672")
_GEN45 = {"promptImage": str, "promptText": str, "ratio": str, "duration": int}
_REQUIRED: dict[tuple[str, str], dict[str, type]] = {
    ("image_to_video", "gen4.5"): _GEN45,
    ("image_to_video", "gen4_turbo"): {"promptImage": str, "ratio": str},
    ("video_to_video", "aleph2"): {"videoUri": str},
    ("video_to_video", "gemini_omni_flash_1.1"): {"promptText": str, "videoUri": str},
    ("video_to_video", "seedance2_5"): {"promptVideo": str},
}
_CODES = {
    "moderated": "SAFETY.INPUT.IMAGE",
    "failed_transient": "INTERNAL.BAD_OUTPUT.CODE01",
    "failed": "ASSET.INVALID",
}
_CREDITS_PER_S = {"gen4.5": 12, "gen4_turbo": 5, "aleph2": 28}
_ERRORS = {
    401: "The API key you provided is invalid.", 404: "Not found", 429: "You have exceeded your daily task limit.",
    502: "Bad gateway", 503: "Service unavailable", 504: "Gateway timeout",
}  # fmt: skip


class Runway(Personality):
    """`echoes`: whether a video that was to be extended comes back in front of what is new."""

    name = "runway"
    key = "key_fake-runway"
    url_ttl_s = 24 * 3600.0

    def __init__(self, key: str | None = None, *, echoes: bool = True) -> None:
        super().__init__(key)
        self.echoes = echoes

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", r"/v1/(?P<kind>image_to_video|video_to_video|text_to_video)", self._create),
            Route("poll", "GET", r"/v1/tasks/(?P<id>[^/]+)", self._task),
            Route("cancel", "DELETE", r"/v1/tasks/(?P<id>[^/]+)", self._delete),
            Route("upload", "POST", r"/v1/uploads", self._start_upload),
            Route("files", "POST", r"/__upload/(?P<name>[^/]+)", self._take_upload, auth=False),
            Route("organization", "GET", r"/v1/organization", self._organization),
        )

    def error(self, status: int, message: str = "") -> Reply:
        return Reply(status, {"error": message or _ERRORS.get(status, "An error occurred.")})

    def _versioned(self, call: Call) -> None:
        if call.request.headers.get("x-runway-version") != VERSION:
            raise call.refuse(400, "A valid API version must be specified in the X-Runway-Version header.")

    def _create(self, call: Call) -> Reply:
        self._versioned(call)
        body, kind = call.body, call.match["kind"]
        _validate(kind, body)
        seconds = body.get("duration", 5)
        extends = kind == "video_to_video" and body.get("mode") == "extend"
        job = call.accept(
            body, seconds=5 if seconds == "auto" else seconds, echo_s=3 if extends and self.echoes else 0,
        )  # fmt: skip
        return Reply(200, {"id": job.id, "estimatedCost": {"credits": _credits(job)}})

    def _task(self, call: Call) -> Reply:
        self._versioned(call)
        job = call.job
        state = call.state(job)
        answer: dict[str, Any] = {"id": job.id, "createdAt": job.created_text}
        if state in ("pending", "unknown"):
            status = "BREWING" if state == "unknown" else job.pending(("PENDING", "THROTTLED", "RUNNING"))
            progress = {"progress": min(0.9, 0.3 * job.polls)} if status == "RUNNING" else {}
            return Reply(200, {**answer, "status": status, "estimatedCost": {"credits": _credits(job)}, **progress})
        return Reply(200, {**answer, **self._ended(call, job, state)})

    def _ended(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        if state in ("succeeded", "empty", "expired"):
            urls = [] if state == "empty" else [call.url(job)]
            return {"status": "SUCCEEDED", "cost": {"credits": _credits(job)}, "output": urls}
        if state == "cancelled":
            return {"status": "CANCELLED", "cost": {"credits": 0}}
        code = job.detail or _CODES[state]
        charged = _credits(job) if code.startswith("SAFETY.") else 0
        return {"status": "FAILED", "failure": _told(code), "failureCode": code, "cost": {"credits": charged}}

    def _delete(self, call: Call) -> Reply:
        self._versioned(call)
        if call.engine.done(call.job):
            call.job.deleted = True
        call.engine.end(call.job, "cancelled")
        return Reply(204)

    def _start_upload(self, call: Call) -> Reply:
        self._versioned(call)
        name = call.body.get("filename")
        if not isinstance(name, str) or call.body.get("type") != "ephemeral":
            raise call.refuse(400, "Validation of body failed")
        token = call.engine.new_uuid("upload")
        return Reply(
            200,
            {
                "uploadUrl": f"{call.storage_url}/__upload/{token}",
                "fields": {"key": token, "policy": "fake-policy", "x-amz-signature": "fake-signature"},
                "runwayUri": f"runway://{token}",
            },
        )

    def _take_upload(self, call: Call) -> Reply:
        form = call.request.form
        if "file" not in form or form["key"].text != call.match["name"]:
            return Reply(400, b"<Error><Code>MalformedPOSTRequest</Code></Error>", {"Content-Type": "application/xml"})
        call.engine.uploads[call.match["name"]] = form["file"].data
        return Reply(204)

    def _organization(self, call: Call) -> Reply:
        self._versioned(call)
        limits = {"maxConcurrentGenerations": 2, "maxDailyGenerations": 200}
        used = {"dailyGenerations": len(call.engine.jobs)}
        return Reply(
            200,
            {
                "creditBalance": 10_000,
                "tier": {"maxMonthlyCreditSpend": 100_000, "models": dict.fromkeys(_CREDITS_PER_S, limits)},
                "usage": {"models": dict.fromkeys(_CREDITS_PER_S, used)},
            },
        )


def _credits(job: FakeJob) -> int:
    seconds = job.request.get("duration", 5)
    return _CREDITS_PER_S.get(job.request["model"], 10) * (5 if seconds == "auto" else seconds)


def _told(code: str) -> str:
    return "Content moderation refused this." if code.startswith("SAFETY.") else "An unexpected error occurred."


def _validate(kind: str, body: dict[str, Any]) -> None:
    """The checks that an adapter can fail: required fields, types, ratio, duration, sizes of prompt and data URIs."""
    required = {"model": str, **_REQUIRED.get((kind, str(body.get("model"))), {})}
    issues = [_issue(name, "Required") for name in required if body.get(name) in (None, "")]
    image = body.get("promptImage", "")
    uris = [image] if isinstance(image, str) else [entry["uri"] for entry in image]
    uris += [str(body.get(name, "")) for name in ("videoUri", "promptVideo")]
    for uri in filter(None, uris):
        if not uri.startswith(("https://", "runway://", "data:")):
            issues.append(_issue("uri", "Invalid asset: not an HTTPS URL, Runway URI or data URI"))
        elif uri.startswith("data:") and len(uri) > _DATA_URI_BYTES:
            issues.append(_issue("uri", "Invalid asset: data URI too long"))
    if len(str(body.get("promptText", "")).encode("utf-16-le")) > 2 * (15_000 if kind == "video_to_video" else 1000):
        issues.append(_issue("promptText", "Too long"))
    if str(body.get("model", "")).startswith("gen4"):
        if body.get("ratio") not in (None, *_RATIOS):
            issues.append(_issue("ratio", "Invalid enum value"))
        seconds = body.get("duration", 5)
        if not isinstance(seconds, int) or not 2 <= seconds <= 10:
            issues.append(_issue("duration", "Expected an integer from 2 to 10"))
    if body.get("mode") == "extend" and body.get("model") == "seedance2_5":
        issues += [_issue("ratio", "May not be provided with mode extend")] if "ratio" in body else []
        issues += [] if body.get("promptText") else [_issue("promptText", "Required")]
    if issues:
        raise Answer(Reply(400, {"error": "Validation of body failed", "issues": issues}))


def _issue(path: str, message: str) -> dict[str, Any]:
    return {"code": "custom", "path": [path], "message": message}
