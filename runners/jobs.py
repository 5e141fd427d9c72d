"""`python -m runners.jobs list|adopt|abandon`: the paid jobs of run folders, and those of unknown fate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from runners.cli.command import Command, main
from runners.core.outcome import BAD_INPUT, DONE, Outcome
from runners.core.settings import JobsSettings

if TYPE_CHECKING:
    from runners.generation.session import Session

Action = Literal["list", "adopt", "abandon"]
ACTIONS: tuple[Action, ...] = get_args(Action)


def run(settings: JobsSettings, _session: Session | None = None) -> Outcome:
    """One action. Raises UserError."""
    from runners.core.errors import one_of
    from runners.paid import settled_jobs

    action = one_of("action", settings.action, ACTIONS)
    if action == "list":
        return list_jobs(settings)
    return settled_jobs.adopt(settings) if action == "adopt" else settled_jobs.abandon(settings)


def list_jobs(settings: JobsSettings) -> Outcome:
    """The jobs of one run, or of all below results; a run that cannot be read is told beside the others."""
    from runners.core.errors import UserError, counted
    from runners.core.files import shown
    from runners.paid.job_list import check_new
    from runners.paid.settling import Choice
    from runners.runs.run_finder import find_run_folders, left_out

    Choice(settings.state or "ambiguous")
    if settings.export is not None:
        check_new(_folder(settings.export))
    unread: list[Path] = []
    runs = [_folder(settings.run)] if settings.run else find_run_folders(_folder(settings.results), unread)
    if not runs:
        raise UserError(f"{shown(_folder(settings.results))} holds no runs (folders with a journal), however deep")
    lines = [f"warning: {told}" for told in left_out(unread)]
    faults = []
    readable = []
    for folder in runs:
        try:
            lines += _jobs_of(folder, settings)
            readable.append(folder)
        except UserError as error:
            faults.append(f"error: {error}")
    if not lines and not faults:
        lines = [f"no paid jobs in {counted(len(runs), 'run')}"]
    if settings.export is not None:
        exported, missed = _export(settings, readable)
        lines, faults = [*lines, *exported], [*faults, *missed]
    return Outcome(BAD_INPUT if faults else DONE, "", (*lines, *faults))


def _export(settings: JobsSettings, runs: Sequence[Path]) -> tuple[list[str], list[str]]:
    from runners.paid.settled_jobs import export
    from runners.runs.journal import journal_files

    return export(settings, [run for run in runs if journal_files(run)], _folder(str(settings.export)))


def _jobs_of(folder: Path, settings: JobsSettings) -> list[str]:
    """Print a run's jobs; what is to be told of them. Raises UserError for a run that cannot be read."""
    from runners.core.files import shown
    from runners.core.terminal import make_console
    from runners.paid import jobs as paid_jobs
    from runners.paid.jobs_table import jobs_table, next_steps
    from runners.runs.journal import journal_files

    if not settings.run and not journal_files(folder):
        return []  # a copy that was published, with its manifest alone
    state = paid_jobs.state_of(folder)
    jobs = paid_jobs.jobs_in(state, folder)
    lines = [f"warning: {shown(folder)}: {told}" for told in paid_jobs.remarks(state)]
    if not jobs:
        return lines
    chosen = [job for job in jobs if job.is_open or settings.all or settings.state == "fetched"]
    if settings.state is not None:
        chosen = [job for job in chosen if job.state == settings.state]
    if settings.clip is not None:
        chosen = [job for job in chosen if job.clip_id in settings.clip]
    if chosen:
        make_console(log_columns=160).print(jobs_table(shown(folder), chosen))
    return [*lines, f"{shown(folder)}: {paid_jobs.totals(jobs)}", *next_steps(shown(folder), chosen)]


def _folder(text: str) -> Path:
    from runners.core.files import user_path

    return user_path(text)


def words_of(typed: Sequence[str]) -> list[str]:
    """What was typed as settings: the action in front, one clip as a list of one, and `from`, which is no name here."""
    words = list(typed)
    if words and words[0].isalpha():
        words[0] = f"action={words[0]}"
    for place, word in enumerate(words):
        key, equals, value = word.partition("=")
        if equals and key == "from":
            words[place] = f"from_file={value}"
        elif equals and key == "clip" and value != "null" and not value.lstrip().startswith("["):
            words[place] = f"clip=[{value}]" if value.strip() else "clip=['']"
    return words


COMMAND = Command(
    name="jobs",
    purpose="The paid jobs of run folders: list (those that are open), adopt (a request of unknown fate made the job "
    "with this id; or many, from a CSV that list export=FILE.csv begins), abandon (give one up, or all of unknown "
    "fate, so that others may be paid for; what they may have cost is told first). The action stands first.",
    schema=JobsSettings,
    groups=(),
    run=run,
    words=words_of,
)

if __name__ == "__main__":
    main(COMMAND)
