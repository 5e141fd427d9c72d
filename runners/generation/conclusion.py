"""What a run comes to: its exit code, what happened in words, and what to type next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.harness import Attempt, fold_attempts
from runners.core.errors import counted, first_of
from runners.core.files import shown
from runners.core.outcome import BAD_INPUT, DONE, FAILED, INTERRUPTED, STOPPED, ClipCounts, Outcome
from runners.core.shell import command_line, setting
from runners.generation.breach import FIRST
from runners.generation.tally import Tally
from runners.planning.costs import Costs
from runners.planning.lacks import Lacks
from runners.planning.plan import Plan, Work
from runners.runs.journal import job_facts
from runners.scoring import Scores


@dataclass(frozen=True)
class Results:
    """What was made of the clips: scores, or why there are none, and what to be warned of."""

    scores: Scores | None = None
    fault: str | None = None
    fault_code: int = BAD_INPUT
    warnings: tuple[str, ...] = ()


def describe_plan(plan: Plan, work: Work, costs: Costs | None, lacks: Lacks) -> Outcome:
    """`plan=true`: what would be done, what it would cost, and what a run lacks here."""
    out, needs = plan.output, plan.adapter.needs
    counts = f"{len(work.published)} published, {len(work.refused)} refused, {len(work.tasks)} to make"
    format_ = f"{out.width}×{out.height} at {out.fps} FPS"
    lines = [
        f"{plan.name}: {len(plan.chosen)} of {counted(len(plan.benchmark.scenarios), 'scenario')} chosen, {counts}",
        f"  output {format_}, prompts {plan.prompts.mode}, model {needs.mode}, {len(work.tasks) * 5} s of video in all",
        *([] if plan.negatives is None else [f"  {_negatives(plan.negatives)}"]),
        f"  data set {plan.benchmark.root}",
        f"  folder {shown(plan.folder.path)}",
    ]
    if costs is not None:
        budget = plan.settings.budget.max_usd
        cap = "no budget.max_usd is set" if budget is None else f"budget.max_usd={budget:g}"
        lines.append(
            f"  cost about ${costs.left_usd:.2f}: {counted(costs.jobs, 'clip')} to pay for, "
            f"at ${costs.each_usd:.2f} each; ${costs.spent_usd:.2f} spent or promised before; {cap}"
        )
    bought = plan.source_run is None  # what is only published again asks no model
    lines += [f"  {need}" for need in lacks.told if bought]
    usd = None if costs is None else costs.left_usd
    return Outcome(DONE, plan.name, tuple(lines), cost_usd=usd, unpriced=lacks.price and bought)


def _negatives(own: Mapping[str, str | None]) -> str:
    """How many clips are sent a negative prompt of their own."""
    return f"negative prompts of the prompts file for {sum(map(bool, own.values()))} of {counted(len(own), 'clip')}"


def conclude(plan: Plan, work: Work, tally: Tally, results: Results, again: str) -> Outcome:
    """The outcome of a run: its exit code, what happened, and what to type next: `again` goes on with it."""
    counts = ClipCounts(
        published=len(work.published) + tally.published,
        chosen=len(plan.chosen),
        failed=len(tally.failed),
        refused=len(work.refused) + len(tally.refused),
        ambiguous=len(tally.ambiguous),
    )
    code = _code(tally, counts)
    lines = [*_lines(plan, work, tally, counts, code, again), *(f"warning: {warning}" for warning in results.warnings)]
    if results.fault is not None:
        code = code or results.fault_code
        lines.append(f"error: {results.fault}")
    return Outcome(
        code, plan.name, tuple(lines), plan.folder.path, results.scores, counts,
        abandoned=tally.abandoned, oracle=plan.adapter.needs.oracle, results=plan.folder.path.parent.parent,
    )  # fmt: skip


def _code(tally: Tally, counts: ClipCounts) -> int:
    if tally.stop == "interrupted":
        return INTERRUPTED
    if tally.stop == "fatal":
        return BAD_INPUT
    if tally.stop == "lost" or tally.failed or counts.refused or tally.ambiguous or tally.stop == "max_failures":
        return FAILED
    if tally.stop in ("deadline", "postponed") or tally.postponed:
        return STOPPED
    return DONE if counts.published == counts.chosen else FAILED


def _lines(plan: Plan, work: Work, tally: Tally, counts: ClipCounts, code: int, again: str) -> list[str]:
    if tally.stop == "lost":
        return [f"{plan.name}: stopped after {counted(tally.published, 'clip')}", f"error: {tally.fatal}"]
    published = f"{counts.published} of {counted(counts.chosen, 'clip')} published"
    lines = [f"{plan.name}: {published} in {shown(plan.folder.videos)}"]
    lines += [f"error: {tally.fatal}"] if tally.fatal else []
    lines += [f"  {clip_id} failed: {reason}" for clip_id, reason in sorted(tally.failed.items())]
    lines += [f"  {clip_id} refused: {reason}" for clip_id, reason in sorted(tally.refused.items())]
    lines += _lines_of_paid_work(plan, work, tally)
    left = counts.chosen - counts.published - counts.refused - counts.ambiguous
    if left:
        deadline = f"the deadline was reached, deadline_s={plan.settings.deadline_s}"
        breach = (
            f"the first {FIRST} all failed by {tally.breach}, as the others would: mend the adapter or its settings, "
            "or try them all with early_stop=false"
        )
        why = {"deadline": deadline, "max_failures": "max_failures was reached", "breach": breach}
        because = f" ({why[tally.stop]})" if tally.stop in why else ""
        lines.append(f"  {counted(left, 'clip')} left{because}; go on with: {again}")
    if counts.refused:
        lines.append(
            f"  {counted(counts.refused, 'clip')} refused by the model: the run has metrics but no score; "
            f"ask again with: {again} retry_refused=true, or with other texts in prompts.file=FILE"
        )
    if code == DONE and plan.shard is not None:
        lines.append(f"  shard {plan.settings.shard} is done; the last shard to finish scores the run")
    return lines


def _lines_of_paid_work(plan: Plan, work: Work, tally: Tally) -> list[str]:
    """Clips that wait for a service, for money or for a person."""
    reasons: dict[str, list[str]] = {}
    for clip_id, reason in sorted(tally.postponed.items()):
        reasons.setdefault(re.sub(r"job \S+", "its job", reason), []).append(clip_id)
    lines = [f"  {first_of(ids)} not done: {reason}" for reason, ids in reasons.items()]
    lines += [f"  {clip_id} ambiguous: {reason}" for clip_id, reason in sorted(tally.ambiguous.items())]
    lines += _lines_of_jobs(work, tally)
    if tally.ambiguous:
        look = command_line("jobs", "list", setting("run", shown(plan.folder.path)))
        lines.append(
            f"  {counted(len(tally.ambiguous), 'clip')} may have been paid for, and nothing is asked for again by "
            f"itself; see what can be done with: {look}"
        )
    return lines


def _lines_of_jobs(work: Work, tally: Tally) -> list[str]:
    """The jobs of clips that were left in the middle: how many run on, or wait to be fetched, and what they cost."""
    ended = tally.ended
    left = [task.state for task in work.tasks if task.state.published is None and task.id not in ended]
    last = [fold_attempts(job_facts(state))[-1] for state in left if state.events]
    running = [attempt for attempt in last if attempt.running]
    done = [attempt for attempt in last if attempt.done]
    lines = []
    if running:
        jobs = counted(len(running), "job is paid for and runs", "jobs are paid for and run")
        lines.append(f"  {jobs} on at the service{_dollars(running)}; the same command brings what they make")
    if done:
        jobs = counted(len(done), "job is paid for and done", "jobs are paid for and done")
        lines.append(f"  {jobs} at the service{_dollars(done)}; the same command fetches what they made")
    return lines


def _dollars(attempts: Sequence[Attempt]) -> str:
    usd = sum(attempt.usd for attempt in attempts)
    return f" (${usd:.2f})" if usd else ""
