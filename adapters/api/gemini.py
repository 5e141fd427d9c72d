"""Google's Gemini Omni by the Interactions API, with an API key (ai.google.dev/gemini-api/docs/omni, google-genai)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from adapters.api.google_rpc import GoogleService, declined, decoded
from adapters.api.http.retry_after import asked_wait
from adapters.api.told import items, mapping, stated_id
from adapters.api.wire import Answer, BadAnswer, Call, Output, State, Status, Ticket, Work
from adapters.errors import SetupError
from adapters.http.retry_after import Passing
from adapters.http.urls import origin

_STATES = {
    "queued": State.PENDING,
    "in_progress": State.PENDING,
    "completed": State.SUCCEEDED,
    "failed": State.FAILED,
    "cancelled": State.FAILED,
    "incomplete": State.FAILED,
    "budget_exceeded": State.FAILED,
    "idle": State.FAILED,
    "requires_action": State.FAILED,
    "requires_continuation": State.FAILED,
}
_HALTED = {
    "idle": "it stands still without a video",
    "requires_action": "it waits for an answer that nobody gives here",
    "requires_continuation": "it waits to be continued, which nobody does here",
}
"""Statuses (google-genai 3.6) that never change by themselves: such a job would be waited for in vain."""
_FILE = re.compile(r"files/[A-Za-z0-9_-]+")
_EMPTY = (
    "completed without a video: its output was filtered, or the service blocks this kind of request where the account "
    "is (uploaded videos are not continued in the EEA, Switzerland and the United Kingdom)"
)


class Gemini(GoogleService):
    """Interactions that make one video, always in the background: a blocking request that broke would be lost.

    `call` is merged into `response_format` (resolution, aspect_ratio). `options`: `task` (what the model is told to
    do), `duration` (how a number of seconds is written), `prefix` (put before the prompt: `<FIRST_FRAME> ` binds the
    picture to its role).
    """

    base_url = "https://generativelanguage.googleapis.com"
    key_env: ClassVar[str | None] = "GEMINI_API_KEY"
    label = "Gemini"
    job_key = "id"
    delivery: ClassVar[str] = "uri"
    """How the video is asked for: an address, or `inline`, in the answer."""
    options: ClassVar[frozenset[str]] = frozenset({"task", "duration", "prefix"})
    for_all = GoogleService.for_all | {"FAILED_PRECONDITION"}  # documented as: not in this country without billing

    def sign(self, key: str) -> Mapping[str, str]:
        """Google's own header: an API key is no bearer token."""
        return {"x-goog-api-key": key}

    def check(self) -> None:
        """Raise `SetupError` for a `duration` without a place for the seconds."""
        if "{}" not in self._duration:
            raise SetupError(f"model.adapter.options.duration={self._duration!r} has no {{}} for the seconds")

    @property
    def _interactions(self) -> str:
        return f"{self.base}/v1/interactions"

    @property
    def _duration(self) -> str:
        return str(self.option.get("duration", "{}s"))

    def submit(self, work: Work) -> Call:
        """One model interaction, stored, so that it can be asked about later."""
        media = {"type": "image" if work.picture else "video", "data": work.media.base64, "mime_type": work.media.mime}
        content: list[dict[str, Any]] = [media]
        if work.prompt:
            content.append({"type": "text", "text": f"{self.option.get('prefix', '')}{work.prompt}"})
        task = self.option.get("task", "image_to_video" if work.picture else "extend")
        config: dict[str, Any] = {"video_config": {"task": task}}
        if work.seed is not None:
            config["seed"] = work.seed
        wanted = {
            "type": "video",
            "duration": self._duration.format(work.seconds),
            "delivery": self.delivery,
            **self.call,
        }
        body = {
            "model": self.model, "input": [{"type": "user_input", "content": content}], "generation_config": config,
            "response_format": wanted, "background": True, "store": True,
        }  # fmt: skip
        return Call("POST", self._interactions, json=body)

    def ticket(self, answer: Answer) -> Ticket:
        """`{"id", "status"}`."""
        return Ticket(answer.record()["id"])

    def poll(self, ticket: Ticket) -> Call:
        """The interaction as it stands."""
        return Call("GET", f"{self._interactions}/{quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """The video is in the answer, even where an address was asked for, or a file that has to get ready first."""
        body = answer.record()
        word = str(body["status"])
        state = _STATES.get(word, State.PENDING)
        report = _report(body)
        if state is State.PENDING:
            odd = "" if word in _STATES else f"an unknown status {word!r}, taken for running"
            return Status(state, word, report=report, odd=odd)
        video = _video(body)
        if word in _HALTED and video is not None:
            state = State.SUCCEEDED
        if state is State.SUCCEEDED and video is not None:
            if video.get("data"):
                return Status(state, word, output=Output(data=decoded(video["data"])), report=report)
            uri = video["uri"]
            file = self._file(uri)
            if file is None:
                output = Output(url=uri, signed=origin(uri) == origin(self.base))
                return Status(state, word, output=output, report=report)
            ask, about = Call("GET", file), _FILE.findall(file)[-1]
            return Status(state, word, output=_download(file), report=report, ask=ask, about=about)
        if state is State.SUCCEEDED and _made(body):
            raise BadAnswer("a video in a step that is not the model's")
        reason = "; ".join(_errors(body)) or (_EMPTY if state is State.SUCCEEDED else _unexplained(word))
        return Status(State.REFUSED if declined(reason) else State.FAILED, word, reason=reason, report=report)

    def result(self, answer: Answer, ticket: Ticket) -> Status:
        """A file can be downloaded once it is ACTIVE; of one that is gone Google says 403, "or it may not exist"."""
        if answer.status in (403, 410):
            return Status(State.SUCCEEDED, "no file")
        if answer.status in (401, 402):
            raise self.stop(answer)
        if not answer.ok:
            told = f"{self.label} answers HTTP {answer.status}: {self.message(answer)}"
            raise Passing(told, asked_wait(answer.headers, self.now))
        body = answer.record()
        word, about = str(body["state"]), stated_id(body.get("name"))
        if word == "FAILED":
            return Status(State.FAILED, word, reason=f"the video's file failed: {self.words(body)[:300]}", about=about)
        if word != "ACTIVE":
            odd = "" if word == "PROCESSING" else f"an unknown file state {word!r}"
            return Status(State.PENDING, word, odd=odd, about=about)
        file = self._file(str(body.get("uri") or "")) or self._file(str(body["name"]))
        return Status(State.SUCCEEDED, word, output=_download(file) if file else None, about=about)

    def probe(self) -> Call:
        """A list of models, of length one."""
        return Call("GET", f"{self.base}/v1beta/models?pageSize=1")

    def _file(self, uri: str) -> str | None:
        """Where a file of the service itself is asked about; None for an address on another host."""
        found = _FILE.search(uri)
        if found is None:
            return None
        if "://" not in uri:
            return f"{self.base}/v1beta/{found[0]}"
        return uri[: found.end()] if origin(uri) == origin(self.base) else None


def _unexplained(word: str) -> str:
    return f"{word}: {_HALTED[word]}" if word in _HALTED else f"{word}, no explanation"


def _download(file: str) -> Output:
    return Output(url=f"{file}:download?alt=media", signed=True)


def _outputs(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps of the model alone: what was sent stands among the steps as well, and may be a video too."""
    return [step for step in body.get("steps") or [] if step.get("type") == "model_output"]


def _video(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The last video that the model made, as Google's own package picks it."""
    videos = [one for step, one in _made(body) if step == "model_output"]
    return videos[-1] if videos else None


def _made(body: Mapping[str, Any]) -> list[tuple[Any, Mapping[str, Any]]]:
    """All videos but those that were sent, each with the type of its step."""
    steps = [step for step in items(body.get("steps")) if mapping(step).get("type", "user_input") != "user_input"]
    return [(step["type"], one) for step in steps for one in items(step.get("content")) if _is_video(mapping(one))]


def _is_video(content: Mapping[str, Any]) -> bool:
    named = content.get("type") == "video" or str(content.get("mime_type")).startswith("video/")
    return named and bool(content.get("data") or content.get("uri"))


def _errors(body: Mapping[str, Any]) -> list[str]:
    """Whatever it says in place of a video: errors, or plain text."""
    errors = [*(body.get("errors") or []), *(step["error"] for step in _outputs(body) if step.get("error"))]
    told = [f"{error.get('code') or 'error'}: {error.get('message') or 'no explanation'}" for error in errors]
    texts = [content.get("text") for step in _outputs(body) for content in step.get("content") or []]
    return told + [f"it answers {str(text)[:200]!r} in place of a video" for text in texts if text]


def _report(body: Mapping[str, Any]) -> dict[str, Any]:
    usage = mapping(body.get("usage"))
    return {
        "model": body.get("model"),
        "created": body.get("created"),
        "input_tokens": usage.get("total_input_tokens"),
        "output_tokens": usage.get("total_output_tokens"),
    }
