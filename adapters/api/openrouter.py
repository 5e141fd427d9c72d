"""OpenRouter's videos (openrouter.ai/docs, as its packages speak them: openrouter 1.3.84, @openrouter/sdk 1.3.19)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from adapters.api.provider import Provider
from adapters.api.told import error_of, mapping, number
from adapters.api.wire import Answer, Call, Output, State, Status, Ticket, Work
from adapters.errors import Refused, SetupError
from adapters.http.urls import origin

_STATES = {
    "pending": State.PENDING,
    "in_progress": State.PENDING,
    "completed": State.SUCCEEDED,
    "failed": State.FAILED,
    "cancelled": State.FAILED,
    "expired": State.FAILED,
    "dead": State.FAILED,  # in @openrouter/ai-sdk-provider 2.10 alone
}
_MODERATED = ("moderation", "content policy", "content_policy", "safety filter")
"""A failed job says why in a sentence, which mostly is that of the vendor behind."""


class OpenRouter(Provider):
    """Jobs that begin with a picture, at whichever vendor OpenRouter sends them to; `call` goes into the body.

    A vendor's own parameters belong into `call.provider.options`; those that it does not know are dropped unseen.
    """

    base_url = "https://openrouter.ai/api/v1"
    key_env = "OPENROUTER_API_KEY"
    label = "OpenRouter"
    job_key = "id"

    def check(self) -> None:
        """A model is named, and it is a picture that it goes on from. Raises `SetupError`."""
        if not self.model:
            raise SetupError(
                "set model.adapter.model to a model of OpenRouter's, such as kwaivgi/kling-v3.0-pro; "
                "they are listed at https://openrouter.ai/api/v1/videos/models"
            )
        if self.mode != "i2v":
            raise SetupError("OpenRouter takes a picture to go on from, and no video: model.adapter.mode=i2v")

    def submit(self, work: Work) -> Call:
        """One job with a first frame."""
        frame = {"type": "image_url", "image_url": {"url": work.media.uri}, "frame_type": "first_frame"}
        body: dict[str, Any] = {"model": self.model, "duration": work.seconds, "frame_images": [frame]}
        if work.prompt:
            body["prompt"] = work.prompt
        if work.seed is not None:
            body["seed"] = work.seed
        return Call("POST", f"{self.base}/videos", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"id", "polling_url", "status"}`."""
        return Ticket(answer.record()["id"])

    def fault(self, answer: Answer) -> Exception | None:
        """An input that was flagged is an HTTP 403 as well, and one for this clip alone."""
        if answer.status == 403 and self.owns(answer):
            told = mapping(error_of(answer).get("metadata"))
            if told.get("reasons") or told.get("flagged_input"):
                return Refused(f"{self.label} answers HTTP 403: {self.message(answer)}")
        return super().fault(answer)

    def owns(self, answer: Answer) -> bool:
        """`{"error": {"code", "message"}}`, with the status as code."""
        return bool(error_of(answer).get("code"))

    def poll(self, ticket: Ticket) -> Call:
        """The job as it stands."""
        return Call("GET", f"{self.base}/videos/{quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """What a job cost is told in dollars, but for those that run on a key of the user's own at the vendor."""
        body = answer.record()
        word, error = str(body["status"]), body.get("error")
        state = _STATES.get(word, State.PENDING)
        told = self.words(error) if error else "no explanation"
        if state is State.FAILED and any(phrase in told.lower() for phrase in _MODERATED):
            state = State.REFUSED
        urls, usage = body.get("unsigned_urls") or [], mapping(body.get("usage"))
        url, byok = urls[0] if urls else None, usage.get("is_byok") is True
        return Status(
            state,
            word,
            output=self._output(url) if url else None,
            reason=f"{word}: {told}",
            usd=None if byok else number(usage.get("cost")),
            report={"generation_id": body.get("generation_id"), "is_byok": True if byok else None},
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """What the key may spend."""
        return Call("GET", f"{self.base}/key")

    def balance(self, answer: Answer) -> str | None:
        """What is left of the key's own limit; an account's credits are told to its owner only."""
        left = number(mapping(answer.record()["data"]).get("limit_remaining"))
        return None if left is None else f"${left:.2f} left of the key's limit"

    def _output(self, url: Any) -> Output:
        """Where the video is: at the service itself, which wants the key and leads elsewhere, or elsewhere at once."""
        try:
            own = origin(url) == origin(self.base)
        except (ValueError, TypeError, AttributeError):
            own = False
        return Output(url=url, signed=own)
