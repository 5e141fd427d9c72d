"""Where clips lie, as on a vendor's content network: signed URLs, ranges, and clips that a fault has spoilt."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.api.fakes import media
from tests.api.fakes.engine import FakeJob
from tests.api.fakes.faults import Fault
from tests.api.fakes.wire import Reply

if TYPE_CHECKING:
    from tests.api.fakes.personality import Call


def spoilt(job: FakeJob, fault: Fault | None) -> bytes:
    """The job's clip as the fault wants it."""
    kind, clip = fault.kind if fault else "", job.clip
    if kind == "zero_bytes":
        return b""
    if kind == "html":
        return b"<!DOCTYPE html><html><body><h1>Sign in to continue</h1></body></html>"
    if fault and kind == "wrong_container":
        return media.as_matroska(job.output) if fault.args.get("container") == "matroska" else media.as_png()
    if kind == "damaged":
        return media.damaged(job.output)
    if kind == "wrong_fps":
        clip = replace(clip, fps=clip.fps // 2)
    elif kind == "too_short":
        clip = replace(clip, frames=2 * clip.fps, echo=0)
    elif kind == "wrong_aspect":
        clip = replace(clip, width=clip.height)
    return media.make_clip(job.identity, clip)


def served(call: Call, data: bytes, content_type: str = "video/mp4") -> Reply:
    """A file with ETag and, where asked for, a range of it."""
    if call.fault and call.fault.kind == "html":
        content_type = "text/html"
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"Content-Type": content_type, "ETag": etag, "Accept-Ranges": "bytes"}
    asked = call.request.headers.get("range", "")
    if asked.startswith("bytes=") and call.request.headers.get("if-range", etag) == etag:
        start = int(asked.removeprefix("bytes=").partition("-")[0])
        if start >= len(data):
            return Reply(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return Reply(206, data[start:], headers)
    return Reply(200, data, headers)


def denied(status: int, message: str = "", code: str = "AccessDenied") -> Reply:
    """An error as object stores tell it, whatever the vendor's own look like."""
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Reply(status, xml.encode(), {"Content-Type": "application/xml"})


def stored(call: Call) -> Reply:
    """A job's clip, by its signed URL."""
    job, fault = call.found, call.fault
    if job is None:
        return denied(404, "The specified key does not exist.", "NoSuchKey")
    if "authorization" in call.request.headers:  # as object stores do: a signed URL and a header are two credentials
        return denied(400, "Only one auth mechanism allowed", "InvalidArgument")
    if fault and fault.kind.endswith("_until_repolled"):
        job.revoked = job.minted
        return denied(int(fault.kind[:3]), "Request has expired")
    if call.engine.expired(job, call.request.query):
        return denied(call.personality.gone_status, "Request has expired")
    return served(call, call.video(job))


def static(call: Call) -> Reply:
    """A file that a test or an upload put there."""
    data = call.engine.uploads.get(call.match["file"])
    return denied(404, "The specified key does not exist.", "NoSuchKey") if data is None else served(call, data)
