"""Gemini's Interactions API: https://generativelanguage.googleapis.com, as google-genai 3.x speaks to it."""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import Any, ClassVar

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.google_errors import google_error
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.storage import served
from tests.api.fakes.wire import Answer, Incoming, Reply

_TASKS = ("text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale")
_FORMATS = {
    "aspect_ratio": re.compile("16:9|9:16"), "resolution": re.compile("360p|720p|1080p|4k"),
    "delivery": re.compile("inline|uri"), "duration": re.compile("([3-9]|10)s"),
}  # fmt: skip
_ENDS = {"failed": "failed", "failed_transient": "failed", "moderated": "failed", "cancelled": "cancelled"}
_TOKENS_PER_S = 5792


class Gemini(Personality):
    """`delivery`: how the video of a GET comes: "inline" (as it was in 2026-09, whatever was asked for), "uri" (a file
    of the service, which needs the key) or "elsewhere" (a signed address on another host). `getting_ready`: how often a
    file answers PROCESSING. `echoes`: whether a video that was to be extended comes back in front of what is new.
    """

    name = "gemini"
    key = "AIza-fake-gemini"
    auth_header = "x-goog-api-key"
    auth_prefix = ""
    url_ttl_s = 48 * 3600.0
    models: ClassVar[tuple[str, ...]] = ("gemini-omni-1.2-flash", "gemini-omni-1.1-flash")

    def __init__(
        self, key: str | None = None, *, delivery: str = "inline", getting_ready: int = 1, echoes: bool = True
    ) -> None:
        super().__init__(key)
        self.delivery, self.getting_ready, self.echoes = delivery, getting_ready, echoes
        self._asked: Counter[str] = Counter()

    def routes(self) -> tuple[Route, ...]:
        one, file = r"/v1(?:beta)?/interactions/(?P<id>[^/]+)", r"/v1(?:beta)?/files/(?P<file>[a-z0-9]+)"
        return (
            Route("submit", "POST", r"/v1(?:beta)?/interactions", self._create),
            Route("poll", "GET", one, self._get),
            Route("cancel", "POST", one + "/cancel", self._cancel),
            Route("result", "GET", file, self._file),
            Route("download", "GET", file + ":download", self._download),
            Route("models", "GET", r"/v1(?:beta)?/models", self._list_models),
        )

    def error(self, status: int, message: str = "") -> Reply:
        return google_error(status, message)

    def unauthorised(self, request: Incoming) -> Reply:
        if self.auth_header not in request.headers:
            return google_error(403, "Method doesn't allow unregistered callers.")
        reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        return google_error(400, "API key not valid. Please pass a valid API key.", details=[reason])

    def job_id(self, request: Incoming, match: re.Match[str]) -> str:
        names = match.groupdict()
        return names.get("id") or (f"v1_{names['file']}" if names.get("file") else "")

    def _create(self, call: Call) -> Reply:
        body = call.body
        self._validate(body)
        extends = body["generation_config"]["video_config"]["task"] == "extend"
        seconds = int(body["response_format"]["duration"].removesuffix("s"))
        name = "v1_" + call.engine.new_uuid("interaction").replace("-", "")
        job = call.accept(body, seconds=seconds, echo_s=3 if extends and self.echoes else 0, job_id=name)
        if body.get("background"):
            return Reply(200, self._interaction(job, "in_progress"))
        call.engine.end(job, job.outcome)
        return Reply(200, self._ended(call, job, job.outcome))

    def _validate(self, body: dict[str, Any]) -> None:
        """The checks that an adapter can fail."""
        if body.get("model") not in self.models:
            raise Answer(google_error(404, f"models/{body.get('model')} is not found for API version v1."))
        known = {"model", "input", "generation_config", "response_format", "background", "store"}
        for name in sorted(body.keys() - known):
            raise Answer(google_error(400, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'))
        task = ((body.get("generation_config") or {}).get("video_config") or {}).get("task")
        if task not in _TASKS:
            raise Answer(google_error(400, f"Invalid value at 'generation_config.video_config.task': {task}"))
        entries = _contents(body.get("input"))
        kinds = Counter(entry.get("type") for entry in entries)
        if kinds["text"] != 1 or kinds["video" if task == "extend" else "image"] != 1:
            raise Answer(google_error(400, f"Input of {dict(kinds)} does not fit the task {task}."))
        for entry in entries:
            if entry["type"] != "text" and not (base64.b64decode(entry.get("data", "")) and entry.get("mime_type")):
                raise Answer(google_error(400, "Media need data and mime_type."))
        wanted = body.get("response_format") or {}
        for name, shape in _FORMATS.items():
            if name in wanted and not shape.fullmatch(str(wanted[name])):
                raise Answer(google_error(400, f"Invalid value at 'response_format.{name}': {wanted[name]}"))

    def _get(self, call: Call) -> Reply:
        job = call.job
        state = call.state(job)
        if state in ("pending", "unknown"):
            return Reply(200, self._interaction(job, "brewing" if state == "unknown" else self._word(job)))
        return Reply(200, self._ended(call, job, state))

    def _word(self, job: FakeJob) -> str:
        return job.pending(("queued", "in_progress"))

    def _interaction(self, job: FakeJob, status: str) -> dict[str, Any]:
        told = {"id": job.id, "object": "interaction", "model": job.request["model"], "status": status}
        return {**told, "created": job.created_text, "updated": job.created_text}

    def _ended(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        steps: list[dict[str, Any]] = [
            {"type": "user_input", "content": _contents(job.request["input"])},
            {"type": "thought"},
        ]
        if state not in ("succeeded", "empty", "expired"):
            word = job.detail or _ENDS[state]
            code = "prohibited_content" if state == "moderated" else "internal"
            told = "The request violates the usage policies." if state == "moderated" else "The generation failed."
            errors = [] if state == "cancelled" else [{"code": code, "message": told}]
            return {**self._interaction(job, word), "steps": steps, "errors": errors}
        if state != "empty":
            video = self._video(call, job, inline=self.delivery == "inline" and state != "expired")
            steps.append({"type": "model_output", "content": [{"type": "video", "mime_type": "video/mp4", **video}]})
        spent = {"total_input_tokens": 1145, "total_output_tokens": _TOKENS_PER_S * job.clip.frames // job.clip.fps}
        return {**self._interaction(job, "completed"), "steps": steps, "usage": spent}

    def _video(self, call: Call, job: FakeJob, *, inline: bool) -> dict[str, str]:
        if inline:
            return {"data": base64.b64encode(call.video(job)).decode()}
        if self.delivery == "elsewhere":
            return {"uri": call.url(job)}
        return {"uri": f"{call.request.host}/v1beta/files/{job.id.removeprefix('v1_')}:download?alt=media"}

    def _cancel(self, call: Call) -> Reply:
        call.engine.end(call.job, "cancelled")
        return Reply(200, self._interaction(call.job, "cancelled"))

    def _kept(self, call: Call) -> FakeJob:
        """The job of a file that is still there; to anyone else it is a file of somebody else."""
        job = call.found
        gone = job is None or job.outcome == "expired" or call.engine.now() > (job.finished_at or 0) + 48 * 3600
        if job is None or gone:
            raise call.refuse(403, "You do not have permission to access the File or it may not exist.")
        return job

    def _file(self, call: Call) -> Reply:
        job = self._kept(call)
        self._asked[job.id] += 1
        name = f"files/{call.match['file']}"
        uri = f"{call.request.host}/v1beta/{name}"
        told = {
            "name": name,
            "mimeType": "video/mp4",
            "source": "GENERATED",
            "createTime": job.created_text,
            "uri": uri,
        }
        ready = self._asked[job.id] > self.getting_ready
        return Reply(
            200, {**told, "downloadUri": f"{uri}:download?alt=media", "state": "ACTIVE" if ready else "PROCESSING"}
        )

    def _download(self, call: Call) -> Reply:
        job = self._kept(call)
        if call.request.query.get("alt") != "media" or self._asked[job.id] <= self.getting_ready:
            raise call.refuse(400, "The File is not in an ACTIVE state and usage is not allowed.")
        if call.fault and call.fault.kind.endswith("_until_repolled"):
            raise call.refuse(int(call.fault.kind[:3]), "")
        return served(call, call.video(job))

    def _list_models(self, call: Call) -> Reply:
        return Reply(200, {"models": [{"name": f"models/{name}"} for name in self.models]})


class VertexOmni(Gemini):
    """The same in a project of Google Cloud: another address, a bearer token, and videos inside the answer only."""

    name = "vertex_omni"
    key = "ya29.fake-omni"
    auth_header = "authorization"
    auth_prefix = "Bearer "

    def routes(self) -> tuple[Route, ...]:
        root = r"/v1beta1/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/interactions"
        return (Route("submit", "POST", root, self._create), Route("poll", "GET", root + r"/(?P<id>[^/]+)", self._get))


def _contents(sent: Any) -> list[dict[str, Any]]:
    """What was sent, as a list of contents or, as google-genai turns every list into, as one step that holds them."""
    entries = sent if isinstance(sent, list) else []
    steps = [entry for entry in entries if entry.get("type") == "user_input"]
    return [content for step in steps for content in step.get("content") or []] if steps else entries
