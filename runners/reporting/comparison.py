"""Two models side by side, paired by scene: their difference, how sure it is, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.table import Table
from rich.text import Text

from runners.core.errors import UserError, counted, nearest
from runners.reporting.leaderboard import RunGroup, one_line
from runners.reporting.tables import COLUMNS
from runners.scoring.bootstrap import KEYS, Difference, common_scenes, compare


@dataclass(frozen=True)
class Comparison:
    """A against B on one benchmark; `differences` by formula, None where a score is undefined."""

    benchmark: str
    a: RunGroup
    b: RunGroup
    scenes: int
    differences: dict[str, Difference | None]


def compare_models(kinds: Sequence[RunGroup], names: Sequence[str], *, resamples: int, seed: int) -> list[Comparison]:
    """One comparison per benchmark that has both. Raises UserError for a name that is none, or means several."""
    if len(names) != 2:
        raise UserError(f"compare takes two models, e.g. compare=[svd,freeze]; {len(names)} are named")
    for name in names:
        if not any(_find(kinds, name)):
            known = sorted({text for kind in kinds for text in (kind.label, *_model_names(kind))})
            raise UserError(f"compare: no scored run of {name!r}{nearest(name, known)}")
    found = []
    for benchmark in dict.fromkeys(kind.first.record.benchmark for kind in kinds):
        here = [kind for kind in kinds if kind.first.record.benchmark == benchmark]
        pair = [_find(here, name) for name in names]
        if all(pair):
            a, b = (_only(name, each) for name, each in zip(names, pair, strict=True))
            scenes = common_scenes(a.scenes, b.scenes)
            if not scenes:
                raise UserError(f"compare: {a.label} and {b.label} have no scene in common on {benchmark}")
            differences = compare(a.scenes, b.scenes, resamples, seed)
            found.append(Comparison(benchmark, a, b, len(scenes), differences))
    if not found:
        raise UserError(f"compare: {names[0]} and {names[1]} were scored on no common benchmark")
    return found


def _model_names(kind: RunGroup) -> tuple[str, str]:
    """The model with its tag, and the label under its benchmark."""
    record = kind.first.record
    return kind.label.removesuffix(f"-{record.prompts}"), f"{record.benchmark}/{kind.label}"


def _find(kinds: Sequence[RunGroup], name: str) -> list[RunGroup]:
    """What a name means: a label, a model, either under its benchmark, or one run's folder."""
    exact = [kind for kind in kinds if name in (kind.label, f"{kind.first.record.benchmark}/{kind.label}")]
    by_model = [kind for kind in kinds if name == _model_names(kind)[0]]
    runs = [replace(kind, label=name, runs=(run,)) for kind in kinds for run in kind.runs if name == run.record.name]
    return exact or by_model or runs


def _only(name: str, found: Sequence[RunGroup]) -> RunGroup:
    if len(found) > 1:
        runs = [f"{kind.label} ({', '.join(run.record.name for run in kind.runs)})" for kind in found]
        raise UserError(f"compare: {name!r} means several settings: {'; '.join(runs)}; name a label, or a run's folder")
    return found[0]


def comparison_table(comparison: Comparison) -> Table:
    """A line per formula."""
    a, b = one_line(comparison.a.label), one_line(comparison.b.label)
    title = f"{a} − {b} on {one_line(comparison.benchmark)}, paired over {counted(comparison.scenes, 'scene')}"
    table = Table(title=Text(title), title_justify="left")
    for heading in ("score", a, b, "difference", "95 %", f"{a} higher"):
        table.add_column(Text(heading), justify="left" if heading == "score" else "right", overflow="fold")
    for key in KEYS:
        table.add_row(COLUMNS[key], *_cells(comparison.differences[key], sure=comparison.scenes > 1))
    return table


def _cells(found: Difference | None, *, sure: bool) -> list[str]:
    """`sure` is whether resamples tell anything: over one scene all of them are the same."""
    if found is None:
        return ["–"] * 5
    if not sure:
        return [f"{found.a:.2f}", f"{found.b:.2f}", f"{found.difference:+.2f}", "–", "–"]
    ties = f" ({100 * found.equal:.1f} % equal)" if found.equal else ""
    return [
        f"{found.a:.2f}",
        f"{found.b:.2f}",
        f"{found.difference:+.2f}",
        f"{found.low:+.2f} … {found.high:+.2f}",
        f"{100 * found.a_higher:.1f} %{ties}",
    ]


def comparison_notes(comparison: Comparison, *, resamples: int, seed: int) -> list[str]:
    """How it was made, and what keeps the two from being comparable."""
    a, b = comparison.a, comparison.b
    runs = f"{a.label}: {_runs(a)}, {b.label}: {_runs(b)}"
    lines = [f"{resamples} resamples of scenes, seed {seed}; {runs}; the share is that of resamples"]
    told = [f"{made.width}×{made.height} at {made.fps} FPS" for made in (kind.first.scores.origin for kind in (a, b))]
    if told[0] != told[1]:
        lines.append(f"warning: {told[0]} against {told[1]}: size and rate change scores, whatever the model")
    if a.first.record.prompts != b.first.record.prompts:
        lines.append("warning: other prompts are another experiment")
    lines += _other_yardsticks(comparison)
    lines += [
        f"warning: {kind.label} sees take 2: a ceiling, no contestant" for kind in (a, b) if kind.first.record.oracle
    ]
    return lines


def _other_yardsticks(comparison: Comparison) -> list[str]:
    """Scorer, truth or scenes that the two do not share."""
    a, b = (kind.first.scores for kind in (comparison.a, comparison.b))
    lines = []
    if a.by_toolbox != b.by_toolbox:
        label = (comparison.a if a.by_toolbox else comparison.b).label
        lines.append(f"warning: {label} was scored by the official toolbox, the other by the built-in scorer")
    if a.origin.fps == b.origin.fps and a.origin.truth_sha256 != b.origin.truth_sha256:
        lines.append("warning: scored against different truth files: a scene of one name may not be the same")
    most = max(len(kind.scenes[0].names) for kind in (comparison.a, comparison.b))
    if comparison.scenes < most:
        lines.append(f"warning: only {comparison.scenes} of {most} scenes are common: all numbers are over those")
    if comparison.scenes == 1:
        lines.append("warning: one scene says nothing of others: there is no interval")
    return lines


def _runs(kind: RunGroup) -> str:
    return "1 run" if len(kind.runs) == 1 else f"mean of {len(kind.runs)} runs"
