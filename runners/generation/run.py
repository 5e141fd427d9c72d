"""The main job: plan → load → make every clip → manifest → score."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from adapters import Adapter
from adapters.harness import RollOut
from runners.benchmarks.benchmark import ensure_rate, open_benchmark
from runners.core.errors import UserError, WorkFailed, counted
from runners.core.failures import telling, writing
from runners.core.files import sha256_file, shown, standing, takes_files
from runners.core.outcome import BAD_INPUT, FAILED, Outcome
from runners.core.processes import is_guest
from runners.core.progress import Counts, make_bar, make_progress
from runners.core.provenance import hardware, versions
from runners.core.settings import GenerateSettings
from runners.core.terminal import say
from runners.generation.conclusion import Results, conclude, describe_plan
from runners.generation.engine import Engine, slots
from runners.generation.interrupt import Interrupt
from runners.generation.model_cache import close
from runners.generation.produce import Production, recover
from runners.generation.session import Session
from runners.generation.tally import Limits, Tally
from runners.paid.budget import caps_of, check_budget, price_of
from runners.paid.job_owners import JobOwners
from runners.planning.costs import costs
from runners.planning.lacks import Lacks
from runners.planning.make_plan import make_plan, text_warnings
from runners.planning.needs import check_needs
from runners.planning.plan import Plan, Work
from runners.planning.resume_checks import check_revision, find_untagged
from runners.planning.work import find_work, read_state
from runners.previews.cache import open_previews
from runners.runs.events import Loaded, Start
from runners.runs.generation import report
from runners.runs.journal import RunState
from runners.runs.manifest import write_manifest
from runners.runs.records import encode
from runners.runs.run_folder import OpenRun
from runners.runs.twins import twins_in_sweep
from runners.scoring import Scores, ScoringError, check_scorer, check_unaltered, score
from runners.scoring.memory import Memory

_WORTH_TELLING_S = 2.0

MakeAdapter = Callable[[Any], Adapter]


def generate(settings: GenerateSettings, make_adapter: MakeAdapter, session: Session | None = None) -> Outcome:
    """Make, publish and score one run, or go on with it. Raises UserError for anything the user can mend.

    `session`: what it shares with the runs before and after it.
    """
    session = session or Session()
    lacks = Lacks(settings)
    plan = prepare(settings, make_adapter, session.sweep, lacks)
    state = read_state(plan)
    if settings.plan:
        work = find_work(plan, state)
        check_place(plan, work)
        each_usd = price_of(plan.adapter, lacks.noted())
        return describe_plan(plan, work, None if each_usd is None else costs(plan, work, each_usd), lacks)
    fresh = None if state.started else find_work(plan, state)
    if fresh is not None:
        check_place(plan, fresh)  # wrong input leaves no run folder behind
    with writing(), OpenRun(plan.folder, plan.shard) as run:
        state, session_id = begin(plan, run)
        work = find_work(plan, state) if fresh is None or state.started else fresh
        if work is not fresh:
            check_place(plan, work)
        tally = make_clips(plan, work, run, session_id, session)
        run.abandoned = tally.abandoned
        results = Results() if tally.abandoned or tally.stop == "lost" else wrap_up(plan, run, tally, session)
    return conclude(plan, work, tally, results, session.again)


def prepare(
    settings: GenerateSettings, make_adapter: MakeAdapter, sweep: Sequence[Path] = (), lacks: Lacks | None = None
) -> Plan:
    """Everything that can be checked without touching the run folder; what a plan may lack goes into `lacks`."""
    lacks = lacks or Lacks(settings)
    with telling(f"model {settings.model.name}"):
        adapter = make_adapter(settings.model.adapter)
    check_needs(adapter.needs)
    if not settings.from_raw:
        with telling("the adapter's needs"):
            lacks.check_keys(adapter.needs.keys)
    if settings.model.short == "roll_out":
        adapter = RollOut(adapter)
    if not settings.from_raw:
        check_adapter(adapter, lacks)
        check_budget(settings, price_of(adapter, lacks.noted()), sweep)
    with make_bar(settings.progress, "preparing the data set") as bar:
        benchmark = open_benchmark(settings.benchmark, progress=bar)
        plan = make_plan(settings, benchmark, adapter)
        for fps in (plan.output.fps, adapter.needs.conditioning_fps):
            benchmark = ensure_rate(benchmark, fps, bar)
    if benchmark is not plan.benchmark:
        plan = make_plan(settings, benchmark, adapter)
    check_scorer(settings.scorer, benchmark, plan.chosen, plan.output.fps)
    for warning in benchmark.warnings:
        say(f"warning: {warning}")
    for line in text_warnings(plan):
        say(line)
    if note := find_untagged(plan):
        say(f"note: {note}")
    return plan


def check_adapter(adapter: Adapter, lacks: Lacks) -> None:
    """Whether the model can work at all, before its data is looked at. Raises UserError."""
    with telling("the adapter's check()"), lacks.noted():
        adapter.check()


def begin(plan: Plan, run: OpenRun) -> tuple[RunState, str]:
    """Fold the run's state, publish what a killed process had rendered, and write down who works on it from now on.

    One process after the other: of two shards that begin a run together, the second sees the first one's settings.
    """
    session = uuid.uuid4().hex[:12]
    with run.turn("run"):
        state = read_state(plan)
        rescue(run, state)
        run.journal.append(
            Start(
                session=session, pid=os.getpid(), host=socket.gethostname(), shard=plan.settings.shard,
                fingerprint=plan.fingerprint, settings=asdict(plan.settings), versions=versions(), hardware=hardware(),
                prompts=plan.prompts.record,
            )
        )  # fmt: skip
    return state, session


def rescue(run: OpenRun, state: RunState) -> None:
    """Publish what was rendered and recorded, whatever is chosen now, then empty the scratch space."""
    for clip in state.clips.values():
        if clip.rendered is not None and run.is_ours(clip.rendered.file.partition("/")[0]):
            recover(run.folder, run.journal, clip)
    run.empty_work()


def check_place(plan: Plan, work: Work) -> None:
    """Refuse to begin where nothing can be written, or the clips surely do not fit. Raises UserError."""
    pixels = plan.output.width * plan.output.height * plan.output.fps * 5
    needed = int(len(work.tasks) * pixels * 0.02) + 50_000_000 * bool(work.tasks)
    there = standing(plan.folder.path)
    if not takes_files(there):
        raise UserError(f"{shown(there)} is not writable; mend its permissions or choose results=…")
    total, _, free = shutil.disk_usage(there)
    if total and free < needed:  # /proc has no size at all: what is wrong there is told by whoever writes
        raise UserError(
            f"{shown(plan.folder.path)}: {free / 1e9:.1f} GB free, about {needed / 1e9:.1f} GB needed for "
            f"{counted(len(work.tasks), 'clip')}; free some space, or choose results=… on another disk"
        )


def make_clips(plan: Plan, work: Work, run: OpenRun, session_id: str, session: Session) -> Tally:
    """Load the model if there is anything for it to do, and make the clips that are left."""
    if not work.tasks:
        return Tally()
    settings, adapter = plan.settings, plan.adapter
    loaded = any(task.raw is None for task in work.tasks)
    tally = Tally()
    try:
        if loaded:
            load(plan, run, session_id)
        work_folder = run.work / session_id  # a killed process's orphans write elsewhere
        work_folder.mkdir()
        caps, lock = caps_of(settings, run.folder.path, session.sweep)
        production = Production(
            adapter=adapter, folder=run.folder, journal=run.journal, work=work_folder, output=plan.output,
            short=plan.short, keep_raw=plan.keep_raw, session=session_id,
            caps=caps, budget_lock=lock, check=run.check, fit_stated=settings.model.fit is not None,
            owners=JobOwners(run.folder.path, session.sweep), previews=open_previews(),
        )  # fmt: skip
        counts = Counts(plan.name, len(plan.chosen) - len(work.refused), len(work.published))
        with Interrupt() as interrupt, make_progress(settings.progress, counts) as watcher:
            untried = all(clip.published is None for clip in read_state(plan).clips.values())
            early_stop = settings.early_stop and untried
            limits = Limits(settings.max_failures, early_stop, settings.deadline_s, settings.attempts)
            concurrency = slots(adapter, settings.concurrency)
            engine = Engine(production, work.tasks, interrupt, watcher, concurrency=concurrency, limits=limits)
            tally = engine.run()
        if tally.abandoned:
            session.lender.abandon()
        if tally.abandoned and is_guest():
            after = partial(_give_back, engine, adapter if loaded else None, run, session)
            threading.Thread(target=after, daemon=True, name="abandoned").start()
    finally:
        if loaded and not tally.abandoned:
            close(adapter, say)
    return tally


def _give_back(engine: Engine, adapter: Adapter | None, run: OpenRun, session: Session) -> None:
    """In somebody's program, which lives on: close what was left behind once the last call of the model has ended."""
    engine.wait_for_abandoned()
    if adapter is not None:
        close(adapter, say)
    session.lender.given_back()
    run.close()


