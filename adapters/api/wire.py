"""What passes between the job runner, the transport and a provider: plain values, no I/O."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any


class BadAnswer(Exception):
    """An answer that cannot be read: no JSON, or not the shape that the service documents."""


UNREADABLE = (BadAnswer, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What translating an answer of another shape than documented raises."""
_DEEPEST = 100
"""Levels of JSON that are read; all that is done with an answer goes down into it, and Python ends at 1000."""
_STEPS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
_MOST_DIGITS = 300
"""An integer of more has no place among floats, and Python refuses to read one of more than 4300."""


@dataclass(frozen=True)
class Media:
    """A picture or a video that is sent along. `reference` is its address at the service, if it was uploaded.

    `content` is the hash of what it shows, whatever the version of the encoder.
    """

    data: bytes
    mime: str
    name: str
    content: str
    reference: str | None = None

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def base64(self) -> str:
        """The bytes as bare base64."""
        return base64.b64encode(self.data).decode()

    @property
    def uri(self) -> str:
        """Where the service finds it: the upload's address, else a data URI."""
        return self.reference or f"data:{self.mime};base64,{self.base64}"


@dataclass(frozen=True)
class Work:
    """One clip as a service is asked for it; `uuid` names the attempt, for services that can be asked about it.

    Exactly one of `picture` (the switch frame) and `footage` (the seconds before it) is set. `seconds` is what the
    service makes, at least what is wanted; `size` is (width, height) of what was sent.
    """

    prompt: str | None
    negative_prompt: str | None
    seconds: int
    size: tuple[int, int]
    seed: int | None
    uuid: str
    picture: Media | None = None
    footage: Media | None = None

    @property
    def media(self) -> Media:
        """The picture or the footage."""
        media = self.picture or self.footage
        assert media is not None
        return media

    def with_media(self, media: Media) -> Work:
        """This work with its picture or footage exchanged."""
        return replace(self, picture=media) if self.picture is not None else replace(self, footage=media)

    @property
    def digest(self) -> str:
        """Hash of all that decides what comes out: two works with the same one are the same wish."""
        parts = (self.prompt, self.negative_prompt, self.seconds, self.size, self.seed, self.media.content)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Part:
    """One field of a multipart form: a text, or a file with a name and a type."""

    data: bytes | str
    name: str | None = None
    mime: str | None = None


@dataclass(frozen=True)
class Call:
    """One HTTP request. `url` is whole; the transport adds the credential if it is `signed`.

    At most one of `json`, `form` (multipart) and `data` (bytes as they are) is set.
    """

    method: str
    url: str
    json: Any = None
    form: Mapping[str, Part] | None = None
    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    signed: bool = True


@dataclass(frozen=True)
class Answer:
    """What came back, whatever the status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises `BadAnswer`.

        Bytes that are no UTF-8, control characters in a text, NaN, endless integers and what lies too deep spoil only
        their own place.
        """
        try:
            return json.loads(_shallow(self.body.decode("utf-8-sig", "replace")), strict=False, parse_int=_whole)
        except (ValueError, RecursionError):
            raise BadAnswer(f"HTTP {self.status} with no JSON in it: {self.text(120)!r}") from None

    def record(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `BadAnswer`."""
        value = self.json()
        if not isinstance(value, dict):
            raise BadAnswer(f"HTTP {self.status} with {type(value).__name__} where an object belongs")
        return value

    def text(self, most: int = 65536) -> str:
        """The body as text, cut."""
        return self.body[: 4 * most].decode("utf-8", "replace")[:most]


def _shallow(text: str) -> str:
    """The text of some JSON with null for each value that lies too deep."""
    if text.count("[") + text.count("{") <= _DEEPEST:
        return text
    kept, end, depth = [], 0, 0
    for step in _STEPS.finditer(text):
        if step[0] in "[{":
            depth += 1
            if depth == _DEEPEST + 1:
                kept.append(text[end : step.start()])
        elif step[0] in "]}":
            if depth == _DEEPEST + 1:
                kept.append("null")
                end = step.end()
            depth -= 1
    return "".join([*kept, text[end:]]) if depth <= _DEEPEST else ""


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


@dataclass(frozen=True)
class Ticket:
    """All that is needed to ask about a job from another process; plain JSON values.

    A provider gives `job_id` as the service tells it: an integer becomes text, what can be no id counts as none.
    """

    job_id: str
    urls: Mapping[str, str] = field(default_factory=dict)


class State(Enum):
    """What a service says of a job. A word that is not known counts as PENDING, and is noted."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Output:
    """Where a finished video is: an address (`signed`: it wants the credential, on the service's own host), or here."""

    url: str | None = None
    signed: bool = False
    data: bytes | None = None


@dataclass(frozen=True)
class Status:
    """A service's answer about a job, translated.

    `word` is its own. `transient` (of a failure): the service says that the same request may succeed. `usd` is what it
    says the job costs; `report` what else it tells and a reader of the run should know (seed, revised prompt, model
    version). `progress` is from 0 to 1. `ask`: the outcome is known only after this further call, whose answer goes to
    `Provider.result`. `about`: what that call asks about, and what an answer to it says that it is about, where they
    state it: another one's is not believed. `odd`: something unexpected that is worth a note.

    A provider may put in what the answer holds, of whatever type: `told.cleaned` brings it to the types below.
    """

    state: State
    word: str = ""
    output: Output | None = None
    reason: str = ""
    transient: bool = False
    usd: float | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    progress: float | None = None
    ask: Call | None = None
    odd: str = ""
    about: str | None = None
