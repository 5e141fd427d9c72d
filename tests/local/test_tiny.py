"""Every model that can be built tiny: the real pipeline, loaded and run through the whole main job on the CPU."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.whole_run import adapter_node, make_adapter, run_whole, saved, tiny_models
from tests.run.harness import videos

TINY = tiny_models()


def every_family_first() -> Iterator[object]:
    """All models; of a family (names that begin alike) only the first i2v and the first v2v one in `make test`."""
    met: set[tuple[str, bool]] = set()
    for name in sorted(TINY):
        kind = "".join(itertools.takewhile(str.isalpha, name)), name.endswith("_v2v")
        yield pytest.param(name, marks=[pytest.mark.full] if kind in met else [])
        met.add(kind)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize("name", list(every_family_first()))
def test_a_tiny_model_runs_through_the_main_job_twice_to_the_same_bytes(
    name: str, folder: Path, tmp_path: Path
) -> None:
    tiny = TINY[name]
    checkpoint = saved(tiny, folder / tiny.build.__name__)
    outcome, adapter = run_whole(tmp_path / "one", name, checkpoint, tiny)
    assert outcome.code == 0, outcome.lines
    assert outcome.folder is not None
    first = videos(outcome.folder)
    manifest: Any = json.loads((outcome.folder / "manifest.json").read_text("utf-8"))
    (clip,) = manifest["clips"].values()
    made = clip["published"]["generation"]
    assert made["conditioning"]["frames"] == (adapter.needs.conditioning_frames or 1)
    told = made["info"]
    assert told["returned"] == adapter.rule.returned(told["num_frames"])
    assert manifest["loaded"][0]["facts"]["revision"].startswith("sha256:")

    again, _ = run_whole(tmp_path / "two", name, checkpoint, tiny)
    assert again.folder is not None
    assert videos(again.folder) == first


def test_the_adapter_can_be_made_without_torch(tmp_path: Path) -> None:
    """A constructor is cheap: it also runs for plan=true."""
    name, tiny = next(iter(sorted(TINY.items())))
    assert make_adapter(adapter_node(name, tmp_path, tiny), tiny).needs.max_batch == 1
