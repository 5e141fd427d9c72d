"""Whole runs of paid models against fake services: as the words of a command line, and as processes that run them."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.harness import Attempt, fold_attempts
from runners.runs.journal import fold, job_facts
from tests.api import shell
from tests.api.cases import BY_NAME, Case
from tests.run.harness import MINI

ROOT = Path(__file__).resolve().parents[2]
DATA = ["benchmark=original", f"benchmark.root={MINI / 'dataset'}", "benchmark.expected=6", "benchmark.name=mini"]
SMALL = ["output=truth", "output.width=96", "output.height=54", "output.fps=8", "output.preset=ultrafast"]
QUICK = ["model.adapter.sizes=[[128,72]]", "model.adapter.poll_s=0.01", "scorer=none"]
RUNWAY = BY_NAME["runway"]
RUN, BPP_RUN = Path("mini/runway_gen45-op-run_01"), Path("mini/runway_gen45-bpp-run_01")
OF_ITS_OWN = {
    "runway": ['++model.adapter.call={ratio: "1280:720"}'],  # as if a picture of that size were sent
    "openai": ["model.adapter.sizes=[[1280,720]]", "model.adapter.price.free=false", "model.paid=true"],
    "ark": ["model.adapter.price.usd_per_second=0.1"],  # nobody knows it
    "wavespeed": ["model.adapter.price.usd_per_second=0.1"],
    "replicate": [
        "model.adapter.options.upload=1000000"
    ],  # an upload has another address each time, and so another clip
}
"""What a service needs besides, for a quick run."""


def words(case: Case, base_url: str, results: Path, *more: str, budget: str = "budget.max_usd=100") -> list[str]:
    """A quick, unscored run over fixtures/mini within a generous budget; of two that say the same, the last counts."""
    return [
        f"model={case.model}", f"model.adapter.base_url={base_url}", *DATA, *SMALL, *QUICK,
        *[f"++model.adapter.{name}={_typed(value)}" for name, value in case.changes.items()],
        *OF_ITS_OWN.get(case.name, []), f"results={results}", budget, *more,
    ]  # fmt: skip


def _typed(value: Any) -> str:
    """A value as one types it: Hydra's dictionaries have bare keys."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_typed(entry)}" for key, entry in value.items()) + "}"
    return json.dumps(value)


def environ(**changes: str | None) -> dict[str, str]:
    """This process's environment with these variables set, or away (None); libraries get along with one thread."""
    changed = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **changes}
    return {name: value for name, value in changed.items() if value is not None}


def command(module: str, *typed: str, key: str | None = RUNWAY.key, **changes: str) -> subprocess.CompletedProcess[str]:
    """`python -m runners.<module>` with these words, at its end; `key` is Runway's, None for none."""
    return shell.run(ROOT, f"runners.{module}", typed, environ(**{RUNWAY.key_env: key, **changes}))


@contextlib.contextmanager
def started(typed: Sequence[str], key: str = RUNWAY.key, **changes: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m runners.generate` with these words, at work; killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runners.generate", *typed], cwd=ROOT, env=environ(**{RUNWAY.key_env: key, **changes}),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def attempts(run: Path) -> dict[str, list[Attempt]]:
    """What the journals of a run folder say of the jobs of each clip that has any."""
    clips = fold(run).clips
    return {clip_id: fold_attempts(job_facts(clip)) for clip_id, clip in clips.items() if clip.events}


def manifest(run: Path) -> dict[str, Any]:
    """A run's record for people."""
    read: dict[str, Any] = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    return read


def write_prompts(path: Path, clip_id: str, text: str) -> list[str]:
    """A prompts file with the benchmark's texts, but for one clip; the words that choose it."""
    with (MINI / "dataset" / "descriptions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["scenario", "description"], extrasaction="ignore")
        table.writeheader()
        for row in rows:
            mine = row["scenario"].startswith(clip_id)
            table.writerow({**row, "description": text} if mine else row)
    return ["prompts=bpp", f"prompts.file={path}"]
