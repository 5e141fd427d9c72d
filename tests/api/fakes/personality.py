"""The base of every fake vendor: its routes, its check of the key, its words. All else is the engine's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from tests.api.fakes import media
from tests.api.fakes.engine import Engine, FakeJob
from tests.api.fakes.faults import Fault
from tests.api.fakes.storage import served, spoilt, static, stored
from tests.api.fakes.wire import Answer, Incoming, Part, Reply

__all__ = ["Call", "Personality", "Route", "served"]


@dataclass(frozen=True)
class Route:
    """A method and a pattern of the whole path. `name` is what faults and counters call it; `id` in it is a job's."""

    name: str
    method: str
    pattern: str
    handler: Callable[[Call], Reply]
    auth: bool = True

    def match(self, request: Incoming) -> re.Match[str] | None:
        """The match, if the request is this route's."""
        return re.fullmatch(self.pattern, request.path) if request.method in self.method.split("|") else None


class Personality:
    """Translates between one vendor's wire and the engine. Subclasses set the class attributes and give routes."""

    name: ClassVar[str]
    key: str = "fake-key"
    auth_header: ClassVar[str] = "authorization"
    auth_prefix: ClassVar[str] = "Bearer "
    url_ttl_s: ClassVar[float | None] = 3600.0
    """For how long a signed URL of a clip is good; None: for ever."""
    url_fixed: ClassVar[bool] = False
    """Whether a job has one URL for good, which asking again does not renew."""
    gone_status: ClassVar[int] = 403
    """What the storage answers to a URL that has expired."""
    not_identity: ClassVar[frozenset[str]] = frozenset()
    """Top-level fields of a request that its clip does not depend on, such as a client's own identifier."""

    def __init__(self, key: str | None = None) -> None:
        self.key = key or self.key

    def routes(self) -> tuple[Route, ...]:
        """All that the vendor answers; the first that matches counts."""
        raise NotImplementedError

    def error(self, status: int, message: str = "") -> Reply:
        """The vendor's own answer for an error of this sort; its HTTP status may be another (200 with a code)."""
        raise NotImplementedError

    def authorised(self, request: Incoming) -> bool:
        """Whether the request carries the key."""
        return request.headers.get(self.auth_header) == self.auth_prefix + self.key

    def unauthorised(self, request: Incoming) -> Reply:
        """The answer to a missing or wrong key."""
        return self.error(401)

    def job_id(self, request: Incoming, match: re.Match[str]) -> str:
        """Which job a request is about; "" if about none."""
        return match.groupdict().get("id") or request.query.get("task_id") or ""

    def storage(self) -> tuple[Route, ...]:
        """Where clips lie, as on a vendor's content network: signed URLs, no key, another host name."""
        return (
            Route("download", "GET|HEAD", r"/__storage/(?P<id>[^/]+)/(?P<file>[^/]+)", stored, auth=False),
            Route("static", "GET|HEAD", r"/__static/(?P<file>[^/]+)", static, auth=False),
        )


@dataclass
class Call:
    """One request on its way through a personality, with all that a handler may ask for."""

    engine: Engine
    personality: Personality
    request: Incoming
    storage_url: str
    match: Mapping[str, str] = field(default_factory=dict)
    found: FakeJob | None = None
    fault: Fault | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent; anything else is answered 400."""
        if not isinstance(self.request.json, dict):
            raise Answer(self.personality.error(400, "the body is no JSON object"))
        return self.request.json

    @property
    def job(self) -> FakeJob:
        """The job that the request is about; an unknown one is answered 404."""
        if self.found is None:
            raise Answer(self.personality.error(404))
        return self.found

    def refuse(self, status: int, message: str) -> Answer:
        """To be raised: the vendor's answer for a request that it does not take."""
        return Answer(self.personality.error(status, message))

    def accept(
        self,
        request: Any,
        *,
        seconds: float | None = None,
        echo_s: float = 0,
        files: Mapping[str, Part] | None = None,
        job_id: str = "",
    ) -> FakeJob:
        """Create a job: from now on it is billed. `seconds` (as asked for; frame 0 is extra) sets the clip's length
        where the server was told none; `echo_s` is how much of the input video comes back before what is new.
        """
        engine, files = self.engine, files or {}
        clip = replace(engine.clip, echo=round(echo_s * engine.clip.fps))
        if seconds is not None and engine.clip == media.ClipSpec():
            clip = replace(clip, frames=round(seconds * clip.fps) + 1)
        kept = request
        if isinstance(request, dict):
            kept = {name: value for name, value in request.items() if name not in self.personality.not_identity}
        return engine.accept(
            FakeJob(
                id=job_id,
                number=0,
                path=self.request.path,
                request=request,
                headers=self.request.headers,
                created_at=engine.now(),
                created=engine.epoch(),
                clip=clip,
                identity=engine.identity(kept, files),
                files=files,
            )
        )

    def state(self, job: FakeJob) -> str:
        """Count a poll and say how the job stands: "pending", "unknown", or its outcome. Tell "unknown" as BREWING."""
        return self.engine.state(job, self.fault)

    def video(self, job: FakeJob) -> bytes:
        """The job's clip, spoilt if a fault is due. For vendors that send it in their own answers."""
        job.downloads += 1
        return spoilt(job, self.fault)

    def url(self, job: FakeJob, file: str = "video.mp4") -> str:
        """A fresh signed URL of the job's clip; dead from the start where the job's outcome is "expired"."""
        query = self.engine.mint(job, self.personality.url_ttl_s, fixed=self.personality.url_fixed)
        return f"{self.storage_url}/__storage/{job.id}/{file}?{urlencode(query)}"
