"""Veo on Google Cloud's Vertex AI (docs.cloud.google.com, model reference of Veo 3.1; google-genai).

The credential is Google's own: whatever `gcloud auth application-default login` or $GOOGLE_APPLICATION_CREDENTIALS
gives, renewed by google-auth (extra `vertex`).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from adapters.api.google_rpc import UNAVAILABLE, GoogleService, declined, decoded
from adapters.api.http.transport import NotDelivered
from adapters.api.provider import missing
from adapters.api.told import stated_id
from adapters.api.wire import Answer, Call, Media, Output, State, Status, Ticket, Work
from adapters.errors import Lacking, SetupError, raise_lacking

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_OPERATION = re.compile(r"(projects/[^/]+/locations/[^/]+/publishers/[^/]+/models/[^/]+)/operations/[^/]+")


class OnGoogleCloud(GoogleService):
    """What all that runs in a project of Google Cloud has in common: the project, the location, the credential."""

    base_url = "https://us-central1-aiplatform.googleapis.com"
    key_env: ClassVar[str | None] = None
    keyless = "Google's application default credentials"
    label = "Vertex AI"
    home: ClassVar[str] = "us-central1"
    """The location, unless `options` name another."""

    def __init__(
        self, model: str, base_url: str | None = None, call: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None, *, mode: str = "i2v",
    ) -> None:  # fmt: skip
        self.location = str((options or {}).get("location") or self.home)
        host = "aiplatform" if self.location == "global" else f"{self.location}-aiplatform"
        super().__init__(model, base_url or f"https://{host}.googleapis.com", call, options, mode=mode)

    @property
    def project(self) -> str:
        """The Google Cloud project that pays; empty if nobody named it."""
        name = str(self.option.get("project_env") or "GOOGLE_CLOUD_PROJECT")
        return str(self.option.get("project") or os.environ.get(name, ""))

    def check(self) -> None:
        """Raise `SetupError` without google-auth, without a project, or where a bucket is asked for."""
        for name in ("storageUri", "gcs_uri"):
            if name in self.call:
                raise SetupError(f"model.adapter.call.{name}: a video in a bucket cannot be fetched here; leave it out")
        raise_lacking(self._lacking())

    def _lacking(self) -> Iterator[Lacking]:
        if importlib.util.find_spec("google") is None or importlib.util.find_spec("google.auth") is None:
            yield missing("google-auth", "vertex")
        if not self.project:
            name = self.option.get("project_env") or "GOOGLE_CLOUD_PROJECT"
            ways = f"set ${name}, or model.adapter.options.project=…"
            yield Lacking(f"no Google Cloud project: {ways}", f"a Google Cloud project: {ways}")

    def credential(self, key: str) -> Callable[[], Mapping[str, str]]:
        """A bearer token of the application default credentials, looked up at the first request and renewed in time."""
        mutex = threading.Lock()
        found: list[Any] = []

        def headers() -> Mapping[str, str]:
            with mutex:
                if not found:
                    found.append(_default_credentials())
                return {"Authorization": f"Bearer {_token(found[0])}"}

        return headers

    def probe(self) -> Call:
        """The location: readable for whoever may use it at all."""
        return Call("GET", f"{self.base}/v1/{quote(f'projects/{self.project}/locations/{self.location}')}")

    def offered(self) -> Call:
        """The model's own page among the publisher's models, as google-genai asks for it."""
        return Call("GET", f"{self.base}/v1beta1/publishers/google/models/{quote(self.model)}")


class Vertex(OnGoogleCloud):
    """Long-running operations of one publisher model. `call` is merged into `parameters`.

    `options`: `project`, or the environment variable that holds it (`project_env`); `location` (the host follows from
    it); `duration` (false where the model alone decides on the length, as for continuations). Never `storageUri`: what
    is written to a bucket could be fetched only by sending the credential to another host.
    """

    options: ClassVar[frozenset[str]] = frozenset({"project", "project_env", "location", "duration"})

    def submit(self, work: Work) -> Call:
        """`predictLongRunning` with a picture to begin with, or footage to go on from."""
        instance: dict[str, Any] = {"prompt": work.prompt} if work.prompt else {}
        instance["image" if work.picture else "video"] = _inline(work.media)
        parameters: dict[str, Any] = {"sampleCount": 1}
        if self.option.get("duration", True):
            parameters["durationSeconds"] = work.seconds
        if work.seed is not None:
            parameters["seed"] = work.seed
        if work.negative_prompt:
            parameters["negativePrompt"] = work.negative_prompt
        body = {"instances": [instance], "parameters": {**parameters, **self.call}}
        return Call("POST", self._url(self._resource, "predictLongRunning"), json=body)

    def ticket(self, answer: Answer) -> Ticket:
        """`{"name": "projects/…/operations/…"}`."""
        return Ticket(answer.record()["name"])

    def poll(self, ticket: Ticket) -> Call:
        """Operations of publisher models are asked about by a POST to the model that they name."""
        named = _OPERATION.fullmatch(ticket.job_id)
        url = self._url(named[1] if named else self._resource, "fetchPredictOperation")
        return Call("POST", url, json={"operationName": ticket.job_id})

    def names(self, answer: Answer, ticket: Ticket) -> str | None:
        """The operation's name, of which the last part counts: the project goes by its id or by its number."""
        stated = stated_id(answer.record().get("name")) or ""
        same = stated.rpartition("/")[2] == ticket.job_id.rpartition("/")[2]
        return ticket.job_id if same else stated or None

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """A filtered video is no error here: done, no video, and a count of what was filtered, which is not charged."""
        body = answer.record()
        if not body.get("done"):
            return Status(State.PENDING, "running")
        if body.get("error"):
            return _failed(body["error"])
        response = body["response"]
        for video in response.get("videos") or []:
            if video.get("bytesBase64Encoded"):
                return Status(State.SUCCEEDED, "done", output=Output(data=decoded(video["bytesBase64Encoded"])))
            if video.get("gcsUri"):
                told = f"its video was put at {video['gcsUri']}, where no credential is sent: fetch it by hand"
                return Status(State.FAILED, "done", reason=told)
        if response.get("raiMediaFilteredCount"):
            reasons = "; ".join(map(str, response.get("raiMediaFilteredReasons") or [])) or "no explanation"
            return Status(State.REFUSED, "done", reason=f"filtered: {reasons}", usd=0.0)
        return Status(State.FAILED, "done", reason="done without a video, and without an explanation")

    @property
    def _resource(self) -> str:
        return f"projects/{self.project}/locations/{self.location}/publishers/google/models/{self.model}"

    def _url(self, resource: str, method: str) -> str:
        return f"{self.base}/v1/{quote(resource)}:{method}"


