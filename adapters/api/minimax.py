"""MiniMax's Hailuo models (platform.minimax.io/docs): errors come in an HTTP 200, and the video after two more hops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from adapters.api.http.retry_after import asked_wait
from adapters.api.provider import Provider
from adapters.api.told import mapping, stated_id
from adapters.api.wire import UNREADABLE, Answer, Call, Output, State, Status, Ticket, Work
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from adapters.http.retry_after import Passing

_STATES = {
    "Preparing": State.PENDING,
    "Queueing": State.PENDING,
    "Processing": State.PENDING,
    "Success": State.SUCCEEDED,
    "Fail": State.FAILED,
}
_LATER = (1002, 2056)  # too many at once; the plan's use of these hours is up: both pass by waiting
_FOR_ALL = (1004, 1008, 2049)  # the key, the balance
_MODERATED = (1026, 1027)  # what was sent, what was made
_PARAMETERS = 2013
_TRANSIENT = (1000, 1001, 1024, 1033)  # documented as: retry later


class MiniMax(Provider):
    """Generations that begin with a picture. `call` goes into the body as it is."""

    base_url = "https://api.minimax.io"
    key_env = "MINIMAX_API_KEY"
    label = "MiniMax"
    job_key = "task_id"

    def check(self) -> None:
        """Raise `SetupError` for footage, which no model here goes on from."""
        if self.mode != "i2v":
            raise SetupError("MiniMax goes on from a picture only: model.adapter.mode=i2v")

    def submit(self, work: Work) -> Call:
        """One generation from a first frame."""
        body: dict[str, Any] = {"model": self.model, "first_frame_image": work.media.uri, "duration": work.seconds}
        if work.prompt:
            body["prompt"] = work.prompt
        return Call("POST", f"{self.base}/v1/video_generation", json={**body, **self.call})

    def ticket(self, answer: Answer) -> Ticket:
        """`{"task_id", "base_resp": {"status_code": 0}}`; any other code is a no, though the status is 200."""
        body = answer.record()
        code, told = self._code(body)
        if code == 0:
            return Ticket(body["task_id"])
        if code in _LATER:
            raise RateLimited(told, asked_wait(answer.headers, self.now))
        if code in _FOR_ALL:
            raise SetupError(f"{told} (${self.key_env})")
        if code in _MODERATED:
            raise Refused(told)
        if code == _PARAMETERS:
            raise Rejected(told)
        raise Ambiguous(told, answered=True)

    def owns(self, answer: Answer) -> bool:
        """An envelope with a code other than 0."""
        try:
            return self._code(answer.record())[0] != 0
        except UNREADABLE:
            return False

    def words(self, body: Any) -> str:
        """The message of the envelope, where there is one."""
        envelope = body.get("base_resp") if isinstance(body, Mapping) else None
        return self._code(body)[1] if isinstance(envelope, Mapping) else super().words(body)

    def poll(self, ticket: Ticket) -> Call:
        """The task, by a query."""
        return Call("GET", f"{self.base}/v1/query/video_generation?task_id={quote(ticket.job_id, safe='')}")

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """A finished task names a file, whose address a further call gives, whatever else is said."""
        body = answer.record()
        if body.get("status") == "Success" and body.get("file_id"):
            file = quote(str(body["file_id"]), safe="")
            report = {"width": body.get("video_width"), "height": body.get("video_height")}
            call = Call("GET", f"{self.base}/v1/files/retrieve?file_id={file}")
            return Status(State.SUCCEEDED, "Success", report=report, ask=call, about=stated_id(body["file_id"]))
        code, told = self._code(body)
        if code and body.get("status") != "Fail":
            return self._no(code, told, answer)
        word = str(body["status"])
        state = _STATES.get(word, State.PENDING)
        if state is State.FAILED:
            return self._no(code, told, answer) if code in _MODERATED else _failed(code, told, word)
        if state is State.PENDING:
            return Status(state, word, odd="" if word in _STATES else f"an unknown status {word!r}, taken for running")
        return Status(State.FAILED, word, reason="it succeeded without a file")

    def result(self, answer: Answer, ticket: Ticket) -> Status:
        """`{"file": {"file_id", "download_url"}}`: a fresh address at every call."""
        if answer.status in (401, 402, 403):
            raise self.stop(answer)
        if not answer.ok:
            told = f"{self.label} answers HTTP {answer.status}: {self.message(answer)}"
            raise Passing(told, asked_wait(answer.headers, self.now))
        body = answer.record()
        if not mapping(body.get("file")).get("download_url"):
            code, told = self._code(body)
            if code:
                return self._no(code, told, answer)
        output = Output(url=body["file"]["download_url"])
        return Status(State.SUCCEEDED, "Success", output=output, about=stated_id(body["file"].get("file_id")))

    def _code(self, body: Mapping[str, Any]) -> tuple[int, str]:
        """The code of the envelope, and what it says."""
        envelope = body.get("base_resp") or {}
        code = int(envelope.get("status_code", 0))
        return code, f"{self.label} answers {code}: {str(envelope.get('status_msg') or 'no explanation')[:300]}"

    def _no(self, code: int, told: str, answer: Answer) -> Status:
        """What a code other than 0 means once a task runs. Raises `SetupError` (the key), `Passing` for the rest."""
        if code in _MODERATED:
            return Status(State.REFUSED, "Fail", reason=told)
        if code in _FOR_ALL:
            raise SetupError(f"{told} (${self.key_env})")
        raise Passing(told, asked_wait(answer.headers, self.now))


def _failed(code: int, told: str, word: str) -> Status:
    return Status(State.FAILED, word, reason=told if code else f"{word}, no explanation", transient=code in _TRANSIENT)
