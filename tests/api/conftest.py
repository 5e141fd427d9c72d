"""A switch frame is encoded once, not once per test: a PNG of 1280×720 takes longer than a whole job at a fake."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from adapters.api import media, service
from adapters.api.wire import Media
from adapters.contract import Conditioning


@pytest.fixture(autouse=True, scope="session")
def _pictures_are_kept() -> Iterator[None]:
    kept: dict[tuple[str, int], Media] = {}

    @functools.wraps(media.picture)
    def picture(conditioning: Conditioning, most_bytes: int) -> Media:
        key = conditioning.sha256, most_bytes
        if key not in kept:
            kept[key] = media.picture(conditioning, most_bytes)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "picture", picture)
        yield
