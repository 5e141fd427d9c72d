"""What the table tests of the providers' translations ask for, and what they are answered."""

from __future__ import annotations

import json
from typing import Any

from adapters.api.wire import Answer, Media, Status, Work

PICTURE = Media(b"\x89PNG picture", "image/png", "switch-frame.png", content="p1")
FOOTAGE = Media(b"mp4 footage", "video/mp4", "conditioning.mp4", content="f1")


def work(footage: Media | None = None, **changes: Any) -> Work:
    """A clip of 5 s from a picture, or from footage, with a prompt and a seed unless `changes` say otherwise."""
    facts: dict[str, Any] = {
        "prompt": "A ball rolls down", "negative_prompt": None, "seconds": 5, "size": (1280, 720), "seed": 7,
        "uuid": "0e0e", "picture": None if footage else PICTURE, "footage": footage,
    }  # fmt: skip
    return Work(**{**facts, **changes})


def answer(body: Any = None, status: int = 200, **headers: str) -> Answer:
    """An answer with this JSON, or with these bytes; `x_fal_error_type` names the header x-fal-error-type."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def is_fit(status: Status) -> bool:
    """Whether it can be recorded and computed with as it is."""
    told = json.dumps([status.word, status.reason, status.odd, status.report], allow_nan=False, ensure_ascii=False)
    numbers = (status.usd is None or 0 <= status.usd < 1e6) and (status.progress is None or 0 <= status.progress <= 1)
    return numbers and len(told.encode("utf-8")) < 210_000
