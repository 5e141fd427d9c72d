"""Together's videos (docs.together.ai, as its package together 3.1.1 speaks to them): POST and GET /v2/videos."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

from adapters.api.provider import Provider
from adapters.api.told import error_of, number
from adapters.api.wire import Answer, Call, Output, State, Status, Ticket, Work
from adapters.errors import SetupError

_STATES = {
    "queued": State.PENDING,  # not in the package; others tell of it
    "in_progress": State.PENDING,
    "completed": State.SUCCEEDED,
    "failed": State.FAILED,
    "cancelled": State.FAILED,
}
_MODERATED = ("moderation", "content policy", "sensitive", "safety filter", "nsfw")


class Together(Provider):
    """Jobs that begin with a picture (`media.frame_images`) or go on from a video (`media.frame_videos`).

    `call` goes into the body. `options`: `video`, where footage belongs (frame_videos; reference_videos …).
    """

    base_url = "https://api.together.ai"
    key_env = "TOGETHER_API_KEY"
    label = "Together"
    job_key = "id"
    options: ClassVar[frozenset[str]] = frozenset({"video"})

    def check(self) -> None:
        """A model is named. Raises `SetupError`."""
        if not self.model:
            raise SetupError(
                "set model.adapter.model to a video model of Together's, such as ByteDance/Seedance-2.5; "
                "they are listed at https://docs.together.ai/docs/inference/videos/overview"
            )

    def submit(self, work: Work) -> Call:
        """One job; a length is written as a text."""
        if work.picture is not None:
            media = {"frame_images": [{"input_image": work.media.uri, "frame": "first"}]}
        else:
            media = {str(self.option.get("video", "frame_videos")): [{"video": work.media.uri}]}
        body: dict[str, Any] = {"model": self.model, "seconds": str(work.seconds), "media": media}
        if work.prompt:
            body["prompt"] = work.prompt
        if work.negative_prompt:
            body["negative_prompt"] = work.negative_prompt
        if work.seed is not None:
            body["seed"] = work.seed
        return Call("POST", f"{self.base}/v2/videos", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"id", "status"}`."""
        return Ticket(answer.record()["id"])

    def owns(self, answer: Answer) -> bool:
        """`{"error": {"message", "type", "param", "code"}}`."""
        error = error_of(answer)
        return bool(error.get("type") or error.get("code"))

    def is_moderation(self, answer: Answer) -> bool:
        """By its words: there is no code for it."""
        return _declined(self.message(answer))

    def poll(self, ticket: Ticket) -> Call:
        """The job."""
        return Call("GET", f"{self.base}/v2/videos/{quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """What a job cost is told with its video, in dollars."""
        body = answer.record()
        word, error, made = str(body["status"]), body.get("error"), body.get("outputs") or {}
        told = self.words(error) if error else "no explanation"
        state = _STATES.get(word, State.PENDING)
        if state is State.FAILED and _declined(told):
            state = State.REFUSED
        return Status(
            state,
            word,
            output=Output(url=made["video_url"]) if made.get("video_url") else None,
            reason=f"{word}: {told}",
            usd=number(made.get("cost")),
            report={name: body.get(name) for name in ("model", "size", "seconds", "created_at")},
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """The list of models."""
        return Call("GET", f"{self.base}/v1/models")


def _declined(told: str) -> bool:
    return any(phrase in told.lower() for phrase in _MODERATED)
