"""WaveSpeed: any model it hosts, by its path (wavespeed.ai/docs, as its package wavespeed 2.0.5 speaks to it)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from adapters.api.provider import Provider
from adapters.api.told import mapping, number, stated_id
from adapters.api.wire import Answer, BadAnswer, Call, Media, Output, State, Status, Ticket, Work
from adapters.errors import SetupError

_STATES = {
    "created": State.PENDING,
    "processing": State.PENDING,
    "completed": State.SUCCEEDED,
    "failed": State.FAILED,
    "cancelled": State.FAILED,
    "timeout": State.FAILED,
    "deleted": State.FAILED,
}
_MODERATED = ("nsfw", "content policy", "sensitive", "moderation")
_PASSING = ("HTTP 5", "HTTP 429")
"""In the error of a failed prediction: what its own package takes for a fault of the server behind."""


class WaveSpeed(Provider):
    """Predictions of WaveSpeed. `model` is the path of the model; `call` holds its other inputs.

    `options`: the names of the model's inputs, `image` (image), `video` (video), `negative` (negative_prompt) and
    `seed` (seed). A video is put into the vendor's storage first; pictures go inline.
    Its list of predictions tells no name of an attempt: a request whose answer was lost is left to a person.
    """

    base_url = "https://api.wavespeed.ai"
    key_env = "WAVESPEED_API_KEY"
    label = "WaveSpeed"
    options: ClassVar[frozenset[str]] = frozenset({"image", "video", "negative", "seed"})

    def check(self) -> None:
        """A model is named. Raises `SetupError`."""
        if "/" not in str(self.model or ""):
            raise SetupError("set model.adapter.model to the model's path at wavespeed.ai/models, owner/name/…")

    def upload(self, media: Media) -> Call | None:
        """Leave to put a video at the vendor's storage."""
        if not media.mime.startswith("video/"):
            return None
        wanted = {"filename": media.name, "size": len(media.data), "content_type": media.mime}
        return Call("POST", f"{self.base}/api/v3/media/uploads", json=wanted)

    def put(self, answer: Answer, media: Media) -> tuple[Call, str]:
        """A PUT of the bytes, with the headers that the leave names."""
        ticket = answer.record()["data"]
        how = ticket["upload"]
        if str(how["method"]).upper() != "PUT":
            raise BadAnswer("leave to put a file in another way than by PUT")
        headers = {str(name): str(value) for name, value in mapping(how.get("headers")).items()}
        call = Call("PUT", str(how["url"]), data=media.data, headers=headers, signed=False)
        return call, str(ticket["download_url"])

    def submit(self, work: Work) -> Call:
        """One prediction."""
        option = self.option.get
        field = option("image", "image") if work.picture is not None else option("video", "video")
        body: dict[str, Any] = {field: work.media.uri, "duration": work.seconds}
        if work.prompt:
            body["prompt"] = work.prompt
        if work.negative_prompt:
            body[option("negative", "negative_prompt")] = work.negative_prompt
        if work.seed is not None:
            body[option("seed", "seed")] = work.seed
        return Call("POST", f"{self.base}/api/v3/{self.model}", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"code", "message", "data": {"id", "status"}}`."""
        return Ticket(answer.record()["data"]["id"])

    def owns(self, answer: Answer) -> bool:
        """`{"code", "message"}`, with the code as a number, as in every answer of its."""
        try:
            body = answer.record()
        except BadAnswer:
            return False
        code = body.get("code")
        return isinstance(code, int) and not isinstance(code, bool) and code != 200 and bool(body.get("message"))

    def is_moderation(self, answer: Answer) -> bool:
        """By its words: there is no code for it."""
        return _declined(self.message(answer))

    def poll(self, ticket: Ticket) -> Call:
        """The prediction."""
        return Call("GET", f"{self.base}/api/v3/predictions/{quote(ticket.job_id, safe='')}/result")

    def names(self, answer: Answer, ticket: Ticket) -> str | None:
        """`data.id`."""
        return stated_id(mapping(answer.record().get("data")).get("id"))

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """What a prediction cost is not told."""
        data = answer.record()["data"]
        word, error = str(data["status"]), data.get("error")
        told = self.words(error) if error else "no explanation"
        state = _STATES.get(word, State.PENDING)
        if state is State.FAILED and _declined(told):
            state = State.REFUSED
        outputs = data.get("outputs") or []
        return Status(
            state,
            word,
            output=Output(url=outputs[0]) if outputs else None,
            reason=f"{word}: {told}",
            transient=word == "failed" and any(sign in told for sign in _PASSING),
            report=_report(data),
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """The account's balance."""
        return Call("GET", f"{self.base}/api/v3/balance")

    def balance(self, answer: Answer) -> str | None:
        """Dollars."""
        left = number(answer.record()["data"]["balance"])
        return None if left is None else f"${left:.2f} left"


def _declined(told: str) -> bool:
    return any(phrase in told.lower() for phrase in _MODERATED)


def _report(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "model": data.get("model"),
        "created_at": data.get("created_at"),
        "nsfw": data.get("has_nsfw_contents"),
        "inference_ms": mapping(data.get("timings")).get("inference"),
    }
