"""How requests travel: through the proxy that the environment names, whoever else it leaves out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.api.http.redaction import Redactor
from adapters.api.http.transport import NotDelivered, Transport
from adapters.api.wire import Call
from tests.api.fakes import FakeServer
from tests.api.fakes.runway import VERSION, Runway

ADDRESS = "http://service.invalid"
"""Nobody can resolve it but a proxy."""


@pytest.fixture
def proxy() -> Iterator[FakeServer]:
    """A server that answers for whichever host is asked for."""
    with FakeServer(Runway("key-of-a-test")) as server:
        yield server


def transport() -> Transport:
    signed = {"Authorization": "Bearer key-of-a-test", "X-Runway-Version": VERSION}
    return Transport(ADDRESS, lambda: signed, Redactor(("key-of-a-test",)))


@pytest.mark.parametrize("fresh", [False, True])
def test_the_environment_s_proxy_is_used_by_every_request(
    proxy: FakeServer, monkeypatch: pytest.MonkeyPatch, fresh: bool
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", proxy.base_url)
    sender = transport()
    for _ in range(2):
        assert sender.send(Call("GET", f"{ADDRESS}/v1/organization"), fresh=fresh).status == 200
    assert [seen.path for seen in proxy.captures] == [f"{ADDRESS}/v1/organization"] * 2


def test_hosts_that_the_environment_leaves_out_are_asked_directly(
    proxy: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.base_url)
    monkeypatch.setenv("no_proxy", "service.invalid")
    with pytest.raises(NotDelivered):
        transport().send(Call("GET", f"{ADDRESS}/v1/organization"))
    assert proxy.captures == []
