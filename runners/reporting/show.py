"""One scenario on a terminal: what it is, what every run made of it, and where all that lies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from runners.core.errors import UserError, nearest
from runners.core.files import sha256_file, shown
from runners.core.outcome import DONE, FAILED, Outcome
from runners.core.settings import ScoreSettings
from runners.core.shell import command_line, setting
from runners.core.terminal import draw, draws_pictures, make_console, show
from runners.dataset.scenarios import Scenario
from runners.reporting.leaderboard import one_line
from runners.reporting.partial_runs import metric_cells
from runners.reporting.run_benchmarks import Benchmarks
from runners.reporting.tables import COLUMNS
from runners.runs.manifest_records import ClipRecord
from runners.runs.run_finder import find_run_folders, left_out
from runners.runs.run_record import RunRecord, read_record
from runners.scoring.formulas import clip_score
from runners.scoring.memory import Memory
from runners.scoring.scores import ClipScore
from runners.scoring.stored import read_scores
from runners.scoring.truth import find_truth

if TYPE_CHECKING:
    from PIL.Image import Image

    from runners.benchmarks.benchmark import Benchmark

_MOMENTS = 6
"""Frames of a filmstrip, evenly over the five seconds."""
_FRAME_PX = (160, 90)
_COLUMNS = 100


@dataclass(frozen=True)
class ShownClip:
    """What became of the scenario in one run; `why` there is no clip or no score, `score` only of the file at `path`.

    `record` is None where the run never came to it.
    """

    run: RunRecord
    record: ClipRecord | None
    path: Path | None = None
    score: ClipScore | None = None
    why: str | None = None


def show_scenario(results: Path, wanted: str, settings: ScoreSettings, memory: Memory) -> Outcome:
    """Print a scenario of every benchmark that has it. Raises UserError for an id that none has.

    Nothing is scored, and only this scenario's own files are read.
    """
    records, told = _records(results)
    benchmarks = Benchmarks(settings, memory)
    known: set[str] = set()
    found = 0
    for name in dict.fromkeys(record.benchmark for record in records):
        here = [record for record in records if record.benchmark == name]
        data = _data(here, benchmarks)
        scenarios = {scenario.id: scenario for scenario in data.scenarios} if data is not None else {}
        ids = {*scenarios, *(clip_id for record in here for clip_id in record.clips)}
        known |= ids
        for clip_id in sorted(each for each in ids if _is_meant(wanted, each)):
            found += 1
            clips = [_clip(record, clip_id) for record in here]
            _print(name, clip_id, clips, data, scenarios.get(clip_id))
    if not found:
        raise UserError(f"show={wanted}: no benchmark below {shown(results)} has this scenario{nearest(wanted, known)}")
    place = setting("results", shown(results))
    lines = [*told, f"next: {command_line('report', place)}", f"      {command_line('score', place)}"]
    return Outcome(FAILED if any(line.startswith("error") for line in told) else DONE, shown(results), tuple(lines))


def _is_meant(wanted: str, clip_id: str) -> bool:
    """7 and 0007 are one id."""
    if wanted.isdecimal() and clip_id.isdecimal():
        return wanted.lstrip("0") == clip_id.lstrip("0")
    return wanted == clip_id


def _records(results: Path) -> tuple[list[RunRecord], list[str]]:
    """All runs that have a manifest, and lines about those that do not."""
    unread: list[Path] = []
    records, told = [], []
    for path in find_run_folders(results, unread):
        try:
            record = read_record(path)
        except UserError as error:
            told.append(f"error: {error}")
            continue
        if record is None:
            told.append(f"  {shown(path)} skipped: it has no manifest yet; go on with the command that made it")
        else:
            records.append(record)
    return records, [*told, *(f"warning: {line}" for line in left_out(unread))]


def _data(records: Sequence[RunRecord], benchmarks: Benchmarks) -> Benchmark | None:
    """The benchmark of some runs, None where its data is not at hand."""
    for record in records:
        try:
            return benchmarks.of(record)
        except UserError:
            continue
    return None


def _clip(run: RunRecord, clip_id: str) -> ShownClip:
    record = run.clips.get(clip_id)
    if record is None:
        return ShownClip(run, None, why="not made")
    if record.published is None:
        failed = record.failed
        return ShownClip(run, record, why="not made" if failed is None else f"{failed.kind}: {failed.reason}")
    path = run.folder.videos / record.name
    if not path.is_file():
        return ShownClip(run, record, why=f"its file is gone: {shown(path)}")
    if sha256_file(path) != record.published.sha256:
        return ShownClip(run, record, path, why="its file is not the one that the run published")
    try:
        scores = read_scores(run.folder.scores).per_clip
    except UserError:
        scores = ()
    score = next((each for each in scores if each.sha256 == record.published.sha256 and each.id == clip_id), None)
    return ShownClip(run, record, path, score, None if score is not None else "not scored")


def _print(
    benchmark: str, clip_id: str, clips: Sequence[ShownClip], data: Benchmark | None, scenario: Scenario | None
) -> None:
    made = next((clip.record for clip in clips if clip.record is not None), None)
    name = scenario.output_name if scenario is not None else made.name if made is not None else ""
    view = scenario.view if scenario is not None else made.view if made is not None else ""
    category = scenario.category if scenario is not None else made.category if made is not None else ""
    scene = re.sub(r"^\d+_perspective-[a-z]+_(trimmed-)?", "", name).removesuffix(".mp4")
    show(" · ".join(one_line(text) for text in (f"{benchmark} {clip_id}", scene, f"{view} view", category)))
    show(f"  file: {one_line(name)}")
    for line in _prompts(clips, scenario):
        show(f"  {line}")
    truth = _truth(data, scenario, clips)
    for what, path in truth.items():
        show(f"  {what}: {shown(path)}")
    if not truth:
        show("  truth: its data set is not at hand")
    scored = [clip for clip in clips if clip.score is not None]
    if scored:
        make_console(log_columns=_COLUMNS).print(_table(scored))
    for clip in clips:
        lies = [shown(clip.path)] if clip.path is not None else []
        show(f"  {clip.run.name}: {'; '.join(map(one_line, [*lies, *([clip.why] if clip.why else [])]))}")
    _draw({"take 1": truth["take 1"]} if "take 1" in truth else {}, clips)


def _prompts(clips: Sequence[ShownClip], scenario: Scenario | None) -> Iterator[str]:
    """The data set's own text, and what runs were given instead of it."""
    own = scenario.prompt if scenario is not None else None
    if own:
        yield f"prompt: {one_line(own)}"
    given: dict[tuple[str | None, str | None], list[str]] = {}
    for clip in clips:
        if clip.record is not None and clip.record.published is not None:
            made = clip.record.generation
            text = made.prompt if made.prompt is not None else made.prompt_given
            given.setdefault((text, made.negative_prompt), []).append(clip.run.name)
    for (text, negative), names in given.items():
        if (text, negative) != (own, None):
            without = f", negative: {one_line(negative)}" if negative else ""
            yield f"prompt of {', '.join(names)}: {one_line(text) if text else 'none'}{without}"


