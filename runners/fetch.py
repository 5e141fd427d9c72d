"""`python -m runners.fetch benchmark=…`: get a data set before it is needed: downloaded, drawn, or cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runners.cli.command import Command, main
from runners.core.outcome import DONE, Outcome
from runners.core.settings import FetchSettings

if TYPE_CHECKING:
    from runners.generation.session import Session


def run(settings: FetchSettings, session: Session) -> Outcome:
    """One data set."""
    from runners.core.failures import writing

    with writing():
        return fetch(settings, session.again)


def fetch(settings: FetchSettings, again: str) -> Outcome:
    """Download a published data set, draw the demo, or cut one's own videos into the layout. Raises UserError.

    `again`: the command that goes on with an interrupted download.
    """
    from runners.benchmarks.benchmark import DEMO_RATES, benchmark_root, ensure_rate, open_benchmark
    from runners.benchmarks.custom import build_custom
    from runners.core.errors import UserError, counted
    from runners.core.files import user_path
    from runners.core.progress import make_bar
    from runners.core.shell import command_line, root_of, setting
    from runners.core.terminal import show

    chosen = settings.benchmark
    if chosen.kind in ("original", "verified"):
        from runners.fetching.published import fetch_published

        try:
            return fetch_published(settings)
        except KeyboardInterrupt:  # a transfer may still listen to a silent server, and leaving it loses nothing
            return replace(Outcome.interrupted(again), abandoned=True)
    if settings.plan:
        raise UserError(f"plan=true tells what would be downloaded, and benchmark {chosen.name} is made here")
    root = benchmark_root(chosen)
    if chosen.kind == "custom":
        if not chosen.source:
            raise UserError("say where your videos are: benchmark.source=FOLDER")
        csv = Path(chosen.csv) if chosen.csv else None  # perhaps a name in source
        csv = user_path(csv) if csv is not None and csv.parts[:1] == ("~",) else csv
        build_custom(user_path(chosen.source), root, csv=csv, fps=settings.fps, say=show)
    elif chosen.kind == "demo" and settings.fps not in (None, 30, *DEMO_RATES):
        raise UserError(f"fps={settings.fps}: the demo is filmed at 30, {', '.join(map(str, DEMO_RATES))} FPS")
    with make_bar(settings.progress, "preparing the data set") as bar:
        benchmark = ensure_rate(open_benchmark(chosen, progress=bar), settings.fps, bar)
    lines = [
        f"{counted(len(benchmark.scenarios), 'scenario')} in {root}",
        f"next: {command_line('generate', setting('benchmark', chosen.name), *root_of(chosen))}",
    ]
    return Outcome(DONE, chosen.name, tuple(lines), root)


COMMAND = Command(
    name="fetch",
    purpose="Get a data set: download it (benchmark=original|verified), or cut your own videos (benchmark=custom).",
    schema=FetchSettings,
    groups=("benchmark",),
    run=run,
)

if __name__ == "__main__":
    main(COMMAND)
