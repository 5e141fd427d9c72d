"""submission.yaml: what the manifests and scores know is filled in; what a person signs comes from their own file."""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from runners.core.errors import UserError, nearest
from runners.core.yamlfile import load_yaml
from runners.reporting.leaderboard import ScoredRun
from runners.runs.events import Loaded
from runners.runs.records import Json
from runners.runs.run_record import RunRecord
from runners.scoring.formulas import sample_std
from runners.scoring.scores import AggregateScores
from runners.submission.fields import (
    ALLOWED,
    DECLARED,
    MEASURED,
    OF_THE_MODEL,
    PUBLIC,
    SCORE_KEYS,
    empty_card,
    value_fault,
)

_MODES = {"i2v": "i2v", "multiframe": "v2v"}
_HEADER = "# Physics-IQ Verified submission, filled in from the runs' manifests and scores\n"

Card = dict[str, dict[str, Any]]


def read_card(path: Path) -> Card:
    """A person's own card: any part of `empty_card()`. Raises UserError for what is no such card."""
    content = load_yaml(path, "card=")
    empty = empty_card()
    if not isinstance(content, dict):
        raise UserError(f"card={path} holds no {', '.join(empty)}")
    for section, fields in content.items():
        if section not in empty:
            raise UserError(f"card={path}: unknown section {section!r}{nearest(str(section), empty)}")
        if not isinstance(fields, dict):
            raise UserError(f"card={path}: {section} must hold fields, each on its own line")
        for key, value in fields.items():
            _check_field(path, section, str(key), value, empty[section])
    return {
        section: {str(key): _plain(section, value) for key, value in fields.items()}
        for section, fields in content.items()
    }


def _check_field(path: Path, section: str, key: str, value: Any, known: dict[str, Any]) -> None:
    if key not in known:
        raise UserError(f"card={path}: unknown field {section}.{key}{nearest(key, known)}")
    fault = value_fault(key, value)
    if key == "date" and value not in (None, "") and not _is_day(str(_plain(section, value))):
        fault = f"is {value!r}; it is written YYYY-MM-DD"
    if fault:
        raise UserError(f"card={path}: {section}.{key} {fault}")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _plain(section: str, value: Any) -> Any:
    """YAML reads 2026-11-25 as a date, and the version 1.0 of the terms as a number; the card holds their texts."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if section == "terms" and number else value


def make_card(runs: Sequence[ScoredRun], given: Card, today: date) -> tuple[Card, list[str]]:
    """The card of some runs of one model, and its breaches: where the person's own card contradicts the runs.

    `given` wins in everything that is not measured or declared; `terms` and `warranties` hold what it says and nothing
    else.
    """
    card = empty_card()
    card["public_info"] |= _public_info(runs, today)
    card["reported_scores"] |= reported_scores([run.scores.marks for run in runs])
    breaches = []
    for section, fields in given.items():
        for key, value in fields.items():
            if value in (None, ""):
                continue
            known = card[section][key]
            measured = section == "reported_scores" or key in MEASURED or (key in DECLARED and known != PUBLIC[key])
            said = measured and known not in (None, "")
            if said and not _agree(value, known):
                breaches.append(f"card: {section}.{key} is {value}, and the runs say {known}")
            elif section == "reported_scores" and not said and value != 0:  # of what runs report, one lacks the spread
                breaches.append(f"card: {section}.{key} is {value}, and one run has no spread; 0.0 is what passes")
            card[section][key] = known if said else value
    return card, breaches


def _agree(given: Any, known: Any) -> bool:
    numbers = isinstance(known, int | float) and isinstance(given, int | float)
    return abs(given - known) <= 0.01 if numbers else str(given) == str(known)


def _public_info(runs: Sequence[ScoredRun], today: date) -> dict[str, Any]:
    records = [run.record for run in runs]
    first, origin = records[0], runs[0].scores.origin
    return {
        "model": first.model,
        "model_version": model_version(first),
        "input_type": _MODES.get(first.manifest.mode, ""),
        "fps": origin.fps,
        "resolution": f"{origin.width}x{origin.height}",
        "descriptions": first.prompts if first.prompts in ALLOWED["descriptions"] else "",
        "date": today.isoformat(),
        "generation_cost": generation_cost(records),
        **upsampling_fields(first),
        **({} if first.configuration.model.paid else hardware_fields(records)),
        **declared(first),
    }


def declared(record: RunRecord) -> dict[str, Any]:
    """What the model's YAML says of it under `card:`. Raises UserError for what is not the model's to say."""
    fields = record.configuration.model.card or {}
    if not isinstance(fields, dict):
        raise UserError(f"model {record.model}: card: in its YAML must hold fields, each on its own line")
    for key in fields:
        if key not in OF_THE_MODEL:
            raise UserError(
                f"model {record.model}: unknown field card.{key} in its YAML{nearest(str(key), OF_THE_MODEL)}"
            )
        if fault := value_fault(str(key), fields[key]):
            raise UserError(f"model {record.model}: card.{key} in its YAML {fault}")
    return {key: fields[key] for key in PUBLIC if fields.get(key) is not None}


def model_version(record: RunRecord) -> str:
    """What exactly was called: checkpoint and commit, or the service's own name of the model."""
    adapter = record.configuration.model.adapter or {}
    told = [str(event.revision) for event in record.manifest.loaded if event.revision]
    revision = told[-1] if told else ""
    checkpoint = adapter.get("checkpoint") or adapter.get("model") or ""
    return "@".join(part for part in (str(checkpoint), revision) if part)


