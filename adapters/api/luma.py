"""Luma's Agents API with its Ray models (docs.agents.lumalabs.ai, luma-agents 0.5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from adapters.api.provider import Provider
from adapters.api.wire import Answer, Call, Output, State, Status, Ticket, Work
from adapters.errors import SetupError

_STATES = {
    "queued": State.PENDING,
    "processing": State.PENDING,
    "completed": State.SUCCEEDED,
    "failed": State.FAILED,
}
_MODERATED = "content_moderated"
_MAY_PASS = ("generation_failed", "output_not_found", "rate_limited")
"""Documented with "retry same request"; whether a failure is charged is not."""


class Luma(Provider):
    """Generations of Luma's Agents API. A video is begun from a picture; footage that was sent cannot be continued.

    `call` may hold `video`, its options: the length and the first frame are put into it.
    """

    base_url = "https://agents.lumalabs.ai"
    key_env = "LUMA_AGENTS_API_KEY"
    label = "Luma"
    job_key = "id"
    errors = frozenset({"detail"})

    def check(self) -> None:
        """Only pictures can be sent."""
        if self.mode != "i2v":
            raise SetupError("Luma continues only videos that it made itself: model.adapter.mode=i2v")

    def submit(self, work: Work) -> Call:
        """A new generation; pictures go inline."""
        media = work.media
        frame = {"url": media.reference} if media.reference else {"data": media.base64, "media_type": media.mime}
        video = {"duration": f"{work.seconds}s", "start_frame": frame}
        body: dict[str, Any] = {"model": self.model, "type": "video", "prompt": work.prompt or ""}
        body |= {**self.call, "video": {**video, **self.call.get("video", {})}}
        return Call("POST", f"{self.base}/v1/generations", json=body)

    def ticket(self, answer: Answer) -> Ticket:
        """A generation, of which the id counts."""
        return Ticket(answer.record()["id"])

    def poll(self, ticket: Ticket) -> Call:
        """The generation; asking again also mints a fresh address of its video, valid for an hour."""
        return Call("GET", f"{self.base}/v1/generations/{quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """`failure_code` says whether the content was declined, and whether the same request may succeed."""
        body = answer.record()
        word, code = str(body["state"]), str(body.get("failure_code") or "")
        state = _STATES.get(word, State.PENDING)
        if state is State.FAILED and code == _MODERATED:
            state = State.REFUSED
        made = body.get("output") or []
        urls = [one["url"] for one in [one for one in made if one.get("type", "video") == "video"] or made]
        return Status(
            state,
            word,
            output=Output(url=urls[0]) if urls else None,
            reason=f"{code or word}: {body.get('failure_reason') or 'no explanation'}",
            transient=state is State.FAILED and code in _MAY_PASS,
            report={"created_at": body.get("created_at"), "model": body.get("model")},
            odd="" if word in _STATES else f"an unknown state {word!r}, taken for running",
        )
