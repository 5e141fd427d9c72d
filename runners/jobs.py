"""`python -m runners.jobs list|adopt|abandon`: the paid jobs of run folders, and those of unknown fate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from runners.core.outcome import BAD_INPUT, DONE, Outcome
from runners.core.settings import JobsSettings
from runners.entry import Command, main

ACTIONS = ("list", "adopt", "abandon")


def run(settings: JobsSettings) -> Outcome:
    """One action. Raises UserError."""
    from runners.core import paid_jobs
    from runners.core.errors import UserError, nearest

    if settings.action not in ACTIONS:
        raise UserError(f"action: unknown {settings.action!r}{nearest(settings.action, ACTIONS)}")
    if settings.action == "list":
        return list_jobs(settings)
    if settings.run is None or settings.clip is None:
        raise UserError(f"{settings.action} needs run=FOLDER and clip=ID; python -m runners.jobs list shows both")
    folder = _folder(settings.run)
    if settings.action == "adopt":
        if not settings.job:
            raise UserError("adopt needs job=ID: the job's id at the service, from its dashboard")
        job = paid_jobs.adopt(folder, settings.clip, settings.job)
        told = f"clip {job.clip_id} goes on with job {job.attempt.job_id}"
    else:
        job = paid_jobs.abandon(folder, settings.clip, accept_double_charge=settings.accept_double_charge)
        told = f"clip {job.clip_id}: given up; the next run pays for a new job"
    return Outcome(DONE, "", (told, "next: the command that made the run"), folder)


def list_jobs(settings: JobsSettings) -> Outcome:
    """The jobs of one run, or of all below results; a run that cannot be read is told beside the others."""
    from runners.core.errors import UserError
    from runners.core.files import shown
    from runners.core.run_finder import find_run_folders

    unread: list[Path] = []
    runs = [_folder(settings.run)] if settings.run else find_run_folders(_folder(settings.results), unread)
    if not runs:
        raise UserError(f"{shown(_folder(settings.results))} holds no runs (folders with a journal), however deep")
    lines = [f"warning: {shown(folder)} cannot be looked into: runs in it are left out" for folder in unread]
    faults = []
    for folder in runs:
        try:
            lines += _jobs_of(folder, settings)
        except UserError as error:
            faults.append(f"error: {error}")
    if not lines and not faults:
        lines = [f"no paid jobs in {len(runs)} run{'s' if len(runs) > 1 else ''}"]
    return Outcome(BAD_INPUT if faults else DONE, "", (*lines, *faults))


def _jobs_of(folder: Path, settings: JobsSettings) -> list[str]:
    """Print a run's jobs; what is to be told of them. Raises UserError for a run that cannot be read."""
    from runners.core import paid_jobs
    from runners.core.files import shown
    from runners.core.journal import journal_files
    from runners.core.terminal import make_console
    from runners.reporting.jobs_table import jobs_table, next_steps

    if not settings.run and not journal_files(folder):
        return []  # a copy that was published, with its manifest alone
    jobs = paid_jobs.jobs_of(folder)
    lines = [f"warning: {shown(folder)}: {told}" for told in paid_jobs.remarks(folder)]
    if not jobs:
        return lines
    chosen = [job for job in jobs if job.is_open or settings.all]
    if settings.clip is not None:
        chosen = [job for job in chosen if job.clip_id == settings.clip]
    if chosen:
        make_console(log_columns=160).print(jobs_table(shown(folder), chosen))
    return [*lines, f"{shown(folder)}: {paid_jobs.totals(jobs)}", *next_steps(shown(folder), chosen)]


def _folder(text: str) -> Path:
    from runners.core.files import user_path

    return user_path(text)


def conclude(outcomes: Sequence[Outcome]) -> None:
    """What was found or done, and what to type next."""
    from runners.reporting.tables import print_outcomes

    print_outcomes(outcomes)


COMMAND = Command(
    name="jobs",
    purpose="The paid jobs of run folders: list (those that are open), adopt (a request of unknown fate made the job "
    "with this id), abandon (give one up, so that another may be paid for). The action stands first.",
    schema=JobsSettings,
    groups=(),
    run=run,
    conclude=conclude,
)

if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isalpha():
        sys.argv[1] = f"action={sys.argv[1]}"
    main(COMMAND)
