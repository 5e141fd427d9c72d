"""Replicate: any model it hosts, by its name or by a pinned version (replicate.com/docs/reference/http, SDK 1.0.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from adapters.api.provider import Provider
from adapters.api.told import mapping
from adapters.api.wire import Answer, BadAnswer, Call, Media, Output, Part, State, Status, Ticket, Work
from adapters.errors import SetupError

_STATES = {
    "starting": State.PENDING,
    "processing": State.PENDING,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
    "aborted": State.FAILED,  # its deadline passed before it was begun; documented as not charged
}
_MODERATED = ("(E005)", "flagged as sensitive", "NSFW content detected")
_UPLOADED_ABOVE = 256_000


class Replicate(Provider):
    """Predictions of Replicate. `model` is owner/name; `call` holds the model's other inputs.

    `options`: the names of the model's inputs, `image` (image), `video` (video), `duration` (duration; null for a model
    that takes none), `seed` (seed), `negative` (negative_prompt); `listed`: true where the picture or video stands in a
    list of one; `version`, the 64 digits of a pinned version, which
    models of the community need; `upload`, the bytes above which a picture is uploaded first (256000; null for never);
    `cancel_after`, after which the service ends a job by itself ("30m", from 5 s to 24 h).

    An hour after its end a job's video is deleted there, for good. Its list of predictions tells no name of an attempt,
    only inputs, which other runs share: a request whose answer was lost is left to a person.
    """

    base_url = "https://api.replicate.com"
    key_env = "REPLICATE_API_TOKEN"
    label = "Replicate"
    job_key = "id"
    errors = frozenset({"detail"})
    options: ClassVar[frozenset[str]] = frozenset(
        {"image", "video", "listed", "duration", "seed", "negative", "version", "upload", "cancel_after"}
    )

    def check(self) -> None:
        """A model is named."""
        if str(self.model or "").count("/") != 1:
            raise SetupError("set model.adapter.model to a model of replicate.com, owner/name")

    def upload(self, media: Media) -> Call | None:
        """Pictures above a quarter of a megabyte are to be files, which live for a day."""
        most = self.option.get("upload", _UPLOADED_ABOVE)
        if most is None or len(media.data) <= most:
            return None
        return Call("POST", f"{self.base}/v1/files", form={"content": Part(media.data, media.name, media.mime)})

    def uploaded(self, answer: Answer) -> str:
        """The file's address, which models may read."""
        return str(answer.record()["urls"]["get"])

    def submit(self, work: Work) -> Call:
        """One prediction. `Prefer: wait` is left out: it would hold the one answer that tells the id."""
        body: dict[str, Any] = {"input": self._input(work)}
        path = "predictions" if self._version else f"models/{self.model}/predictions"
        if self._version:
            body = {"version": self._version, **body}
        after = self.option.get("cancel_after")
        return Call("POST", f"{self.base}/v1/{path}", json=body, headers={"Cancel-After": str(after)} if after else {})

    def ticket(self, answer: Answer) -> Ticket:
        """A prediction, of which the id counts; its `urls.get` is always the same."""
        return Ticket(answer.record()["id"])

    def poll(self, ticket: Ticket) -> Call:
        """The prediction."""
        return Call("GET", f"{self.base}/v1/predictions/{quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """The output is an address, or holds one; it is gone once `data_removed`."""
        body = answer.record()
        word, error = str(body["status"]), str(body.get("error") or "")
        state = _STATES.get(word, State.PENDING)
        if state is State.FAILED and any(sign in error for sign in _MODERATED):
            state = State.REFUSED
        made = None if body.get("data_removed") is True else body.get("output")
        url = _address(made)
        if state is State.SUCCEEDED and made and not url:
            raise BadAnswer("an output without the address of a file")
        return Status(
            state,
            word,
            output=Output(url=url, signed=url.startswith(f"{self.base}/")) if url else None,
            reason=f"{word}: {error or 'no explanation'}",
            transient=word == "aborted" or "please retry" in error,
            usd=0.0 if word == "aborted" else None,
            report=_report(body),
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """The account."""
        return Call("GET", f"{self.base}/v1/account")

    def balance(self, answer: Answer) -> str | None:
        """Only whose account it is; what is left to spend is not told."""
        body = answer.record()
        return f"account {body['username']} ({body.get('type') or 'of unknown type'})"

    @property
    def _version(self) -> str:
        return str(self.option.get("version") or "").rpartition(":")[2]

    @property
    def _field(self) -> str:
        return str(self.option.get("image", "image") if self.mode == "i2v" else self.option.get("video", "video"))

    def _input(self, work: Work) -> dict[str, Any]:
        option = self.option.get
        given = {
            "prompt": work.prompt or None,
            self._field: [work.media.uri] if option("listed") else work.media.uri,
            option("duration", "duration"): work.seconds,
            option("seed", "seed"): work.seed,
            option("negative", "negative_prompt"): work.negative_prompt or None,
        }
        return {name: value for name, value in given.items() if name and value is not None} | self.call


def _address(output: Any) -> str | None:
    """The first web address in an output, which each model shapes as it likes."""
    if isinstance(output, str):
        return output if output.startswith(("https://", "http://")) else None
    parts = list(output.values()) if isinstance(output, Mapping) else output
    return next(filter(None, map(_address, parts)), None) if isinstance(parts, list) else None


def _report(body: Mapping[str, Any]) -> dict[str, Any]:
    metrics = mapping(body.get("metrics"))
    told = {key: body.get(key) for key in ("model", "version", "created_at", "completed_at", "data_removed")}
    return {**told, "predict_s": metrics.get("predict_time"), "seed": mapping(body.get("input")).get("seed")}
