"""Every model that can be built tiny: the real pipeline, loaded and run through the whole main job on the CPU."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.local.diffusers import Diffusers
from runners.core.outcome import Outcome
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


@cache
def first_run(name: str, folder: Path) -> tuple[Outcome, Diffusers]:
    """The model's run that both tests look at."""
    tiny = TINY[name]
    return run_whole(folder / f"run-{name}", name, saved(tiny, folder / tiny.build.__name__), tiny)


@pytest.mark.rotating("name", also=lambda row: row["name"] in ("svd", "ltx2_v2v"))
@pytest.mark.parametrize("name", list(every_family_first()))
def test_a_tiny_model_runs_through_the_main_job(name: str, folder: Path) -> None:
    outcome, adapter = first_run(name, folder)
    assert outcome.code == 0, outcome.lines
    assert outcome.folder is not None
    manifest: Any = json.loads((outcome.folder / "manifest.json").read_text("utf-8"))
    (clip,) = manifest["clips"].values()
    made = clip["published"]["generation"]
    assert made["conditioning"]["frames"] == (adapter.needs.conditioning_frames or 1)
    told = made["info"]
    assert told["returned"] == adapter.rule.returned(told["num_frames"])
    assert manifest["loaded"][0]["facts"]["revision"].startswith("sha256:")


ONE_OF_EACH_MODE = ("hunyuan", "ltx2_v2v")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in ONE_OF_EACH_MODE else pytest.mark.full) for name in sorted(TINY)]
)
def test_a_second_run_makes_the_same_bytes(name: str, folder: Path, tmp_path: Path) -> None:
    tiny = TINY[name]
    first, _ = first_run(name, folder)
    again, _ = run_whole(tmp_path / "two", name, saved(tiny, folder / tiny.build.__name__), tiny)
    assert first.folder is not None
    assert again.folder is not None
    assert videos(again.folder) == videos(first.folder)


def test_the_adapter_can_be_made_without_torch(tmp_path: Path) -> None:
    """A constructor is cheap: it also runs for plan=true."""
    name, tiny = next(iter(sorted(TINY.items())))
    assert make_adapter(adapter_node(name, tmp_path, tiny), tiny).needs.max_batch == 1
