"""A file at its source: where it belongs below the data set's root, how large it is, and how its bytes are known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from runners.core.errors import UserError
from runners.fetching.web import Web

INSTALL = "pip install -e '.[data]'"
_BLOCK_BYTES = 2**20
_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f]")


class Hasher(Protocol):
    """What hashlib's objects have in common with a checksum of another package."""

    def update(self, block: bytes, /) -> None:
        """Add bytes."""

    def hexdigest(self) -> str:
        """Of all bytes so far."""


@dataclass(frozen=True)
class Digest:
    """What the source says of a file's bytes. `kind`: md5, crc32c, sha256 or git (a blob's id); `value`: hex."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    def hasher(self, size: int) -> Hasher:
        """A new one, for a file of `size` bytes. Raises UserError without its package."""
        if self.kind == "crc32c":
            return _crc32c()
        if self.kind == "git":  # Git hashes a header first (git-hash-object), and its id is no matter of security
            return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        return hashlib.new(self.kind, usedforsecurity=False)


@dataclass(frozen=True)
class Remote:
    """One file to fetch.

    `version` names these very contents at the source (a generation, a commit), so that a half-fetched file is only
    continued with the rest of itself. `tags` are answer headers that must say so where they are sent. `signed`: the
    user's credential goes along, to the source's own host alone.
    """

    path: str
    size: int
    digest: Digest
    url: str
    version: str
    tags: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    signed: bool = False


def is_safe(path: str) -> bool:
    """Whether a source's name for a file stays below the folder it is put into, on every system."""
    parts = path.split("/")
    return not _UNSAFE.search(path) and not re.match(r"[A-Za-z]:", path) and not {"", ".", ".."} & set(parts)


def feed(hasher: Hasher, path: Path) -> int:
    """Hash what a file holds; returns its bytes' count, 0 if there is no such file."""
    count = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                hasher.update(block)
                count += len(block)
    except FileNotFoundError:
        return 0
    return count


def matches(remote: Remote, path: Path) -> bool:
    """Whether a file here has the source's bytes; reads all of it, unless the size says no."""
    if path.stat().st_size != remote.size:
        return False
    hasher = remote.digest.hasher(remote.size)
    feed(hasher, path)
    return hasher.hexdigest() == remote.digest.value


def _crc32c() -> Hasher:
    try:
        import google_crc32c
    except ImportError:
        raise UserError(f"some of the source's files have no checksum but crc32c, which needs: {INSTALL}") from None

    class Hex:
        """google_crc32c's checksum, read like hashlib's."""

        def __init__(self) -> None:
            self._sum = google_crc32c.Checksum()

        def update(self, block: bytes, /) -> None:
            """Add bytes."""
            self._sum.update(block)

        def hexdigest(self) -> str:
            """Big-endian, as the JSON API's base64 holds it."""
            return str(self._sum.digest().hex())

    return Hex()


@dataclass(frozen=True)
class Listing:
    """All files of a source, and the connection that fetches them."""

    files: list[Remote]
    web: Web
