"""Telling an experiment tracker of a run: once, in a process of its own, and never at the run's expense."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.harness import one_line
from runners.core.errors import UserError, one_of
from runners.core.files import write_json
from runners.core.outcome import Outcome
from runners.core.settings import GenerateSettings
from runners.runs.run_record import RunRecord, read_record
from runners.scoring.scores import Scores
from runners.sharing.redaction import place_free
from runners.sharing.summary import summarize

TRACKERS = ("none", "wandb", "mlflow", "trackio")
NOTED = "tracked.json"
"""In the run's scores: what was logged where, so that nothing is logged twice."""
MOST_S = 180.0
"""How long a tracker may take over one run; then it is left, and told of."""
_LONGEST = 300
_PROGRAM = "from runners.sharing.backends import main; main()"


def check_tracker(tracker: str, project: str) -> str:
    """The tracker that a setting names. Raises UserError for an unknown one, or one whose package is not installed."""
    name = one_of("tracker", tracker, TRACKERS)
    if name == "none":
        return name
    if not project.strip() or any(mark in project for mark in "/\\#?%:'\"\n"):
        raise UserError(f"tracker_project={project!r}: a project's name is a word, without / \\ # ? % : or quotes")
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:  # the tracker's own folder (./wandb) is no package
        raise UserError(f"tracker={name} needs its package: pip install -e '.[{name}]' (or tracker=none)")
    return name


def tracked(settings: GenerateSettings, make: Callable[[], Outcome]) -> Outcome:
    """A run's outcome with the tracker told of it, where it has scores or metrics. Raises UserError before it begins.

    Whatever becomes of the logging is a line of the outcome; its code stays.
    """
    tracker = check_tracker(settings.tracker, settings.tracker_project)
    outcome = make()
    if tracker == "none" or settings.plan or outcome.scores is None or outcome.folder is None:
        return outcome
    try:
        record = read_record(outcome.folder)
        lines = [] if record is None else [log_run(record, outcome.scores, tracker, settings.tracker_project)]
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the run is made by now
        lines = [_not_logged(tracker, outcome.folder.name, f"{type(error).__name__}: {error}")]
    return replace(outcome, lines=(*outcome.lines, *lines))


def log_all(runs: Iterable[tuple[RunRecord, Scores]], tracker: str, project: str) -> list[str]:
    """Tell the tracker of every run; a line for each."""
    lines = []
    for record, scores in runs:
        try:
            lines.append(log_run(record, scores, tracker, project))
        except Exception as error:  # noqa: BLE001  the others are logged all the same
            lines.append(_not_logged(tracker, record.name, f"{type(error).__name__}: {error}"))
    return lines


def log_run(record: RunRecord, scores: Scores, tracker: str, project: str, most_s: float = MOST_S) -> str:
    """Tell the tracker of one run, unless it knows all that there is to tell; returns a line for people."""
    payload = summarize(record, scores)
    noted = _noted(record.folder.scores / NOTED)
    place = f"{tracker}:{project}"
    now = {"id": payload["id"], "sha256": payload["sha256"]}
    if noted.get(place) == now:
        return f"{record.name}: {tracker} knows it already ({project}/{payload['id']})"
    fault = _in_own_process({**payload, "tracker": tracker, "project": project}, most_s)
    if fault is not None:
        return _not_logged(tracker, record.name, fault)
    with suppress(OSError):  # a folder that is not to be written: the tracker's own id keeps it from doubling
        write_json(record.folder.scores / NOTED, {**noted, place: now})
    return f"{record.name}: logged to {tracker} as {project}/{payload['id']}"


def _not_logged(tracker: str, name: str, why: str) -> str:
    again = f"python -m runners.report results=… tracker={tracker}"
    return f"warning: {name}: not logged to {tracker} ({place_free(one_line(why, _LONGEST))}); again with: {again}"


def _noted(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _in_own_process(payload: dict[str, Any], most_s: float) -> str | None:
    """Log in a new process: its threads, banners and faults stay there. Returns what went wrong, in a line."""
    places = [str(Path(place or ".").absolute()) for place in sys.path]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as asked:
        asked.write(json.dumps(payload).encode())
        asked.seek(0)
        child = subprocess.Popen(  # noqa: S603  this interpreter and the project's own code
            [sys.executable, "-c", _PROGRAM], stdin=asked, stdout=subprocess.DEVNULL, stderr=told, env=environ,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = child.wait(most_s)
        except subprocess.TimeoutExpired:
            return f"it took more than {most_s:.0f} s"
        except KeyboardInterrupt:
            return "interrupted"
        finally:
            with suppress(OSError):  # and whatever of it is left
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if code == 0:
            return None
        told.seek(0)
        lines = [line for line in told.read().decode(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"exit code {code}"
