"""An engine over fixtures/mini with everything around it real, for the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters import Adapter
from runners.core.progress import Counts, PlainProgress
from runners.core.settings import SelectSettings
from runners.generation.engine import Engine
from runners.generation.interrupt import Interrupt
from runners.generation.produce import Production
from runners.generation.run import prepare
from runners.generation.tally import Limits, Tally
from runners.planning.work import find_work
from runners.runs.journal import RunState
from runners.runs.run_folder import OpenRun
from tests.run.harness import IDS, settings

PATIENCE_S = 60
"""How long a thread waits for another one before the test fails; no test waits for it to pass."""


@contextmanager
def engine(
    results: Path,
    adapter: Adapter,
    *,
    ids: list[str] = IDS,
    concurrency: int = 1,
    limits: Limits | None = None,
    kind: type[Engine] = Engine,
    **more: Any,
) -> Iterator[Engine]:
    """An engine over fixtures/mini, ready to run: everything around it is real."""
    plan = prepare(settings(results, select=SelectSettings(ids=ids)), lambda node: adapter)
    with OpenRun(plan.folder, None) as run:
        run.empty_work()
        production = Production(
            adapter=adapter, folder=run.folder, journal=run.journal, work=run.work, output=plan.output,
            short="error", keep_raw=False, session="test",
        )  # fmt: skip
        tasks = find_work(plan, RunState()).tasks
        watcher = more.pop("watcher", PlainProgress(Counts("test", len(tasks), 0)))
        interrupt = more.pop("interrupt", Interrupt())
        yield kind(
            production, tasks, interrupt, watcher, concurrency=concurrency, limits=limits or Limits(), **more
        )  # fmt: skip


def run(results: Path, adapter: Adapter, **more: Any) -> Tally:
    with engine(results, adapter, **more) as ready:
        return ready.run()
