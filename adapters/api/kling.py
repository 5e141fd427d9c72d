"""Kling's own API (kling.ai/document-api): every answer is an envelope, and its code says more than the HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from adapters.api.http.retry_after import asked_wait
from adapters.api.provider import Provider
from adapters.api.told import integer, mapping, stated_id
from adapters.api.wire import UNREADABLE, Answer, Call, Output, State, Status, Ticket, Work
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from adapters.http.retry_after import Passing

_STATES = {
    "submitted": State.PENDING,
    "processing": State.PENDING,
    "succeed": State.SUCCEEDED,
    "failed": State.FAILED,
}
_KEY = (1000, 1001, 1002, 1003, 1004)
_ACCOUNT = (1100, 1101, 1102, 1103, 1304)  # barred, in arrears, out of units, not allowed, from a wrong address
_MODERATED = (1300, 1301)
_LATER = (1302, 1303)  # too fast, too many at once; the account's codes above come with the same HTTP 429
_SERVER = 5000  # from here on: the service's own faults
_FIRST = 1000  # the lowest code that is documented
_PATH = "v1/videos/image2video"


class Kling(Provider):
    """Tasks that begin with a picture. There is no seed; `mode` (std, pro) and `sound` belong into `call`.

    Every request carries the attempt's own name as `external_task_id`, by which a lost one can be asked about.
    """

    base_url = "https://api-singapore.klingai.com"
    key_env = "KLING_API_KEY"
    label = "Kling"

    def check(self) -> None:
        """Raise `SetupError` for footage, which this API does not go on from."""
        if self.mode != "i2v":
            raise SetupError("Kling goes on from a picture only: model.adapter.mode=i2v")

    def submit(self, work: Work) -> Call:
        """One task; the picture goes as bare base64, the length as a text."""
        body: dict[str, Any] = {
            "model_name": self.model,
            "image": work.media.reference or work.media.base64,
            "duration": str(work.seconds),
            "external_task_id": work.uuid,
        }
        if work.prompt:
            body["prompt"] = work.prompt
        if work.negative_prompt:
            body["negative_prompt"] = work.negative_prompt
        return Call("POST", f"{self.base}/{_PATH}", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"code": 0, "data": {"task_id"}}`; `fault` has seen to other codes."""
        return Ticket(answer.record()["data"]["task_id"])

    def fault(self, answer: Answer) -> Exception | None:
        """By the envelope's code, whatever the HTTP status: an empty account answers 429 as well."""
        try:
            code = integer(answer.record()["code"])
        except UNREADABLE:
            return super().fault(answer)
        told = f"{self.label} answers {code}: {self.message(answer)}"
        if code == 0 or answer.status >= 500:
            return super().fault(answer)
        if code in _KEY or code in _ACCOUNT:
            return SetupError(f"{told} (${self.key_env})")
        if code in _LATER:
            return RateLimited(told, asked_wait(answer.headers, self.now))
        if code in _MODERATED:
            return Refused(told)
        if code >= _SERVER or code < _FIRST:
            return Ambiguous(told, answered=True)
        return Rejected(told)

    def owns(self, answer: Answer) -> bool:
        """An envelope with a code of its own."""
        try:
            return integer(answer.record()["code"]) >= _FIRST
        except UNREADABLE:
            return False

    def poll(self, ticket: Ticket) -> Call:
        """The task; its video lies at the same address for 30 days."""
        return Call("GET", f"{self.base}/{_PATH}/{quote(ticket.job_id, safe='')}")

    def names(self, answer: Answer, ticket: Ticket) -> str | None:
        """`data.task_id`."""
        return stated_id((answer.record().get("data") or {}).get("task_id"))

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """`succeed` is spelled so. What a task costs is told in units, `final_unit_deduction`."""
        body = answer.record()
        videos = _videos(body)
        if not videos and (code := integer(body["code"])) != 0:
            fault = self.fault(answer)
            raise fault if code in _KEY and fault else Passing(str(fault), asked_wait(answer.headers, self.now))
        data = body["data"]
        word, told = str(data["task_status"]), str(data.get("task_status_msg") or "")
        state = _STATES.get(word, State.PENDING)
        if state is State.FAILED and _speaks_of_moderation(told):
            state = State.REFUSED
        return Status(
            state,
            word,
            output=Output(url=videos[0]["url"]) if videos else None,
            reason=f"{word}: {told or 'no explanation'}",
            report=_report(data, videos),
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def listing(self, uuid: str) -> Call:
        """The task by the name that it was given; an unknown one is HTTP 404."""
        return Call("GET", f"{self.base}/{_PATH}/{quote(uuid, safe='')}")

    def found(self, answer: Answer, uuid: str) -> list[Ticket]:
        """The task, if it carries that name."""
        body = answer.record()
        data = body["data"] if integer(body["code"]) == 0 else {}
        named = (data.get("task_info") or {}).get("external_task_id")
        return [Ticket(str(data["task_id"]))] if named == uuid else []

    def probe(self) -> Call:
        """The latest task, if there is any: the free call that every key may make."""
        return Call("GET", f"{self.base}/{_PATH}?pageNum=1&pageSize=1")

    def balance(self, answer: Answer) -> str | None:
        """Nothing is told of units. Raises `SetupError` for a key or account that will not do."""
        fault = self.fault(answer)
        if fault is not None:
            raise SetupError(str(fault))
        return None


def _videos(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a finished task made."""
    data = mapping(body.get("data"))
    if data.get("task_status") != "succeed":
        return []
    videos: list[Mapping[str, Any]] = (data.get("task_result") or {}).get("videos") or []
    return videos


def _report(data: Mapping[str, Any], videos: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "created_at": data.get("created_at"),
        "duration": videos[0].get("duration") if videos else None,
        "video_id": videos[0].get("id") if videos else None,
        "units": data.get("final_unit_deduction"),
    }


def _speaks_of_moderation(text: str) -> bool:
    """Documented of failed tasks: "Failure to pass the risk control system"; the other words are from its codes."""
    return any(word in text.lower() for word in ("risk control", "content security", "platform policy"))
