"""`python -m runners.jobs list|adopt|abandon`: the paid jobs of run folders, and those of unknown fate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from runners.core.outcome import DONE, Outcome
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
    """The jobs of one run, or of all below results."""
    from runners.core import paid_jobs
    from runners.core.files import shown
    from runners.core.terminal import make_console
    from runners.reporting.jobs_table import jobs_table, next_steps

    runs = [_folder(settings.run)] if settings.run else paid_jobs.find_runs(_folder(settings.results))
    lines, console = [], make_console(log_columns=160)
    for folder in runs:
        jobs = paid_jobs.jobs_of(folder)
        if not jobs:
            continue
        chosen = [job for job in jobs if job.is_open or settings.all]
        if settings.clip is not None:
            chosen = [job for job in chosen if job.clip_id == settings.clip]
        if chosen:
            console.print(jobs_table(shown(folder), chosen))
        lines += [f"{shown(folder)}: {paid_jobs.totals(jobs)}", *next_steps(shown(folder), chosen)]
    return Outcome(DONE, "", tuple(lines) or ("no paid jobs",))


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
