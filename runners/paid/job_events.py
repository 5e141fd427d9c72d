"""The facts of paid work in the journals of some run folders, read on as they grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.harness import amount_usd, whole
from runners.runs.events import Job, event_of
from runners.runs.journal import journal_files
from runners.runs.journal_lines import whole_events


@dataclass(frozen=True)
class PaidFact:
    """What one job event says that counts for caps and for whose a job is.

    It is read of a journal that somebody may have edited: an odd number must hide nothing of what follows.
    """

    clip_id: str
    number: int
    segment: int
    attempt: int
    state: str | None
    usd: float | None
    """What the attempt costs as far as is known; None where nothing is told, or what is no amount."""
    job_id: str | None
    host: str | None
    uuid: str | None
    adopted: bool
    free: bool

    @classmethod
    def of(cls, event: Job) -> PaidFact:
        """The fact of an event."""
        job = event.job

        def text(key: str) -> str | None:
            return str(job[key]) if job.get(key) else None

        return cls(
            clip_id=event.id,
            number=event.number,
            segment=whole(job.get("segment")),
            attempt=whole(job.get("attempt")),
            state=text("state"),
            usd=amount_usd(job.get("usd")),
            job_id=text("job_id"),
            host=text("host"),
            uuid=text("uuid"),
            adopted=bool(job.get("adopted")),
            free=not job.get("usd"),
        )


class JobEvents:
    """Reads each journal from where the last look ended. Not for several threads at once."""

    def __init__(self) -> None:
        self._read: dict[Path, int] = {}

    def appended(self, folder: Path) -> Iterator[PaidFact]:
        """What the folder's journals tell of paid work beyond the last call."""
        for path in journal_files(folder):
            for line in self._lines(path):
                if b'"job"' in line:
                    events = map(event_of, whole_events(line))
                    yield from (PaidFact.of(one) for one in events if isinstance(one, Job) and one.has("job"))

    def _lines(self, path: Path) -> list[bytes]:
        begin = self._read.get(path, 0)
        if path.stat().st_size == begin:
            return []
        with path.open("rb") as file:
            file.seek(begin)
            data = file.read()
        end = data.rfind(b"\n") + 1  # a line without its end did not happen
        self._read[path] = begin + end
        return data[:end].split(b"\n")
