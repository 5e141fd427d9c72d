"""fal.ai's queue: any model it hosts, by its path (fal.ai/docs/model-apis, fal-client 1.0.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from adapters.api.http.retry_after import asked_wait
from adapters.api.provider import Provider
from adapters.api.told import identified
from adapters.api.wire import Answer, BadAnswer, Call, Output, State, Status, Ticket, Work
from adapters.errors import Ambiguous, SetupError
from adapters.http.retry_after import Passing
from adapters.http.urls import origin
from adapters.outside import clean_text

_NAMESPACES = ("workflows", "comfy")
_RUNNING = ("IN_QUEUE", "IN_PROGRESS")
_MODERATED = "content_policy_violation"
_SERVER_SIDE = {
    "request_timeout", "startup_timeout", "runner_scheduling_failure", "runner_connection_timeout",
    "runner_disconnected", "runner_connection_refused", "runner_connection_error", "runner_incomplete_response",
    "runner_server_error", "internal_error",
}  # fmt: skip
"""Error types of statuses from 500 up, which are never charged."""
_VAGUE = {"internal_error"}
"""What may as well have befallen the question about a result; if it befell the request, its status tells."""
_YES = ("1", "true", "yes")
_PASSING = (408, 409, 425, 429)
_LONGEST_ADDRESS, _SHOWN = 2048, 100


class Fal(Provider):
    """Requests of fal's queue. `model` is the whole path: owner/alias, and what may follow.

    `options`: the names of the fields that hold things, `image` (image_url), `video` (video_url), `seed`,
    `negative` (negative_prompt) and, in the result, `output` (video); `listed`: true where the picture or video stands
    in a list of one; `duration`: how five seconds are spelled, 5, "5" or "5s", null for a model that takes none;
    `headers` to send with a request (X-Fal-Request-Timeout …).

    The queue tries a request again by itself when its own machines fail (503, 504, lost connections) or too many of the
    account's run. That is left on: it is one request, charged at most once, and server errors are not charged at all.
    A request may wait for long to be started; no X-Fal-Request-Timeout makes it fail for that.
    """

    base_url = "https://queue.fal.run"
    key_env = "FAL_KEY"
    label = "fal"
    job_key = "request_id"
    errors = frozenset({"detail"})
    options: ClassVar[frozenset[str]] = frozenset(
        {"image", "video", "listed", "seed", "negative", "output", "duration", "headers"}
    )

    def sign(self, key: str) -> Mapping[str, str]:
        """`Key`, where others say Bearer."""
        return {"Authorization": f"Key {key}"}

    def check(self) -> None:
        """A model is named, and its lengths are spelled in a known way."""
        if not self.model or len(self._path()) < 2:
            raise SetupError("set model.adapter.model to the model's path at fal.ai/models, owner/alias/…")
        if self._spelled not in (None, 5, "5", "5s"):
            raise SetupError(f"model.adapter.options.duration={self._spelled!r}: five seconds are 5, '5' or '5s'")

    def submit(self, work: Work) -> Call:
        """One request to the queue."""
        option, media = self.option.get, work.media
        field = option("image", "image_url") if work.picture is not None else option("video", "video_url")
        body: dict[str, Any] = {field: [media.uri] if option("listed") else media.uri}
        if work.prompt:
            body["prompt"] = work.prompt
        if work.negative_prompt:
            body[option("negative", "negative_prompt")] = work.negative_prompt
        if work.seed is not None:
            body[option("seed", "seed")] = work.seed
        if self._spelled is not None:
            seconds = str(work.seconds)
            body["duration"] = work.seconds if self._spelled == 5 else self._spelled.replace("5", seconds)
        headers = {name: str(value) for name, value in option("headers", {}).items()}
        return Call("POST", f"{self.base}/{self.model}", json={**body, **self.call}, headers=headers)

    def ticket(self, answer: Answer) -> Ticket:
        """The request's id and addresses. Those on another host than ours are not used: the key goes to ours only."""
        body = answer.record()
        ticket = self.adopt(identified(Ticket(body["request_id"])).job_id)
        named = {name: url for name in ticket.urls if isinstance(url := body.get(f"{name}_url"), str)}
        foreign = next((url for url in named.values() if url and not self._is_ours(url)), None)
        if foreign is not None:
            return Ticket(ticket.job_id, {**ticket.urls, "foreign": clean_text(foreign, _SHOWN)})
        return Ticket(ticket.job_id, {**ticket.urls, **{name: url for name, url in named.items() if url}})

    def adopt(self, job_id: str) -> Ticket:
        """The addresses that fal's own client builds: of the owner and the alias, without the rest of the path."""
        whole = f"{self.base}/{'/'.join(self._path())}/requests/{quote(job_id, safe='')}"
        return Ticket(job_id, {"status": f"{whole}/status", "response": whole, "cancel": f"{whole}/cancel"})

    def is_moderation(self, answer: Answer) -> bool:
        """Whether a 422 says that the content was declined."""
        return _MODERATED in _kinds(answer)

    def poll(self, ticket: Ticket) -> Call:
        """The request's status; its result is another call."""
        return Call("GET", ticket.urls["status"])

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """COMPLETED says that it ended, not how: a failure is told here, or only by the result."""
        body = answer.record()
        word, kind = str(body["status"]), str(body.get("error_type") or "")
        odd = self._odd(word, ticket)
        if word != "COMPLETED":
            return Status(State.PENDING, word, odd=odd)
        if body.get("error") and kind:
            state = State.REFUSED if kind == _MODERATED else State.FAILED
            ours = kind in _SERVER_SIDE
            reason = f"{kind}: {self.words(body['error'])}"
            return Status(state, word, reason=reason, transient=ours, usd=0.0 if ours else None, odd=odd)
        return Status(State.PENDING, word, ask=Call("GET", ticket.urls["response"]), odd=odd)

    def result(self, answer: Answer, ticket: Ticket) -> Status:
        """The video, or why there is none. Only what names its type is fal's verdict; anything else is asked again."""
        if answer.ok:
            return self._done(answer.record())
        if answer.status in (401, 402, 403):
            raise self.stop(answer)
        kinds, told = _kinds(answer), f"HTTP {answer.status}: {self.words(answer.record())[:300]}"
        if not kinds and "still in progress" in told:
            return Status(State.PENDING, "IN_PROGRESS")
        if answer.status in _PASSING or (answer.status >= 500 and _VAGUE.issuperset(kinds)):
            raise Passing(told, asked_wait(answer.headers, self.now))
        if not kinds:
            raise Ambiguous(f"job {ticket.job_id} is done, and its result cannot be had: {told}")
        state = State.REFUSED if _MODERATED in kinds else State.FAILED
        return Status(
            state,
            "COMPLETED",
            reason=f"{', '.join(kinds)}: {told}",
            transient=state is State.FAILED and (_may_pass(answer) or not _SERVER_SIDE.isdisjoint(kinds)),
            usd=0.0 if answer.status >= 500 else None,  # documented as never charged
        )

    def _done(self, body: Mapping[str, Any]) -> Status:
        video = body[self.option.get("output", "video")] or {}
        report = {
            "seed": body.get("seed"),
            "prompt": body.get("expanded_prompt") or body.get("prompt"),
            "nsfw": body.get("has_nsfw_concepts"),
            "fps": video.get("fps"),
            "duration": video.get("duration"),
        }
        output = Output(url=video["url"]) if video else None
        return Status(State.SUCCEEDED, "COMPLETED", output=output, report=report)

    @property
    def _spelled(self) -> Any:
        return self.option.get("duration", 5)

    def _path(self) -> list[str]:
        """Owner and alias, after the namespace of the few models that have one."""
        parts = self.model.split("/")
        return parts[: 3 if parts[0] in _NAMESPACES else 2]

    def _is_ours(self, url: str) -> bool:
        try:
            return len(url) <= _LONGEST_ADDRESS and url.isascii() and origin(url) == origin(self.base)
        except ValueError:
            return False

    def _odd(self, word: str, ticket: Ticket) -> str:
        if word not in (*_RUNNING, "COMPLETED"):
            return f"an unknown status {word!r}, taken for running"
        foreign = ticket.urls.get("foreign")
        return f"its answer named {foreign!r}: not used, the key is for {self.base} alone" if foreign else ""


def _kinds(answer: Answer) -> list[str]:
    """The types of error in an answer, the model's and the queue's; only fal's own verdict has any."""
    try:
        body = answer.record()
    except BadAnswer:
        return []
    listed = body["detail"] if isinstance(body.get("detail"), list) else []
    kinds = [one.get("type") for one in listed if isinstance(one, Mapping)]
    flat = body.get("error_type") or answer.headers.get("x-fal-error-type")
    return [str(kind) for kind in (*kinds, flat) if kind]


def _may_pass(answer: Answer) -> bool:
    """Whether fal says that the very same request may succeed."""
    return any(answer.headers.get(name, "").lower() in _YES for name in ("x-fal-retryable", "x-fal-needs-retry"))
