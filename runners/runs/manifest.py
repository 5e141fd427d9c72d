"""manifest.json: the run's record for people and leaderboards, written from the journal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from adapters.harness import Attempt, amount_usd, clean_text, fold_attempts, spent_usd
from runners.core.errors import counted, first_of
from runners.core.files import sha256_json, write_json
from runners.core.provenance import TOLD_SINCE
from runners.dataset.scenarios import Scenario
from runners.runs.events import Loaded, Start
from runners.runs.generation import Generation
from runners.runs.journal import ClipState, RunState, fold, forget_lost_clips, job_facts
from runners.runs.manifest_records import (
    ClipFailed,
    ClipPublished,
    ClipRecord,
    Configuration,
    Manifest,
    PaidAttempt,
)
from runners.runs.records import Json, decode, encode
from runners.runs.run_folder import RunFolder
from runners.runs.twins import twins_within

_SHOWN = 40
_OF_A_JOB = (
    "model", "job_id", "prompt", "seed", "seconds", "reason", "report", "reconciled", "adopted", "note",
    "estimated_usd", "sha256",
)  # fmt: skip


def write_manifest(
    folder: RunFolder,
    configuration: Json,
    scenarios: Sequence[Scenario],
    *,
    mode: str,
    oracle: bool,
    data: Json | None = None,
    raw_from: Json | None = None,
    state: RunState | None = None,
) -> Manifest:
    """Write and return what `make_manifest` makes. Raises OSError."""
    manifest = make_manifest(
        folder, configuration, scenarios, mode=mode, oracle=oracle, data=data, raw_from=raw_from, state=state
    )
    write_json(folder.manifest, encode(manifest))
    return manifest


def make_manifest(
    folder: RunFolder,
    configuration: Json,
    scenarios: Sequence[Scenario],
    *,
    mode: str,
    oracle: bool,
    data: Json | None = None,
    raw_from: Json | None = None,
    state: RunState | None = None,
) -> Manifest:
    """The manifest of a run, unwritten: what its journals tell of all the benchmark's `scenarios`.

    `configuration` is that of this invocation; `state` is the journals' for who has just folded them.
    """
    state = state or forget_lost_clips(fold(folder.path), folder.videos)
    clips = {scenario.id: clip_record(state, scenario) for scenario in scenarios if scenario.id in state.clips}
    published = sum(clip.published is not None for clip in clips.values())
    return Manifest(
        name=folder.path.name,
        complete=published == len(scenarios),
        expected=len(scenarios),
        published=published,
        cost_usd=total_cost(state),
        fingerprint={key: {"sha256": sha256_json(part), **part} for key, part in (state.fingerprint or {}).items()},
        mode=mode,
        oracle=oracle,
        data=data,
        raw_from=raw_from,
        configuration=decode(Configuration, configuration),
        sessions=tuple(state.started),
        loaded=tuple(state.loaded),
        warnings=(
            *twins_within(clips),
            *version_mix(state),
            *unknown_costs(state),
            *doubles(state),
            *other_prices(state),
            *state.foreign,
        ),
        clips=clips,
    )


def clip_record(state: RunState, scenario: Scenario) -> ClipRecord:
    """One clip's entry: names and category, and what became of it."""
    clip = state.clip(scenario.id)
    event, failure, made, failed = clip.published, clip.failed, None, None
    if event is not None:
        made = ClipPublished(
            time=event.time, sha256=event.sha256, session=event.session, generation=event.generation, raw=event.raw,
            publication=event.publication,
        )  # fmt: skip
    elif failure is not None:
        failed = ClipFailed(time=failure.time, kind=failure.kind, reason=failure.reason)
    jobs = tuple(paid_attempt(attempt) for attempt in fold_attempts(job_facts(clip))) if clip.events else None
    record = ClipRecord(
        name=scenario.output_name, view=scenario.view, category=scenario.category, published=made, failed=failed,
        jobs=jobs,
    )  # fmt: skip
    told = {"published": made, "failed": failed, "jobs": jobs}
    return record.without(*(name for name, part in told.items() if part is None))


def paid_attempt(attempt: Attempt) -> PaidAttempt:
    """One paid attempt: what was asked for, what became of it, what it cost."""
    told = {key: attempt.facts[key] for key in _OF_A_JOB if key in attempt.facts}
    segment = {"segment": attempt.segment} if attempt.segment else {}
    return decode(
        PaidAttempt, {"attempt": attempt.number, **segment, "state": attempt.state, "usd": attempt.usd, **told}
    )


