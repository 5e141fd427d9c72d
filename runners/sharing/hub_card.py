"""README.md of a shared folder: a YAML header that the hub reads, and what was run, for people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

_TERMS = {
    "demo": "The scenes are simulated by the harness itself; nothing of them is anybody else's.",
    "original": "The scenes are those of Physics-IQ (arXiv 2501.09038), whose terms hold for what is derived of them.",
    "verified": "The scenes are those of Physics-IQ Verified (arXiv 2606.18943), a gated data set: who fetches it "
    "accepts its terms, which hold for what is derived of it.",
}
_OTHERS = "The scenes are the sharer's own videos, whose terms hold for what is derived of them."


@dataclass(frozen=True)
class Shared:
    """One run in the folder; texts are free of places and keys."""

    key: str
    """Its name in the folder."""
    name: str
    model: str
    kind: str
    benchmark: str
    clips: int
    expected: int
    score: float | None
    command: str

    @property
    def state(self) -> str:
        """What its number is."""
        if self.score is not None:
            return f"{self.score:.1f}"
        return f"{self.clips} of {self.expected} clips, no score"


def card(runs: Sequence[Shared]) -> str:
    """The whole README.md. Others' words are quoted in the header, and code below it."""
    head = yaml.safe_dump(header(runs), sort_keys=False, allow_unicode=False, width=1000)
    rows = [f"| {code(run.model)} | {code(run.name)} | {code(run.benchmark)} | {run.state} |" for run in runs]
    kinds = dict.fromkeys(_TERMS.get(run.kind, _OTHERS) for run in runs)
    commands = [fenced(run.command) for run in runs]
    return "\n".join([
        f"---\n{head}---\n",
        "# Physics-IQ continuations\n",
        "Five-second video continuations that models made of real or simulated physical experiments, each from the",
        "conditioning and the prompt of its scenario alone, with the Physics-IQ harness. The experiments' own videos",
        "(truth and conditioning) are not in this folder.\n",
        "## Runs\n",
        "The score is the Physics-IQ Verified score, 0 to 100, over the whole benchmark; a run over part of it has",
        "none.\n",
        "| model | run | benchmark | score |",
        "|---|---|---|---|",
        *rows,
        "\n## Files\n",
        "* `videos/<run>/*.mp4`, and `metadata.csv` beside them: scenario, scene, view, category, the exact prompt and",
        "  negative prompt, seed, score and metrics of each clip, SHA-256. Metrics stand beside the physical variance",
        "  of the same scenario (`variance_…`). A text that begins like a formula has an apostrophe before it.",
        "* `manifests/<run>.json`: settings, versions, hardware and every clip's record; places and keys are left out.",
        "* `scores/<run>.json`: scores and sub-scores, where the run is scored.",
        "\n## How to make them again\n",
        *commands,
        "\n## Terms\n",
        *kinds,
        "The licence of each model says what may be done with what it makes; name it in `license` above.\n",
    ])  # fmt: skip


def header(runs: Sequence[Shared]) -> Mapping[str, object]:
    """The YAML header's fields."""
    total = sum(run.clips for run in runs)
    size = "n<1K" if total < 1000 else "1K<n<10K" if total < 10_000 else "10K<n<100K"
    every = {"config_name": "all", "default": True, "data_files": [{"split": "test", "path": "videos/*/*"}]}
    each = [{"config_name": run.key, "data_files": [{"split": "test", "path": f"videos/{run.key}/*"}]} for run in runs]
    return {
        "pretty_name": "Physics-IQ continuations",
        "license": "other",
        "license_name": "see-terms-below",
        "task_categories": ["image-to-video"],
        "tags": ["physics-iq", "video", "physics", "benchmark"],
        "size_categories": [size],
        "configs": [every, *each] if runs else [],
    }


def code(text: str) -> str:
    """Somebody's words as code in a table's cell: nothing in them is markup."""
    plain = " ".join(text.split()).replace("|", "¦")
    return f"{(fence := _fence(plain, 1))} {plain} {fence}"


def fenced(text: str) -> str:
    """Somebody's words as a block of code."""
    return f"{(fence := _fence(text, 3))}sh\n{text}\n{fence}"


def _fence(text: str, least: int) -> str:
    return "`" * max(least, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
