"""What a command would do, decided and checked before anything is loaded or paid."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from adapters import Adapter, Needs
from runners.benchmarks.benchmark import Benchmark
from runners.clips.conditioning import conditioning_geometry, find_source, probe_source, probe_video, source_size
from runners.clips.geometry import DEFAULT_FIT, FITS, Fit
from runners.clips.standardize import Output
from runners.core.errors import UserError, first_of, nearest
from runners.core.files import sha256_file, user_path
from runners.core.settings import GenerateSettings
from runners.dataset.layout import Kind
from runners.dataset.presence import check_files
from runners.dataset.scenarios import Scenario
from runners.dataset.selection import Selection, parse_shard, select, shard
from runners.generation.adapter_calls import own_inputs
from runners.planning.fingerprint import Fingerprint, fingerprint, negative_prompt
from runners.planning.output import resolve_output
from runners.planning.task import Task, clip_seed, what_changed
from runners.prompts.prompts import PromptChoice, PromptPlan, plan_prompts
from runners.runs.journal import ClipState, RunState, check_state, fold, forget_lost_clips
from runners.runs.journal_lines import as_recorded
from runners.runs.run_finder import check_folder
from runners.runs.run_folder import RunFolder, Shard, check_name, run_name


@dataclass(frozen=True)
class Plan:
    """A run as it is asked for; what is already there is folded in later, under the run's lock."""

    settings: GenerateSettings
    benchmark: Benchmark
    adapter: Adapter
    output: Output
    prompts: PromptPlan
    texts: dict[str, str | None]
    fingerprint: Fingerprint
    folder: RunFolder
    selected: list[Scenario]
    chosen: list[Scenario]
    """Of the selected scenarios, those of this shard."""
    shard: Shard | None
    keep_raw: bool
    source_run: RunState | None = None
    """The run whose raw clips are published again (`from_raw`)."""

    @property
    def name(self) -> str:
        """The run folder's name."""
        return self.folder.path.name


@dataclass(frozen=True)
class Work:
    """The chosen scenarios of a plan by what is left to do about them."""

    tasks: list[Task]
    published: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def make_plan(settings: GenerateSettings, benchmark: Benchmark, adapter: Adapter) -> Plan:
    """Check all settings against each other, the benchmark and the adapter. Raises UserError."""
    check_settings(settings)
    needs = adapter.needs
    output = resolve_output(settings.output, benchmark, needs)
    choice = settings.prompts
    prompts = plan_prompts(
        PromptChoice(choice.mode, _path(choice.file), choice.template, _path(choice.data)),
        benchmark.scenarios, benchmark.root, settings.model.templates,
    )  # fmt: skip
    selected = select(benchmark.scenarios, Selection(**vars(settings.select)))
    chosen = share(benchmark.scenarios, selected, settings.shard)
    check_conditioning(benchmark, chosen, needs)
    texts = prompts.texts(chosen) if needs.prompt != "ignored" else dict.fromkeys(s.id for s in chosen)
    check_prompts(needs, texts, settings)
    if settings.model.short == "roll_out" and not needs.continues:
        raise UserError(f"model {settings.model.name} cannot go on from its own frames; use model.short=hold or error")
    check_name("benchmark.name", benchmark.name)
    plan = Plan(
        settings=settings, benchmark=benchmark, adapter=adapter, output=output, prompts=prompts, texts=texts,
        fingerprint=fingerprint(settings, adapter, benchmark, output, prompts.identity),
        folder=RunFolder(run_path(settings)), selected=selected, chosen=chosen,
        shard=parse_shard(settings.shard) if settings.shard else None,
        keep_raw=settings.model.paid if settings.keep_raw is None else settings.keep_raw,
    )  # fmt: skip
    return _with_source_run(plan) if settings.from_raw else plan


def run_path(settings: GenerateSettings) -> Path:
    """The run's folder, by its settings alone."""
    name = run_name(settings.model.name, settings.tag, settings.prompts.mode, settings.run)
    return user_path(settings.results) / settings.benchmark.name / name


def share(scenarios: Sequence[Scenario], selected: list[Scenario], text: str | None) -> list[Scenario]:
    """The selected scenarios that are this shard's; there may be none.

    The whole benchmark is dealt out, so that shards with different selections never make the same clip.
    """
    mine = {scenario.id for scenario in shard(scenarios, text)}
    return [scenario for scenario in selected if scenario.id in mine]


def check_settings(settings: GenerateSettings) -> None:
    """Values that no schema can check. Raises UserError."""
    named = {
        "model.fit": (settings.model.fit or DEFAULT_FIT, FITS),
        "model.short": (settings.model.short, ("roll_out", "hold", "hold_one", "error")),
        "seeds": (settings.seeds, ("derived", "same")),
        "progress": (settings.progress, ("auto", "live", "plain")),
        "scorer.name": (settings.scorer.name, ("builtin", "official", "both", "none")),
    }
    for key, (value, choices) in named.items():
        if value not in choices:
            raise UserError(f"{key}: unknown {value!r}{nearest(value, choices)}")
    least = {"run": 1, "attempts": 1, "max_failures": 1, "concurrency": 1}
    for key, bound in least.items():
        value = getattr(settings, key)
        if value is not None and value < bound:
            raise UserError(f"{key}={value} must be at least {bound}")
    if settings.scorer.workers < 0:
        raise UserError(f"scorer.workers={settings.scorer.workers} must be at least 0 (0: one per core)")
    if settings.deadline_s is not None and not settings.deadline_s > 0:
        raise UserError(f"deadline_s={settings.deadline_s} must be more than 0 seconds")


