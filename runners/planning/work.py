"""What of a plan is still to be done, by what the journal and the folder say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from runners.clips.conditioning import conditioning_geometry, find_source, probe_source, probe_video, source_size
from runners.core.errors import UserError
from runners.core.files import sha256_file
from runners.dataset.scenarios import Scenario
from runners.planning.fingerprint import negative_prompt
from runners.planning.make_plan import raw_run
from runners.planning.needs import own_inputs
from runners.planning.plan import Plan, Work
from runners.planning.seeds import seed_of
from runners.planning.task import Task, what_changed
from runners.runs.journal import ClipState, RunState, check_state, fold, forget_lost_clips
from runners.runs.journal_lines import as_recorded


def read_state(plan: Plan) -> RunState:
    """What the run folder says, lost clips forgotten. Raises UserError if it was made with other settings."""
    state = fold(plan.folder.path) if plan.folder.path.is_dir() else RunState()
    check_state(state, plan.folder.path)
    forget_lost_clips(state, plan.folder.videos)
    if state.fingerprint is not None:
        from runners.planning.resume_checks import check_fingerprint

        check_fingerprint(plan, state.fingerprint)
    return state


def find_work(plan: Plan, state: RunState) -> Work:
    """Sort the chosen scenarios: published, refused, to be made. Checks every file that is still needed."""
    from runners.planning.resume_checks import check_unchanged, check_videos_folder, published_as_recorded

    check_videos_folder(plan, state)
    work = Work([])
    todo: list[Task] = []
    for scenario in plan.chosen:
        task = make_task(plan, scenario, state.clip(scenario.id))
        if (event := published_as_recorded(plan, task)) is not None:
            check_unchanged(event.generation, task, plan.folder.path)
            work.published.append(task.id)
        elif task.state.refused and not plan.settings.retry_refused and not prompt_changed(task):
            work.refused.append(task.id)
        else:
            todo.append(task)
    with ThreadPoolExecutor(8) as pool:
        work.tasks.extend(pool.map(lambda task: ready(plan, task), todo))
    return work


def prompt_changed(task: Task) -> bool:
    """Whether a refused clip now has another text: a changed row of the prompts file is a way out."""
    failed = task.state.failed
    if failed is None or not failed.has("prompt"):
        return False
    return any(getattr(failed, key) != as_recorded(text) for key, text in task.own_texts.items())


def make_task(plan: Plan, scenario: Scenario, state: ClipState) -> Task:
    """Everything about one scenario that can be decided without opening its files."""
    settings = plan.settings
    needs = plan.adapter.needs
    # A raw clip that is only published again was made from what was there then.
    made_anew = plan.source_run is None
    oracle = _oracle(plan, scenario) if needs.oracle and made_anew else None
    scenes = {each.item.scene for each in plan.benchmark.scenarios}
    own = own_inputs(plan.adapter, scenario, scenes) if made_anew else []
    return Task(
        scenario=scenario,
        source=find_source(plan.benchmark.dataset, scenario.item, needs),
        geometry=None,
        seed=seed_of(settings, scenario.id),
        prompt=plan.texts[scenario.id],
        negative_prompt=None if needs.prompt == "ignored" else _negative_prompt(plan, scenario),
        own_negative=plan.negatives is not None,
        state=state,
        oracle=oracle,
        inputs=(*own, *([oracle] if oracle else [])),
    )


def _negative_prompt(plan: Plan, scenario: Scenario) -> str | None:
    return negative_prompt(plan.settings) if plan.negatives is None else plan.negatives[scenario.id]


def ready(plan: Plan, task: Task) -> Task:
    """The task with its raw clip found, or else its conditioning probed and its geometry planned. Raises UserError."""
    from runners.planning.resume_checks import check_unchanged

    if plan.source_run is not None:
        root = raw_run(plan.settings)
        there = plan.source_run.clip(task.id).raw
        assert there is not None  # as check_raw_run saw to it
        check_unchanged(replace(there.generation, inputs=()), task, root)
        return replace(task, raw=there, raw_root=root)
    raw = task.state.raw
    if raw is not None and not spoilt(plan, task.state):
        file = plan.folder.path / raw.file
        if file.is_file() and sha256_file(file) == raw.sha256 and not what_changed(raw.generation, task):
            return replace(task, raw=raw, raw_root=plan.folder.path)
    probe_source(task.source)
    if task.oracle is not None:
        probe_video(task.oracle)
    default = (plan.output.width, plan.output.height)
    geometry = conditioning_geometry(plan.fit, source_size(task.source), plan.adapter.needs, default)
    return replace(task, geometry=geometry)


def spoilt(plan: Plan, state: ClipState) -> bool:
    """Whether a kept raw clip could not be published, so that another try means asking the model again.

    A paid one is not paid for again unasked: only to be rolled out. `hold` is tried on the raw clip itself.
    """
    model, raw, failed = plan.settings.model, state.raw, state.failed
    if raw is None or failed is None or failed.kind != "bad_clip" or failed.number < raw.number:
        return False
    return plan.short == "roll_out" or (plan.short in ("error", "hold_one") and not model.paid)


def _oracle(plan: Plan, scenario: Scenario) -> Path:
    """take-2 for models that show the ceiling, at the output's rate where the data set ships it."""
    dataset = plan.benchmark.dataset
    rates = dataset.rates("testing", take=2)
    fps = plan.output.fps if plan.output.fps in rates or not rates else rates[0]
    path = dataset.find("testing", scenario.second, fps) if scenario.second else None
    if path is None:
        raise UserError(
            f"{plan.settings.model.name} shows the second take, and {scenario.id} has none in {dataset.root}; "
            "complete the data set, or choose others with select.ids=[…]"
        )
    return path
