"""The facts in a model's YAML, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from runners.catalogue.facts import Facts, facts_of
from runners.core.errors import UserError


def test_what_is_not_stated_is_not_known() -> None:
    assert facts_of(None, "mine") == facts_of({}, "mine") == facts_of({"licence": None}, "mine") == Facts()
    assert Facts().against == "not confirmed"
    stated = {"licence": "MIT", "gated": False, "memory_gb": 24, "against": "authors' code", "text_tokens": 512}
    assert facts_of(stated, "mine") == Facts("MIT", False, memory_gb=24, against="authors' code", text_tokens=512)


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ("MIT", "model mine: facts must be a mapping such as {licence: MIT}, not str"),
        ({"license": "MIT"}, "model mine: facts: unknown fact 'license'; did you mean 'licence' or 'published'?"),
        ({"gated": "no"}, "model mine: facts.gated='no' must be true or false"),
        ({"memory_gb": True}, "model mine: facts.memory_gb=True must be a number"),
        ({"memory_gb": "24 GB"}, "model mine: facts.memory_gb='24 GB' must be a number"),
        ({"text_tokens": 0.5}, "model mine: facts.text_tokens=0.5 must be a whole number"),
        ({"checked": 2026}, "model mine: facts.checked=2026 must be text (in quotes if it looks like a number or a"),
        (
            {"against": "author code"},
            "model mine: facts.against: unknown 'author code'; did you mean \"authors' code\"",
        ),
    ],
)
def test_what_is_no_fact_is_told_with_its_name(node: Any, told: str) -> None:
    with pytest.raises(UserError) as raised:
        facts_of(node, "mine")
    assert str(raised.value).startswith(told)
