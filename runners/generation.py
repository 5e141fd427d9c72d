"""The main job: plan → load → make every clip → manifest → score."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from adapters import Adapter, RollOut, SetupError
from runners.core.benchmark import ensure_rate, open_benchmark
from runners.core.engine import Engine, Limits, Tally, slots
from runners.core.errors import UserError
from runners.core.files import shown
from runners.core.guard import check_revision
from runners.core.interrupt import Interrupt
from runners.core.journal import Journal, RunState
from runners.core.locks import Lock
from runners.core.manifest import write_manifest
from runners.core.outcome import BAD_INPUT, DONE, FAILED, INTERRUPTED, STOPPED, Outcome, again
from runners.core.plan import Plan, Work, find_work, make_plan, read_state
from runners.core.produce import Production, recover
from runners.core.progress import Counts, make_bar, make_progress
from runners.core.provenance import hardware, versions
from runners.core.run_folder import OpenRun, whoami
from runners.core.settings import GenerateSettings
from runners.scoring import check_truth, reuse_scores, score_videos

MakeAdapter = Callable[[Any], Adapter]


def generate(settings: GenerateSettings, make_adapter: MakeAdapter) -> Outcome:
    """Make, publish and score one run, or go on with it. Raises UserError for anything the user can mend."""
    plan = prepare(settings, make_adapter)
    state = read_state(plan)
    if settings.plan:
        return describe_plan(plan, find_work(plan, state))
    if not state.started:
        check_disk(plan, find_work(plan, state))  # wrong input leaves no run folder behind
    with OpenRun(plan.folder, plan.shard) as run:
        state = read_state(plan)
        rescue(plan, run, state)
        work = find_work(plan, state)
        check_disk(plan, work)
        tally = make_clips(plan, work, run, state)
        run.abandoned = tally.abandoned
        scores = None if tally.abandoned else wrap_up(plan, tally)
    return conclude(plan, work, tally, scores)


def prepare(settings: GenerateSettings, make_adapter: MakeAdapter) -> Plan:
    """Everything that can be checked without touching the run folder."""
    adapter = make_adapter(settings.model.adapter)
    if settings.model.short == "roll_out":
        adapter = RollOut(adapter)
    if not settings.from_raw:
        check_adapter(adapter)
    with make_bar(settings.progress, "preparing the data set") as bar:
        benchmark = open_benchmark(settings.benchmark, progress=bar)
        plan = make_plan(settings, benchmark, adapter)
        for fps in (plan.output.fps, adapter.needs.fps):
            benchmark = ensure_rate(benchmark, fps, bar)
    if benchmark is not plan.benchmark:
        plan = make_plan(settings, benchmark, adapter)
    if settings.scorer.name != "none":
        check_truth(benchmark.dataset, plan.chosen, plan.output.fps)
    for warning in benchmark.warnings:
        say(f"warning: {warning}")
    return plan


def check_adapter(adapter: Adapter) -> None:
    """Whether the model can work at all, before its data is looked at. Raises UserError."""
    try:
        adapter.check()
    except SetupError as error:
        raise UserError(str(error)) from None


def start_session(journal: Journal, plan: Plan) -> str:
    """Write down who works on the run from now on, with what, and what the run is."""
    session = uuid.uuid4().hex[:12]
    journal.append(
        "start", session=session, **whoami(), shard=plan.settings.shard, fingerprint=plan.fingerprint,
        versions=versions(), hardware=hardware(), prompts=plan.prompts.record,
    )  # fmt: skip
    return session


def rescue(plan: Plan, run: OpenRun, state: RunState) -> None:
    """Publish what a killed process had rendered and recorded, then empty its scratch space."""
    for scenario in plan.chosen:
        recover(run.folder, run.journal, scenario.id, state.clip(scenario.id))
    run.empty_work()


def check_disk(plan: Plan, work: Work) -> None:
    """Refuse to begin where the clips surely do not fit. Raises UserError."""
    pixels = plan.output.width * plan.output.height * plan.output.fps * 5
    needed = int(len(work.tasks) * pixels * 0.02) + 50_000_000 * bool(work.tasks)
    there = next(path for path in (plan.folder.path, *plan.folder.path.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise UserError(
            f"{shown(plan.folder.path)}: {free / 1e9:.1f} GB free, about {needed / 1e9:.1f} GB needed for "
            f"{len(work.tasks)} clips; free some space, or choose results=… on another disk"
        )


def make_clips(plan: Plan, work: Work, run: OpenRun, state: RunState) -> Tally:
    """Load the model if there is anything for it to do, and make the clips that are left."""
    if not work.tasks:
        return Tally()
    settings, adapter = plan.settings, plan.adapter
    session = start_session(run.journal, plan)
    loaded = any(task.raw is None for task in work.tasks)
    tally = Tally()
    try:
        if loaded:
            adapter.load()
            facts = adapter.describe()
            check_revision(plan, state, facts)
            run.journal.append("loaded", session=session, facts=facts)
        production = Production(
            adapter=adapter, folder=run.folder, journal=run.journal, work=run.work, output=plan.output,
            short=settings.model.short, keep_raw=plan.keep_raw, session=session,
        )  # fmt: skip
        counts = Counts(plan.name, len(plan.chosen), len(work.published))
        with Interrupt() as interrupt, make_progress(settings.progress, counts) as watcher:
            limits = Limits(settings.max_failures, settings.deadline_s, settings.attempts)
            concurrency = slots(adapter, settings.concurrency)
            tally = Engine(production, work.tasks, interrupt, watcher, concurrency=concurrency, limits=limits).run()
    except SetupError as error:
        raise UserError(str(error)) from None
    finally:
        if loaded and not tally.abandoned:
            adapter.close()
    return tally


def wrap_up(plan: Plan, tally: Tally) -> dict[str, Any] | None:
    """Manifest and scores, by whoever finds the run at its end; a shard leaves them to the last one."""
    with Lock(plan.folder.videos, wait=True):
        state = read_state(plan)
        published = [s for s in plan.benchmark.scenarios if state.clip(s.id).published is not None]
        if plan.shard is not None and len(published) < len(plan.benchmark.scenarios):
            return None
        configuration = {**asdict(plan.settings), "output_resolved": asdict(plan.output)}
        write_manifest(plan.folder, configuration, plan.benchmark.scenarios)
        if plan.settings.scorer.name == "none" or not published or tally.stop is not None:
            return None
        return score_run(plan)


def score_run(plan: Plan) -> dict[str, Any]:
    """Score `videos/`, or read the scores back if they are of these very clips and this truth."""
    videos, out, benchmark = plan.folder.videos, plan.folder.scores, plan.benchmark
    dataset, scenarios, name, expected = (
        benchmark.dataset,
        benchmark.scenarios,
        benchmark.name,
        len(benchmark.scenarios),
    )
    known = reuse_scores(videos, dataset, scenarios, benchmark=name, expected=expected, out=out)
    if known is not None:
        return known
    with make_bar(plan.settings.progress, "scoring") as bar:
        workers = plan.settings.scorer.workers
        scores = score_videos(
            videos, dataset, scenarios, benchmark=name, expected=expected, out=out, workers=workers, progress=bar
        )
    return scores.to_json()


def describe_plan(plan: Plan, work: Work) -> Outcome:
    """`plan=true`: what would be done, after every check that needs no model."""
    out, needs = plan.output, plan.adapter.needs
    counts = f"{len(work.published)} published, {len(work.refused)} refused, {len(work.tasks)} to make"
    format_ = f"{out.width}×{out.height} at {out.fps} FPS"
    lines = [
        f"{plan.name}: {len(plan.chosen)} of {len(plan.benchmark.scenarios)} scenarios chosen, {counts}",
        f"  output {format_}, prompts {plan.prompts.mode}, model {needs.mode}, {len(work.tasks) * 5} s of video in all",
        f"  data set {plan.benchmark.root}",
        f"  folder {shown(plan.folder.path)}",
    ]
    return Outcome(DONE, plan.name, tuple(lines))


def conclude(plan: Plan, work: Work, tally: Tally, scores: dict[str, Any] | None) -> Outcome:
    """The outcome of a run: its exit code, what happened, and what to type next."""
    refused = len(work.refused) + len(tally.refused)
    counts = {
        "published": len(work.published) + tally.published,
        "chosen": len(plan.chosen),
        "failed": len(tally.failed),
        "refused": refused,
    }
    code = _code(tally, refused)
    return Outcome(
        code, plan.name, tuple(_lines(plan, tally, counts, code)), plan.folder.path, scores, counts,
        abandoned=tally.abandoned, oracle=plan.adapter.needs.oracle,
    )  # fmt: skip


def _code(tally: Tally, refused: int) -> int:
    if tally.stop == "interrupted":
        return INTERRUPTED
    if tally.stop == "fatal":
        return BAD_INPUT
    if tally.failed or refused or tally.stop == "max_failures":
        return FAILED
    return STOPPED if tally.stop == "deadline" else DONE


def _lines(plan: Plan, tally: Tally, counts: dict[str, int], code: int) -> list[str]:
    lines = [f"{plan.name}: {counts['published']} of {counts['chosen']} clips published in {shown(plan.folder.videos)}"]
    lines += [f"error: {tally.fatal}"] if tally.fatal else []
    lines += [f"  {clip_id} failed: {reason}" for clip_id, reason in sorted(tally.failed.items())]
    lines += [f"  {clip_id} refused: {reason}" for clip_id, reason in sorted(tally.refused.items())]
    left = counts["chosen"] - counts["published"] - counts["refused"]
    if left:
        why = {"deadline": "the deadline was reached", "max_failures": "max_failures was reached"}
        lines.append(
            f"  {left} clips left{f' ({why[tally.stop]})' if tally.stop in why else ''}; go on with: {again()}"
        )
    if counts["refused"]:
        lines.append(
            f"  {counts['refused']} clips refused by the model: the run has metrics but no score; "
            f"ask again with: {again()} retry_refused=true"
        )
    if code == DONE and plan.shard is not None:
        lines.append(f"  shard {plan.settings.shard} is done; the last shard to finish writes manifest and scores")
    return lines


def say(line: str) -> None:
    """A line for people, beside the results."""
    print(line, file=sys.stderr)
