"""What a report shares of all runs below a folder: a tracker is told of them, and a folder for the hub is made."""

from __future__ import annotations

from collections.abc import Callable

from runners.core.files import user_path
from runners.core.settings import ReportSettings
from runners.reporting.collect import CollectedRuns
from runners.runs.run_record import RunRecord
from runners.sharing.hub import check_place, make_hub
from runners.sharing.trackers import check_tracker, log_all


def check_sharing(settings: ReportSettings) -> bool:
    """Whether anything is to be shared. Raises UserError for what cannot be, before runs are scored."""
    if settings.hub is not None:
        check_place(user_path(settings.hub))
    return check_tracker(settings.tracker, settings.tracker_project) != "none" or settings.hub is not None


def share(settings: ReportSettings, collected: CollectedRuns, command_of: Callable[[RunRecord], str]) -> list[str]:
    """Share what was asked for; returns lines for people. Raises UserError, OSError."""
    lines: list[str] = []
    whole = [(collected.place(run.record.path), run.record, run.scores) for run in collected.runs]
    part = [(collected.place(run.record.path), run.record, run.scores) for run in collected.partial if not run.busy]
    if settings.tracker != "none":
        measured = [(record, scores) for _, record, scores in [*whole, *part] if scores is not None]
        lines += log_all(measured, settings.tracker, settings.tracker_project)
    if settings.hub is not None:
        lines += make_hub(user_path(settings.hub), [*whole, *part], command_of)
    return lines
