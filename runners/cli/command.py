"""The one wrapper that all commands share: --help, settings, plain errors and honest exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from runners.core.descriptors import fill_standard
from runners.core.errors import UserError
from runners.core.outcome import FAILED, INTERRUPTED, Outcome, exit_code
from runners.core.terminal import prepare, say, unheard
from runners.generation.interrupt import hear_wishes_once

if TYPE_CHECKING:
    from runners.cli.composing import Job
    from runners.generation.session import Session


def tell_outcomes(outcomes: Sequence[Outcome]) -> None:
    """What each job did, line by line, and one table over all."""
    from runners.reporting.tables import print_outcomes

    print_outcomes(outcomes)


@dataclass(frozen=True)
class Command:
    """One entry point: its configuration's name and schema, and the plain function that does the work."""

    name: str
    purpose: str
    schema: type[Any]
    groups: tuple[str, ...]
    run: Callable[[Any, Session], Outcome]
    """One job, by its settings and what it shares with the others."""
    conclude: Callable[[Sequence[Outcome]], None] = tell_outcomes
    """Called once at the end with the outcomes of all jobs of a sweep."""
    named: Callable[[Any, Mapping[str, Any]], Any] = lambda settings, _: settings
    """A job's settings under a name that tells it from the sweep's other jobs, by its own values of what was swept."""
    begin: Callable[[Sequence[Any]], Sequence[Path]] = lambda _: ()
    """Sees the settings of all jobs of a sweep before the first of them runs, and says in which folders they work. May
    raise UserError: then none does."""
    alone: Callable[[Any], None] = lambda _: None
    """Sees a job that another launcher gave a process of its own, which knows none of the sweep's others. May raise
    UserError: then it does not run."""
    words: Callable[[Sequence[str]], Sequence[str]] = lambda typed: typed
    """The settings that are meant by the words that were typed."""


def main(command: Command) -> NoReturn:
    """Run a command on sys.argv and leave with its exit code; a user never sees a traceback for a user's mistake."""
    fill_standard()
    prepare()
    hear_wishes_once()
    words = sys.argv[1:]
    if {"--help", "-h"} & set(words):
        from runners.cli.help import help_text

        with unheard():
            print(help_text(command.name, command.purpose, command.schema, command.groups, words))
        sys.exit(0)
    outcomes: list[Outcome] = []
    again = _typed()
    try:
        with unheard():
            _compose_and_run(command, words, again, outcomes)
    except UserError as error:
        outcomes.append(Outcome.bad_input(str(error)))
    except Unfinished as error:
        outcomes.append(Outcome(error.args[0]))
    except KeyboardInterrupt:
        outcomes.append(Outcome.interrupted(again))
    abandoned = any(outcome.abandoned for outcome in outcomes)
    if outcomes:
        with unheard():
            command.conclude(outcomes)
    _leave(exit_code(outcomes), abandoned=abandoned)


def _typed() -> str:
    """The command that was typed, fit to be copied into a shell."""
    module = getattr(sys.modules.get("__main__"), "__spec__", None)
    words = ["python", "-m", module.name] if module is not None else ["python", sys.argv[0]]
    return shlex.join([*words, *sys.argv[1:]])


def _leave(code: int, *, abandoned: bool) -> NoReturn:
    if abandoned:
        # A thread still waits for its model; leaving without it is what a kill would do, and a kill loses nothing.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _compose_and_run(command: Command, typed: Sequence[str], again: str, outcomes: list[Outcome]) -> None:
    """Compose all jobs, then run them; every job leaves its outcome in the list and never raises.

    Composed first, so that a mistake in the last of them is told before the first is paid for, and so that they know
    of each other: of a sweep's budget, and of names that would collide.
    """
    from runners.cli.composing import compose

    elsewhere = partial(run_elsewhere, command.name, again)
    jobs = compose(command.name, command.schema, command.words(typed), elsewhere)
    _run_jobs(command, jobs, again, outcomes)


class Unfinished(Exception):
    """A job in another process, where its lines were told, did not come to its end; the argument is its exit code."""


def run_elsewhere(name: str, again: str, job: Job) -> None:
    """Run one job of a sweep in the process that another launcher gave it. Raises Unfinished, UserError.

    `again`: the command that began the sweep.
    """
    prepare()
    command: Command = importlib.import_module(f"runners.{name}").COMMAND  # which in the first process is __main__'s
    outcomes: list[Outcome] = []
    if not job.fault:
        command.alone(job.settings)
    try:
        _run_jobs(command, [job], again, outcomes)
    finally:
        command.conclude(outcomes)
    if code := exit_code(outcomes):
        raise Unfinished(code)


def _run_jobs(command: Command, jobs: Sequence[Job], again: str, outcomes: list[Outcome]) -> None:
    from runners.generation.session import Session

    whole = [Outcome.bad_input(job.fault) if job.fault else command.named(job.settings, job.swept) for job in jobs]
    sweep = command.begin([settings for settings in whole if not isinstance(settings, Outcome)])
    with Session(again, tuple(sweep)) as session:
        for settings in whole:
            outcomes.append(_one_job(command, settings, session, outcomes))
            gc.collect()  # one model's memory is free before the next is loaded


def _one_job(command: Command, settings: Any, session: Session, before: Sequence[Outcome]) -> Outcome:
    if any(outcome.code == INTERRUPTED for outcome in before):
        return Outcome.not_started()
    if isinstance(settings, Outcome):
        return settings
    from runners.core.failures import writing

    try:
        with writing():  # what the disk refuses is nobody's fault here, wherever it is met
            return command.run(settings, session)
    except KeyboardInterrupt:
        return Outcome.interrupted(session.again)
    except UserError as error:
        if error.__cause__ is not None and os.environ.get("PHYSICS_IQ_TRACEBACK"):
            say("".join(traceback.format_exception(error.__cause__)))
        return Outcome.of_error(error)
    except Exception as error:  # noqa: BLE001  (a fault of this program ends one job of a sweep, not the others)
        say(traceback.format_exc())
        return Outcome(FAILED, "", (f"error: a fault of this program, told above: {type(error).__name__}: {error}",))
