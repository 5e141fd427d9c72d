"""What can go wrong in an adapter, typed by what may be done about it.

An adapter raises one of these; the harness decides. Any other exception counts as a failure of that one clip.
"""

from __future__ import annotations

from collections.abc import Iterable


class AdapterError(Exception):
    """A clip could not be made. The run goes on with the others."""

    kind = "failed"


class Retryable(AdapterError):
    """A passing fault: the same request may succeed if it is sent again."""

    kind = "retryable"


class RateLimited(Retryable):
    """The other side asks for patience; `retry_after_s` is its own word on how long, if it gave one."""

    kind = "rate_limited"

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Refused(AdapterError):
    """The model declined the content (moderation). A result of its own kind: never retried unasked, never hidden.

    `usd`: what it is known to have cost all the same.
    """

    kind = "refused"

    def __init__(self, message: str, usd: float = 0.0) -> None:
        super().__init__(message)
        self.usd = usd


class Rejected(AdapterError):
    """The request itself is wrong (arguments, credentials, balance): sending it again changes nothing."""

    kind = "rejected"


class Ambiguous(AdapterError):
    """A paid request whose answer was lost: nobody knows whether it runs. Never sent again by itself.

    `answered`: an error came back whole, but it does not say that the request was not taken.
    """

    kind = "ambiguous"

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


class Postponed(AdapterError):
    """Nothing is wrong with the clip, it is only not done yet: the same command goes on with it later.

    `ends_run`: no other clip could fare better now (a quota, a server that is down), so nothing new is begun.
    """

    kind = "postponed"

    def __init__(self, message: str, *, ends_run: bool = False) -> None:
        super().__init__(message)
        self.ends_run = ends_run


class OverBudget(Postponed):
    """The next paid request would pass the cap; raised by `JobLog.spend` before anything is sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ends_run=True)


class BadClip(AdapterError):
    """What came back is no usable clip: wrong shape or type, NaN, too few frames, an undecodable file."""

    kind = "bad_clip"


class Cancelled(AdapterError):
    """Raised inside an adapter by `Request.step` when the run is being stopped; let it pass through."""

    kind = "cancelled"


class SetupError(Exception):
    """The adapter cannot work at all as it is configured: told in one line, before any clip is made."""


class OutOfMemory(SetupError):
    """The model does not fit into the memory that is here; the message says what needs less."""


class Lacking(SetupError):
    """A live run lacks something that a plan does without: a package, a key, an account, a price.

    `need`: what a plan says of it. `others`: what is lacking beside it, which the message does not tell.
    """

    def __init__(self, message: str, need: str | None = None) -> None:
        super().__init__(message)
        self.need = f"a run needs: {need or message}"
        self.others: tuple[Lacking, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """All that is lacking, a line each."""
        return (self.need, *(need for other in self.others for need in other.needs))


def raise_lacking(found: Iterable[Lacking]) -> None:
    """Raise the first of what is lacking, with the others behind it; nothing if nothing is."""
    listed = list(found)
    if listed:
        listed[0].others = tuple(listed[1:])
        raise listed[0]


class MissingDependency(Lacking):
    """A package is not installed; the message holds the exact command that installs it."""

    def __init__(self, package: str, install: str) -> None:
        super().__init__(f"{package} is not installed; install it with: {install}", f"{install} ({package} is missing)")
        self.package = package
        self.install = install


class MissingKey(Lacking):
    """An environment variable with a credential is not set; the message names the variable, never a value."""

    def __init__(self, variable: str) -> None:
        told = f"the environment variable {variable}"
        super().__init__(
            f"{told} is not set; set it to your key for this service", f"{told}, your key for this service"
        )
        self.variable = variable


class UnknownPrice(Lacking):
    """Nobody knows what a clip costs: no budget could hold."""

    def __init__(self, settings: str) -> None:
        super().__init__(f"no price is known for this model: look it up and set {settings}")
        self.need = f"price unknown: set {settings}"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, the machine's or a device's: libraries have errors of their own for it."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    told = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return told or any(word in str(error).lower() for word in words)
