"""Runway's developer API: its own models, and those of partners under their names (docs.dev.runwayml.com, SDK 5.24)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from adapters.api.provider import Provider
from adapters.api.told import mapping, number
from adapters.api.wire import Answer, Call, Output, State, Status, Ticket, Work

_USD_PER_CREDIT = 0.01
_STATES = {
    "PENDING": State.PENDING,
    "THROTTLED": State.PENDING,  # the queue's own patience: accepted, and no error
    "RUNNING": State.PENDING,
    "SUCCEEDED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELLED": State.FAILED,
}
_MODERATED = "SAFETY"
"""In a failure's code, as in SAFETY.INPUT.TEXT and INPUT_PREPROCESSING.SAFETY.TEXT: "do not retry"."""
_MAY_PASS = {"INTERNAL", "UNAVAILABLE"}
"""… as in INTERNAL, INTERNAL.BAD_OUTPUT.CODE01, INPUT_PREPROCESSING.INTERNAL, THIRD_PARTY.UNAVAILABLE: "may retry"."""


class Runway(Provider):
    """Tasks of Runway's API: `image_to_video` for a picture, `video_to_video` for footage.

    `options`: `ratio` (whether the size is sent; false for models whose video has the shape of what is sent), `video`
    (the field that holds footage, promptVideo for some models).
    """

    base_url = "https://api.dev.runwayml.com"
    key_env = "RUNWAYML_API_SECRET"
    label = "Runway"
    job_key = "id"
    sheds = frozenset({503})  # documented as load shedding, "may retry"; so are 502 and 504, which any gateway says
    options: ClassVar[frozenset[str]] = frozenset({"ratio", "video"})

    def sign(self, key: str) -> Mapping[str, str]:
        """The credential, and the version that every request must name."""
        return {**super().sign(key), "X-Runway-Version": "2024-11-06"}

    def submit(self, work: Work) -> Call:
        """A new task. The picture's position is named: some models take one without for a mere reference."""
        body: dict[str, Any] = {"model": self.model, "duration": work.seconds}
        if work.prompt:
            body["promptText"] = work.prompt
        if work.negative_prompt:
            body["negativePrompt"] = work.negative_prompt
        if self.option.get("ratio", True):
            body["ratio"] = f"{work.size[0]}:{work.size[1]}"
        if work.seed is not None:
            body["seed"] = work.seed
        if work.picture is not None:
            body["promptImage"] = [{"uri": work.picture.uri, "position": "first"}]
        else:
            body[self.option.get("video", "videoUri")] = work.media.uri
        path = "image_to_video" if work.picture is not None else "video_to_video"
        return Call("POST", f"{self.base}/v1/{path}", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"id"}`."""
        return Ticket(answer.record()["id"])

    def estimate(self, answer: Answer) -> float | None:
        """The most that the task may charge."""
        credits_ = number(mapping(answer.record().get("estimatedCost")).get("credits"))
        return None if credits_ is None else round(credits_ * _USD_PER_CREDIT, 6)

    def poll(self, ticket: Ticket) -> Call:
        """The task; asking again also mints fresh addresses of its output."""
        return Call("GET", f"{self.base}/v1/tasks/{quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """Moderated tasks cost the same as others; `cost` is 0 where the credits were given back."""
        body = answer.record()
        word, code = str(body["status"]), str(body.get("failureCode") or "")
        state, parts = _STATES.get(word, State.PENDING), code.split(".")
        if state is State.FAILED and _MODERATED in parts:
            state = State.REFUSED
        told = mapping(body.get("cost")).get("credits")
        credits_ = number(told)
        outputs = body.get("output") or []
        return Status(
            state,
            word,
            output=Output(url=outputs[0]) if outputs else None,
            reason=f"{code or word}: {body.get('failure') or 'no explanation'}",
            transient=state is State.FAILED and not _MAY_PASS.isdisjoint(parts),
            usd=None if credits_ is None else round(credits_ * _USD_PER_CREDIT, 6),
            report={"created_at": body.get("createdAt"), "credits": told},
            progress=body.get("progress"),
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """The organization: its credits and limits."""
        return Call("GET", f"{self.base}/v1/organization")

    def balance(self, answer: Answer) -> str | None:
        """Credits, and how many tasks of this model may run at once and per day."""
        body = answer.record()
        left = body["creditBalance"]
        return ", ".join([f"{left} credits (${left * _USD_PER_CREDIT:.2f})", *self._limits(body)])

    def _limits(self, body: Mapping[str, Any]) -> Iterator[str]:
        """What the organization's tier allows for this model; null is no limit."""
        limits, used = self._of_model(body, "tier"), self._of_model(body, "usage").get("dailyGenerations")
        if limits.get("maxConcurrentGenerations") is not None:
            yield f"{limits['maxConcurrentGenerations']} at once"
        if limits.get("maxDailyGenerations") is not None:
            so_far = "" if used is None else f" ({used} used)"
            yield f"{limits['maxDailyGenerations']} a day{so_far}"

    def _of_model(self, body: Mapping[str, Any], what: str) -> Mapping[str, Any]:
        of_all: Mapping[str, Any] = (body.get(what) or {}).get("models") or {}
        return of_all.get(self.model) or {}
