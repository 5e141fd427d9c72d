"""What is known of a model beside how it is run: `facts:` in its YAML, with what each was checked against.

Facts change no pixel and are in no fingerprint: `runners.models` shows them, the tables of `adapters/*/README.md` are
made from them, and a plan warns by them. A model that builds on another has that one's facts but for those it states.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from runners.core.errors import UserError, one_of

Against = Literal["authors' code", "class docs", "vendor's package", "vendor's page", "third party", "not confirmed"]
"""What a model's YAML was compared with, the strongest first; the last two mean that nobody could confirm it here."""


@dataclass(frozen=True)
class Facts:
    """Each None where it is not known: nothing is guessed."""

    licence: str | None = None
    """By its SPDX name where it has one; of a service, whose terms hold."""
    gated: bool | None = None
    """Whether the hub asks for a login and consent before weights are given."""
    parameters: str | None = None
    """Such as `14 B`; parts that read texts or pictures in brackets."""
    memory_gb: float | None = None
    """The least GPU memory in GB (10⁹ bytes) that somebody published for this model's own size and length."""
    memory: str | None = None
    """Under which conditions that is, and who says so."""
    page: str | None = None
    """The hub's or the vendor's page."""
    checked: str | None = None
    """The day on which it was last compared, as YYYY-MM-DD."""
    against: Against = "not confirmed"
    source: str | None = None
    """The file, page or package that it was compared with."""
    unconfirmed: str | None = None
    """Which of the YAML's values nobody could confirm, in a sentence."""
    text_tokens: int | None = None
    """How many tokens of a prompt reach the model: its text encoder cuts the rest off without a word."""
    published: str | None = None
    """Its name in the tables of published scores (`runners/reporting/published.py`)."""
    rewrites: str | None = None
    """What the authors' own code or the service does to a prompt before the model reads it."""


_KINDS: dict[str, type | tuple[type, ...]] = {
    "gated": bool,
    "memory_gb": (int, float),
    "text_tokens": int,
}


def facts_of(node: Any, model: str) -> Facts:
    """The facts in a model's YAML. Raises UserError for a key or value that is none."""
    if node is None:
        return Facts()
    if not isinstance(node, Mapping):
        raise UserError(f"model {model}: facts must be a mapping such as {{licence: MIT}}, not {type(node).__name__}")
    known = [field.name for field in dataclasses.fields(Facts)]
    for key, value in node.items():
        one_of(f"model {model}: facts", str(key), known, "fact")
        if value is None:
            continue
        kind = _KINDS.get(str(key), str)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise UserError(f"model {model}: facts.{key}={value!r} must be {_told(kind)}")
    if node.get("against") is not None:
        one_of(f"model {model}: facts.against", str(node["against"]), get_args(Against))
    return Facts(**{key: value for key, value in node.items() if value is not None})


def _told(kind: type | tuple[type, ...]) -> str:
    if kind is bool:
        return "true or false"
    if kind is str:
        return "text (in quotes if it looks like a number or a day)"
    return "a whole number" if kind is int else "a number"
