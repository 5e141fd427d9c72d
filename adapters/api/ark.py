"""Seedance on BytePlus ModelArk and Volcengine Ark (docs.byteplus.com/docs/ModelArk, byteplus-python-sdk-v2 3.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from adapters.api.provider import Provider
from adapters.api.told import error_of, mapping
from adapters.api.wire import Answer, Call, Output, State, Status, Ticket, Work
from adapters.errors import SetupError

_STATES = {
    "queued": State.PENDING,
    "running": State.PENDING,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "cancelled": State.FAILED,
    "expired": State.FAILED,  # not in the SDK; told by those who resell it
}
_TRANSIENT = ("InternalServiceError", "ServerOverloaded")  # documented as: try again later
_TASKS = "contents/generations/tasks"


class Ark(Provider):
    """Tasks that begin with a picture; they are paid by tokens. `call` goes into the body as it is.

    `options`: `uuid`, the field that carries the attempt's name and comes back in listings (`safety_identifier`, if
    the account takes one): then a lost answer can be found by it. By nothing else: other runs have the same seeds.
    """

    base_url = "https://ark.ap-southeast.bytepluses.com/api/v3"
    key_env = "ARK_API_KEY"
    label = "Ark"
    job_key = "id"
    options: ClassVar[frozenset[str]] = frozenset({"uuid"})

    def check(self) -> None:
        """Raise `SetupError` for footage: Seedance takes it as a reference of style and motion, not to go on from."""
        if self.mode != "i2v":
            raise SetupError("Seedance on Ark goes on from a picture only: model.adapter.mode=i2v")

    def submit(self, work: Work) -> Call:
        """One task with a text and a first frame."""
        content: list[dict[str, Any]] = [{"type": "text", "text": work.prompt}] if work.prompt else []
        content.append({"type": "image_url", "image_url": {"url": work.media.uri}, "role": "first_frame"})
        body: dict[str, Any] = {"model": self.model, "content": content, "duration": work.seconds}
        if work.seed is not None:
            body["seed"] = work.seed
        if self.option.get("uuid"):
            body[str(self.option["uuid"])] = work.uuid
        return Call("POST", f"{self.base}/{_TASKS}", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"id"}`."""
        return Ticket(answer.record()["id"])

    def fault(self, answer: Answer) -> Exception | None:
        """A model that the account has not activated is an HTTP 404, and one for every clip."""
        if answer.status == 404 and self.message(answer).startswith(("ModelNotOpen", "InvalidEndpoint")):
            return self.stop(answer)
        return super().fault(answer)

    def owns(self, answer: Answer) -> bool:
        """`{"error": {"code", "message"}}`."""
        return bool(error_of(answer).get("code"))

    def is_moderation(self, answer: Answer) -> bool:
        """`InputImageSensitiveContentDetected` and its kin."""
        return "SensitiveContentDetected" in self.message(answer)

    def words(self, body: Any) -> str:
        """`AccountOverdueError: The request failed because …`."""
        error = body.get("error") if isinstance(body, Mapping) else None
        if isinstance(error, Mapping) and error.get("code"):
            return f"{error['code']}: {error.get('message') or 'no explanation'}"
        return super().words(body)

    def poll(self, ticket: Ticket) -> Call:
        """The task as it stands."""
        return Call("GET", f"{self.base}/{_TASKS}/{quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """What a task costs is told in tokens only."""
        body = answer.record()
        word = str(body["status"])
        state = _STATES.get(word, State.PENDING)
        error = mapping(body.get("error"))
        code = str(error.get("code") or "")
        if state is State.FAILED and "SensitiveContentDetected" in code:
            state = State.REFUSED
        url = (body.get("content") or {}).get("video_url")
        return Status(
            state,
            word,
            output=Output(url=url) if url else None,
            reason=f"{code or word}: {error.get('message') or 'no explanation'}",
            transient=code.startswith(_TRANSIENT),
            report=_report(body),
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def listing(self, uuid: str) -> Call | None:
        """The latest tasks of the model (of seven days), where they carry the attempts' names."""
        query = urlencode({"page_num": 1, "page_size": 100, "filter.model": self.model})
        return Call("GET", f"{self.base}/{_TASKS}?{query}") if self.option.get("uuid") else None

    def found(self, answer: Answer, uuid: str) -> list[Ticket]:
        """Tasks that carry the attempt's name."""
        name = self.option.get("uuid")
        return [Ticket(str(item["id"])) for item in answer.record()["items"] if name and item.get(name) == uuid]

    def probe(self) -> Call:
        """A listing of one task."""
        return Call("GET", f"{self.base}/{_TASKS}?page_num=1&page_size=1")


def _report(body: Mapping[str, Any]) -> dict[str, Any]:
    told = (
        "model",
        "seed",
        "revised_prompt",
        "framespersecond",
        "frames",
        "duration",
        "resolution",
        "ratio",
        "created_at",
    )
    tokens = mapping(body.get("usage")).get("completion_tokens")
    return {**{key: body[key] for key in told if body.get(key) not in (None, "")}, "completion_tokens": tokens}
