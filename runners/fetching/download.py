"""One file from its source to its final name: gathered in a part, compared, and only then given its name."""

from __future__ import annotations

from collections.abc import Callable

from adapters.http.retry_after import Passing
from runners.core.files import place
from runners.fetching.kept import Kept
from runners.fetching.remote import Hasher, Remote, feed
from runners.fetching.web import Lasting, Reply, Web

_MISMATCHES = 2
"""How often a whole file may arrive with another checksum before its source is called wrong."""


class Download:
    """Fetches one file, in as many tries as it takes. `arrived` is told every block's length.

    What a kill or a cut connection leaves is gone on with, if the server gives ranges and the file is still the same
    one; it is hashed again first, so that a torn block is found out. Raises Lasting, Denied, Different, Stopped, or
    OSError for the disk; Passing where patience has ended.
    """

    def __init__(self, remote: Remote, web: Web, kept: Kept, arrived: Callable[[int], None]) -> None:
        self._remote, self._web, self._arrived = remote, web, arrived
        self._part, self._final = kept.part(remote), kept.root / remote.path
        self._kept, self._mismatches = kept, 0

    def run(self) -> None:
        """Bring the file to its final name."""
        self._kept.forget_parts(self._remote, but=self._part)
        self._web.patiently(self._attempt, self._gathered)
        self._final.parent.mkdir(parents=True, exist_ok=True)
        place(self._part, self._final)

    def _gathered(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _attempt(self) -> None:
        remote, hasher = self._remote, self._remote.digest.hasher(self._remote.size)
        have = feed(hasher, self._part)
        if have < remote.size:
            sent = {**remote.headers, **({"Range": f"bytes={have}-"} if have else {})}
            with self._web.open(remote.url, sent, signed=remote.signed) as reply:
                self._check_identity(reply)
                if have and not _continues(reply, have, remote.size):
                    # The server has no ranges, or another one: begin anew, in a new file.
                    self._part.unlink()
                    have, hasher = 0, remote.digest.hasher(remote.size)
                    if reply.status != 200:
                        raise Passing("the server answers with another range than the one asked for")
                have = self._gather(reply, have, hasher)
        elif not have:
            self._part.touch()
        if have != remote.size:
            self._give_up_if_longer(have)
        if hasher.hexdigest() != remote.digest.value:
            self._part.unlink()
            self._mismatches += 1
            told = f"its {remote.digest.kind} is not the one that the source states"
            raise (Passing if self._mismatches < _MISMATCHES else Lasting)(told)

    def _check_identity(self, reply: Reply) -> None:
        for name, wanted in self._remote.tags.items():
            told = reply.source.get(name)
            if told is not None and told.removeprefix("W/").strip('"') != wanted:
                raise Lasting("it was changed at the source since it was listed; run the same command again")

    def _gather(self, reply: Reply, have: int, hasher: Hasher) -> int:
        with self._part.open("ab") as file:
            for block in reply.blocks:
                file.write(block)
                hasher.update(block)
                have += len(block)
                self._arrived(len(block))
                if have > self._remote.size:
                    break
        return have

    def _give_up_if_longer(self, have: int) -> None:
        if have > self._remote.size:
            self._part.unlink()
            raise Passing("more bytes came than the source states")
        raise Passing(f"{have} of {self._remote.size} bytes came")


def _continues(reply: Reply, have: int, size: int) -> bool:
    return reply.status == 206 and reply.headers.get("Content-Range") == f"bytes {have}-{size - 1}/{size}"
