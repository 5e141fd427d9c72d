"""A bucket with a small data set, reached by the clients' own variables; no login, no cache of the machine's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fetching.sets import official_texts, published
from tests.fetching.storage_server import Storage, Stored


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    with Storage(page=7) as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        server.buckets["set"] = {name: Stored(data) for name, data in published().items()}
        server.repositories["official/texts"] = {**official_texts(), "README.md": b"words"}
        yield server
