"""Whose a paid job is: over the clips of a run, the runs of its sweep and those beside it, by what their journals say.

A service, or a proxy in front of it, that answers with the id of another clip's job would have its video published
under the wrong name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runners.core.files import shown
from runners.paid.job_events import JobEvents, PaidFact

Key = tuple[Path, str, int, int]
"""Run folder, clip, segment, attempt."""


@dataclass(frozen=True)
class _Request:
    """What is known of one paid request beside its job."""

    host: str | None = None
    free: bool = False
    uuid: str | None = None


class JobOwners:
    """Job id → who has it. Not for several threads at once: a claim is checked and recorded in one turn of the gate."""

    def __init__(self, run: Path, sweep: Iterable[Path] = ()) -> None:
        self._run, self._sweep = run, frozenset(sweep)
        self._events = JobEvents()
        self._requests: dict[Key, _Request] = {}
        self._owners: dict[str, list[Key]] = {}
        self._adopted: dict[Key, str] = {}

    def owner_of(self, job_id: str, clip_id: str, segment: int, attempt: int) -> str | None:
        """Who else than this attempt of this run has the job, in words; None if nobody has."""
        self._catch_up()
        mine = (self._run, clip_id, segment, attempt)
        others = (key for key in self._owners.get(job_id, ()) if key != mine and self._may_be_one(key, mine))
        other = next(others, None)
        return None if other is None else self._told(other, clip_id)

    def _may_be_one(self, key: Key, mine: Key) -> bool:
        """Whether two jobs of one id are one job, asked for twice.

        Each service has ids of its own, and a server of one's own may count from 1 again when it begins anew, so that
        what other commands had from it does not count. Of a run that was copied it is the same request.
        """
        theirs, ours = self._requests.get(key, _Request()), self._requests.get(mine, _Request())
        if None not in (theirs.host, ours.host) and theirs.host != ours.host:
            return False
        if None not in (theirs.uuid, ours.uuid) and theirs.uuid == ours.uuid:
            return False
        return key[0] == self._run or key[0] in self._sweep or not theirs.free

    def _told(self, key: Key, clip_id: str) -> str:
        folder, owner, _, attempt = key
        if folder != self._run:
            return f"clip {owner} of {shown(folder)}"
        return f"attempt {attempt} of the same clip" if owner == clip_id else f"clip {owner}"

    def _folders(self) -> Iterator[Path]:
        """This run, those of its sweep, and those that are there beside it."""
        # Not by one glob over all of them, which a folder that is removed meanwhile would end.
        beside = (path for path in self._run.parent.iterdir() if path.is_dir())
        yield from dict.fromkeys([self._run, *sorted(self._sweep), *sorted(beside)])

    def _catch_up(self) -> None:
        for folder in self._folders():
            try:
                for fact in self._events.appended(folder):
                    self._add(folder, fact)
            except OSError:
                if folder == self._run:
                    raise
                # another run's journal that cannot be read, or is gone by now, holds nobody up

    def _add(self, folder: Path, fact: PaidFact) -> None:
        key = (folder, fact.clip_id, fact.segment, fact.attempt)
        if fact.state == "submitting":
            self._requests[key] = _Request(fact.host, fact.free, fact.uuid)
        if fact.job_id is not None:
            owners = self._owners.setdefault(fact.job_id, [])
            if key not in owners:
                owners.append(key)
            if fact.adopted:
                self._adopted[key] = fact.job_id
        elif fact.state == "abandoned" and key in self._adopted:  # a person took it for another one's, and erred
            self._owners[self._adopted.pop(key)].remove(key)