def _inline(media: Media) -> dict[str, str]:
    return {"bytesBase64Encoded": media.base64, "mimeType": media.mime}


def _failed(error: Mapping[str, Any]) -> Status:
    code, message = error.get("code"), str(error.get("message") or "no explanation")
    state = State.REFUSED if declined(message) else State.FAILED
    return Status(state, "error", reason=f"error {code}: {message}", transient=code == UNAVAILABLE)


def _default_credentials() -> Any:
    """Google's application default credentials. Raises `SetupError`."""
    auth = importlib.import_module("google.auth")
    errors = importlib.import_module("google.auth.exceptions")
    try:
        credentials, _ = auth.default(scopes=[_SCOPE])
    except errors.DefaultCredentialsError as error:
        how = "run `gcloud auth application-default login`, or set $GOOGLE_APPLICATION_CREDENTIALS to a key file"
        raise SetupError(f"no usable Google Cloud credentials ({error}): {how}") from None
    return credentials


def _token(credentials: Any) -> str:
    """A token that is valid now. Raises `NotDelivered` where it may be had later, `SetupError` where it may not."""
    errors = importlib.import_module("google.auth.exceptions")
    try:
        if not credentials.valid:
            credentials.refresh(importlib.import_module("google.auth.transport.requests").Request())
    except errors.GoogleAuthError as error:
        if isinstance(error, errors.TransportError) or error.retryable:
            raise NotDelivered(f"Google gives no token now ({type(error).__name__}); nothing was sent") from None
        raise SetupError(f"Google gives no token for these credentials: {error}") from None
    return str(credentials.token)
