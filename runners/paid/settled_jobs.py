"""`runners.jobs adopt` and `abandon`: what they are about is told with its dollars first, then recorded run by run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from runners.core.errors import UserError, counted
from runners.core.files import shown, user_path
from runners.core.outcome import BAD_INPUT, DONE, FAILED, Outcome
from runners.core.settings import JobsSettings
from runners.core.shell import command_line, list_setting, setting
from runners.core.terminal import make_console, show
from runners.paid import job_list, settling
from runners.paid import jobs as paid_jobs
from runners.paid.jobs import PaidJob
from runners.paid.jobs_table import jobs_table
from runners.runs.run_finder import left_out

_ONE_AND_MANY = {
    "ambiguous": ("request of unknown fate", "requests of unknown fate"),
    "running": ("running job", "running jobs"),
    "done": ("job that is done and was not fetched", "jobs that are done and were not fetched"),
    "gone": ("job whose video is gone", "jobs whose videos are gone"),
    "fetched": ("fetched job of a clip that is not published", "fetched jobs of clips that are not published"),
}
_TOLERANCE_USD = 1e-6
_NEXT = "next: the command that made the run"


def adopt(settings: JobsSettings) -> Outcome:
    """One request, or all rows of a CSV. Raises UserError."""
    if settings.state is not None or settings.export is not None:
        raise UserError("adopt is about ambiguous requests alone, and writes no list: leave out state= and export=")
    if settings.from_file is not None:
        if settings.clip is not None or settings.job is not None:
            raise UserError("adopt takes clips and jobs from the CSV, or clip=ID and job=ID, not both")
        return _adopt_list(settings, user_path(settings.from_file))
    folder, clip_id = _one_clip(settings)
    if not settings.job:
        raise UserError("adopt needs job=ID: the job's id at the service, from its dashboard")
    known, warnings = _known([folder], settings)
    job = settling.adopt(folder, clip_id, settings.job.strip(), known)
    told = f"clip {job.clip_id} goes on with job {job.attempt.job_id}"
    return Outcome(DONE, "", (*warnings, told, _NEXT), folder)


def abandon(settings: JobsSettings) -> Outcome:
    """One clip's job, whatever its state, or all jobs of a state. Raises UserError."""
    if settings.job is not None or settings.from_file is not None or settings.export is not None:
        raise UserError("abandon takes neither job= nor a CSV; it gives up what run=, clip= and state= say")
    named = settings.clip is not None and len(settings.clip) == 1
    if settings.clip is not None and (settings.run is None or (named and not settings.clip[0].strip())):
        _one_clip(settings)
    if not named or settings.state is not None or settings.most_usd is not None:
        return _abandon_many(settings)
    folder, clip_id = _one_clip(settings)
    job = settling.abandon(folder, clip_id, accept_double_charge=settings.accept_double_charge)
    return Outcome(DONE, "", (f"clip {job.clip_id}: given up; the next run pays for a new job", _NEXT), folder)


def export(settings: JobsSettings, runs: Iterable[Path], path: Path) -> tuple[list[str], list[str]]:
    """Write the ambiguous requests of these runs for a person to fill in: what is told, and the runs left out.

    Raises UserError if the file is there, or cannot be written.
    """
    if settings.state not in (None, "ambiguous"):
        raise UserError(f"export= writes the ambiguous requests, of which state={settings.state} are none")
    jobs, faults = _choose(runs, settling.Choice(clips=_clips(settings)))
    if not jobs:
        return [f"{shown(path)} is not written: there are no requests of unknown fate"], faults
    job_list.write_list(path, jobs)
    place = [] if settings.run is not None else [setting("results", shown(user_path(settings.results)))]
    fill = command_line("jobs", "adopt", setting("from_file", shown(path)), *place)
    return [f"{shown(path)}: {_number(jobs)}, {_usd(jobs)}; fill in the job column, then: {fill}"], faults


def _one_clip(settings: JobsSettings) -> tuple[Path, str]:
    clips = [clip.strip() for clip in settings.clip or ()]
    if settings.run is None or not any(clips):
        raise UserError(f"{settings.action} needs run=FOLDER and clip=ID; python -m runners.jobs list shows both")
    if len(clips) > 1:
        raise UserError(f"{settings.action} takes one clip=ID here; many at once come from a CSV: from_file=FILE.csv")
    return user_path(settings.run), clips[0]


def _clips(settings: JobsSettings) -> tuple[str, ...] | None:
    return None if settings.clip is None else tuple(settings.clip)


def _choose(runs: Iterable[Path], choice: settling.Choice) -> tuple[list[PaidJob], list[str]]:
    """The chosen jobs of all runs, and why some runs could not be read."""
    jobs: list[PaidJob] = []
    faults = []
    for run in runs:
        try:
            jobs += choice.of(run)
        except UserError as error:
            faults.append(f"error: {error}")
    return jobs, faults


# --- giving up many


