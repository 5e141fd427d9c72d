"""What a provider's module must say: how its wire protocol reads. It translates; it never sends, waits or retries."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from adapters.api.http.retry_after import asked_wait
from adapters.api.told import stated_id
from adapters.api.wire import UNREADABLE, Answer, BadAnswer, Call, Media, Status, Ticket, Work
from adapters.errors import Ambiguous, MissingDependency, RateLimited, Refused, Rejected, SetupError
from adapters.outside import clean_text

_OPEN = frozenset({408, 409, 425})
"""Statuses below 500 that do not say that nothing was made: a time-out, a conflict (with what?), too early."""


class Provider(ABC):
    """The translation of one service. `call` is sent with every request as it is: the vendor's own parameters."""

    base_url: ClassVar[str]
    """Where the service is, without a path that changes between calls."""
    key_env: ClassVar[str | None]
    """The environment variable that holds its key, by the vendor's own name; None if it needs no key."""
    keyless: ClassVar[str] = "none needed"
    """What a service without a key is signed to with, for people."""
    label: ClassVar[str]
    """The vendor's name, for messages."""
    sheds: ClassVar[frozenset[int]] = frozenset()
    """Statuses from 500 up of which the vendor documents that the request was not taken and may be sent again; believed
    only of an answer that `owns` finds to be its own. Never 502 or 504, which speak of a server behind."""
    errors: ClassVar[frozenset[str]] = frozenset({"error"})
    """Keys at the top of the JSON in which the vendor documents that it tells an error."""
    job_key: ClassVar[str] = ""
    """Where the object that answers `poll` states the id of its job; "" where it states none, or elsewhere."""
    inline: ClassVar[bool] = False
    """Whether an answer to `poll` may hold the video itself; of others no more than 32 MiB are read."""
    options: ClassVar[frozenset[str]] = frozenset()
    """Settings of `model.adapter.options` that this provider knows."""

    def __init__(
        self, model: str, base_url: str | None = None, call: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None, *, mode: str = "i2v",
    ) -> None:  # fmt: skip
        self.model, self.mode = model, mode
        self.base = (base_url or self.base_url).rstrip("/")
        self.call: dict[str, Any] = dict(call or {})
        self.option: dict[str, Any] = dict(options or {})
        unknown = sorted(self.option.keys() - self.options)
        if unknown:
            known = ", ".join(sorted(self.options)) or "none"
            raise SetupError(f"model.adapter.options: {self.label} knows no {unknown[0]!r} (it knows: {known})")
        self.now: Callable[[], float] = time.time

    # --- the credential

    def sign(self, key: str) -> Mapping[str, str]:
        """The headers that carry the credential."""
        return {"Authorization": f"Bearer {key}"}

    def credential(self, key: str) -> Callable[[], Mapping[str, str]]:
        """Gives the headers of `sign` whenever a request is signed; for services whose credential changes."""
        headers = self.sign(key) if key else {}
        return lambda: headers

    def check(self) -> None:
        """Raise `SetupError` if something is missing that can be known without a key."""

    # --- submit

    def upload(self, media: Media) -> Call | None:
        """A free call that puts the picture or footage at the service first, where its size asks for it."""
        return None

    def uploaded(self, answer: Answer) -> str:
        """The address of what was uploaded. Raises `BadAnswer`."""
        raise BadAnswer(f"{self.label} was sent a file, and its answer was not read: HTTP {answer.status}")

    def put(self, answer: Answer, media: Media) -> tuple[Call, str] | None:
        """The free call that puts a file where the answer to `upload` says, and the address by which it is found there.

        For services whose answer only gives leave; the call carries no credential. Raises as `status` does.
        """
        return None

    @abstractmethod
    def submit(self, work: Work) -> Call:
        """The one paid call."""

    @abstractmethod
    def ticket(self, answer: Answer) -> Ticket:
        """The job that a 2xx answer to `submit` speaks of.

        Raises what `fault` may give, if the service says no in a 200; `BadAnswer` or KeyError/TypeError for an answer
        that cannot be read, which then is ambiguous.
        """

    def estimate(self, answer: Answer) -> float | None:
        """What a 2xx answer to `submit` says that the job may cost, in US dollars; None where it says nothing of it."""
        return None

    def fault(self, answer: Answer) -> Exception | None:
        """What an answer to `submit` that is not 2xx means; None for one that is.

        `RateLimited`: not taken, later. `Rejected`, `Refused`: a final no to this clip. `SetupError`: a final no to all
        (credential, balance). `Ambiguous`: a job may have been made. README.md has the argument for each.
        """
        if answer.ok:
            return None
        told = f"{self.label} answers HTTP {answer.status}: {self.message(answer)}"
        if not self.owns(answer):
            return Ambiguous(f"{told} (not in the service's own words: a gateway's, perhaps)", answered=True)
        if answer.status == 429 or answer.status in self.sheds:
            return RateLimited(told, asked_wait(answer.headers, self.now))
        if answer.status in (401, 402, 403):
            return self.stop(answer)
        if answer.status in _OPEN or not 400 <= answer.status < 500:
            return Ambiguous(told, answered=True)
        return Refused(told) if self.is_moderation(answer) else Rejected(told)

    def owns(self, answer: Answer) -> bool:
        """Whether an answer that is not 2xx is the service's own word: it has the shape that the vendor documents.

        What stands in between (a load balancer, a proxy) answers with pages and JSON of its own, also after it has
        passed the request on.
        """
        try:
            body = answer.record()
        except BadAnswer:
            return False
        return any(body.get(key) for key in self.errors)

    def stop(self, answer: Answer) -> SetupError:
        """Why no request at all can succeed."""
        what = {401: "does not accept the key", 402: "wants to be paid first", 403: "does not allow this"}
        key = f" (${self.key_env})" if self.key_env else ""
        told = what.get(answer.status, "cannot be used")
        return SetupError(f"{self.label} {told}{key}: {self.message(answer)}")

    def is_moderation(self, answer: Answer) -> bool:
        """Whether a 4xx answer to `submit` declines the content."""
        return False

    def message(self, answer: Answer) -> str:
        """The vendor's own words in an error; the plain text where they stand in no known shape."""
        try:
            return clean_text(self.words(answer.json()), 300)
        except UNREADABLE:
            return " ".join(answer.text(200).split()) or "no explanation"

    def words(self, body: Any) -> str:
        """The vendor's own words in the JSON of an error; the shapes that most use."""
        if isinstance(body, Mapping):
            for key in ("message", "error", "detail", "error_message", "msg", "title"):
                if body.get(key):
                    return self.words(body[key])
        if isinstance(body, list) and body:
            return self.words(body[0])
        return str(body)

    # --- poll

    @abstractmethod
    def poll(self, ticket: Ticket) -> Call:
        """Ask about a job."""

    def speaks(self, answer: Answer) -> bool:
        """Whether an answer to `poll` tells of the job: a 2xx; for some services an error that holds how it ended."""
        return answer.ok

    def names(self, answer: Answer, ticket: Ticket) -> str | None:
        """The id of the job that an answer to `poll` tells of, as the ticket spells it; None if it states none.

        Raises what `status` raises.
        """
        return stated_id(answer.record().get(self.job_key)) if self.job_key else None

    @abstractmethod
    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """What an answer to `poll` says that `speaks` of the job.

        Raises `BadAnswer`, KeyError or TypeError if it cannot be read.
        """

    def result(self, answer: Answer, ticket: Ticket) -> Status:
        """What the answer to a further call (`Status.ask`) says, whatever its status. Raises as `status` does."""
        raise BadAnswer(f"{self.label}: no further call is known for {ticket.job_id} (HTTP {answer.status})")

    # --- reconcile and check up

    def listing(self, uuid: str) -> Call | None:
        """A free call whose answer tells the job of the attempt of this uuid; None where the service keeps no uuid.

        Only a name that was made for this attempt and that the service gives back is evidence. Seeds, texts, pictures
        and times are none: other runs, sweeps and machines of the same account ask for the same.
        """
        return None

    def found(self, answer: Answer, uuid: str) -> list[Ticket]:
        """The jobs in that answer that carry the uuid, and no others."""
        return []

    def adopt(self, job_id: str) -> Ticket:
        """The ticket of a job of which only the id is known."""
        return Ticket(job_id)

    def probe(self) -> Call | None:
        """A free call that shows whether the service answers and takes the key."""
        return None

    def offered(self) -> Call | None:
        """A free call about the model itself, answered HTTP 404 where it is served no more; after `probe`."""
        return None

    def balance(self, answer: Answer) -> str | None:
        """What the answer to `probe` says of credits and limits, for people."""
        return None


def missing(package: str, extra: str) -> MissingDependency:
    """The error for an optional package."""
    return MissingDependency(package, f"pip install -e '.[{extra}]'")