def check_conditioning(benchmark: Benchmark, chosen: Sequence[Scenario], needs: Needs) -> None:
    """All files that condition the chosen scenarios are there. Raises UserError naming those that are not."""
    images = needs.mode == "i2v" and (benchmark.root / "switch-frames").is_dir()
    kinds: list[Kind] = ["switch" if images else "conditioning"]
    check_files(benchmark.dataset, chosen, kinds, round(needs.fps or benchmark.settings.fps))


def check_prompts(needs: Needs, texts: dict[str, str | None], settings: GenerateSettings) -> None:
    """A model that cannot do without a text gets one for every clip, and none too long. Raises UserError."""
    long = [clip_id for clip_id, text in texts.items() if needs.prompt_max and utf16_units(text) > needs.prompt_max]
    if long:
        raise UserError(
            f"model {settings.model.name} takes prompts of up to {needs.prompt_max} characters, and those of "
            f"{first_of(long)} are longer; shorten them in prompts.file=CSV"
        )
    if needs.prompt != "required":
        return
    empty = [clip_id for clip_id, text in texts.items() if not text]
    if empty:
        raise UserError(
            f"model {settings.model.name} needs a prompt, and {first_of(empty)} have none; choose prompts=op or bpp"
        )


def utf16_units(text: str | None) -> int:
    """The length of a text as services count it."""
    return len((text or "").encode("utf-16-le")) // 2


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
    from runners.planning.resume_checks import check_published, check_unchanged, check_videos_folder

    check_videos_folder(plan, state)
    work = Work([])
    todo: list[Task] = []
    for scenario in plan.chosen:
        task = make_task(plan, scenario, state.clip(scenario.id))
        if check_published(plan, task):
            check_unchanged(task.state.published or {}, task, plan.folder.path)
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
    failed = task.state.failed or {}
    return "prompt" in failed and failed["prompt"] != as_recorded(task.prompt)


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
        seed=clip_seed(settings.seeds, settings.seed, settings.run, scenario.id),
        prompt=plan.texts[scenario.id],
        negative_prompt=None if needs.prompt == "ignored" else negative_prompt(settings),
        state=state,
        oracle=oracle,
        inputs=(*own, *([oracle] if oracle else [])),
    )


def ready(plan: Plan, task: Task) -> Task:
    """The task with its raw clip found, or else its conditioning probed and its geometry planned. Raises UserError."""
    from runners.planning.resume_checks import check_unchanged

    if plan.source_run is not None:
        root = raw_run(plan.settings)
        there = plan.source_run.clip(task.id).raw or {}
        check_unchanged({**there, "generation": {**there["generation"], "inputs": []}}, task, root)
        return replace(task, raw=there, raw_root=root)
    raw = task.state.raw
    if raw is not None and not spoilt(plan, task.state):
        file = plan.folder.path / raw["file"]
        if file.is_file() and sha256_file(file) == raw["sha256"] and not what_changed(raw, task):
            return replace(task, raw=raw, raw_root=plan.folder.path)
    probe_source(task.source)
    if task.oracle is not None:
        probe_video(task.oracle)
    default = (plan.output.width, plan.output.height)
    fit = cast("Fit", plan.settings.model.fit or DEFAULT_FIT)
    geometry = conditioning_geometry(fit, source_size(task.source), plan.adapter.needs, default)
    return replace(task, geometry=geometry)


def spoilt(plan: Plan, state: ClipState) -> bool:
    """Whether a kept raw clip could not be published, so that another try means asking the model again.

    A paid one is not paid for again unasked: only to be rolled out. `hold` is tried on the raw clip itself.
    """
    model, raw, failed = plan.settings.model, state.raw, state.failed
    if raw is None or failed is None or failed["kind"] != "bad_clip" or failed.get("number", 0) < raw.get("number", 0):
        return False
    return model.short == "roll_out" or (model.short in ("error", "hold_one") and not model.paid)


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


def _with_source_run(plan: Plan) -> Plan:
    """Bind the plan to the run whose raw clips it publishes; its generation fingerprint is that run's."""
    from runners.planning.resume_checks import check_raw_run

    root = raw_run(plan.settings)
    if root == plan.folder.path:
        raise UserError("from_raw names the run itself; give the new output a name with tag=…")
    try:
        check_folder(root)
    except UserError as error:
        raise UserError(f"from_raw: there is no run in this folder: {error}") from None
    state = fold(root)
    generation = check_raw_run(plan, root, state)
    return replace(plan, source_run=state, fingerprint={**plan.fingerprint, "generation": generation})


def raw_run(settings: GenerateSettings) -> Path:
    """The folder that `from_raw` names."""
    return user_path(str(settings.from_raw))


def _path(text: str | None) -> Path | None:
    return user_path(text) if text else None
