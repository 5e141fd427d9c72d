"""What tests of local models share: one thread, so that many tests run side by side, and a place for checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tiny checkpoints of a module are written, each once."""
    return tmp_path_factory.mktemp("tiny")
