"""Scripted faults as plain data: what goes wrong, on which hits of which route.

Three sorts of kinds. INSTEAD: the answer is replaced and nothing is done, so nothing is billed. WITHIN: the
personality's own answer is wrong (its state, its clip). AFTERWARDS: all is done and billed, and the answer is lost or
damaged on its way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from email.utils import formatdate
from time import time
from typing import Any

from tests.api.fakes.wire import Reply

HTML = b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"

STATUSES: dict[str, tuple[int, dict[str, str]]] = {
    "401": (401, {}),
    "402": (402, {}),
    "403": (403, {}),
    "404": (404, {}),
    "409": (409, {}),
    "413": (413, {}),
    "422": (422, {}),
    "429": (429, {}),
    "429_seconds": (429, {"Retry-After": "1"}),
    "429_date": (429, {"Retry-After": "<date>"}),
    "429_absurd": (429, {"Retry-After": "86400"}),
    "429_negative": (429, {"Retry-After": "-5"}),
    "429_ms": (429, {"retry-after-ms": "250"}),
    "500": (500, {}),
    "502_html": (502, {"Content-Type": "text/html"}),
    "503": (503, {}),
    "503_seconds": (503, {"Retry-After": "1"}),
    "504": (504, {}),
}
"""Kinds that answer a status, with the vendor's own body for it and these headers."""

BROKEN = ("rst", "fin", "hang", "malformed_json", "empty_object")
INSTEAD = ("status", *STATUSES, *BROKEN)
CREATED = (
    "create_rst", "create_fin", "create_hang", "create_truncated_json", "create_cut", "create_no_id", "create_500",
)  # fmt: skip
STATES = ("unknown_status", "stuck", "regress")
CLIPS = ("zero_bytes", "html", "wrong_container", "damaged", "wrong_fps", "too_short", "wrong_aspect")
URLS = ("403_until_repolled", "410_until_repolled")
WITHIN = (*STATES, *CLIPS, *URLS)
TRANSFERS = ("cut", "cut_rst", "no_length", "chunked_cut", "drip", "redirect")
AFTERWARDS = (*CREATED, *TRANSFERS)

FAULTS_BY_ROUTE: dict[str, tuple[str, ...]] = {
    "submit": (*STATUSES, *BROKEN, *CREATED),
    "poll": (*STATUSES, *BROKEN, *STATES),
    "result": (*STATUSES, *BROKEN),
    "download": (*STATUSES, "rst", "fin", "hang", *CLIPS, *URLS, *TRANSFERS),
    "list": (*STATUSES, *BROKEN),
    "upload": (*STATUSES, *BROKEN),
    "files": (*STATUSES, *BROKEN),
}
"""What a random schedule may draw, by route. `CLIPS` are valid too where a vendor puts the clip in a poll or result."""


@dataclass(frozen=True)
class Fault:
    """From the `nth` hit of a route after it was scripted (1: the next), `times` times (None: for ever).

    `job`: only hits that concern the job of this number, and only those are counted. `args` by kind: `status`, `body`,
    `headers` (kind "status" and all statuses); `message` (statuses); `location` (redirect); `container` "png" or
    "matroska" (wrong_container); `pieces`, `gap_s` (drip).
    """

    route: str
    kind: str
    nth: int = 1
    times: int | None = 1
    job: int | None = None
    args: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in (*INSTEAD, *WITHIN, *AFTERWARDS):
            raise ValueError(f"no such fault: {self.kind}")

    def to_json(self) -> str:
        """All of it, for the control interface."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str | bytes) -> Fault:
        """The reverse."""
        return Fault(**json.loads(text))


@dataclass
class Scripted:
    """A fault and the hits that it has counted."""

    fault: Fault
    seen: int = 0

    def due(self, route: str, job: int | None) -> bool:
        """Count a hit, and say whether it is one to spoil."""
        if self.fault.route != route or self.fault.job not in (None, job):
            return False
        self.seen += 1
        last = None if self.fault.times is None else self.fault.nth + self.fault.times
        return self.seen >= self.fault.nth and (last is None or self.seen < last)


def instead(fault: Fault, vendor: Reply) -> Reply:
    """The answer that replaces the right one; `vendor` is the vendor's own for that status."""
    if fault.kind in ("rst", "fin", "hang"):
        return Reply(delivery=fault.kind)
    if fault.kind == "malformed_json":
        return Reply(200, b'{"id": "abc", "sta', {"Content-Type": "application/json"})
    if fault.kind == "empty_object":
        return Reply(200, {})
    headers = {**vendor.headers, **STATUSES.get(fault.kind, (0, {}))[1], **fault.args.get("headers", {})}
    if headers.get("Retry-After") == "<date>":
        headers["Retry-After"] = formatdate(time() + 2, usegmt=True)
    body = HTML if fault.kind == "502_html" else vendor.body
    return Reply(vendor.status, as_body(fault.args.get("body", body)), headers)


def as_body(body: Any) -> Any:
    """A text is sent as it is: scripts are JSON, which knows no bytes."""
    return body.encode() if isinstance(body, str) else body


def status_of(fault: Fault) -> int:
    """The status that a fault answers, 200 where its kind is about something else."""
    return int(fault.args.get("status") or STATUSES.get(fault.kind, (200, {}))[0])


def afterwards(fault: Fault, reply: Reply, elsewhere: str) -> Reply:
    """What becomes of the right answer on its way; answers that are errors already arrive as they are."""
    if reply.status >= 400:
        return reply
    kind = fault.kind.removeprefix("create_")
    if kind in ("rst", "fin", "hang", "cut", "cut_rst", "no_length", "chunked_cut"):
        return replace(reply, delivery=kind)
    if kind == "drip":
        return replace(reply, delivery=kind, **fault.args)
    if kind == "truncated_json":
        return replace(
            reply, body=reply.content[: len(reply.content) // 2], headers={"Content-Type": "application/json"}
        )
    if kind == "no_id":
        return replace(reply, body={})
    if kind == "500":
        return Reply(500, as_body(fault.args.get("body", b"Internal Server Error")), {"Content-Type": "text/plain"})
    return Reply(302, b"", {"Location": fault.args.get("location", elsewhere)})
