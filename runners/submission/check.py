"""All that is checked before a submission is written: the clips against the rules, the runs against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from runners.benchmarks.benchmark import benchmark_root
from runners.core.errors import UserError
from runners.core.files import user_path
from runners.core.progress import make_bar
from runners.core.settings import BenchmarkSettings, SubmitSettings
from runners.dataset.layout import DataSet
from runners.dataset.presence import find_descriptions
from runners.dataset.scenarios import load_scenarios
from runners.submission.card import Card, make_card
from runners.submission.fields import empty_card
from runners.submission.rules import Format, check_folder
from runners.submission.runs import Submitted, common_breaches, run_breaches, warnings


@dataclass
class Findings:
    """What was found; `card` is filled in as far as the runs and the person's own card tell."""

    card: Card
    breaches: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    clips: int = 0


def examine(runs: Sequence[Submitted], given: Card, settings: SubmitSettings, today: date) -> Findings:
    """Check everything. Raises UserError where the question itself cannot be understood."""
    ours = [run for run in runs if run.record is not None]
    scored = [run.scored for run in runs if run.scored is not None]
    findings = Findings(empty_card(), warnings=warnings(runs))
    if scored:
        findings.card, findings.breaches = make_card(scored, given, today)
    else:
        for section, fields in given.items():
            findings.card[section] |= fields
    of_runs = [line for run in ours for line in run_breaches(run, settings.benchmark.expected)]
    if settings.check_only:  # the rules are for clips; how the runs were made is the submitter's own affair
        findings.warnings += of_runs
    else:
        findings.breaches += of_runs
    findings.breaches += common_breaches(runs)
    _check_clips(runs, findings, settings)
    return findings


def _check_clips(runs: Sequence[Submitted], findings: Findings, settings: SubmitSettings) -> None:
    names = [_names(run, settings.benchmark, findings) for run in runs]
    wanted = _wanted(findings.card)
    total = sum(map(len, names))
    with make_bar("auto", "checking the clips") as bar:

        def tick() -> None:
            findings.clips += 1
            bar(min(findings.clips, total), total)

        for run, expected in zip(runs, names, strict=True):
            checked = check_folder(run.videos, run.label, expected, wanted, tick)
            wanted = wanted or checked.format  # without a card, the first run says what the others must be
            findings.breaches += checked.breaches


def _wanted(card: Card) -> Format | None:
    """The card's rate and size, None if it has none yet. Raises UserError for what is no rate or size."""
    info: dict[str, Any] = card["public_info"]
    if info["fps"] in (None, "") and info["resolution"] in (None, ""):
        return None
    try:
        width, height = (int(word) for word in str(info["resolution"]).split("x"))
        return Format(float(info["fps"]), width, height)
    except (TypeError, ValueError):
        raise UserError(
            f"card: fps={info['fps']!r} and resolution={info['resolution']!r} must be a number and WIDTHxHEIGHT"
        ) from None


def _names(run: Submitted, benchmark: BenchmarkSettings, findings: Findings) -> list[str]:
    """The names that the run's clips must bear, in order; tells where their count is not the benchmark's."""
    record = run.record
    if record is None:
        names, expected = _described(benchmark), benchmark.expected
    else:
        names = [clip.name for clip in record.clips.values()]
        expected = record.configuration.benchmark.expected
        if not record.complete:
            whole = record.manifest.expected
            findings.breaches.append(f"{run.label}: is incomplete: {len(record.hashes)} of {whole} clips")
            return names
    if expected is not None and len(names) != expected:
        findings.breaches.append(f"{run.label}: {len(names)} clips are described, and the benchmark has {expected}")
    return names


def _described(benchmark: BenchmarkSettings) -> list[str]:
    """The take-1 names of the descriptions file: the one thing that clips made elsewhere need. Raises UserError."""
    if benchmark.descriptions:
        path = user_path(benchmark.descriptions)
        dataset = DataSet(path.parent)
    else:
        root = benchmark_root(benchmark)
        path, dataset = find_descriptions(root, hint=benchmark.hint), DataSet(root)
    return [scenario.output_name for scenario in load_scenarios(dataset, path, hint=benchmark.hint)]
