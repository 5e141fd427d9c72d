"""What `runners.doctor` tells of a service: key, endpoint, balance, lengths, sizes, price. Nothing is spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from adapters.api.http.transport import Lost, NotDelivered, Transport
from adapters.api.told import fit
from adapters.api.wire import UNREADABLE
from adapters.contract import Finding, Size
from adapters.errors import SetupError
from adapters.http.urls import host_of

if TYPE_CHECKING:
    from adapters.api.provider import Provider
    from adapters.api.service import Service

_WANTED_S = 5.0


def check_up(service: Service, transports: Sequence[Transport], conditioning: Sequence[Size]) -> Iterator[Finding]:
    """All findings, the cheapest first; one transport for each server, none where there is no key to ask with."""
    yield _key(service)
    yield _price(service)
    yield _length(service)
    yield from _sizes(service, conditioning)
    if service.eol:
        yield Finding("note", "end of life", f"{service.eol}{_after(service.successor)}")
    for number, transport in enumerate(transports):
        yield from _endpoint(service.servers[number], transport, keyed=bool(service.key_env))


def _after(successor: str | None) -> str:
    return f"; afterwards model={successor}" if successor else ""


def _key(service: Service) -> Finding:
    if not service.key_env:
        return Finding("note", "key", service.provider.keyless)
    if service.has_key:
        return Finding("ok", "key", f"{service.key_env} is set")
    return Finding("fault", "key", f"the environment variable {service.key_env} is not set")


def _price(service: Service) -> Finding:
    try:
        usd = service.estimate_usd(_WANTED_S)
    except SetupError as error:
        return Finding("fault", "price", str(error))
    if usd is None:
        return Finding("note", "price", "free: no budget is needed")
    return Finding("note", "price", f"about ${usd:.2f} a clip, ${198 * usd:.0f} for 198 (as of {service.checked})")


def _length(service: Service) -> Finding:
    lengths = ", ".join(map(str, service.durations))
    asked = next((length for length in service.durations if length >= _WANTED_S), None)
    if asked is None:
        told = f"it makes {lengths} s and no more: choose model.short=roll_out to go on from its last frames"
        return Finding("warning", "length", told)
    return Finding("ok", "length", f"{asked} s are asked for{', the rest is cut off' if asked > _WANTED_S else ''}")


def _sizes(service: Service, conditioning: Sequence[Size]) -> Iterator[Finding]:
    sizes = service.needs.sizes
    told = ", ".join(f"{width}×{height}" for width, height in sizes) or "as the run's output"
    rate = f" at {service.needs.native_fps:g} FPS" if service.needs.native_fps else ""
    yield Finding("note", "size", told + rate)
    for width, height in conditioning:
        if sizes and min(abs(w * height / (h * width) - 1) for w, h in sizes) > 0.01:
            yield Finding("warning", "size", f"pictures of {width}×{height} are stretched to it, and back afterwards")


def _endpoint(provider: Provider, transport: Transport, *, keyed: bool) -> Iterator[Finding]:
    host = host_of(provider.base)
    call = provider.probe()
    if call is None:
        yield Finding("note", "service", f"{host}: it has no free call that would show whether it takes the key")
        return
    try:
        answer = transport.send(call)
        if not answer.ok:
            told = fit(provider.message(answer), transport.redact)
            yield Finding("fault", "service", f"{host} answers HTTP {answer.status}: {told}")
            return
        yield Finding("ok", "service", f"{host} answers and takes the key" if keyed else f"{host} answers")
        balance = provider.balance(answer)
        yield from _model(provider, transport)
    except (Lost, NotDelivered, SetupError) as error:
        yield Finding("fault", "service", fit(str(error), transport.redact))
        return
    except UNREADABLE:
        yield Finding("warning", "balance", "its answer cannot be read")
        return
    if balance:
        yield Finding("note", "balance", fit(balance, transport.redact))


def _model(provider: Provider, transport: Transport) -> Iterator[Finding]:
    """Whether the model itself is served, where the service can be asked. Raises as `Transport.send` does."""
    call = provider.offered()
    if call is None:
        return
    answer = transport.send(call)
    told = fit(provider.message(answer), transport.redact)
    if answer.ok:
        yield Finding("ok", "model", f"{provider.model} is served")
    elif answer.status in (404, 410):
        yield Finding("fault", "model", f"{provider.model} is not served (HTTP {answer.status}: {told})")
    else:
        yield Finding(
            "warning", "model", f"whether {provider.model} is served is not told: HTTP {answer.status} {told}"
        )
