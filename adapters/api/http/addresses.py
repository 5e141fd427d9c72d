"""Which hosts may be spoken to: addresses that a server names must not lead into the user's own network."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, ClassVar
from urllib.parse import urlsplit

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from adapters.errors import AdapterError
from adapters.http.connection import Connection, LineAdapter, SecureConnection


class ForbiddenAddress(AdapterError):
    """An address that a server named lies where no public file can be."""


def is_private(address: str) -> bool:
    """Whether an IP address is no public unicast one: private, loopback, link-local, shared, reserved."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return not (mapped or ip).is_global or ip.is_multicast


def resolves_privately(url: str) -> bool:
    """Whether the host of a URL is, or resolves to, a private address; False if it does not resolve at all."""
    host = urlsplit(url).hostname or ""
    try:
        return is_private(host)
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(is_private(str(entry[4][0])) for entry in found)


def _check_peer(sock: socket.socket) -> socket.socket:
    """The connected socket, unless it leads to a private address: names can resolve anew between check and use."""
    address = str(sock.getpeername()[0])
    if is_private(address):
        sock.close()
        raise ForbiddenAddress(f"the service names a file at the private address {address}; nothing was sent there")
    return sock


class _PublicConnection(Connection):
    def _new_conn(self) -> socket.socket:
        return _check_peer(super()._new_conn())


class _PublicSecureConnection(SecureConnection):
    def _new_conn(self) -> socket.socket:
        return _check_peer(super()._new_conn())


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PublicSecureConnection


class PublicOnly(LineAdapter):
    """Connects to public addresses only, checked on the open connection before a byte is sent.

    Behind a proxy the proxy decides where names lead; then only the name itself is checked (`resolves_privately`).
    """

    pools: ClassVar[dict[str, Any]] = {"http": _PublicPool, "https": _PublicSecurePool}
