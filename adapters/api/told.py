"""What a service says, brought to what our types say of it, before it is recorded or computed with.

A field of an answer may be of any type and length, whatever the vendor documents. What only tells something about a
video must never stand between us and the video, which is paid for; what is no good there is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from adapters.api.http.redaction import Redactor
from adapters.api.wire import Answer, BadAnswer, Output, Status, Ticket
from adapters.outside import amount_usd, clean, clean_text

LONGEST_REASON = 2_000
_LONGEST_WORD = 200
_LONGEST_NAME = 512
_LONGEST_ADDRESS = 4_096
_LONGEST_REPORT, _MOST_KEPT = 100_000, 40
_READ = 2**20
"""So much of a text is looked at: redacted as a whole, and cut to what is kept only then."""
_MOST_USD = 100_000.0
"""What no clip costs: a service that says so uses another unit, and the estimate stands."""

_HOST = re.compile(r"(?!.{254})[\w-]{1,63}(\.[\w-]{1,63})*\.?|(?=[^:]*:)[0-9a-f:.]{2,45}(%\w+)?")

# --- for those who translate: a field that is of another type than documented counts as one that is not there


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def error_of(answer: Answer) -> Mapping[str, Any]:
    """The object under `error` in an answer, whatever its status; empty if there is none of this shape."""
    try:
        return mapping(answer.record().get("error"))
    except BadAnswer:
        return {}


def items(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def integer(value: Any) -> int:
    """An integer, or its digits as a text. Raises `BadAnswer`."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        try:
            return int(value)
        except ValueError:
            pass
    raise BadAnswer(f"{type(value).__name__} where an integer belongs")


def number(value: Any) -> float | None:
    """The value if it is a finite number that is not negative."""
    return amount_usd(value)


# --- for those who ask


def fit(text: Any, redact: Callable[[str], str], longest: int = LONGEST_REASON) -> str:
    """A text for a record or a message: whatever it was, without secrets, then cut."""
    if not isinstance(text, str):
        text = "" if text is None else str(clean(text, _READ))
    return clean_text(redact(clean_text(text, _READ)), longest)


def cost_usd(value: Any) -> float | None:
    """A reported cost, if it can be one of a clip."""
    usd = amount_usd(value)
    return usd if usd is not None and usd <= _MOST_USD else None


def cleaned(status: Status, redact: Redactor) -> Status:
    """The status with each value as `Status` declares it, without secrets, and bounded.

    Raises `BadAnswer` if the address of its video is none.
    """
    progress = number(status.progress)
    return replace(
        status,
        word=fit(status.word, redact, _LONGEST_WORD),
        output=None if status.output is None else _sound(status.output),
        reason=fit(status.reason, redact),
        transient=status.transient is True,  # a yes may cost another job
        usd=cost_usd(status.usd),
        report=_report(status.report, redact),
        progress=None if progress is None else min(progress, 1.0),
        odd=fit(status.odd, redact, _LONGEST_WORD),
    )


def _sound(output: Output) -> Output:
    if output.data is not None:
        return output
    if not isinstance(output.url, str):
        raise BadAnswer(f"a video at {type(output.url).__name__} where an address belongs")
    url = clean_text(output.url, len(output.url))
    if not _has_host(url):
        raise BadAnswer(f"a video at {clean_text(url, _LONGEST_WORD)!r}, which has no host")
    return replace(output, url=url)


def _has_host(url: str) -> bool:
    """Whether the host in an address, if it has one, can be any: of others `requests` says that the setup is wrong."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return True  # no address at all, which is told when it is fetched
    return not host or _HOST.fullmatch(host) is not None


def _report(report: Any, redact: Redactor) -> dict[str, Any]:
    told = redact.values(clean(mapping(report), _READ))
    for longest in (LONGEST_REASON, _LONGEST_WORD):
        kept: dict[str, Any] = clean(told, longest)
        if len(json.dumps(kept)) <= _LONGEST_REPORT:
            return kept
    small = {key: one for key, one in islice(kept.items(), _MOST_KEPT) if len(json.dumps(one)) <= LONGEST_REASON}
    return {**small, "left_out": f"most of a report of {len(json.dumps(told))} characters"}


def stated_id(value: Any) -> str | None:
    """The id that an answer states: a text or a whole number; None for whatever else stands in its place."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def identified(ticket: Ticket) -> Ticket:
    """The ticket with its id as text. Raises `BadAnswer` for an id or an address that none can be."""
    name: Any = ticket.job_id
    if name and isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not _is_text(name, _LONGEST_NAME) or not name.strip():
        raise BadAnswer(f"no id of a job: {clean_text(repr(clean(name, _LONGEST_WORD)), _LONGEST_WORD)}")
    if not all(_is_text(url, _LONGEST_ADDRESS) for url in ticket.urls.values()):
        raise BadAnswer(f"the addresses of job {name} are none")
    return replace(ticket, job_id=name)


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and clean_text(value) == value
