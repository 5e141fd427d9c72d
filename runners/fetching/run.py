"""Fetching a data set: listed, told, compared with what is here, downloaded side by side, and never half."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from adapters.http.retry_after import Passing
from runners.core.errors import UserError, counted
from runners.core.files import Different
from runners.core.locks import Held, Lock
from runners.fetching.download import Download
from runners.fetching.kept import Kept
from runners.fetching.remote import Remote, matches
from runners.fetching.web import Denied, Lasting, Web

T = TypeVar("T")
_SPARE_BYTES = 200_000_000
MEGABYTE = 1_000_000
_LAST_WORDS_S = 2.0
"""How long transfers that were told to end are waited for. One with a silent server is left: it writes no more."""


@dataclass
class Result:
    """What became of the files; `failed` and `different` say why, or which, one line each."""

    fetched: int = 0
    there: int = 0
    bytes: int = 0
    different: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FetchJob:
    """Files with the connection that fetches each of them."""

    files: Sequence[tuple[Remote, Web]]
    root: Path
    stop: threading.Event
    connections: int
    progress: Callable[[int, int], None]
    say: Callable[[str], None]


def fetch_files(job: FetchJob) -> Result:
    """Bring all files to the root. Raises UserError before work for a disk that is too small, OSError for a full one.

    Alone at this root: a second process waits, and then finds the files there.
    """
    (job.root / ".fetch").mkdir(parents=True, exist_ok=True)
    with alone(job.root / ".fetch" / "lock", job.say):
        kept = Kept(job.root)
        result = Result()
        missing = _compare(job, kept, result)
        _weigh(job, kept, missing)
        _download(job, kept, missing, result)
    return result


@contextmanager
def alone(lock: Path, say: Callable[[str], None]) -> Iterator[None]:
    """One process at a time; the lock ends with its process."""
    lock.touch()
    try:
        held = Lock(lock)
    except Held:
        say("another process is fetching into this folder: waiting for it")
        held = Lock(lock, wait=True)
    with held:
        yield


def _compare(job: FetchJob, kept: Kept, result: Result) -> list[tuple[Remote, Web]]:
    """What is to be fetched. Files that were never compared with their source are, once."""
    states = [(remote, web, kept.state(remote)) for remote, web in job.files]
    unknown = [remote for remote, _, state in states if state == "unknown"]
    if unknown:
        many = counted(len(unknown), "file that is already here", "files that are already here")
        job.say(f"comparing {many} with their checksums ({_size(unknown)})")
    result.different += [remote.path for remote, _, state in states if state == "different"]
    right = [remote for remote, _, state in states if state == "right"]

    def compared(remote: Remote, same: bool) -> None:
        if same:
            kept.remember(remote)
            right.append(remote)
        else:
            result.different.append(remote.path)

    _side_by_side(job, [(remote, partial(matches, remote, job.root / remote.path)) for remote in unknown], compared)
    for remote in right:
        kept.forget_parts(remote)
    result.there = len(right)
    return [(remote, web) for remote, web, state in states if state == "absent"]


def _weigh(job: FetchJob, kept: Kept, missing: Sequence[tuple[Remote, Web]]) -> None:
    """Raise UserError if the disk is too small for what is missing."""
    wanted = sum(left_of(kept, remote) for remote, _ in missing)
    _, _, free = shutil.disk_usage(job.root)
    if missing and free < wanted + _SPARE_BYTES:
        raise UserError(
            f"{wanted / 1e9:.1f} GB more are needed, and {job.root} has {free / 1e9:.1f} GB free; free some space, or "
            "set PHYSICS_IQ_DATA (or benchmark.root) to a folder on another disk"
        )


def left_of(kept: Kept, remote: Remote) -> int:
    """The bytes of a file that are still to come."""
    part = kept.part(remote)
    return max(0, remote.size - (part.stat().st_size if part.exists() else 0))


def _download(job: FetchJob, kept: Kept, missing: Sequence[tuple[Remote, Web]], result: Result) -> None:
    total = sum(left_of(kept, remote) for remote, _ in missing)
    mutex = threading.Lock()

    def arrived(count: int) -> None:
        with mutex:
            result.bytes += count
            job.progress(min(result.bytes, total) // MEGABYTE, max(1, total // MEGABYTE))

    def fetch(remote: Remote, web: Web) -> str:
        try:
            Download(remote, web, kept, arrived).run()
        except Different:
            return "different"
        except (Passing, Lasting, Denied) as error:
            if isinstance(error, Denied) and remote.signed:
                raise  # a login that ended lets no other file in either
            return f"{remote.path}: {error}"
        return ""

    def fetched(remote: Remote, fault: str) -> None:
        if not fault:
            kept.remember(remote)
            result.fetched += 1
        elif fault == "different":
            result.different.append(remote.path)
        else:
            result.failed.append(fault)

    try:
        _side_by_side(job, [(remote, partial(fetch, remote, web)) for remote, web in missing], fetched)
    except Denied as error:
        raise UserError(f"{error}: it lets you in no more; check your login and run the same command again") from None


def _side_by_side(
    job: FetchJob, work: Sequence[tuple[Remote, Callable[[], T]]], done: Callable[[Remote, T], None]
) -> None:
    """Call all, some at once; `done` is called from this thread. The first exception ends the others as well."""
    pending: dict[Future[T], Remote] = {}
    pool = ThreadPoolExecutor(job.connections)
    try:
        for remote, call in work:
            pending[pool.submit(call)] = remote
        while pending:
            for future in wait(pending, timeout=1, return_when=FIRST_COMPLETED).done:
                done(pending.pop(future), future.result())
    except BaseException:
        job.stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        wait([future for future in pending if not future.cancelled()], timeout=_LAST_WORDS_S)
        raise
    pool.shutdown()


def _size(remotes: Sequence[Remote]) -> str:
    return f"{sum(remote.size for remote in remotes) / 1e9:.2f} GB"
