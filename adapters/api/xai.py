"""xAI's Grok Imagine Video (docs.x.ai; the wire as @ai-sdk/xai 5.0 speaks it, since xAI's own SDK speaks gRPC)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from adapters.api.provider import Provider
from adapters.api.wire import Answer, BadAnswer, Call, Output, State, Status, Ticket, Work
from adapters.errors import Refused, SetupError

_USD_PER_TICK = 1e-10
_STATES = {
    "pending": State.PENDING,
    "done": State.SUCCEEDED,
    "failed": State.FAILED,
    "expired": State.FAILED,
}
_FOR_ALL = ("Incorrect API key", "used all available credits", "spending limit")
"""A wrong key answers HTTP 400 here, and an empty account 429."""
_BARRED = ("api_key_blocked", "api_key_disabled", "team_blocked")


class XAI(Provider):
    """Videos from a picture, and extensions of footage. There is no seed, no list of jobs, and no way to cancel one.

    A picture of another shape than `aspect_ratio` is stretched, so that none is asked for: the video has the picture's.
    """

    base_url = "https://api.x.ai"
    key_env = "XAI_API_KEY"
    label = "xAI"

    def submit(self, work: Work) -> Call:
        """`generations`, or `extensions` for footage, of which `duration` is what comes on top."""
        path, field = ("generations", "image") if work.picture is not None else ("extensions", "video")
        body = {
            "model": self.model,
            "prompt": work.prompt or "",
            field: {"url": work.media.uri},
            "duration": work.seconds,
        }
        return Call("POST", f"{self.base}/v1/videos/{path}", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"request_id"}`."""
        return Ticket(str(answer.record()["request_id"] or ""))

    def fault(self, answer: Answer) -> Exception | None:
        """What no other clip could get through with is told in words more than by the status."""
        if answer.status in (400, 429) and self.owns(answer) and any(sign in self.message(answer) for sign in _FOR_ALL):
            return self.stop(answer)
        fault = super().fault(answer)
        if isinstance(fault, Refused):
            fault.usd = _usd(answer.record()) or 0.0  # a picture that was declined was charged all the same
        return fault

    def is_moderation(self, answer: Answer) -> bool:
        """HTTP 400 with "rejected by content moderation", seen for pictures (which were charged all the same)."""
        return _speaks_of_moderation(self.message(answer))

    def words(self, body: Any) -> str:
        """Three shapes: an error with a message and a code, a text beside a code, a text alone."""
        code = body.get("code") if isinstance(body, Mapping) else None
        return f"{code}: {super().words(body)}" if code else super().words(body)

    def poll(self, ticket: Ticket) -> Call:
        """The job; the address of its video lives for a day."""
        return Call("GET", f"{self.base}/v1/videos/{quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """HTTP 202 says that it runs, with a body or without; a `done` without a video may be a refusal."""
        body = _pending(answer) if answer.status == 202 else answer.record()
        video = body.get("video") or {}
        url = video.get("url") or (video.get("file_output") or {}).get("public_url")
        word = str(body.get("status") or ("done" if url else body["status"]))
        state = _STATES.get(word, State.PENDING)
        reason = f"{word}: {self.words(body['error'])}" if body.get("error") else f"{word}, no explanation"
        if state is State.SUCCEEDED and video.get("respect_moderation") is False:
            state, reason = State.REFUSED, "the video did not pass moderation"
        elif state is State.FAILED and _speaks_of_moderation(reason):
            state = State.REFUSED
        return Status(
            state,
            word,
            output=Output(url=str(url)) if url else None,
            reason=reason,
            usd=_usd(body),
            report={"model": body.get("model"), "duration": video.get("duration"), "usd": _usd(body)},
            progress=None if body.get("progress") is None else body["progress"] / 100,
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """The key itself: whom it belongs to, and whether it is barred. What is left to spend is not told."""
        return Call("GET", f"{self.base}/v1/api-key")

    def balance(self, answer: Answer) -> str | None:
        """Nothing to tell of a key that works. Raises `SetupError` for one that is barred."""
        body = answer.record()
        barred = [name for name in _BARRED if body.get(name)]
        if barred:
            raise SetupError(f"{self.label} takes the key, but says {', '.join(barred)}")
        return None


def _usd(body: Mapping[str, Any]) -> float | None:
    """What the service says that it charged."""
    ticks = (body.get("usage") or {}).get("cost_in_usd_ticks")
    return None if ticks is None else round(ticks * _USD_PER_TICK, 6)


def _pending(answer: Answer) -> Mapping[str, Any]:
    """The body of a 202, which is often empty and need not be JSON."""
    try:
        return {"status": "pending", **answer.record()}
    except BadAnswer:
        return {"status": "pending"}


def _speaks_of_moderation(text: str) -> bool:
    return any(word in text.lower() for word in ("moderation", "content policy", "content_policy"))
