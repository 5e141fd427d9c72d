"""Run folders whose journals tell of paid jobs, as a gateway's outage leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from adapters.harness import Attempt, fold_attempts
from runners.runs.journal import Journal, fold, job_facts
from tests.runs.lines import event

SENT: dict[str, Any] = {
    "state": "submitting", "attempt": 1, "usd": 0.6, "at": 1_700_000_000.0, "uuid": "u-1", "work": "w", "model": "m1",
    "host": "api.example.com", "prompt": "A ball rolls, slowly.", "seed": 7,
}  # fmt: skip
HELD = {"state": "held", "attempt": 1, "usd": 0, "reason": "never delivered"}


def ambiguous(**facts: Any) -> list[dict[str, Any]]:
    """A request whose answer was lost."""
    return [{**SENT, **facts}]


def running(job_id: str) -> list[dict[str, Any]]:
    """A job that was accepted."""
    return [SENT, {"state": "submitted", "attempt": 1, "job_id": job_id, "urls": {}}]


def write_run(
    folder: Path, clips: Mapping[str, list[dict[str, Any]]], *, killed: bool = False, published: Iterable[str] = ()
) -> Path:
    """A run folder with these facts of each clip; unless it was killed, the run told how each ended."""
    folder.mkdir(parents=True)
    journal = Journal(folder / "journal.jsonl")
    journal.append(event("start", session="s", fingerprint={}))
    for clip_id, facts in clips.items():
        for fact in facts:
            journal.append(event("job", id=clip_id, job=fact))
        if not killed:
            journal.append(event("failed", id=clip_id, kind="ambiguous", reason="the answer was lost"))
    for clip_id in published:
        told = dict.fromkeys(("name", "sha256", "session"), "x")
        journal.append(event("published", id=clip_id, generation={}, raw=None, publication={}, **told))
    journal.close()
    return folder


def last(run: Path) -> dict[str, Attempt]:
    """The last attempt of each clip."""
    return {clip_id: fold_attempts(job_facts(clip))[-1] for clip_id, clip in fold(run).clips.items()}


def states(run: Path) -> dict[str, str]:
    """The state of the last attempt of each clip."""
    return {clip_id: attempt.state for clip_id, attempt in last(run).items()}
