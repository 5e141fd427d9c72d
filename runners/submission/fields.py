"""The fields of a submission's card, and which of them the leaderboard wants."""

from __future__ import annotations

from datetime import date
from typing import Any

from runners.scoring.scores import ScoreName

PUBLIC: dict[str, Any] = {
    "organization": "",
    "model": "",
    "model_version": "",
    "input_type": "",
    "parameters": None,
    "fps": None,
    "resolution": "",
    "bon_sampling": 1,
    "bon_sampling_method": None,
    "bon_sampling_source": None,
    "prompt_upsampling": False,
    "prompt_upsampling_method": None,
    "prompt_upsampling_source": None,
    "descriptions": "",
    "templater": None,
    "availability": "",
    "model_source": "",
    "provider": None,
    "date": "",
    "tech_report": None,
    "comments": None,
    "upsample_cost": None,
    "upsample_gpu": None,
    "upsample_ngpu": None,
    "upsample_time": None,
    "generation_cost": None,
    "generation_gpu": None,
    "generation_ngpu": None,
    "generation_time": None,
}
"""`public_info`, in the leaderboard's order, as empty as it comes."""

SCORE_KEYS: dict[str, ScoreName] = {
    "physiq": "verified",
    "spatial_iou": "verified_spatial",
    "weighted_spatial_iou": "verified_weighted_spatial",
    "spatiotemporal_iou": "verified_spatiotemporal",
    "mse": "verified_mse",
}
"""The card's score → its key in scores.json; all are percent of the Verified score's parts."""

TERMS: dict[str, Any] = {"terms_version": "", "terms_accepted": None, "accepted_on_behalf_of": "", "accepted_at": ""}
WARRANTIES: dict[str, Any] = dict.fromkeys(
    ("has_rights_to_submit", "no_ip_infringement", "permitted_by_provider_tos", "no_personal_data_in_content",
     "metadata_accurate")
)  # fmt: skip

ALLOWED = {
    "input_type": ("t2v", "i2v", "v2v"),
    "descriptions": ("op", "bpp"),
    "availability": ("public", "api", "research", "private"),
}

MEASURED = ("input_type", "fps", "resolution", "descriptions")
"""What the clips and manifests say: a card that says otherwise is wrong."""

DECLARED = ("bon_sampling", "prompt_upsampling")
"""What a model's YAML or a prompts file may declare: a card that takes it back is wrong."""

OF_THE_MODEL = (
    "model", "model_version", "parameters", "bon_sampling", "bon_sampling_method", "bon_sampling_source",
    "availability", "model_source", "provider",
)  # fmt: skip
"""What a model's YAML may say of it, under `card:`."""

_REQUIRED = (
    "organization", "model", "model_version", "input_type", "fps", "resolution", "bon_sampling", "prompt_upsampling",
    "descriptions", "availability", "model_source", "date", "tech_report", "generation_cost",
)  # fmt: skip
OPTIONAL = ("parameters", "provider", "comments")
"""What may stay empty."""
TERMS_VERSION = "1.0"
"""The version of the terms that the leaderboard takes."""

_OF_BEST_OF_N = ("bon_sampling_method", "bon_sampling_source")
_OF_UPSAMPLING = ("prompt_upsampling_method", "prompt_upsampling_source")
_TRUTHS = ("prompt_upsampling", "terms_accepted", *WARRANTIES)
_OF_LOCAL_MODELS = ("generation_gpu", "generation_ngpu", "generation_time")
_OF_LOCAL_UPSAMPLING = ("upsample_gpu", "upsample_ngpu", "upsample_time")


_WHY = {
    "public_info.tech_report": "entries without a report were held or closed",
    "terms.terms_version": f"the leaderboard takes {TERMS_VERSION}",
    **{
        f"reported_scores.{name}_std": "one run has none, and the leaderboard wants a number: 0.0 passes"
        for name in SCORE_KEYS
    },
    **{
        f"public_info.{name}": "wanted for any availability but api, even where a service rewrote the prompts"
        for name in _OF_LOCAL_UPSAMPLING
    },
}
"""What is to be known of a field that is still empty."""


def empty_card() -> dict[str, dict[str, Any]]:
    """A card with nothing in it."""
    scores = {f"{name}_{stat}": None for name in SCORE_KEYS for stat in ("mean", "std")}
    sections = {"public_info": PUBLIC, "reported_scores": scores, "terms": TERMS, "warranties": WARRANTIES}
    return {section: dict(fields) for section, fields in sections.items()}


def value_fault(key: str, value: Any) -> str:
    """What is wrong with a field's value, "" if nothing. An empty one is not wrong yet."""
    if value in (None, ""):
        return ""
    if not isinstance(value, str | int | float | date):
        return "must be one value"
    if key in ALLOWED and value not in ALLOWED[key]:
        return f"is {value!r}; allowed are {', '.join(ALLOWED[key])}"
    if key in _TRUTHS and not isinstance(value, bool):
        return f"is {value!r}; allowed are true and false"
    if key == "terms_version" and str(value) != TERMS_VERSION:
        return f"is {str(value)!r}; the leaderboard takes {TERMS_VERSION!r}"
    if key == "bon_sampling" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        return f"is {value!r}; it is a whole number, 1 where nothing was selected"
    return ""


def why_open(name: str) -> str:
    """The reason in brackets why an empty field (`section.field`) is wanted, "" where it goes without saying."""
    return f" ({_WHY[name]})" if name in _WHY else ""


def optional_fields(card: dict[str, dict[str, Any]]) -> list[str]:
    """What is empty and may stay so; how clips were selected or prompts rewritten, where they were."""
    info = card["public_info"]
    known = [*OPTIONAL, *(_OF_BEST_OF_N if info["bon_sampling"] not in (None, "", 1) else ())]
    known += _OF_UPSAMPLING if info["prompt_upsampling"] is True else ()
    return [key for key in known if info[key] in (None, "")]


def open_fields(card: dict[str, dict[str, Any]], *, service: bool = False) -> list[str]:
    """What the leaderboard wants and the card does not say yet, as `section.field`; `service`: a paid one made it."""
    info = card["public_info"]
    wanted = list(_REQUIRED)
    local = info["availability"] != "api" and not (service and not info["availability"])
    if info["prompt_upsampling"] is True:
        wanted += ["upsample_cost", *(_OF_LOCAL_UPSAMPLING if local else ())]
    if local:
        wanted += _OF_LOCAL_MODELS
    found = [f"public_info.{key}" for key in wanted if info.get(key) in (None, "")]
    found += [f"reported_scores.{key}" for key, value in card["reported_scores"].items() if value is None]
    terms, warranties = card["terms"], card["warranties"]
    found += [f"terms.{key}" for key in TERMS if terms.get(key) in (None, "", False)]
    return found + [f"warranties.{key}" for key in WARRANTIES if warranties.get(key) is not True]