def prompts_record(record: RunRecord) -> Json:
    """What the last invocation recorded of its prompts: mode, template, and what their file declares."""
    sessions = record.manifest.sessions
    return sessions[-1].prompts if sessions else {}


def upsampling_fields(record: RunRecord) -> dict[str, Any]:
    """Prompt upsampling as the prompts file declares it; none if it declares none."""
    prompts = prompts_record(record)
    template = prompts.get("template")
    fields: dict[str, Any] = {"templater": template if template not in (None, "base") else None}
    made = prompts.get("upsampling") or {}
    if not any(value not in (None, "") for value in made.values()):
        return fields | {"prompt_upsampling": False}
    told = {f"prompt_upsampling_{key}": made.get(key) for key in ("method", "source")}
    return (
        fields
        | told
        | {"prompt_upsampling": True}
        | {f"upsample_{key}": made.get(key) for key in ("cost", "gpu", "ngpu", "time")}
    )


def generation_cost(records: Sequence[RunRecord]) -> float | None:
    """US dollars for one clip: what all runs cost, failed tries too, over their clips; None if one did not say."""
    costs = [float(cost) for record in records if (cost := record.manifest.cost_usd) is not None]
    if len(costs) < len(records):
        return None
    return round(sum(costs) / sum(len(record.hashes) for record in records), 6)


def hardware_fields(records: Sequence[RunRecord]) -> dict[str, Any]:
    """GPU, how many of them, and seconds × GPUs for one clip; empty where no GPU is on record."""
    names, counts, seconds = [], set(), []
    for record in records:
        gpus = {event.session: _gpus(event) for event in record.manifest.loaded}
        for made in record.generations:
            used = gpus.get(made.session, [])
            if not used:
                return {}
            names += used
            counts.add(len(used))
            seconds.append((made.generate_s or 0.0) * len(used))
    if not seconds:
        return {}
    return {
        "generation_gpu": ", ".join(dict.fromkeys(names)),
        "generation_ngpu": max(counts),
        "generation_time": round(statistics.fmean(seconds), 3),
    }


def _gpus(loaded: Loaded) -> list[str]:
    """The GPUs of a session: all that it saw, or one where the model says that it was on one device."""
    gpus = [str(name) for name in loaded.hardware.get("gpus") or []]
    device = str(loaded.facts.get("device") or "")
    return gpus[:1] if device.startswith("cuda") else gpus


def reported_scores(runs: Sequence[AggregateScores]) -> dict[str, float | None]:
    """Mean and sample standard deviation over runs, in percent."""
    found: dict[str, float | None] = {}
    for name, key in SCORE_KEYS.items():
        values = [float(value) for marks in runs if (value := marks.score(key)) is not None]
        assert len(values) == len(runs), "a run without a score never comes here"
        spread = sample_std(values)
        found[f"{name}_mean"] = round(statistics.fmean(values), 4)
        found[f"{name}_std"] = None if spread is None else round(spread, 4)
    return found


def run_id(card: Card, runs: Sequence[ScoredRun]) -> str:
    """`<org>__<descriptive-id>__<YYYY-MM-DD>`, lowercase; `org` stands for an organization that is not known yet."""
    info = card["public_info"]
    organization = re.sub(r"[^a-z0-9]", "", _ascii(info["organization"])) or "org"
    name = re.sub(r"[^a-z0-9.]+", "-", _ascii(runs[0].label)).strip("-.") or "model"
    return f"{organization}__{name}__{info['date']}"


def _ascii(text: Any) -> str:
    return unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()


def card_text(card: Card) -> str:
    """The card as YAML, in the leaderboard's order."""
    import yaml

    return _HEADER + yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=1000)
