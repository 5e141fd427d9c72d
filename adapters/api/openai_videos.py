"""The shape of OpenAI's `/v1/videos`, as others speak it: vLLM-Omni 0.30, SGLang 0.5, gateways such as LiteLLM 1.110.

OpenAI's own service of this shape (Sora 2) ended on 2026-09-24.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from adapters.api.provider import Provider
from adapters.api.told import number, stated_id
from adapters.api.wire import Answer, BadAnswer, Call, Output, Part, State, Status, Ticket, Work
from adapters.errors import SetupError

_STATES = {
    "queued": State.PENDING,
    "in_progress": State.PENDING,
    "completed": State.SUCCEEDED,
    "failed": State.FAILED,
    "cancelled": State.FAILED,
    "deleted": State.FAILED,
}
_MODERATED = ("moderation", "content_policy", "content_filter")


class OpenAIVideos(Provider):
    """Videos of a server of this shape; `call` holds further fields of its form (fps, num_frames, guidance_scale …).

    `options`: `media`, the field with the picture (input_reference) or the footage (video_reference); `size`, false for
    a server that chooses it; `json`, true for one that takes no forms: the picture goes as a data URI then, under
    `media` if that is named, else as `input_reference: {image_url}`; `uuid`, a field in which the server keeps a name
    and tells it in its list, as a handle on requests whose answer was lost.
    """

    base_url = ""
    key_env = None
    label = "The server"
    errors = frozenset({"error", "detail"})
    options: ClassVar[frozenset[str]] = frozenset({"media", "size", "json", "uuid"})

    def check(self) -> None:
        """A server and a model are named: there is no default for either."""
        if not self.base:
            raise SetupError(
                "set model.adapter.base_url to your server or gateway, such as http://localhost:8091/v1 "
                "(OpenAI's own service of this shape, Sora, ended on 2026-09-24)"
            )
        if not self.model:
            raise SetupError("set model.adapter.model to what the server serves, as it spells it; see GET /v1/models")

    def submit(self, work: Work) -> Call:
        """A form with the picture as a file; the uuid goes along as a header, for the server's log."""
        fields: dict[str, Any] = {"model": self.model, "prompt": work.prompt or "", "seconds": str(work.seconds)}
        if self.option.get("size", True):
            fields["size"] = f"{work.size[0]}x{work.size[1]}"
        if work.seed is not None:
            fields["seed"] = work.seed
        if work.negative_prompt:
            fields["negative_prompt"] = work.negative_prompt
        if self.option.get("uuid"):
            fields[self.option["uuid"]] = work.uuid
        fields |= self.call
        headers = {"X-Client-Request-Id": work.uuid}
        if self.option.get("json"):
            return Call("POST", self._url(), json={**fields, **self._inline(work)}, headers=headers)
        form = {name: Part(_text(value)) for name, value in fields.items() if value is not None}
        media = work.media
        name = self.option.get("media") or ("input_reference" if work.picture is not None else "video_reference")
        return Call("POST", self._url(), form={**form, name: Part(media.data, media.name, media.mime)}, headers=headers)

    def ticket(self, answer: Answer) -> Ticket:
        """A video, of which the id counts."""
        return Ticket(answer.record()["id"])

    def is_moderation(self, answer: Answer) -> bool:
        """`{"error": {"code": "moderation_blocked"}}` and its kin."""
        try:
            return _is_moderated(answer.record().get("error"))
        except BadAnswer:
            return False

    def stop(self, answer: Answer) -> SetupError:
        """Which variable holds a key is the YAML's to say."""
        error = super().stop(answer)
        if answer.status != 401:
            return error
        return SetupError(f"{error} (model.adapter.key_env names the environment variable that holds it)")

    def poll(self, ticket: Ticket) -> Call:
        """The video's record."""
        return Call("GET", self._url(ticket.job_id))

    def speaks(self, answer: Answer) -> bool:
        """vLLM-Omni tells a failed job with an HTTP error; what comes with it is the record of the job all the same."""
        try:
            body = {} if answer.ok else answer.record()
        except BadAnswer:
            return False
        return answer.ok or (body.get("object") == "video" and body.get("status") == "failed")

    def names(self, answer: Answer, ticket: Ticket) -> str | None:
        """The record's `id`. Gateways may spell it anew, or tell the id that they gave as `task_id`."""
        body = answer.record()
        stated = list(filter(None, map(stated_id, map(body.get, ("id", "task_id", "video_id")))))
        if any(_job_in(one) == _job_in(ticket.job_id) for one in stated):
            return ticket.job_id
        return stated[0] if stated else None

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """The video is got with the key, at the server itself, unless the record names where else it lies."""
        body = answer.record()
        word, error, url = str(body["status"]), body.get("error"), str(body.get("url") or "")
        state = _STATES.get(word, State.PENDING)
        if state is State.FAILED and _is_moderated(error):
            state = State.REFUSED
        percent = number(body.get("progress"))
        elsewhere = url.startswith(("https://", "http://"))
        output = Output(url=url) if elsewhere else Output(url=self._url(ticket.job_id, "content"), signed=True)
        return Status(
            state,
            word,
            output=output if state is State.SUCCEEDED else None,
            reason=f"{word}: {self.words(error) if error else 'no explanation'}",
            report={key: body[key] for key in _TOLD if body.get(key) not in (None, "")},
            progress=None if percent is None else percent / 100,
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def listing(self, uuid: str) -> Call | None:
        """The latest videos, where the server keeps a name. All else that they tell, the views of a scene share."""
        return Call("GET", f"{self._url()}?limit=100&order=desc") if self.option.get("uuid") else None

    def found(self, answer: Answer, uuid: str) -> list[Ticket]:
        """Videos that carry the attempt's name."""
        name = self.option.get("uuid")
        return [Ticket(str(one["id"])) for one in answer.record()["data"] if name and one.get(name) == uuid]

    def probe(self) -> Call:
        """The models that are served."""
        return Call("GET", f"{self._root}/models")

    def balance(self, answer: Answer) -> str | None:
        """The models that are served. Raises `SetupError` if ours is not among them."""
        served = [str(one["id"]) for one in answer.record()["data"]]
        if self.model not in served:
            raise SetupError(f"{self.model} is not served here; there is: {', '.join(served[:10]) or 'nothing'}")
        return f"serves {self.model}"

    @property
    def _root(self) -> str:
        """`base_url` as OpenAI's clients take it, with /v1; a host alone gets it."""
        return self.base if urlsplit(self.base).path else f"{self.base}/v1"

    def _url(self, *path: str) -> str:
        return "/".join([self._root, "videos", *(quote(part, safe="") for part in path)])

    def _inline(self, work: Work) -> dict[str, Any]:
        name = self.option.get("media")
        return {name: work.media.uri} if name else {"input_reference": {"image_url": work.media.uri}}


_TOLD = (
    "created_at", "model", "seconds", "size", "seed", "fps", "num_frames", "quality", "revised_prompt",
    "inference_time_s",
)  # fmt: skip


def _text(value: Any) -> str:
    """A field of a form: texts as they are, all else as JSON (true, 16, {"a": 1})."""
    return value if isinstance(value, str) else json.dumps(value)


def _job_in(stated: str) -> str:
    """The server's own id in one of LiteLLM, which packs it with the model at first, and later without: in base64."""
    try:
        packed = base64.b64decode(stated.removeprefix("video_"), validate=True).decode()
    except ValueError:
        return stated
    _, mark, job_id = packed.rpartition(";video_id:")
    return job_id if mark else stated


def _is_moderated(error: Any) -> bool:
    code = f"{error.get('code')} {error.get('type')}" if isinstance(error, Mapping) else ""
    return any(word in code for word in _MODERATED)
