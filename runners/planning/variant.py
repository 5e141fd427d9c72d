"""The names of variants: what a sweep tries out becomes the tag of each of its runs, the same on every call.

A run folder's name carries model, prompts and number, and its parent the benchmark. Jobs of a sweep that differ in
anything else that a clip depends on would meet in one folder, so each is tagged with its own values of the settings
that were swept: `fit=pad+guidance_scale=5`. The tag says nothing of the sweep's other values or of their order, so a
single run that is given it as `tag=…`, with the same settings, finds the same folder.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.core.files import sha256_json, shown
from runners.core.settings import GenerateSettings
from runners.planning.fingerprint import differences
from runners.runs.run_folder import LONGEST_NAME

_CARRIED = frozenset({"run", "results", "tag", "model.name", "benchmark.name", "prompts.mode"})
"""Settings that stand in a run's path as they are."""
_SHARED = frozenset(
    {
        "select", "shard", "budget", "scorer", "plan", "progress", "keep_raw", "retry_refused", "attempts",
        "max_failures", "early_stop", "deadline_s", "concurrency",
    }
)  # fmt: skip
"""No part of a run's identity: jobs that differ in these alone are meant to work on one run."""
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,24}")
_MOST_DIFFERENCES = 3


def variant_tag(settings: GenerateSettings, swept: Mapping[str, Any]) -> str | None:
    """The job's tag: the one that was given, then a part for each swept setting that its path does not show.

    `swept`: dotted key of a setting, or name of a group → this job's own value. The parts are sorted by key.
    """
    told = {key: value for key, value in swept.items() if not _is_shown(key, value, settings)}
    parts = [part(name, told[key]) for key, name in _short_names(sorted(told)).items()]
    tag = "+".join([*([settings.tag] if settings.tag else []), *parts])
    if len(tag) > LONGEST_NAME:
        whole = f"sweep={sha256_json(sorted(parts))[:10]}"
        tag = "+".join([*([settings.tag] if settings.tag else []), whole])
    return tag or None


def part(name: str, value: Any) -> str:
    """`fit=pad`: one setting of a variant, fit for a folder's name and for a shell."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '-', name)}={_text(value)}"


def check_apart(jobs: Sequence[GenerateSettings], paths: Sequence[Path]) -> None:
    """Raise UserError if two jobs of a sweep would make one run with different settings, or are one and the same.

    Jobs that differ only in what is no part of a run's identity (its selection, shard, scorer, limits) may share it.
    """
    whole = [asdict(job) for job in jobs]
    for later, path in enumerate(paths):
        for earlier in range(later):
            if paths[earlier] != path:
                continue
            if whole[earlier] == whole[later]:
                raise UserError(f"two jobs of the sweep are one and the same ({shown(path)}); type each value once")
            found = list(differences(_identity(whole[earlier]), _identity(whole[later])))
            if found:
                listed = "; ".join(found[:_MOST_DIFFERENCES])
                raise UserError(
                    f"two jobs of the sweep would make one folder, {shown(path)}, with different settings ({listed}); "
                    "give each a name of its own: sweep over tag or model.name as well"
                )


def _identity(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in _SHARED}


def _is_shown(key: str, value: Any, settings: GenerateSettings) -> bool:
    """Whether the run's path tells this value already, or need not tell it."""
    chosen = {"model": settings.model.name, "benchmark": settings.benchmark.name, "prompts": settings.prompts.mode}
    if key in chosen:
        return bool(value == chosen[key])
    return key in _CARRIED or key.partition(".")[0] in _SHARED


def _short_names(keys: Collection[str]) -> dict[str, str]:
    """Each key by its last words, as few of them as tell it from the others."""
    names = {}
    for key in keys:
        words = key.split(".")
        endings = (".".join(words[-count:]) for count in range(1, len(words) + 1))
        others = [f".{other}" for other in keys if other != key]
        names[key] = next((end for end in endings if not any(o.endswith(f".{end}") for o in others)), key)
    return names


def _text(value: Any) -> str:
    """A value as short text: equal values have equal texts (5 and 5.0), and what is long or odd ends in a hash."""
    if isinstance(value, list) and value and not any(isinstance(item, list | dict) for item in value):
        text = "x".join(map(_scalar, value))  # 832x480
    else:
        text = _scalar(value)
    if _PLAIN.fullmatch(text):
        return text
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", text.rstrip("/").rpartition("/")[2])[:16].strip("-")
    return "-".join([*([readable] if readable else []), sha256_json(_canonical(value))[:8]])


def _scalar(value: Any) -> str:
    text = str(_canonical(value))
    return text.lower() if isinstance(value, bool) else text


def _canonical(value: Any) -> Any:
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _canonical(item) for key, item in value.items()}
    if value is None:
        return "null"
    whole = isinstance(value, float) and math.isfinite(value) and value == int(value)
    return int(value) if whole else value if isinstance(value, bool | int | float) else str(value)
