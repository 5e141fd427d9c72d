"""`make bench-gpu` works: its measurements run here with tiny weights on the CPU, where its figures mean nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from tests import bench_gpu
from tests.local.whole_run import tiny_models

NAME = "wan22_ti2v_5b"
TINY = tiny_models()


def small() -> dict[str, Any]:
    """What the tiny checkpoint changes of the YAML, without dotted keys."""
    changes = {key: value for key, value in TINY[NAME].changes.items() if "." not in key}
    return {"size": [64, 64], **changes}


def build(dtype: Any, device: str) -> Any:
    return TINY[NAME].build()


@pytest.mark.full
def test_the_harness_is_measured_beside_the_bare_call() -> None:
    torch.set_num_threads(1)
    ratio, waits = bench_gpu.measure(NAME, 2, 1, small(), build, "cpu")
    assert re.search(r"s a clip in the harness, [\d.]+ s bare: [\d.]+×", ratio)
    assert "% of the time between clips" in waits


@pytest.mark.full
def test_every_placement_is_tried_and_one_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_gpu, "PLACEMENTS", {"whole": {}, "tiled": {"vae_tiling": True}, "wrong": {"threads": 0}})
    lines = bench_gpu.placements(NAME, 1, small(), build, "cpu")
    assert len(lines) == 3
    assert "GB at most" in lines[0]
    assert "GB at most" in lines[1]
    assert "SetupError" in lines[2]


def test_without_a_gpu_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert bench_gpu.main([]) == 2
    assert "no GPU" in capsys.readouterr().out
