"""What is asked for, resolved into a plan and checked, before anything is loaded or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from adapters import Adapter, Needs
from runners.benchmarks.benchmark import Benchmark
from runners.catalogue.facts import facts_of
from runners.clips.geometry import DEFAULT_FIT, FITS
from runners.clips.standardize import WHEN_SHORT
from runners.core.errors import UserError, first_of, one_of
from runners.core.files import user_path
from runners.core.progress import STYLES
from runners.core.settings import GenerateSettings
from runners.dataset.layout import Kind
from runners.dataset.presence import check_files
from runners.dataset.scenarios import Scenario
from runners.dataset.selection import Selection, parse_shard, select, shard
from runners.planning.fingerprint import fingerprint, own_negatives
from runners.planning.output import resolve_output
from runners.planning.plan import Plan
from runners.planning.seeds import check_seeds
from runners.prompts.lengths import long_prompts
from runners.prompts.prompts import PromptChoice, PromptPlan, plan_prompts
from runners.runs.journal import fold
from runners.runs.run_finder import check_folder
from runners.runs.run_folder import RunFolder, check_name, run_name
from runners.scoring.choose import check_scorer_settings


def make_plan(settings: GenerateSettings, benchmark: Benchmark, adapter: Adapter) -> Plan:
    """Check all settings against each other, the benchmark and the adapter. Raises UserError."""
    check_settings(settings)
    needs = adapter.needs
    output = resolve_output(settings.output, benchmark, needs)
    choice = settings.prompts
    prompts = plan_prompts(
        PromptChoice(choice.mode, _path(choice.file), choice.template, _path(choice.data), choice.hint),
        benchmark.scenarios, benchmark.root, settings.model.templates,
    )  # fmt: skip
    selected = select(benchmark.scenarios, Selection(**vars(settings.select)))
    chosen = share(benchmark.scenarios, selected, settings.shard)
    check_conditioning(benchmark, chosen, needs)
    texts = prompts.texts(chosen) if needs.prompt != "ignored" else dict.fromkeys(s.id for s in chosen)
    check_prompts(needs, texts, settings)
    negatives = negatives_of(prompts, chosen, needs, settings)
    if settings.model.short == "roll_out" and not needs.continues:
        raise UserError(f"model {settings.model.name} cannot go on from its own frames; use model.short=hold or error")
    check_name("benchmark.name", benchmark.name)
    plan = Plan(
        settings=settings, benchmark=benchmark, adapter=adapter, output=output, prompts=prompts, texts=texts,
        fingerprint=fingerprint(settings, adapter, benchmark, output, prompts.identity),
        folder=RunFolder(run_path(settings)), selected=selected, chosen=chosen,
        shard=parse_shard(settings.shard) if settings.shard else None,
        keep_raw=settings.model.paid if settings.keep_raw is None else settings.keep_raw, negatives=negatives,
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
    one_of("model.fit", settings.model.fit or DEFAULT_FIT, FITS)
    one_of("model.short", settings.model.short, WHEN_SHORT)
    one_of("progress", settings.progress, STYLES)
    check_scorer_settings(settings.scorer)
    least = {"run": 1, "attempts": 1, "max_failures": 1, "concurrency": 1}
    for key, bound in least.items():
        value = getattr(settings, key)
        if value is not None and value < bound:
            raise UserError(f"{key}={value} must be at least {bound}")
    if settings.deadline_s is not None and not settings.deadline_s > 0:
        raise UserError(f"deadline_s={settings.deadline_s} must be more than 0 seconds")
    check_seeds(settings)


def check_conditioning(benchmark: Benchmark, chosen: Sequence[Scenario], needs: Needs) -> None:
    """All files that condition the chosen scenarios are there. Raises UserError naming those that are not."""
    images = needs.mode == "i2v" and (benchmark.root / "switch-frames").is_dir()
    kinds: list[Kind] = ["switch" if images else "conditioning"]
    check_files(benchmark.dataset, chosen, kinds, round(needs.conditioning_fps or benchmark.settings.fps))


def check_prompts(needs: Needs, texts: dict[str, str | None], settings: GenerateSettings) -> None:
    """A model that cannot do without a text gets one for every clip, and none too long. Raises UserError."""
    long = [clip_id for clip_id, text in texts.items() if needs.prompt_max and utf16_units(text) > needs.prompt_max]
    if long:
        raise UserError(
            f"model {settings.model.name} takes prompts of up to {needs.prompt_max} characters, and those of "
            f"{first_of(long)} are longer; shorten them in prompts.file=FILE"
        )
    if needs.prompt != "required":
        return
    empty = [clip_id for clip_id, text in texts.items() if not text]
    if empty:
        raise UserError(
            f"model {settings.model.name} needs a prompt, and {first_of(empty)} have none; choose prompts=op or bpp"
        )


def negatives_of(
    prompts: PromptPlan, chosen: Sequence[Scenario], needs: Needs, settings: GenerateSettings
) -> dict[str, str | None] | None:
    """The clips' own negative prompts; None if the prompts file has none. Raises UserError if the model takes none."""
    if prompts.negatives is None or not own_negatives(settings, prompts.identity):
        return None
    if needs.prompt == "ignored":
        return dict.fromkeys(scenario.id for scenario in chosen)
    negatives: dict[str, str | None] = {scenario.id: prompts.negatives[scenario.id] for scenario in chosen}
    if any(negatives.values()) and not needs.negative:
        raise UserError(
            f"model {settings.model.name} takes no negative prompt, and the prompts file has one for each clip; "
            "prompts.negative='' leaves them out"
        )
    return negatives


def text_warnings(plan: Plan) -> list[str]:
    """Lines about prompts of which the model would read only the beginning."""
    model = plan.settings.model
    node = model.adapter if isinstance(model.adapter, Mapping) else {}
    own = (node.get("call") or {}).get("max_sequence_length")  # the class's own default gives way to it
    most = own if isinstance(own, int) else facts_of(model.facts, model.name).text_tokens
    if most is None or plan.settings.from_raw:
        return []
    return long_prompts(plan.texts, most, model.name, plan.adapter.count_tokens)


def utf16_units(text: str | None) -> int:
    """The length of a text as services count it."""
    return len((text or "").encode("utf-16-le")) // 2


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
