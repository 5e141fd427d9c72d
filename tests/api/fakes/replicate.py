"""Replicate: https://api.replicate.com/v1, as the replicate SDK 1.0.7 speaks to it."""

from __future__ import annotations

import hashlib
import re
from typing import Any, ClassVar

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Reply

_PAGE = 100
_TITLES = {
    401: ("Unauthenticated", "You did not pass a valid authentication token"),
    402: ("Insufficient credit", "You have insufficient credit to run this model."),
    404: ("Not found", "The requested resource could not be found."),
    422: ("Input validation failed", "- input: prompt is required\n"),
    429: ("Too many requests", "Request was throttled. Your rate limit resets in ~30s."),
}
_FAILURES = {
    "moderated": "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
    "failed_transient": "Prediction interrupted; please retry (code: PA)",
    "failed": "ValueError: cannot read the image",
}
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Replicate(Personality):
    """`listed`: whether the output is a list of URLs, as some models have it, or one URL."""

    name = "replicate"
    key = "r8_fake"
    url_fixed: ClassVar[bool] = True
    gone_status: ClassVar[int] = 404

    def __init__(self, key: str | None = None, *, listed: bool = False) -> None:
        super().__init__(key)
        self.listed = listed

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", r"/v1/models/(?P<model>[^/]+/[^/]+)/predictions", self._create),
            Route("submit", "POST", r"/v1/predictions", self._create),
            Route("list", "GET", r"/v1/predictions", self._list),
            Route("cancel", "POST", r"/v1/predictions/(?P<id>[^/]+)/cancel", self._cancel),
            Route("poll", "GET", r"/v1/predictions/(?P<id>[^/]+)", self._get),
            Route("upload", "POST", r"/v1/files", self._upload),
        )

    def error(self, status: int, message: str = "") -> Reply:
        title, detail = _TITLES.get(status, ("Error", "An error occurred."))
        headers = {"ratelimit-remaining": "0", "ratelimit-reset": "30"} if status == 429 else {}
        body: dict[str, Any] = {"title": title, "detail": message or detail, "status": status}
        if status == 422:
            body["invalid_fields"] = [{"type": "required", "field": "input", "description": body["detail"]}]
        return Reply(status, body, {"Content-Type": "application/problem+json", **headers})

    def _create(self, call: Call) -> Reply:
        given = call.body.get("input")
        if not isinstance(given, dict) or not given.get("prompt"):
            raise call.refuse(422, "- input: prompt is required\n")
        if "model" not in call.match and not call.body.get("version"):
            raise call.refuse(422, "- version is required\n")
        seconds = given.get("duration", 5)
        job = call.accept(call.body, seconds=seconds if isinstance(seconds, int) else 5, job_id=_short_id(call))
        return Reply(201, self._prediction(call, job, "starting"))

    def _get(self, call: Call) -> Reply:
        job = call.job
        self._cancel_late(call, job)
        return Reply(200, self._prediction(call, job, call.state(job)))

    def _cancel_late(self, call: Call, job: FakeJob) -> None:
        """Keep the promise of the header Cancel-After."""
        limit = re.fullmatch(r"(\d+)([smh])", job.headers.get("cancel-after", ""))
        if limit and call.engine.now() - job.created_at > int(limit[1]) * _UNITS[limit[2]]:
            call.engine.end(job, "cancelled")

    def _cancel(self, call: Call) -> Reply:
        call.engine.end(call.job, "cancelled")
        return Reply(200, self._prediction(call, call.job, call.job.outcome))

    def _list(self, call: Call) -> Reply:
        """A page of what there is, newest first, without counting it as polls."""
        start = int(call.request.query.get("cursor", 0))
        newest = list(reversed(call.engine.jobs.values()))
        page = [self._prediction(call, job, self._listed_state(call, job)) for job in newest[start : start + _PAGE]]
        more = f"{call.request.host}/v1/predictions?cursor={start + _PAGE}" if len(newest) > start + _PAGE else None
        return Reply(200, {"previous": None, "next": more, "results": page})

    def _listed_state(self, call: Call, job: FakeJob) -> str:
        return job.outcome if call.engine.done(job) else "pending"

    def _prediction(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        ended = state not in ("starting", "pending", "unknown")
        removed = state == "expired" or (job.finished_at is not None and call.engine.now() - job.finished_at > 3600)
        words = {"starting": "starting", "unknown": "brewing", "cancelled": "canceled", "expired": "succeeded"}
        status = words.get(state) or ("succeeded" if state == "empty" else state)
        if state == "pending":
            status = job.pending(("starting", "processing"))
        elif state in _FAILURES:
            status = "failed"
        url = call.url(job) if state == "succeeded" and not removed else None
        base = f"{call.request.host}/v1/predictions/{job.id}"
        return {
            "id": job.id,
            "model": call.match.get("model") or _model(job),
            "version": job.request.get("version", "hidden"),
            "status": status,
            "input": {} if removed else job.request["input"],
            "output": [url] if url and self.listed else url,
            "logs": None if removed else "",
            "error": (job.detail or _FAILURES[state]) if state in _FAILURES else None,
            "metrics": {"predict_time": 1.0} if ended else {},
            "data_removed": removed,
            "created_at": job.created_text,
            "started_at": None if status == "starting" else job.created_text,
            "completed_at": job.created_text if ended else None,
            "source": "api",
            "urls": {"get": base, "cancel": f"{base}/cancel", "web": f"https://replicate.com/p/{job.id}"},
        }

    def _upload(self, call: Call) -> Reply:
        part = call.request.form.get("content")
        if part is None:
            raise call.refuse(422, "- content is required\n")
        token = call.engine.new_uuid("file")
        call.engine.uploads[token] = part.data
        digest = hashlib.sha256(part.data).hexdigest()
        return Reply(
            201,
            {
                "id": token, "name": part.filename, "content_type": part.content_type, "size": len(part.data),
                "etag": digest[:32], "checksums": {"sha256": digest}, "metadata": {},
                "created_at": "2026-11-25T00:00:00Z", "expires_at": "2026-11-26T00:00:00Z",
                "urls": {"get": f"{call.storage_url}/__static/{token}"},
            },
        )  # fmt: skip


def _short_id(call: Call) -> str:
    """Replicate's ids are 26 letters and digits, not UUIDs."""
    return call.engine.new_uuid("prediction").replace("-", "")[:26]


def _model(job: FakeJob) -> str:
    found = re.match(r"/v1/models/([^/]+/[^/]+)/", job.path)
    return found[1] if found else str(job.request.get("version", "")).partition(":")[0] or "owner/name"