def load(plan: Plan, run: OpenRun, session: str) -> None:
    """Get the model ready and record what it says of itself. Raises UserError for another one than the run's."""
    adapter, begun = plan.adapter, time.monotonic()
    with telling("the adapter's load()"):
        revision = adapter.revision()
        if revision is not None:  # before minutes of loading
            check_revision(plan, read_state(plan), {"revision": revision})
        adapter.load()
        facts = report(adapter.describe() or {}, "described")
    if (seconds := time.monotonic() - begun) > _WORTH_TELLING_S:
        say(f"{plan.settings.model.name} loaded in {seconds:.0f} s")
    with run.turn("run"):
        check_revision(plan, read_state(plan), facts)
        # The hardware once more, since only the loaded model brings the library that knows the GPUs.
        run.journal.append(Loaded(session=session, facts=facts, hardware=hardware()))


def wrap_up(plan: Plan, run: OpenRun, tally: Tally, session: Session) -> Results:
    """Manifest and scores; while other shards still have clips to bring to an end, only the manifest."""
    configuration = {**asdict(plan.settings), "output_resolved": asdict(plan.output)}
    needs = plan.adapter.needs
    run.check()
    with run.turn("run"):
        state = read_state(plan)
        manifest = write_manifest(
            plan.folder, configuration, plan.benchmark.scenarios,
            mode=needs.mode, oracle=needs.oracle, data=data_identity(plan), raw_from=raw_origin(plan), state=state,
        )  # fmt: skip
    warnings = (*(manifest.warnings or ()), *twins_in_sweep(plan.folder.path, manifest.clips, session.sweep))
    clips = [state.clip(scenario.id) for scenario in plan.selected]
    ended = all(clip.published is not None or clip.failed is not None for clip in clips)
    wanted = plan.settings.scorer.name != "none" and tally.stop is None and manifest.published > 0
    if not wanted or (plan.shard is not None and not ended):
        return Results(warnings=warnings)
    try:
        with run.turn("scoring"):  # two shards that end together score one after the other
            now = state if plan.shard is None else read_state(plan)  # other shards go on publishing
            return Results(score_run(plan, session.memory, now), warnings=warnings)
    except (UserError, ScoringError) as error:
        code = FAILED if isinstance(error, ScoringError | WorkFailed) else BAD_INPUT
        return Results(fault=f"the clips are published, but not scored: {error}", fault_code=code, warnings=warnings)


def data_identity(plan: Plan) -> dict[str, str]:
    """Which data set the run was made over; each clip's own files are recorded with the clip."""
    benchmark = plan.benchmark
    return {"root": str(benchmark.root), "descriptions_sha256": sha256_file(benchmark.descriptions)}


def raw_origin(plan: Plan) -> dict[str, Any] | None:
    """The run whose raw clips were published: who made them, with which versions and hardware."""
    source = plan.source_run
    if source is None:
        return None
    return {
        "path": str(plan.settings.from_raw),
        "sessions": [encode(event) for event in source.started],
        "loaded": [encode(event) for event in source.loaded],
    }


def score_run(plan: Plan, memory: Memory, state: RunState) -> Scores:
    """Score `videos/`, or read the scores back if they are of these very clips and this truth."""
    settings, folder = plan.settings, plan.folder
    clips = state.clips.values()
    published = {clip.published.name: clip.published.sha256 for clip in clips if clip.published is not None}
    check_unaltered(folder.videos, published)
    found = score(
        folder.videos, plan.benchmark, settings.scorer, out=folder.scores, progress=settings.progress, memory=memory
    )
    return found.scores
