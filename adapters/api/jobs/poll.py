"""Asking about a job until it ends: nothing that passes is a verdict, and no question costs anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.api.http.retry_after import asked_wait
from adapters.api.http.transport import MAX_ANSWER_BYTES, MAX_INLINE_BYTES, Lost, NotDelivered, Transport
from adapters.api.provider import Provider
from adapters.api.told import cleaned, fit
from adapters.api.wire import UNREADABLE, Answer, Call, State, Status, Ticket
from adapters.errors import AdapterError, Ambiguous, SetupError
from adapters.http.retry_after import Passing, Unreachable

LAG_S = 60.0
"""For so long after its beginning, a service may not yet know its own job."""
_PASSING = frozenset({408, 409, 425, 429})


class AnotherJob(Passing):
    """What was told is another job's, whatever it says: asked again."""


@dataclass(frozen=True)
class Asking:
    """Questions about one job."""

    provider: Provider
    transport: Transport
    ticket: Ticket
    begun: float
    """When it was submitted, in seconds since 1970."""
    now: Callable[[], float]

    def look(self) -> Status:
        """What the service says now, possibly PENDING. Raises `Passing`, `Ambiguous`, `SetupError` (the key).

        `AnotherJob`, which passes too, for the record of another job.
        """
        answer = self._send(self.provider.poll(self.ticket))
        self._check(answer)
        self._check_named(answer)
        status = self._read(self.provider.status, answer)
        while status.ask is not None:
            further = self._read(self.provider.result, self._send(status.ask))
            self._check_same(status.about, further.about)
            status = _joined(status, further)
        return status

    def _send(self, call: Call) -> Answer:
        most_bytes = MAX_INLINE_BYTES if self.provider.inline else MAX_ANSWER_BYTES
        try:
            return self.transport.send(call, most_bytes=most_bytes)
        except NotDelivered as error:
            raise Unreachable(str(error)) from None
        except Lost as error:
            raise Passing(str(error)) from None

    def _check(self, answer: Answer) -> None:
        status, provider = answer.status, self.provider
        if provider.speaks(answer):
            return
        told = self._fit(f"{provider.label} answers HTTP {status}: {provider.message(answer)}")
        if not provider.owns(answer):  # of a gateway, which knows nothing of the job
            raise Passing(told, asked_wait(answer.headers, self.now))
        fault = provider.fault(answer)
        if isinstance(fault, SetupError):  # whatever the status: some tell a wrong key by 400, an empty account by 429
            fault.args = (self._fit(str(fault)),)
            raise fault
        if status in _PASSING or status >= 500:
            raise Passing(told, asked_wait(answer.headers, self.now))
        if status == 404 and self.now() - self.begun < LAG_S:
            raise Passing(told)
        raise Ambiguous(f"job {self.ticket.job_id} cannot be asked about: {told}")

    def _check_named(self, answer: Answer) -> None:
        """Raise `AnotherJob` for the record of another job: its video would go out under this clip's name."""
        try:
            named = self.provider.names(answer, self.ticket)
        except UNREADABLE:
            return  # what `status` says of it counts
        self._check_same(self.ticket.job_id, named, "job ")

    def _check_same(self, asked: str | None, named: str | None, what: str = "") -> None:
        if asked is not None and named is not None and named != asked:
            told = f"{self.provider.label} was asked about {what}{asked} and tells of {named[:100]!r}"
            raise AnotherJob(self._fit(f"{told}: not believed"))

    def _read(self, read: Callable[[Answer, Ticket], Status], answer: Answer) -> Status:
        try:
            return cleaned(read(answer, self.ticket), self.transport.redact)
        except (Passing, AdapterError, SetupError) as error:
            error.args = (self._fit(str(error)), *error.args[1:])
            raise
        except UNREADABLE as error:
            raise Passing(self._fit(f"an answer that cannot be read ({error!r})")) from None

    def _fit(self, text: str) -> str:
        return fit(text, self.transport.redact)


def _joined(first: Status, further: Status) -> Status:
    """What the further call says, with what the first one knew and it does not."""
    return replace(
        further,
        usd=first.usd if further.usd is None else further.usd,
        report={**first.report, **further.report},
        odd=further.odd or first.odd,
    )


def pending(status: Status) -> bool:
    """Whether the job has not ended."""
    return status.state is State.PENDING