def _abandon_many(settings: JobsSettings) -> Outcome:
    state = settings.state or "ambiguous"
    choice = settling.Choice(state, _clips(settings))
    if settings.run is not None:
        folder = user_path(settings.run)
        jobs, faults, runs = choice.of(folder), list[str](), 1
        where = setting("run", shown(folder))
    else:
        folder = user_path(settings.results)
        unread: list[Path] = []
        found = paid_jobs.runs_at(folder, unread)
        jobs, faults = _choose(found, choice)
        faults += [f"error: {told}" for told in left_out(unread)]
        where, runs = setting("results", shown(folder)), len(found)
    if not jobs:
        told = f"nothing to give up: no {_ONE_AND_MANY[state][0]} in {counted(runs, 'run')}"
        return Outcome(BAD_INPUT if faults else DONE, "", (*faults, told))
    for run in dict.fromkeys(job.run for job in jobs):
        make_console(log_columns=160).print(jobs_table(shown(run), [job for job in jobs if job.run == run]))
    show(_price_of_giving_up(jobs, state))
    if warning := _never_looked_for(jobs):
        show(warning)
    chosen = [where, *([list_setting("clip", settings.clip)] if settings.clip else [])]
    chosen += [setting("state", state)] if settings.state else []
    meant = command_line("jobs", "abandon", *chosen, f"most_usd={_exact(jobs)}", "accept_double_charge=true")
    over = settings.most_usd is not None and paid_jobs.usd_of(jobs) > settings.most_usd + _TOLERANCE_USD
    if over:
        faults.append(f"error: that is more than most_usd={settings.most_usd:g}: nothing was given up")
    if over or not settings.accept_double_charge:
        return Outcome(BAD_INPUT, "", (*faults, f"if that is meant: {meant}"))
    return _record(settling.abandon_all(jobs), "given up", faults, f"{_NEXT}; it pays for new jobs")


def _price_of_giving_up(jobs: Sequence[PaidJob], state: str) -> str:
    """`12 requests of unknown fate in 2 runs may have cost $7.20; giving them up means …`."""
    them = "it" if len(jobs) == 1 else "them"
    return (
        f"{_number(jobs, state)} may have cost {_usd(jobs)}; giving {them} up means that the next run may pay "
        f"{_usd(jobs)} again"
    )


def _never_looked_for(jobs: Sequence[PaidJob]) -> str:
    killed = sum(job.attempt.ambiguous and not job.looked_for for job in jobs)
    if not killed:
        return ""
    return (
        f"warning: {killed} of {len(jobs)} were left by a process that was killed, and nobody looked for them yet: "
        "first run the command that made the run, which asks the service about them and pays for none of them again"
    )


# --- adopting many


def _adopt_list(settings: JobsSettings, path: Path) -> Outcome:
    filled = job_list.read_list(path, user_path(settings.run) if settings.run is not None else None)
    known, warnings = _known(filled.runs, settings)
    job_list.check_ids(filled, known)
    if filled.faults:
        told = "nothing was adopted: every row must be right first"
        return Outcome(BAD_INPUT, "", (*warnings, *(f"error: {fault}" for fault in filled.faults), told))
    for warning in warnings:
        show(warning)
    passed = []
    if filled.empty:
        passed.append(f"{counted(filled.empty, 'row')} without a job passed over")
    if filled.already:
        passed.append(f"{counted(filled.already, 'row')} adopted before")
    jobs = [adoption.job for adoption in filled.adoptions]
    if not jobs:
        if not filled.already:
            raise UserError(f"{shown(path)}: no row has a job; fill in that column from the service's dashboard")
        return Outcome(DONE, "", (f"nothing to adopt: {', '.join(passed)}",))
    goes, clause = "goes" if len(jobs) == 1 else "go", f" ({', '.join(passed)})" if passed else ""
    show(f"{_number(jobs)} that may have cost {_usd(jobs)} {goes} on with the jobs of {shown(path)}{clause}")
    return _record(settling.adopt_all(filled.adoptions), "adopted", [], _NEXT)


def _known(runs: Sequence[Path], settings: JobsSettings) -> tuple[paid_jobs.Records, list[str]]:
    """The jobs on record in these runs and those around them, and a warning for all that could not be looked into."""
    unread: list[Path] = []
    results = user_path(settings.results)
    around = [other for run in runs for other in paid_jobs.runs_beside(run, results, unread)]
    known = paid_jobs.Records.of([*runs, *around])
    lost = [f"{shown(place)} cannot be looked into" for place in dict.fromkeys(unread)] + known.faults
    return known, [f"warning: {told}; whether a job is on record there is not known" for told in lost]


# --- both


def _record(steps: Iterable[settling.Settled], what: str, faults: Sequence[str], then: str) -> Outcome:
    """Record run by run, each told as soon as it is on disk."""
    done: list[PaidJob] = []
    left = list(faults)
    for step in steps:
        if step.done:
            show(f"{shown(step.run)}: {len(step.done)} {what} ({_usd(step.done)})")
        done += step.done
        left += [f"error: {fault}" for fault in step.faults]
    told = f"{len(done)} {what} ({_usd(done)})"
    if left:
        return Outcome(FAILED, "", (*left, f"{told}; the same command goes on with the rest"))
    return Outcome(DONE, "", (told, then))


def _number(jobs: Sequence[PaidJob], state: str = "ambiguous") -> str:
    runs = len({job.run for job in jobs})
    return f"{counted(len(jobs), *_ONE_AND_MANY[state])} in {counted(runs, 'run')}"


def _usd(jobs: Iterable[PaidJob]) -> str:
    return f"${paid_jobs.usd_of(jobs):.2f}"


def _exact(jobs: Iterable[PaidJob]) -> str:
    """The sum as a setting, in whole cents where it is so."""
    usd = paid_jobs.usd_of(jobs)
    return f"{usd:.2f}" if abs(usd - round(usd, 2)) < _TOLERANCE_USD else f"{usd:.6f}"
