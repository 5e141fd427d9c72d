"""The one paid call: promised in the journal before a byte leaves, its raw answer kept before anybody reads it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from adapters.api.http.redaction import HIDDEN
from adapters.api.http.transport import Lost, NotDelivered, Transport
from adapters.api.provider import Provider
from adapters.api.told import cost_usd, fit, identified
from adapters.api.wire import UNREADABLE, Answer, BadAnswer, Call, Ticket, Work
from adapters.attempts import Attempt, JobLog
from adapters.errors import AdapterError, Ambiguous, RateLimited, Refused, Rejected, SetupError
from adapters.http.retry_after import Passing, Unreachable
from adapters.http.urls import host_of
from adapters.messages import in_a_line
from adapters.outside import LONGEST_TEXT

_KEPT_HEADERS = ("content-type", "retry-after", "location", "request-id", "x-request-id", "x-fal-request-id")
_KEPT_BODY, _READ_BODY, _KEPT_HEADER = 2**16, 2**20, 1000
_SAME_USD = 0.0051
"""Prices that differ by less are the same: services that count in credits round to a cent."""


@dataclass(frozen=True)
class Submitting:
    """Sends paid requests of one service, and finds out what became of those whose answer was lost."""

    provider: Provider
    transport: Transport
    now: Callable[[], float]

    def send(self, work: Work, number: int, usd: float, log: JobLog) -> None:
        """Send one request; its attempt is `submitted` when this returns.

        Raises `Passing` or `RateLimited` if it surely was not accepted and may be sent again, `Ambiguous` if nobody
        knows, `Rejected`, `Refused` and `SetupError` for a no, `OverBudget` and `Cancelled` if it may not be sent.
        """
        work = replace(work, uuid=str(uuid.uuid4()))
        call = self.provider.submit(work)
        intent = {
            "state": "submitting", "attempt": number, "usd": usd, "at": self.now(), "uuid": work.uuid,
            "work": work.digest, "model": self.provider.model, "host": host_of(self.provider.base),
            "prompt": work.prompt, "seconds": work.seconds, "seed": work.seed, "media": work.media.sha256,
        }  # fmt: skip
        with log.spend(intent, usd):
            try:
                answer = self.transport.send(call, fresh=True)
            except NotDelivered as error:
                log.append({"state": "held", "attempt": number, "usd": 0, "reason": str(error)})
                raise Unreachable(str(error)) from None
            except SetupError as error:
                log.append({"state": "held", "attempt": number, "usd": 0, "reason": str(error)})
                raise
            except Lost as error:
                raise Ambiguous(str(error)) from None
            log.append({"state": "answered", "attempt": number, **self._kept(answer)})
            self._read(answer, number, usd, log)

    def read_again(self, attempt: Attempt, log: JobLog) -> None:
        """Read a raw answer that a process wrote down before it was killed. Raises as `send` does."""
        kept = attempt.facts.get  # what somebody edited is an answer that cannot be read
        answer = Answer(kept("status", 0), kept("headers") or {}, str(kept("body")).encode("utf-8", "replace"))
        self._read(answer, attempt.number, attempt.usd, log)

    def reconcile(self, attempt: Attempt, work: Work, log: JobLog) -> bool:
        """Look for the job of a request whose answer was lost; returns whether it was found, for sure and alone.

        By the attempt's uuid, where the service keeps it and gives it back. Nothing else tells a job from those of
        other clips, runs and machines.
        """
        uuid = str(attempt.facts.get("uuid") or "")
        if not uuid or attempt.facts.get("work") != work.digest:
            return False  # it was sent with another prompt, which only its sender could recognise
        call = self.provider.listing(uuid)
        if call is None:
            return False
        try:
            answer = self.transport.send(call)
            tickets = self.provider.found(answer, uuid) if answer.ok else []
        except (Lost, NotDelivered, *UNREADABLE):
            return False
        if len(tickets) != 1 or not tickets[0].job_id:
            return False
        return log.claim({**self._submitted(tickets[0], attempt.number), "reconciled": True}) is None

    def _read(self, answer: Answer, number: int, usd: float, log: JobLog) -> None:
        try:
            fault = self.provider.fault(answer)
            if fault is not None:
                raise fault
            ticket = self.provider.ticket(answer)
        except Ambiguous as error:
            raise self._clean(error) from None
        except (RateLimited, SetupError) as error:
            log.append({"state": "held", "attempt": number, "usd": 0, "reason": self._told(error)})
            raise self._clean(error) from None
        except (Rejected, Refused) as error:
            told = {"attempt": number, "reason": self._told(error)}
            if isinstance(error, Refused):
                log.append({"state": "refused", "usd": cost_usd(error.usd) or 0.0, **told})
            else:
                log.append({"state": "rejected", "usd": 0, **told})
            raise self._clean(error) from None
        except UNREADABLE as error:
            what = f"{self.provider.label} answered HTTP {answer.status}, and no job can be read in it"
            raise Ambiguous(f"{what} ({self._told(error)})") from None
        owner = log.claim({**self._submitted(ticket, number), **self._other_price(answer, usd)})
        if owner is not None:
            theirs = f"{self.provider.label} answered with job {ticket.job_id}, which is that of {owner}"
            raise Ambiguous(self.transport.redact(f"{theirs}: it is not fetched for this clip"))

    def _other_price(self, answer: Answer, usd: float) -> dict[str, Any]:
        """What the service announces that the job may cost, if that is another price: the larger counts."""
        try:
            told = cost_usd(self.provider.estimate(answer))
        except UNREADABLE:
            told = None
        if told is None or abs(told - usd) < _SAME_USD:
            return {}
        return {"estimated_usd": told, "promised_usd": usd, "usd": max(told, usd)}

    def _submitted(self, ticket: Ticket, number: int) -> dict[str, Any]:
        try:
            ticket = self._identified(ticket)
        except BadAnswer as error:
            told = fit(str(error), self.transport.redact)
            raise Ambiguous(f"{self.provider.label} answered without the id of a job ({told})") from None
        urls = {name: self.transport.redact.secrets(url) for name, url in ticket.urls.items()}
        if HIDDEN in str(urls):
            urls = {}  # without that part they lead elsewhere; the id is enough
        return {"state": "submitted", "attempt": number, "job_id": ticket.job_id, "urls": urls, "begun": self.now()}

    def _identified(self, ticket: Ticket) -> Ticket:
        ticket = identified(ticket)
        if HIDDEN in self.transport.redact.secrets(ticket.job_id):  # also in an answer read again from its record
            raise BadAnswer("what stands there holds the key")
        return ticket

    def _kept(self, answer: Answer) -> dict[str, Any]:
        """The raw answer as it goes into the journal: without secrets and blobs, then cut to what anybody reads."""
        redact, given = self.transport.redact, answer.headers
        headers = {name: fit(given[name], redact, _KEPT_HEADER) for name in _KEPT_HEADERS if name in given}
        return {"status": answer.status, "headers": headers, "body": redact(answer.text(_READ_BODY))[:_KEPT_BODY]}

    def _told(self, error: BaseException) -> str:
        told = in_a_line(error, LONGEST_TEXT) if isinstance(error, AdapterError | SetupError) else repr(error)
        return fit(told, self.transport.redact)

    def _clean(self, error: AdapterError | SetupError) -> AdapterError | SetupError:
        """The same error with its text redacted: it may quote what the service said."""
        error.args = (self._told(error), *error.args[1:])
        return error


def upload(provider: Provider, transport: Transport, work: Work) -> Work:
    """Put the picture or footage at the service first, if the provider wants that: free, so it may be repeated.

    Raises `Passing` for what may pass, `Rejected`, `Refused` and `SetupError` for a no.
    """
    call: Call | None = provider.upload(work.media)
    if call is None:
        return work
    try:
        answer = transport.send(call)
        fault = provider.fault(answer)
        if fault is None:
            reference = _put(provider, transport, answer, work) or provider.uploaded(answer)
            return work.with_media(replace(work.media, reference=reference))
    except NotDelivered as error:
        raise Unreachable(str(error)) from None
    except Lost as error:
        raise Passing(str(error)) from None
    except UNREADABLE as error:
        told = f"{provider.label} took the upload, and its answer cannot be read ({error!r})"
        raise Passing(fit(told, transport.redact)) from None
    if isinstance(fault, Ambiguous):
        raise Passing(fit(str(fault), transport.redact))
    if isinstance(fault, AdapterError | SetupError):
        fault.args = (fit(str(fault), transport.redact), *fault.args[1:])
    raise fault


def _put(provider: Provider, transport: Transport, answer: Answer, work: Work) -> str | None:
    """Put the file where the service said, for which it gave leave; its new address. Raises as `Transport.send` does.

    What a storage says is nobody's verdict: leave that has run out is given anew.
    """
    further = provider.put(answer, work.media)
    if further is None:
        return None
    call, reference = further
    stored = transport.send(call)
    if not stored.ok:
        told = " ".join(stored.text(300).split())
        raise Passing(fit(f"{host_of(call.url)} does not take the file: HTTP {stored.status} {told}", transport.redact))
    return reference