def _truth(data: Benchmark | None, scenario: Scenario | None, clips: Iterable[ShownClip]) -> Mapping[str, Path]:
    """Where what really happened lies, at the rate of the clips, by what it is."""
    if data is None or scenario is None:
        return {}
    rates = data.dataset.rates("testing")
    if not rates:
        return {}
    rate = next((fps for clip in clips if (fps := _fps(clip.run)) in rates), rates[0])
    try:
        source = find_truth(data.dataset, [scenario], rate)[0]
    except UserError:
        return {}
    found = {f"take {k}": path for k, path in enumerate(source.takes, 1)}
    found |= {f"mask of take {k}": path for k, path in enumerate(source.masks, 1) if path is not None}
    conditioning = next(
        (path for fps in data.dataset.rates("conditioning")
         if (path := data.dataset.find("conditioning", scenario.item, fps))), None,
    )  # fmt: skip
    switch = data.dataset.find("switch", scenario.item, rate)
    beside = {"conditioning": conditioning, "switch frame": switch}
    return found | {what: path for what, path in beside.items() if path is not None}


def _fps(run: RunRecord) -> object:
    """The rate of a run's clips, None where its manifest does not say."""
    publication = run.manifest.fingerprint.get("publication")
    output = publication.get("output") if isinstance(publication, dict) else None
    return output.get("fps") if isinstance(output, dict) else None


def _table(clips: Sequence[ShownClip]) -> Table:
    """A line with the clip's score in percent and its parts, a line with its metrics for each run."""
    title = "This clip alone, in percent of what take 2 reaches"
    table = Table(title=title, title_justify="left")
    table.add_column("run", overflow="fold")
    for heading in [COLUMNS["verified"], *list(COLUMNS.values())[2:]]:
        table.add_column(heading, justify="right", no_wrap=True)
    variances = {clip.run.name: clip.score.variance for clip in clips if clip.score is not None}
    for clip in clips:
        assert clip.score is not None, "a table is of clips that have scores"
        ratios = clip.score.ratios
        values = [] if ratios is None else [clip_score(ratios), ratios.spatial, ratios.spatiotemporal]
        values += [] if ratios is None else [ratios.weighted_spatial, ratios.mse]
        percent = [f"{100 * value:.2f}" for value in values] or ["–"] * 5
        table.add_row(Text(one_line(clip.run.name)), *percent)
        table.add_row("  metrics", "", *metric_cells(clip.score.metrics))
    known = dict.fromkeys(value for value in variances.values() if value is not None)
    for variance in known:
        over = [name for name, value in variances.items() if value == variance]
        which = "physical variance" + (f" ({', '.join(over)})" if len(known) > 1 else "")
        table.add_row(Text(which), "", *metric_cells(variance), style="dim")
    return table


def _draw(truth: Mapping[str, Path], clips: Sequence[ShownClip]) -> None:
    """A strip of frames of the truth and of each clip, where the terminal draws pictures; else nothing."""
    paths = {**truth, **{clip.run.name: clip.path for clip in clips if clip.path is not None}}
    if not draws_pictures():
        return
    from adapters import BadVideo

    for name, path in paths.items():
        try:
            strip = _strip(path)
        except (BadVideo, OSError) as error:
            show(f"{one_line(name)}: {error}")
        else:
            show(one_line(name))
            draw(strip)


def _strip(path: Path) -> Image:
    """Moments of a clip side by side. Raises BadVideo."""
    from PIL import Image as Pictures

    from adapters import probe, read_frames

    count = probe(path).frames
    wanted = sorted({round(k * (count - 1) / (_MOMENTS - 1)) for k in range(_MOMENTS)})
    picture = Pictures.new("RGB", (_FRAME_PX[0] * len(wanted), _FRAME_PX[1]))
    for k, frame in enumerate(read_frames(path, size=_FRAME_PX, only=wanted)):
        picture.paste(Pictures.fromarray(frame), (_FRAME_PX[0] * k, 0))
    return picture
