"""Addresses that a server names never lead into the user's own network, and credentials never leave their origin."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import SetupError
from adapters.api.http.addresses import ForbiddenAddress, is_private, resolves_privately
from adapters.api.http.redaction import Redactor
from adapters.api.http.transport import NotDelivered, Transport
from adapters.api.wire import Call, Part
from adapters.http.urls import host_of, origin


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "240.0.0.1",
    ],
)  # fmt: skip
def test_private_addresses_are_known(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert not is_private(address)


def test_names_count_by_what_they_resolve_to() -> None:
    assert resolves_privately("http://localhost:8000/x")
    assert not resolves_privately("http://does-not-exist.invalid/x")


def test_origins_differ_by_scheme_host_and_port() -> None:
    assert origin("https://A.example/x") == origin("https://a.example:443/y")
    assert len({origin(url) for url in ("https://a.example", "http://a.example", "https://a.example:8443")}) == 3
    assert host_of("https://user:secret@a.example:8443/x?y") == "a.example:8443"


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """A bare server on loopback that notes the first bytes of each connection."""
    seen: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", seen
    server.close()


def transport(base_url: str, **changes: Any) -> Transport:
    return Transport(base_url, lambda: {"Authorization": "Bearer canary-key"}, Redactor(("canary-key",)), **changes)


def test_a_public_service_cannot_send_us_to_a_private_address(listener: tuple[str, list[bytes]]) -> None:
    url, seen = listener
    with (
        pytest.raises(ForbiddenAddress, match="private address"),
        transport("https://api.service.example").open(f"{url}/file", signed=False),
    ):
        pass
    assert seen == []


def test_a_name_that_resolves_anew_between_check_and_use_is_caught_on_the_connection(
    listener: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, seen = listener
    monkeypatch.setattr("adapters.api.http.transport.resolves_privately", lambda _: False)
    with (
        pytest.raises(ForbiddenAddress, match=r"127\.0\.0\.1"),
        transport("https://api.service.example").open(f"{url}/file", signed=False),
    ):
        pass
    assert [data for data in seen if data] == []


def test_a_loopback_service_may_name_loopback_addresses(listener: tuple[str, list[bytes]]) -> None:
    url, seen = listener
    with transport("http://127.0.0.1:9").open(f"{url}/file", signed=True) as (reply, chunks):
        assert (reply.status, b"".join(chunks)) == (200, b"ok")
    assert b"canary" not in seen[0]  # another port is another origin


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/x", "data:video/mp4;base64,AAAA", "", "http://", "https://h:x/"]
)
def test_only_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(ForbiddenAddress), transport("https://a.example").open(url, signed=False):
        pass


def test_a_file_is_put_where_the_service_says_but_never_into_the_user_s_own_network(
    listener: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, seen = listener
    put = Call("POST", f"{url}/oss", form={"file": Part(b"a video", "clip.mp4", "video/mp4")}, signed=False)
    with pytest.raises(ForbiddenAddress, match="private address"):
        transport("https://api.service.example").send(put)
    assert seen == []
    assert transport("http://127.0.0.1:9").send(put).ok
    assert b"canary" not in seen[0]
    monkeypatch.setattr("adapters.api.http.transport.resolves_privately", lambda _: False)
    with pytest.raises(ForbiddenAddress, match=r"127\.0\.0\.1"):
        transport("https://api.service.example").send(put)
    assert [data for data in seen[1:] if data] == []
    with pytest.raises(ForbiddenAddress, match="no web address"):
        transport("https://api.service.example").send(Call("POST", "ftp://h/x", signed=False))


def test_a_call_to_another_host_is_never_signed() -> None:
    with pytest.raises(SetupError, match=r"no credential is sent to evil\.example"):
        transport("https://a.example").send(Call("GET", "https://evil.example/x"))


def test_a_netrc_adds_nothing(
    listener: tuple[str, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, seen = listener
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password netrc-secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    transport(url).send(Call("GET", f"{url}/x"))
    transport(url).send(Call("GET", f"{url}/x", signed=False))
    assert b"Authorization: Bearer canary-key" in seen[0]
    assert b"authorization" not in seen[1].lower()


def test_a_key_with_a_line_break_is_told_without_the_key(listener: tuple[str, list[bytes]]) -> None:
    url, _ = listener
    broken = Transport(url, lambda: {"Authorization": "Bearer canary\nkey"}, Redactor(("canary\nkey",)))
    with pytest.raises(SetupError) as error:
        broken.send(Call("GET", f"{url}/x"))
    assert "canary" not in str(error.value)


def test_a_closed_port_is_surely_not_delivered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotDelivered):
        transport(f"http://127.0.0.1:{port}").send(Call("POST", f"http://127.0.0.1:{port}/x", json={}), fresh=True)


def test_an_unknown_name_is_surely_not_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotDelivered):
        transport("http://nowhere.invalid").send(Call("POST", "http://nowhere.invalid/x", json={}), fresh=True)
