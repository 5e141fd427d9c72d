"""Requests of unknown fate as a CSV: for a person to fill in whose job is whose, and read back."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from adapters.harness import clean_text
from runners.core.errors import UserError
from runners.core.files import Different, place, shown, user_path
from runners.dataset.user_csv import Row, plain_text, read_csv, text_cell
from runners.paid.jobs import PaidJob, Records, last_job, state_of, submitted_at
from runners.paid.settling import Adoption, check_adoptable, check_id
from runners.runs.journal import RunState, check_state

COLUMNS = ("run", "clip", "job", "submitted", "prompt", "seed", "uuid", "host", "model", "usd", "attempt", "segment")
_PROMPT = 80


def check_new(path: Path) -> None:
    """Raise UserError if something has that name: somebody may have filled it in."""
    if os.path.lexists(path):
        raise UserError(f"{shown(path)} is there already, and may be filled in; choose another name, or move it away")


def write_list(path: Path, jobs: Iterable[PaidJob]) -> None:
    """Write the requests, the job column empty, with what helps to find each at the service.

    Raises UserError if the file is there, or cannot be written.
    """
    check_new(path)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_cells(job) for job in jobs)
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(clean_text(text.getvalue(), len(text.getvalue())))
        place(temporary, path)
    except Different:
        check_new(path)
    except OSError as error:
        raise UserError(f"{shown(path)} cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def _cells(job: PaidJob) -> dict[str, str]:
    facts = job.attempt.facts
    prompt = " ".join(str(facts.get("prompt") or "").split())
    texts = {"run": str(job.run), "clip": job.clip_id, "prompt": "".join(filter(str.isprintable, prompt))[:_PROMPT]}
    texts |= {key: str(facts.get(key) if facts.get(key) is not None else "") for key in ("uuid", "host", "model")}
    seed = facts.get("seed")
    return {key: text_cell(text) for key, text in texts.items()} | {
        "job": "",
        "submitted": submitted_at(job),
        "seed": text_cell("" if seed is None else str(seed)),
        "usd": f"{job.attempt.usd:.10g}",
        "attempt": str(job.attempt.number),
        "segment": str(job.attempt.segment),
    }


@dataclass
class Filled:
    """What a filled-in list asks for. `faults`: all that is wrong in it, each with its line."""

    rows: list[tuple[Row, Adoption]] = field(default_factory=list)
    empty: int = 0
    """Rows whose job nobody filled in."""
    already: int = 0
    """Rows that an earlier command recorded."""
    faults: list[str] = field(default_factory=list)

    @property
    def adoptions(self) -> list[Adoption]:
        """What is to be recorded."""
        return [adoption for _, adoption in self.rows]

    @property
    def runs(self) -> list[Path]:
        """The runs of the adoptions."""
        return sorted({adoption.job.run for adoption in self.adoptions})


def read_list(path: Path, run: Path | None) -> Filled:
    """Read a list and look every row up in its run. `run`: the run of rows that name none; no row may name another.

    Raises UserError if the file is no such table.
    """
    filled = Filled()
    reader = _Reader(run, filled)
    for row in read_csv(path, ("clip", "job") if run is not None else ("run", "clip", "job")):
        try:
            reader.add(row)
        except UserError as error:
            filled.faults.append(str(error))
    return filled


def check_ids(filled: Filled, known: Records) -> None:
    """Add a fault for every job that is on record in any of the known runs."""
    for row, adoption in filled.rows:
        try:
            known.check_free(adoption.job_id, adoption.job.run)
        except UserError as error:
            filled.faults.append(str(row.fault(str(error))))


@dataclass
class _Reader:
    """Reads rows, each run once, and remembers which line took which clip and which job."""

    run: Path | None
    filled: Filled
    states: dict[Path, RunState | None] = field(default_factory=dict)
    clips: dict[tuple[Path, str], int] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Take one row in. Raises UserError, with the line, for what is wrong in it."""
        job_id, clip_id = plain_text(row.get("job")), plain_text(row.get("clip"))
        if not job_id:
            self.filled.empty += 1
            return
        if not clip_id:
            raise row.fault("names no clip")
        run = self._run(row)
        state = self._state(row, run)
        if state is None:
            return  # told where it was first named
        try:
            check_id(job_id)
            job = last_job(state, run, clip_id)
        except UserError as error:
            raise row.fault(str(error)) from None
        self._once(row, job, job_id)
        if job.attempt.job_id == job_id:
            self.filled.already += 1
            return
        try:
            check_adoptable(job)
        except UserError as error:
            raise row.fault(str(error)) from None
        if row.get("uuid") not in ("", str(job.attempt.facts.get("uuid", ""))):
            raise row.fault(f"is about an earlier request for clip {job.clip_id}; export the list again")
        self.filled.rows.append((row, Adoption(job, job_id)))

    def _run(self, row: Row) -> Path:
        named = plain_text(row.get("run"))
        if not named and self.run is None:
            raise row.fault("names no run; fill it in, or add run=FOLDER if all rows are of one run")
        run = user_path(named) if named else self.run
        assert run is not None
        if self.run is not None and run.resolve() != self.run.resolve():
            raise row.fault(f"is of the run {named}, not of run={shown(self.run)}")
        return (self.run or run).resolve()

    def _state(self, row: Row, run: Path) -> RunState | None:
        if run not in self.states:
            self.states[run] = None
            try:
                state = state_of(run)
                check_state(state, run)
            except UserError as error:
                raise row.fault(str(error)) from None
            self.states[run] = state
        return self.states[run]

    def _once(self, row: Row, job: PaidJob, job_id: str) -> None:
        first = self.clips.setdefault((job.run, job.clip_id), row.line)
        if first != row.line:
            raise row.fault(f"clip {job.clip_id} stands in line {first} already")
        first = self.ids.setdefault(job_id, row.line)
        if first != row.line:
            raise row.fault(f"job {job_id} stands in line {first} already")
