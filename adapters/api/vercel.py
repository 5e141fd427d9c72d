"""Vercel's AI Gateway: videos as its package @ai-sdk/gateway 4.0.146 asks for them (specification 4)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from adapters.api.provider import Provider
from adapters.api.told import error_of, mapping, number, stated_id
from adapters.api.wire import Answer, BadAnswer, Call, Output, State, Status, Ticket, Work
from adapters.errors import Ambiguous, SetupError

_STATES = {
    "pending": State.PENDING,
    "completed": State.SUCCEEDED,
    "error": State.FAILED,
    "cancelled": State.FAILED,
}
_MODERATED = ("moderation", "content policy", "content_policy", "safety filter", "sensitive")
"""A failed job says why in a sentence, which mostly is that of the vendor behind."""


class Vercel(Provider):
    """Jobs that begin with a picture, at whichever vendor the gateway sends them to; `call` goes into the body.

    A vendor's own parameters belong into `call.providerOptions`. A request to begin a job may have 300 KiB, so that the
    picture must be small (`media_bytes`). The attempt's name goes along as `idempotency-key`; that a second request
    under it makes no second job is not documented, and nothing here builds on it.
    """

    base_url = "https://ai-gateway.vercel.sh"
    key_env = "AI_GATEWAY_API_KEY"
    label = "Vercel AI Gateway"
    inline = True

    def check(self) -> None:
        """A model is named, and it is a picture that it goes on from. Raises `SetupError`."""
        if "/" not in str(self.model or ""):
            raise SetupError(
                "set model.adapter.model to a video model of the gateway, such as bytedance/seedance-2.5; "
                "they are listed at https://vercel.com/ai-gateway/models?capabilities=video-generation"
            )
        if self.mode != "i2v":
            raise SetupError("Vercel's gateway takes a picture to go on from, and no video: model.adapter.mode=i2v")

    def submit(self, work: Work) -> Call:
        """One job with a first frame."""
        picture = {"type": "file", "mediaType": work.media.mime, "data": work.media.base64}
        body: dict[str, Any] = {"n": 1, "duration": work.seconds}
        body["frameImages"] = [{"image": picture, "frameType": "first_frame"}]
        if work.prompt:
            body["prompt"] = work.prompt
        if work.seed is not None:
            body["seed"] = work.seed
        headers = {**self._headers, "idempotency-key": work.uuid}
        return Call("POST", f"{self._root}/start", json={**body, **self.call}, headers=headers)

    def ticket(self, answer: Answer) -> Ticket:
        """`{"operation": {"gatewayJobId"}}`, or the same id among what the gateway tells of the job."""
        body = answer.record()
        operation = mapping(body.get("operation"))
        return Ticket(operation["gatewayJobId"] if "gatewayJobId" in operation else _job(body)["jobId"])

    def fault(self, answer: Answer) -> Exception | None:
        """A dependency that failed (HTTP 424) is a vendor behind, which may have begun the job."""
        if answer.status == 424:
            return Ambiguous(f"{self.label} answers HTTP 424: {self.message(answer)}", answered=True)
        return super().fault(answer)

    def owns(self, answer: Answer) -> bool:
        """`{"error": {"message", "type"}, "generationId"}`."""
        error = error_of(answer)
        return isinstance(error.get("type"), str) and bool(error["type"])

    def is_moderation(self, answer: Answer) -> bool:
        """By its words: there is no code for it."""
        return _declined(self.message(answer))

    def poll(self, ticket: Ticket) -> Call:
        """The job, asked about by a POST that names its model as well."""
        operation = {"operation": {"gatewayJobId": ticket.job_id}}
        return Call("POST", f"{self._root}/status", json=operation, headers=self._headers)

    def names(self, answer: Answer, ticket: Ticket) -> str | None:
        """Only what the gateway tells of the job besides, if it does."""
        return stated_id(_job(answer.record()).get("jobId"))

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """A video lies elsewhere, or inside the answer; what it cost is told in dollars, if at all."""
        body = answer.record()
        word, error = str(body["status"]), body.get("error")
        told = self.words(error) if error else "no explanation"
        state = _STATES.get(word, State.PENDING)
        if state is State.FAILED and _declined(told):
            state = State.REFUSED
        gateway = _gateway(body)
        return Status(
            state,
            word,
            output=_output(body) if state is State.SUCCEEDED else None,
            reason=f"{word}: {told}",
            usd=number(gateway.get("cost")) or None,
            report={"generation_id": gateway.get("generationId"), "warnings": body.get("warnings") or None},
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """The account's credits."""
        return Call("GET", f"{self.base}/v1/credits")

    def balance(self, answer: Answer) -> str | None:
        """Dollars, which the gateway writes as a text."""
        return f"${float(answer.record()['balance']):.2f} left"

    @property
    def _root(self) -> str:
        return f"{self.base}/v4/ai/video-model"

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "ai-gateway-protocol-version": "0.0.1",
            "ai-gateway-auth-method": "api-key",
            "ai-video-model-specification-version": "4",
            "ai-model-id": self.model,
        }


def _declined(told: str) -> bool:
    return any(phrase in told.lower() for phrase in _MODERATED)


def _gateway(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(mapping(body.get("providerMetadata")).get("gateway"))


def _job(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(_gateway(body).get("asyncJob"))


def _output(body: Mapping[str, Any]) -> Output | None:
    """The first video. Raises `BadAnswer` for one that is given in another way than by address or as base64."""
    videos = body["videos"] or []
    if not videos:
        return None
    video = videos[0]
    if video["type"] == "url":
        return Output(url=video["url"])
    if video["type"] == "base64":
        return Output(data=base64.b64decode(video["data"], validate=True))
    raise BadAnswer(f"a video given as {str(video['type'])[:40]!r}")
