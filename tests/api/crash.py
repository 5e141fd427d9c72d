"""Kills paid runs, brings them to an end as a person would, and tells what it saw.

`python -m tests.api.crash < JSON`: a list of {"results": folder, "address": of the fake service, "words": of a command
line, "environ": more of it, "kills": […]}; prints the records of each as one JSON list. A kill is

* `steps`: one run for each durable step of the job (a write, an fsync, a rename), killed before it;
* `before:FACT`, `after:FACT`: one run, killed before that fact goes into the journal, or as soon as it is there;
  with `:give_up`, a job of unknown fate is given up afterwards although the dashboard shows it;
* `random:COUNT:SEED`: one run after the other, killed at random instants, until so many kills were made.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import requests

from adapters.harness import Attempt, fold_attempts
from runners.cli.making import instantiate_adapter
from runners.core.errors import UserError
from runners.core.settings import GenerateSettings, JobsSettings
from runners.generation.run import generate
from runners.jobs import run as jobs_command
from runners.runs.journal import fold, job_facts
from tests.run.crash import die_before_step, ended, forked, watch
from tests.test_conf import composed

MOST_STEPS = 400
IMPORTED_LATE = ("av", "cv2", "PIL.PngImagePlugin", "adapters.api.service", "rich.live", "hydra.utils")
"""Imported once here, instead of in every child."""
Record = dict[str, Any]


def work(settings: GenerateSettings, die: Callable[[], None] = lambda: None) -> int:
    """One invocation, silent; the exit code as the command line would have it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    die()
    try:
        return generate(settings, instantiate_adapter).code
    except UserError:
        return 2


def invocation(settings: GenerateSettings, die: Callable[[], None] = lambda: None) -> int | None:
    """An invocation in a child of its own; its exit code, None if it was killed."""
    return ended(forked(partial(work, settings, die)), 600)


def die_at_fact(fact: str, *, there: bool) -> None:
    """Let this process die before a fact goes into the journal, or as soon as it is there for good."""
    marks = [f'"{key}": "{fact}"'.encode() for key in ("event", "state")]
    written = False

    def is_written(name: str, args: Any) -> bool:
        return name == "write" and any(mark in args[1][:400] for mark in marks)

    def before(name: str, args: Any) -> None:
        nonlocal written
        if is_written(name, args):
            written = True
            if not there:
                os.kill(os.getpid(), signal.SIGKILL)

    def after(name: str, args: Any) -> None:
        if written and name == "fsync":
            os.kill(os.getpid(), signal.SIGKILL)

    watch(before, after)


@dataclass(frozen=True)
class Service:
    """The fake service, as its owner's dashboard shows it."""

    address: str

    def jobs(self) -> dict[str, Any]:
        """Every job that was accepted, so billed, by its id: what was asked for."""
        answer = requests.get(f"{self.address}/__ctl/jobs", timeout=60).json()
        return {job["id"]: job["request"] for job in answer}


