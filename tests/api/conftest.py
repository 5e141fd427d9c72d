"""What is sent is encoded once, not once per test: a PNG of 1280×720 takes longer than a whole job at a fake."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.api import media, service
from adapters.api.wire import Media
from adapters.contract import Conditioning


@pytest.fixture(autouse=True, scope="session")
def _what_is_sent_is_kept() -> Iterator[None]:
    kept: dict[tuple[str, int], Media] = {}

    @functools.wraps(media.picture)
    def picture(conditioning: Conditioning, most_bytes: int) -> Media:
        key = conditioning.sha256, most_bytes
        if key not in kept:
            kept[key] = media.picture(conditioning, most_bytes)
        return kept[key]

    filmed: dict[tuple[str, float | None, int], Media] = {}

    @functools.wraps(media.footage)
    def footage(conditioning: Conditioning, scratch: Path, most_bytes: int) -> Media:
        key = conditioning.sha256, conditioning.fps, most_bytes
        if key not in filmed:
            filmed[key] = media.footage(conditioning, scratch, most_bytes)
        return filmed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "picture", picture)
        patch.setattr(service, "footage", footage)
        yield
