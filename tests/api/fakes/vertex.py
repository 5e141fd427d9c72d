"""Veo on Vertex AI: https://LOCATION-aiplatform.googleapis.com, and the token server that its credentials come from."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import parse_qs

from tests.api.fakes.engine import FakeJob
from tests.api.fakes.google_errors import google_error
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Answer, Incoming, Reply

_RESOURCE = r"/v1(?:beta1)?/(?P<resource>projects/[^/]+/locations/[^/]+/publishers/google/models/(?P<model>[^/:]+))"
_PARAMETERS = {
    "sampleCount", "durationSeconds", "aspectRatio", "resolution", "seed", "generateAudio", "personGeneration",
    "negativePrompt", "storageUri", "resizeMode", "enhancePrompt",
}  # fmt: skip
_ERRORS = {
    "failed": (3, "Image is not in a supported format."),
    "failed_transient": (14, "The service is currently unavailable."),
    "cancelled": (1, "The operation was cancelled."),
}
_FILTERED = "Veo could not generate videos because the audio was filtered. You will not be charged for this attempt."


class Vertex(Personality):
    """`lives_s`: how long a token is good; a new one makes the older ones worthless. `echoes`: whether a video that was
    to be extended comes back in front of what is new. `retired`: models that are served no more.
    """

    name = "vertex"
    key = "ya29.fake-vertex"

    def __init__(self, key: str | None = None, *, lives_s: int = 3600, echoes: bool = True) -> None:
        super().__init__(key)
        self.lives_s, self.echoes, self.issued = lives_s, echoes, 0
        self.retired: set[str] = set()

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("token", "POST", "/token", self._token, auth=False),
            Route("submit", "POST", _RESOURCE + ":predictLongRunning", self._create),
            Route("poll", "POST", _RESOURCE + ":fetchPredictOperation", self._operation),
            Route("model", "GET", r"/v1beta1/publishers/google/models/(?P<model>[^/]+)", self._model),
            Route("location", "GET", r"/v1/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)", self._location),
        )

    def error(self, status: int, message: str = "") -> Reply:
        return google_error(status, message)

    def authorised(self, request: Incoming) -> bool:
        """The newest token, or the key itself as long as none was issued."""
        token = f"{self.key}-{self.issued}" if self.issued else self.key
        return request.headers.get("authorization") == f"Bearer {token}"

    def job_id(self, request: Incoming, match: re.Match[str]) -> str:
        return str(request.json.get("operationName", "")) if isinstance(request.json, dict) else ""

    def _token(self, call: Call) -> Reply:
        form = parse_qs(call.request.body.decode())
        if form.get("grant_type") != ["urn:ietf:params:oauth:grant-type:jwt-bearer"] or "assertion" not in form:
            return Reply(400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type"})
        self.issued += 1
        token = {"access_token": f"{self.key}-{self.issued}", "expires_in": self.lives_s, "token_type": "Bearer"}
        return Reply(200, token)

    def _create(self, call: Call) -> Reply:
        body = call.body
        _validate(body)
        wanted, extends = body["parameters"], "video" in body["instances"][0]
        number = call.engine.new_uuid("operation")
        job = call.accept(
            body, seconds=7 if extends else wanted.get("durationSeconds", 8),
            echo_s=3 if extends and self.echoes else 0, job_id=f"{call.match['resource']}/operations/{number}",
        )  # fmt: skip
        return Reply(200, {"name": job.id})

    def _operation(self, call: Call) -> Reply:
        job = call.job
        if not job.id.startswith(call.match["resource"] + "/operations/"):
            raise call.refuse(400, "The operation does not belong to this model.")
        state = call.state(job)
        if state in ("pending", "unknown"):
            word = {"state": "BREWING"} if state == "unknown" else {}
            return Reply(200, {"name": job.id, "metadata": {"@type": "GenericOperationMetadata", **word}})
        if state == "expired":
            raise call.refuse(404, "")
        return Reply(200, {"name": job.id, "done": True, **self._ended(call, job, state)})

    def _ended(self, call: Call, job: FakeJob, state: str) -> dict[str, Any]:
        if state in _ERRORS:
            code, message = _ERRORS[state]
            return {"error": {"code": code, "message": job.detail or message}}
        kind = {"@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"}
        if state == "moderated":
            reasons = [job.detail or _FILTERED]
            return {"response": {**kind, "raiMediaFilteredCount": 1, "raiMediaFilteredReasons": reasons}}
        if state == "empty":
            return {"response": kind}
        bucket = job.request["parameters"].get("storageUri")
        video = {"gcsUri": f"{bucket}/sample_0.mp4"} if bucket else {"bytesBase64Encoded": _encoded(call.video(job))}
        return {"response": {**kind, "raiMediaFilteredCount": 0, "videos": [{**video, "mimeType": "video/mp4"}]}}

    def _model(self, call: Call) -> Reply:
        name = call.match["model"]
        if name in self.retired:
            raise call.refuse(404, f"Publisher Model `publishers/google/models/{name}` is not found.")
        return Reply(200, {"name": f"publishers/google/models/{name}", "launchStage": "GA"})

    def _location(self, call: Call) -> Reply:
        return Reply(200, {"name": call.request.path.removeprefix("/v1/"), "locationId": call.match["location"]})


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _validate(body: dict[str, Any]) -> None:
    """The checks that an adapter can fail."""
    instances, wanted = body.get("instances") or [{}], body.get("parameters") or {}
    problems = [f"Unknown parameter: {name}" for name in sorted(wanted.keys() - _PARAMETERS)]
    media = instances[0].get("image") or instances[0].get("video")
    if len(instances) != 1 or not media or not base64.b64decode(media.get("bytesBase64Encoded", "")):
        problems.append("One instance with an image or a video is needed.")
    elif not media.get("mimeType"):
        problems.append("mimeType is missing.")
    if "image" in instances[0] and wanted.get("durationSeconds", 8) not in (4, 6, 8):
        problems.append("Unsupported output video duration, supported durations are [4, 6, 8].")
    if wanted.get("aspectRatio", "16:9") not in ("16:9", "9:16") or wanted.get("sampleCount", 1) not in range(1, 5):
        problems.append("aspectRatio or sampleCount is out of range.")
    if wanted.get("resolution", "720p") not in ("720p", "1080p") or wanted.get("seed", 0) not in range(2**32):
        problems.append("resolution or seed is out of range.")
    if problems:
        raise Answer(google_error(400, " ".join(problems)))