class Trial:
    """One run that is killed and brought to an end."""

    def __init__(self, settings: GenerateSettings, service: Service, name: str, *, give_up: bool = False) -> None:
        self.settings = replace(settings, results=str(Path(settings.results) / name))
        self._service, self._give_up = service, give_up
        self._before = service.jobs().keys()
        self.codes: list[int | None] = []
        self.helped: list[str] = []
        self.left: dict[str, str] = {}
        self.billed_by_then = 0

    def killed(self, die: Callable[[], None]) -> bool:
        """Run until it dies; whether it did, which is when all that was left behind is looked at."""
        died = invocation(self.settings, die) is None
        self.left = {clip_id: attempt.state for clip_id, attempt in self.attempts().items()}
        self.billed_by_then = len(self._mine())
        return died

    def end(self) -> Record:
        """Run again, and once more where it waits for a person; tell everything."""
        self.codes.append(invocation(self.settings))
        if self.help():
            self.codes.append(invocation(self.settings))
        facts = {key: getattr(self, key) for key in ("left", "billed_by_then", "codes", "helped")}
        return {**facts, "billed": len(self._mine()), "folder": str(self._folder())}

    def attempts(self) -> dict[str, Attempt]:
        """The last attempt of every clip that has any."""
        return {clip_id: tried[-1] for clip_id, tried in self._all().items()}

    def help(self) -> bool:
        """Adopt the job of every clip of which nobody knows, or give it up; whether there was any."""
        unknown = [(clip_id, attempt) for clip_id, attempt in self.attempts().items() if attempt.ambiguous]
        for clip_id, attempt in unknown:
            job_id = None if self._give_up else self._lost(attempt)
            choice = (
                {"action": "adopt", "job": job_id} if job_id else {"action": "abandon", "accept_double_charge": True}
            )
            jobs_command(JobsSettings(run=str(self._folder()), clip=[clip_id], **choice))
            self.helped.append(str(choice["action"]))
        return bool(unknown)

    def _lost(self, attempt: Attempt) -> str | None:
        """A job that the dashboard shows and the journal does not; in a run of many clips, the one with this seed."""
        known = {one.job_id for tried in self._all().values() for one in tried}
        jobs = self._service.jobs()
        lost = [job_id for job_id in self._mine() if job_id not in known]
        mark = f'"seed": {attempt.facts["seed"]}'
        return next((one for one in lost if len(self._all()) == 1 or mark in json.dumps(jobs[one])), None)

    def _mine(self) -> list[str]:
        return [job_id for job_id in self._service.jobs() if job_id not in self._before]

    def _folder(self) -> Path | None:
        return next(Path(self.settings.results).glob("*/*-run_*"), None)

    def _all(self) -> dict[str, list[Attempt]]:
        folder = self._folder()
        clips = fold(folder).clips if folder is not None else {}
        return {clip_id: fold_attempts(job_facts(clip)) for clip_id, clip in clips.items() if clip.events}


def steps(settings: GenerateSettings, service: Service) -> Iterator[Record]:
    """Killed before each durable step, until one gets through."""
    for step in range(1, MOST_STEPS + 1):
        trial = Trial(settings, service, f"step-{step:03d}")
        died = trial.killed(partial(die_before_step, step))
        yield {"died": died, **trial.end()}
        if not died:
            return


def at_fact(settings: GenerateSettings, service: Service, kill: str) -> Iterator[Record]:
    """Killed around one fact of the journal."""
    when, fact, *rest = kill.split(":")
    trial = Trial(settings, service, kill.replace(":", "-"), give_up=rest == ["give_up"])
    yield {"died": trial.killed(partial(die_at_fact, fact, there=when == "after")), **trial.end()}


def at_random(settings: GenerateSettings, service: Service, count: int, chance: random.Random) -> Iterator[Record]:
    """Runs killed again and again at random instants until they get through."""
    whole = Trial(settings, service, "timing")
    begun = time.monotonic()
    whole.killed(lambda: None)
    whole_s, kills, number = time.monotonic() - begun, 0, 0
    yield whole.end()
    while kills < count:
        trial = Trial(settings, service, f"random-{number}")
        while True:
            code = ended(forked(partial(work, trial.settings)), chance.uniform(0, 0.8 * whole_s))
            kills += code is None
            if code is not None and not trial.help():
                break
        yield {**trial.end(), "code": code}
        number += 1


def records(task: dict[str, Any]) -> list[Record]:
    """All kills of one entry."""
    os.environ.update(task["environ"])
    settings = replace(composed("generate", *task["words"]), results=task["results"])
    service, found = Service(task["address"]), list[Record]()
    for kill in task["kills"]:
        kind, *words = kill.split(":")
        if kind == "steps":
            found += steps(settings, service)
        elif kind == "random":
            found += at_random(settings, service, int(words[0]), random.Random(int(words[1])))
        else:
            found += at_fact(settings, service, kill)
    return found


if __name__ == "__main__":
    for module in IMPORTED_LATE:
        importlib.import_module(module)
    print(json.dumps([records(task) for task in json.load(sys.stdin)]))
