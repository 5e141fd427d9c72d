"""manifest.json: the run's record for people and leaderboards, written from the journal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from adapters import Attempt, amount_usd, clean_text, fold_attempts, spent_usd
from runners.core.errors import counted, first_of
from runners.core.files import sha256_json, write_json
from runners.core.provenance import TOLD_SINCE
from runners.dataset.scenarios import Scenario
from runners.runs.journal import ClipState, RunState, fold, forget_lost_clips, job_facts
from runners.runs.run_folder import RunFolder
from runners.runs.twins import twins_within

SCHEMA = 1
_SHOWN = 40


def write_manifest(
    folder: RunFolder, configuration: Mapping[str, Any], scenarios: Sequence[Scenario], **about: Any
) -> dict[str, Any]:
    """Write and return the manifest of a run: what its journals tell of all the benchmark's `scenarios`.

    `configuration` is that of this invocation; `about` holds further facts of the run as a whole.
    """
    state = forget_lost_clips(fold(folder.path), folder.videos)
    clips = {scenario.id: clip_record(state, scenario) for scenario in scenarios if scenario.id in state.clips}
    fingerprint = state.fingerprint or {}
    manifest = {
        "schema": SCHEMA,
        "name": folder.path.name,
        "complete": all(scenario.id in clips and "published" in clips[scenario.id] for scenario in scenarios),
        "expected": len(scenarios),
        "published": sum("published" in clip for clip in clips.values()),
        "cost_usd": total_cost(state),
        "fingerprint": {key: {"sha256": sha256_json(part), **part} for key, part in fingerprint.items()},
        **about,
        "configuration": dict(configuration),
        "sessions": state.started,
        "loaded": state.loaded,
        "warnings": [*twins_within(clips), *version_mix(state), *unknown_costs(state), *doubles(state), *state.foreign],
        "clips": clips,
    }
    write_json(folder.manifest, manifest)
    return manifest


def clip_record(state: RunState, scenario: Scenario) -> dict[str, Any]:
    """One clip's entry: names and category, and what became of it."""
    clip = state.clip(scenario.id)
    record: dict[str, Any] = {"name": scenario.output_name, "view": scenario.view, "category": scenario.category}
    if clip.published is not None:
        facts = ("time", "sha256", "session", "generation", "raw", "publication")
        record["published"] = {key: clip.published.get(key) for key in facts}
    elif clip.failed is not None:
        record["failed"] = {key: clip.failed[key] for key in ("time", "kind", "reason")}
    if clip.events:
        record["jobs"] = [job_record(attempt) for attempt in fold_attempts(job_facts(clip))]
    return record


def job_record(attempt: Attempt) -> dict[str, Any]:
    """One paid attempt: what was asked for, what became of it, what it cost."""
    facts = (
        "model", "job_id", "prompt", "seed", "seconds", "reason", "report", "reconciled", "adopted", "note", "sha256",
    )  # fmt: skip
    told = {key: attempt.facts[key] for key in facts if key in attempt.facts}
    segment = {"segment": attempt.segment} if attempt.segment else {}
    return {"attempt": attempt.number, **segment, "state": attempt.state, "usd": attempt.usd, **told}


def total_cost(state: RunState) -> float | None:
    """US dollars over all clips that say what they cost, failed and running jobs too; None if none does."""
    costs = []
    for clip in state.clips.values():
        if clip.events:
            costs.append(spent_usd(job_facts(clip)))
        elif (cost := amount_usd(_made(clip).get("cost_usd"))) is not None:
            costs.append(cost)
    return round(sum(costs), 6) if costs else None


def unknown_costs(state: RunState) -> list[str]:
    """A warning, if clips were reported to cost what is no amount of money (text, NaN, less than nothing)."""
    reported = [_made(clip).get("info") for clip in state.clips.values() if not clip.events]
    costs = [info.get("cost_usd") for info in reported if isinstance(info, dict)]
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


def _made(clip: ClipState) -> dict[str, Any]:
    event = clip.published or clip.raw or {}
    made: dict[str, Any] = event.get("generation") or {}
    return made


def version_mix(state: RunState) -> list[str]:
    """Warnings: published clips made with different versions, on different hardware, or by differing means."""
    sessions = {event["session"]: dict(event) for event in state.started}
    for event in state.loaded:
        if event.get("session") in sessions:
            session = sessions[event["session"]]
            session["hardware"] = event.get("hardware", session.get("hardware"))  # it knows more than the start could
            session["model"] = _means(event.get("facts"))
    published = [clip.published for clip in state.clips.values() if clip.published is not None]
    # Who made it and who encoded it may be two; clips taken from another run were made in none of these sessions.
    names_used = {name for event in published for name in (event["session"], event["generation"]["session"])}
    used = [session for name, session in sessions.items() if name in names_used]
    told = (
        ("versions", "different versions", TOLD_SINCE),
        ("hardware", "different hardware", TOLD_SINCE),
        ("model", "the model set up differently", None),
    )
    warnings = []
    for key, what, unsure in told:
        mixed = _mixed([session.get(key) or {} for session in used], unsure)
        if mixed:
            warnings.append(f"clips of this run were made with {what}: {', '.join(mixed)}")
    return warnings


def _mixed(kinds: Sequence[Mapping[str, Any]], unsure: Collection[str] | None) -> list[str]:
    """The facts in which records differ; of those `unsure` (None: of any) nothing is known where they are missing."""
    names = sorted({name for kind in kinds for name in kind})
    return [name for name in names if len({repr(kind.get(name)) for kind in kinds if _known(name, kind, unsure)}) > 1]


def _known(name: str, kind: Mapping[str, Any], unsure: Collection[str] | None) -> bool:
    return name in kind or (unsure is not None and name not in unsure)


def _means(facts: Any) -> dict[str, Any]:
    """What an adapter said of itself that may change a pixel: device, threads, and each fact under `pixels`."""
    if not isinstance(facts, Mapping):
        return {}
    found = {name: facts[name] for name in ("device", "threads") if name in facts}
    pixels = facts.get("pixels")
    for name, value in pixels.items() if isinstance(pixels, Mapping) else ():
        inner = value if isinstance(value, Mapping) else {"": value}
        found |= {f"{name}.{part}".rstrip("."): each for part, each in inner.items()}
    return found
