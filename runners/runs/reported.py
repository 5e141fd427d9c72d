"""What an adapter reports of itself and of its clips, made fit for the record: no clip is lost to an odd report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.harness import clean, clean_text

_LONGEST_CHARS = 1_000_000


def report(value: Any, name: str) -> dict[str, Any]:
    """A report as JSON can hold it. What is no mapping stands under `name`; of an endless one the beginning does."""
    told = clean(value)
    text = json.dumps(told)
    if len(text) > _LONGEST_CHARS:
        return {name: clean_text(text)}
    return told if isinstance(value, Mapping) else {name: told}
