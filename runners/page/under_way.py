"""Runs that somebody is at work on: what their journals tell before there is a manifest, without a lock of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from runners.benchmarks.benchmark import open_benchmark
from runners.core.errors import UserError
from runners.core.settings import BenchmarkSettings
from runners.dataset.scenarios import Scenario
from runners.reporting.partial_runs import PartialRun, measured
from runners.runs.events import Start
from runners.runs.journal import fold, forget_lost_clips
from runners.runs.manifest import make_manifest
from runners.runs.run_finder import find_run_folders
from runners.runs.run_folder import RunFolder
from runners.runs.run_record import RunRecord, is_busy, read_record

WHY = "it is being worked on"
_ODD = (UserError, OSError, KeyError, TypeError, AttributeError, ValueError, RecursionError)


def runs_under_way(results: Path) -> Iterator[PartialRun]:
    """Each run that is being made, as far as it has come."""
    for path in find_run_folders(results):
        if is_busy(path) and (record := record_so_far(path)) is not None:
            yield PartialRun(record, measured(record), WHY, busy=True)


def record_so_far(path: Path) -> RunRecord | None:
    """What the journals of a run tell now; None where they tell too little yet, or its data set is not at hand."""
    folder = RunFolder(path)
    try:
        state = forget_lost_clips(fold(path), folder.videos)
        before = read_record(path)
        if not state.started:
            return before
        start = state.started[-1]
        manifest = make_manifest(
            folder, start.settings, _scenarios(start.settings), mode=_mode(start),
            oracle=before is not None and before.oracle, data=None, state=state,
        )  # fmt: skip
    except (
        UserError,
        OSError,
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
        RecursionError,
    ):  # half a line, or settings of another version
        return None
    return RunRecord(folder, manifest)


def _scenarios(settings: Mapping[str, Any]) -> list[Scenario]:
    """The scenarios of the run's benchmark. Raises UserError."""
    known = {field.name for field in fields(BenchmarkSettings)}
    told = settings["benchmark"]
    return open_benchmark(BenchmarkSettings(**{key: value for key, value in told.items() if key in known})).scenarios


def _mode(start: Start) -> str:
    return str(start.fingerprint["generation"]["conditioning"]["mode"])
