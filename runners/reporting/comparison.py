"""Two models side by side, paired by scene: their difference, how sure it is, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.table import Table
from rich.text import Text

from runners.core.errors import UserError, counted, nearest
from runners.reporting.leaderboard import RunGroup, ScoredRun, one_line
from runners.reporting.partial_runs import METRICS, PartialRun
from runners.reporting.tables import COLUMNS
from runners.scoring.bootstrap import KEYS, Difference, PairedMetrics, common_scenes, compare, compare_metrics


@dataclass(frozen=True)
class Comparison:
    """A against B on one benchmark; `differences` by formula, None where a score is undefined."""

    benchmark: str
    a: RunGroup
    b: RunGroup
    scenes: int
    differences: dict[str, Difference | None]


@dataclass(frozen=True)
class MetricComparison:
    """A against B where one of them has no score: their metrics over the clips that both have."""

    benchmark: str
    a: RunGroup
    b: RunGroup
    paired: PairedMetrics

    @property
    def mark(self) -> str:
        """What must stand beside metrics that are no score."""
        expected = max(kind.first.scores.expected for kind in (self.a, self.b))
        return f"metrics over {self.paired.clips} of {counted(expected, 'clip')}, no score"


def partial_groups(runs: Sequence[PartialRun]) -> list[RunGroup]:
    """Runs that have metrics and no score, each by itself: which clips it has is its own."""
    found = [ScoredRun(run.record, run.scores) for run in runs if run.scores is not None]
    return [RunGroup(run.label, (run,), {}) for run in found]


def compare_models(
    kinds: Sequence[RunGroup], names: Sequence[str], *, resamples: int, seed: int, partial: Sequence[RunGroup] = ()
) -> list[Comparison | MetricComparison]:
    """One comparison per benchmark that has both. Raises UserError for a name that is none, or means several.

    `partial` are runs without a score: a name means one of them where no run with a score has that name.
    """
    if len(names) != 2:
        raise UserError(f"compare takes two models, e.g. compare=[svd,freeze]; {len(names)} are named")
    for name in names:
        if not any(_find([*kinds, *partial], name)):
            known = sorted({text for kind in (*kinds, *partial) for text in (kind.label, *_model_names(kind))})
            raise UserError(f"compare: no scored run of {name!r}{nearest(name, known)}")
    found: list[Comparison | MetricComparison] = []
    for benchmark in dict.fromkeys(kind.first.record.benchmark for kind in (*kinds, *partial)):
        whole, parts = (
            [kind for kind in some if kind.first.record.benchmark == benchmark] for some in (kinds, partial)
        )
        pair = [_find(whole, name) or _find(parts, name) for name in names]
        if all(pair):
            a, b = (_only(name, each) for name, each in zip(names, pair, strict=True))
            found.append(_compare(benchmark, a, b, resamples, seed))
    if not found:
        raise UserError(f"compare: {names[0]} and {names[1]} were scored on no common benchmark")
    return found


def _compare(benchmark: str, a: RunGroup, b: RunGroup, resamples: int, seed: int) -> Comparison | MetricComparison:
    """By their scores if both have any, else by their metrics. Raises UserError for two that share nothing."""
    if all(kind.first.scores.complete for kind in (a, b)):
        if scenes := common_scenes(a.scenes, b.scenes):
            differences = compare(a.scenes, b.scenes, resamples, seed)
            return Comparison(benchmark, a, b, len(scenes), differences)
    else:
        one, other = ([run.scores.per_clip for run in kind.runs] for kind in (a, b))
        if paired := compare_metrics(one, other, resamples, seed):
            return MetricComparison(benchmark, a, b, paired)
    raise UserError(f"compare: {a.label} and {b.label} have no scene in common on {benchmark}")


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


def comparison_table(comparison: Comparison | MetricComparison) -> Table:
    """A line per formula, or per metric where there is no score."""
    if isinstance(comparison, MetricComparison):
        return _metric_table(comparison)
    a, b = one_line(comparison.a.label), one_line(comparison.b.label)
    title = f"{a} − {b} on {one_line(comparison.benchmark)}, paired over {counted(comparison.scenes, 'scene')}"
    table = Table(title=Text(title), title_justify="left")
    for heading in ("score", a, b, "difference", "95 %", f"{a} higher"):
        table.add_column(Text(heading), justify="left" if heading == "score" else "right", overflow="fold")
    for key in KEYS:
        table.add_row(COLUMNS[key], *_cells(comparison.differences[key], sure=comparison.scenes > 1))
    return table


def _metric_table(comparison: MetricComparison) -> Table:
    a, b = one_line(comparison.a.label), one_line(comparison.b.label)
    paired = comparison.paired
    over = f"{comparison.mark}, paired over {counted(paired.scenes, 'scene')}"
    table = Table(title=Text(f"{a} − {b} on {one_line(comparison.benchmark)}: {over}"), title_justify="left")
    for heading in ("metric", a, b, "variance", "difference", "95 %", f"{a} higher"):
        table.add_column(Text(heading), justify="left" if heading == "metric" else "right", overflow="fold")
    for key, heading in METRICS.items():
        cells = _cells(paired.differences[key], sure=paired.scenes > 1, decimals=4)
        variance = "–" if paired.variance is None else f"{getattr(paired.variance, key):.4f}"
        table.add_row(heading, *cells[:2], variance, *cells[2:])
    return table


def _cells(found: Difference | None, *, sure: bool, decimals: int = 2) -> list[str]:
    """`sure` is whether resamples tell anything: over one scene all of them are the same."""
    if found is None:
        return ["–"] * 5
    means = [f"{found.a:.{decimals}f}", f"{found.b:.{decimals}f}", f"{found.difference:+.{decimals}f}"]
    if not sure:
        return [*means, "–", "–"]
    ties = f" ({100 * found.equal:.1f} % equal)" if found.equal else ""
    bounds = f"{found.low:+.{decimals}f} … {found.high:+.{decimals}f}"
    return [*means, bounds, f"{100 * found.a_higher:.1f} %{ties}"]


def comparison_notes(comparison: Comparison | MetricComparison, *, resamples: int, seed: int) -> list[str]:
    """How it was made, and what keeps the two from being comparable."""
    a, b = comparison.a, comparison.b
    runs = f"{a.label}: {_runs(a)}, {b.label}: {_runs(b)}"
    lines = [f"{resamples} resamples of scenes, seed {seed}; {runs}; the share is that of resamples"]
    told = [f"{made.width}×{made.height} at {made.fps} FPS" for made in (kind.first.scores.origin for kind in (a, b))]
    if told[0] != told[1]:
        lines.append(f"warning: {told[0]} against {told[1]}: size and rate change scores, whatever the model")
    if a.first.record.prompts != b.first.record.prompts:
        lines.append("warning: other prompts are another experiment")
    lines += _other_yardsticks(comparison) + _few_scenes(comparison)
    lines += [
        f"warning: {kind.label} sees take 2: a ceiling, no contestant" for kind in (a, b) if kind.first.record.oracle
    ]
    return lines


def _other_yardsticks(comparison: Comparison | MetricComparison) -> list[str]:
    """Scorer or truth that the two do not share."""
    a, b = comparison.a, comparison.b
    one, other = a.first.scores, b.first.scores
    lines = []
    if one.by_toolbox != other.by_toolbox:
        label = (a if one.by_toolbox else b).label
        lines.append(f"warning: {label} was scored by the official toolbox, the other by the built-in scorer")
    if isinstance(comparison, MetricComparison):
        same_truth = comparison.paired.same_truth  # what a partial run names is the truth of its own clips
    else:
        same_truth = one.origin.truth_sha256 == other.origin.truth_sha256
    if one.origin.fps == other.origin.fps and not same_truth:
        lines.append("warning: scored against different truth files: a scene of one name may not be the same")
    return lines


def _few_scenes(comparison: Comparison | MetricComparison) -> list[str]:
    """What it means that scenes are missing, or that there is but one."""
    lines = []
    if isinstance(comparison, MetricComparison):
        scenes = comparison.paired.scenes
        lines.append(f"{comparison.mark}: means over the clips that both have (IoU: higher is better; MSE: lower)")
    else:
        scenes = comparison.scenes
        most = max(len(kind.scenes[0].names) for kind in (comparison.a, comparison.b))
        if scenes < most:
            lines.append(f"warning: only {scenes} of {most} scenes are common: all numbers are over those")
    if scenes == 1:
        lines.append("warning: one scene says nothing of others: there is no interval")
    return lines


def _runs(kind: RunGroup) -> str:
    return "1 run" if len(kind.runs) == 1 else f"mean of {len(kind.runs)} runs"