def total_cost(state: RunState) -> float | None:
    """US dollars over all clips that say what they cost, failed and running jobs too; None if none does."""
    costs = []
    for clip in state.clips.values():
        if clip.events:
            costs.append(spent_usd(job_facts(clip)))
        elif (made := _made(clip)) is not None and (cost := amount_usd(made.cost_usd)) is not None:
            costs.append(cost)
    return round(sum(costs), 6) if costs else None


def unknown_costs(state: RunState) -> list[str]:
    """A warning, if clips were reported to cost what is no amount of money (text, NaN, less than nothing)."""
    generations = [_made(clip) for clip in state.clips.values() if not clip.events]
    costs = [made.info.get("cost_usd") for made in generations if made is not None]
    odd = [cost for cost in costs if cost is not None and amount_usd(cost) is None]
    told = first_of([clean_text(repr(cost), _SHOWN) for cost in odd], 3)
    return [f"what {len(odd)} of the clips cost is not known: the model reported {told}"] if odd else []


def doubles(state: RunState) -> list[str]:
    """A warning, if requests were sent again that may have made a job (the user's wish, `resubmit`)."""
    tried = [attempt for clip in state.clips.values() for attempt in fold_attempts(job_facts(clip))]
    given_up = [one.usd for one in tried if one.state == "abandoned" and one.facts.get("by") == "resubmit"]
    if not given_up:
        return []
    many = counted(len(given_up), "request was", "requests were")
    told = f"{many} sent again after errors that do not say whether a job was made: up to ${sum(given_up):.2f} of what"
    return [f"{told} this run cost may be for nothing (model.adapter.resubmit=gateway_errors)"]


def other_prices(state: RunState) -> list[str]:
    """A warning, if the service announced another price for jobs than the model's YAML says."""
    tried = [attempt for clip in state.clips.values() for attempt in fold_attempts(job_facts(clip))]
    told = [(amount_usd(one.facts.get("estimated_usd")), amount_usd(one.facts.get("promised_usd"))) for one in tried]
    pairs = [(theirs, ours) for theirs, ours in told if theirs is not None and ours is not None]
    if not pairs:
        return []
    theirs, ours = max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    many = counted(len(pairs), "job", "jobs")
    story = (
        f"for {many} the service announced another price than the model's YAML: up to ${theirs:.2f}, not ${ours:.2f}"
    )
    return [f"{story}; the larger one counts against budgets (mend model.adapter.price)"]


def _made(clip: ClipState) -> Generation | None:
    event = clip.published or clip.raw
    return None if event is None else event.generation


def version_mix(state: RunState) -> list[str]:
    """Warnings: published clips made with different versions, on different hardware, or by differing means."""
    loaded = {event.session: event for event in state.loaded}
    published = [clip.published for clip in state.clips.values() if clip.published is not None]
    # Who made it and who encoded it may be two; clips taken from another run were made in none of these sessions.
    names_used = {name for event in published for name in (event.session, event.generation.session)}
    used = [event for event in state.started if event.session in names_used]
    warnings = []
    for what, kinds, unsure in (
        ("different versions", [event.versions for event in used], TOLD_SINCE),
        ("different hardware", [_hardware(event, loaded.get(event.session)) for event in used], TOLD_SINCE),
        ("the model set up differently", [_means(loaded.get(event.session)) for event in used], None),
    ):
        mixed = _mixed([kind or {} for kind in kinds], unsure)
        if mixed:
            warnings.append(f"clips of this run were made with {what}: {', '.join(mixed)}")
    return warnings


def _hardware(start: Start, loaded: Loaded | None) -> Json:
    """The loaded model knows more of it than the start could."""
    return loaded.hardware if loaded is not None and loaded.has("hardware") else start.hardware


def _mixed(kinds: Sequence[Mapping[str, Any]], unsure: Collection[str] | None) -> list[str]:
    """The facts in which records differ; of those `unsure` (None: of any) nothing is known where they are missing."""
    names = sorted({name for kind in kinds for name in kind})
    return [name for name in names if len({repr(kind.get(name)) for kind in kinds if _known(name, kind, unsure)}) > 1]


def _known(name: str, kind: Mapping[str, Any], unsure: Collection[str] | None) -> bool:
    return name in kind or (unsure is not None and name not in unsure)


def _means(loaded: Loaded | None) -> Json:
    """What an adapter said of itself that may change a pixel: device, threads, and each fact under `pixels`."""
    facts = None if loaded is None else loaded.facts
    if not isinstance(facts, Mapping):
        return {}
    found: dict[str, Any] = {name: facts[name] for name in ("device", "threads") if name in facts}
    pixels = facts.get("pixels")
    for name, value in pixels.items() if isinstance(pixels, Mapping) else ():
        inner = value if isinstance(value, Mapping) else {"": value}
        found.update({f"{name}.{part}".rstrip("."): each for part, each in inner.items()})
    return found
