"""The parts of an address that decide who is spoken to, and where a redirect leads."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit


def origin(url: str) -> tuple[str, str, int | None]:
    """(scheme, host, port) of a URL; credentials go to the very same one only. Raises ValueError for a broken one."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def host_of(url: str) -> str:
    """Host or host:port of a URL, for a message: without the rest, which may be signed, or hold a password."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:  # a port that is no number, a broken IPv6 address
        return "an address that makes no sense"


def redirected(url: str, target: str) -> str:
    """Where the target of an answer leads, from the address that gave it.

    Raises ValueError, with a few words to go on after "redirects", for what may not be followed.
    """
    try:
        # http.client reads heads as Latin-1, and servers that do not escape their paths write UTF-8.
        following = urljoin(url, target.encode("latin-1").decode("utf-8"))
    except ValueError:
        raise ValueError("to what is no web address") from None
    if url.startswith("https:") and not following.startswith("https:"):
        raise ValueError("to an address without encryption")
    return following
