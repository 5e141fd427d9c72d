"""MiniMax's second API, of the H3 models (platform.minimax.io/docs/api-reference/video-generation-v2-create).

As the vendor's OpenAPI of it states (copies of 2026-08), @ai-sdk/minimax 3.0.45 and litellm 1.110.2 speak it.
"""

from __future__ import annotations

from urllib.parse import quote

from adapters.api.provider import Provider
from adapters.api.told import error_of, mapping, stated_id
from adapters.api.wire import Answer, Call, Output, State, Status, Ticket, Work
from adapters.errors import SetupError

_STATES = {
    "queued": State.PENDING,
    "running": State.PENDING,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "cancelled": State.FAILED,
    "expired": State.FAILED,  # not in the OpenAPI; @ai-sdk/minimax knows it
}
_MODERATED = ("1026", "1027")  # what was sent, what was made
_TRANSIENT = ("1000", "1001", "1024", "1033")  # the platform's table of codes: retry later
_TOLD = ("model", "resolution", "duration", "ratio", "created_at")


class MiniMaxV2(Provider):
    """Generations that begin with a picture. There is no seed and no switch for the sound; `call` goes into the body.

    It lists the tasks of seven days, but none of their fields carries a name that the maker of a task gave it: a task
    whose answer was lost cannot be told from those of other clips, runs and machines.
    """

    base_url = "https://api.minimax.io"
    key_env = "MINIMAX_API_KEY"
    label = "MiniMax"

    def check(self) -> None:
        """Raise `SetupError` for footage, which H3 takes as a reference of style and motion, not to go on from."""
        if self.mode != "i2v":
            raise SetupError("MiniMax goes on from a picture only: model.adapter.mode=i2v")

    def submit(self, work: Work) -> Call:
        """One generation from a text and a first frame; one without a text is turned away."""
        frame = {"type": "image_url", "image_url": {"url": work.media.uri}, "role": "first_frame"}
        content = [{"type": "text", "text": work.prompt or ""}, frame]
        body = {"model": self.model, "content": content, "duration": work.seconds}
        return Call("POST", f"{self.base}/v2/video_generation", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"task_id"}`."""
        return Ticket(answer.record()["task_id"])

    def owns(self, answer: Answer) -> bool:
        """`{"type": "error", "error": {"type", "message", "http_code"}}`."""
        return bool(error_of(answer).get("type"))

    def is_moderation(self, answer: Answer) -> bool:
        """An HTTP 422 whose message ends with the platform's code: `… sensitive content (1026)`."""
        return any(f"({code})" in self.message(answer) for code in _MODERATED)

    def poll(self, ticket: Ticket) -> Call:
        """The task; a fresh address of its video at every call, for seven days."""
        return Call("GET", f"{self.base}/v2/query/video_generation/{quote(ticket.job_id, safe='')}")

    def names(self, answer: Answer, ticket: Ticket) -> str | None:
        """`task.id`."""
        return stated_id(mapping(answer.record().get("task")).get("id"))

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """What a task costs is told in seconds and tokens only."""
        task = answer.record()["task"]
        word = str(task["status"])
        state = _STATES.get(word, State.PENDING)
        error = mapping(task.get("error"))
        code = str(error.get("code") or "")
        if state is State.FAILED and code in _MODERATED:
            state = State.REFUSED
        url = (task.get("content") or {}).get("url")
        return Status(
            state,
            word,
            output=Output(url=url) if url else None,
            reason=f"{code or word}: {error.get('message') or 'no explanation'}",
            transient=code in _TRANSIENT,
            report={**{key: task.get(key) for key in _TOLD}, "usage": mapping(task.get("usage")) or None},
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """A listing of one task."""
        return Call("GET", f"{self.base}/v2/query/video_generation?page_num=1&page_size=1")
