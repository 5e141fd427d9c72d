"""The runs of a submission: what each folder is, and whether together they are independent runs of one setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from runners.core.errors import UserError, first_of
from runners.core.files import sha256_file, shown
from runners.dataset.layout import Item, scenario_name
from runners.planning.fingerprint import differences
from runners.reporting.leaderboard import ScoredRun
from runners.runs.run_finder import check_folder, find_run_folders
from runners.runs.run_record import RunRecord, read_record
from runners.runs.twins import twins_between, twins_within
from runners.scoring.stored import read_scores
from runners.submission.card import prompts_record
from runners.submission.fields import ALLOWED, SCORE_KEYS
from runners.submission.rules import RUNS

Description = tuple[str, str, str, str]
"""A row of descriptions.csv: scenario, description, category, generated_video_name."""


@dataclass(frozen=True)
class Submitted:
    """One folder: its clips, and where it is a run of the harness, its manifest and scores."""

    videos: Path
    label: str
    record: RunRecord | None = None
    scored: ScoredRun | None = None
    unscored: str | None = None
    """Why there are no scores, where there are none."""

    @property
    def folder_name(self) -> str:
        """`<model>-<op|bpp>-run_<NN>`, the name under which it is submitted."""
        record = self.record
        return self.label if record is None else f"{record.model}-{record.prompts}-run_{record.number:02d}"


def find_runs(texts: Sequence[str]) -> list[Submitted]:
    """The runs that paths or patterns (`svd-bpp-run_*`) name. Raises UserError."""
    found = []
    for text in texts:
        paths = _fitting(text)
        if not paths:
            raise UserError(f"runs: nothing is there that fits {text!r}")
        found += [find_run(run) for each in paths for run in _runs_below(each)]
    if len({run.videos for run in found}) < len(found):
        raise UserError("runs: a folder is named twice")
    return found


def _fitting(text: str) -> list[Path]:
    try:
        path = Path(text).expanduser().absolute()
        pattern = not path.exists() and set(path.name) & set("*?[")
        return sorted(path.parent.glob(path.name)) if pattern else [path]
    except (OSError, RuntimeError, ValueError) as error:  # too long, nobody's home, no pattern
        raise UserError(f"runs: {text!r} is neither a path nor a pattern of names ({error})") from None


def _runs_below(path: Path) -> list[Path]:
    """The runs in a folder of runs, however deep; any other folder as it is."""
    check_folder(path)
    try:
        clips = path.name == "videos" or (path / "videos").is_dir() or any(path.glob("*.mp4"))
    except OSError as error:
        raise UserError(f"runs: {shown(path)} cannot be looked into ({error.strerror})") from None
    return [path] if clips else find_run_folders(path) or [path]


def find_run(path: Path) -> Submitted:
    """The run that a path names: a run folder, its videos, or any folder of clips or of `videos`. Raises UserError."""
    root = path.parent if path.name == "videos" and (path.parent / "manifest.json").exists() else path
    record = read_record(root)
    if record is None:
        inside = (path / "videos").is_dir() and not any(path.glob("*.mp4"))
        clips = path / "videos" if inside else path
        return Submitted(clips, f"{clips.parent.name}/{clips.name}" if clips.name == "videos" else clips.name)
    if not record.complete:
        return Submitted(record.folder.videos, record.name, record, unscored="it is incomplete")
    try:
        scores = read_scores(record.folder.scores)
    except UserError as error:
        return Submitted(record.folder.videos, record.name, record, unscored=str(error))
    if not scores.complete or any(scores.marks.score(name) is None for name in SCORE_KEYS.values()):
        why = f"its scores are over {scores.clips} of {scores.expected} clips, or without second takes"
        return Submitted(record.folder.videos, record.name, record, unscored=why)
    return Submitted(record.folder.videos, record.name, record, ScoredRun(record, scores))


def run_breaches(run: Submitted, expected: int | None) -> list[str]:
    """What keeps a run of the harness from being submitted, beside the rules for its clips.

    `expected` is how many clips the leaderboard wants, whatever the run itself was told to expect.
    """
    record = run.record
    assert record is not None
    found = []
    if record.kind != "verified":
        found.append(f"{run.label}: is over the benchmark {record.benchmark}, and not over Physics-IQ Verified")
    if expected is not None and record.manifest.expected != expected:
        found.append(f"{run.label}: is over {record.manifest.expected} clips, and the leaderboard wants {expected}")
    if record.oracle:
        found.append(f"{run.label}: its model saw take 2: a ceiling is no submission")
    if record.prompts not in ALLOWED["descriptions"]:
        found.append(f"{run.label}: was made with prompts={record.prompts}; the leaderboard knows op and bpp")
    if record.refused:
        found.append(f"{run.label}: its model refused {first_of(record.refused)}")
    if run.scored is None and record.complete:
        found.append(f"{run.label}: is not scored ({run.unscored}); python -m runners.score results=… does it")
    changed = {} if run.scored is None else _changed(run.scored)
    return found + [f"{run.label}/{name}: {why}" for name, why in changed.items()]


def _changed(run: ScoredRun) -> dict[str, str]:
    """Clips that are not those of the manifest, or not those that were scored."""
    scored = run.scores.hashes
    changed = {}
    for name, sha256 in run.record.hashes.items():
        path = run.record.folder.videos / name
        if not path.is_file():
            continue  # told as missing
        now = sha256_file(path)
        if now != sha256:
            changed[name] = "is not the clip that the run published"
        elif now != scored.get(name):
            changed[name] = "was changed after it was scored; score the run again"
    return changed


def common_breaches(runs: Sequence[Submitted]) -> list[str]:
    """Where the runs are not repetitions of each other, or cannot stand beside each other."""
    names = [run.folder_name for run in runs if run.record is not None]
    found = [f"two runs are named {name}; each run has its own number" for name in {*names} if names.count(name) > 1]
    scored = [run for run in runs if run.scored is not None]
    for other in scored[1:]:
        assert scored[0].scored is not None
        assert other.scored is not None
        found += [
            f"{other.label}: is of another setting than {scored[0].label}: {difference}"
            for difference in differences(scored[0].scored.facts(), other.scored.facts())
        ]
    upsampling = [prompts_record(run.record).get("upsampling") for run in runs if run.record]
    if any(made != upsampling[0] for made in upsampling):
        found.append("the runs' prompts files declare different upsampling")
    return found


def warnings(runs: Sequence[Submitted]) -> list[str]:
    """What the leaderboard allows, and what a submitter should know before signing."""
    found = []
    if len(runs) != RUNS:
        found.append(
            f"runs: {len(runs)}; the leaderboard asks for {RUNS} of whoever claims the best score (run=1,2,3,4)"
        )
    records = [run.record for run in runs if run.record is not None]
    for a, b in combinations(records, 2):
        if a.hashes and a.hashes == b.hashes:
            found.append(f"{a.name} and {b.name} are the same, clip by clip: they are no independent runs")
    found += twins_between([(record.name, record.clips) for record in records])
    for record in records:
        twins = twins_within(record.clips)
        found += [f"{record.name}: {line}" for line in twins]
        made = record.generations
        reworded = [each for each in made if each.prompt_given and each.prompt != each.prompt_given]
        if reworded:
            found.append(
                f"{record.name}: {len(reworded)} prompts were reworded on their way to the model; "
                "say so under prompt_upsampling"
            )
        if made and not any(each.prompt_given for each in made):
            found.append(f"{record.name}: the model read no text, so descriptions.csv holds none")
        found += [f"{record.name}: {line}" for line in record.manifest.warnings or () if line not in twins]
        found += [f"{record.name}: {record.newer}"] if record.newer else []
    if any(run.scored and run.scored.scores.origin.truth_resampled for run in runs):
        found.append("the truth was resampled to the clips' rate, so the leaderboard may come to other scores")
    return found


def descriptions_of(run: Submitted) -> list[Description]:
    """The texts that a scored run's model was really given, as rows of a descriptions file."""
    assert run.scored is not None
    scenes = {clip.id: clip.scene for clip in run.scored.scores.per_clip}
    return [
        (
            scenario_name(Item(clip_id, clip.view, 1, scenes[clip_id])),
            clip.generation.prompt_given or "",
            clip.category,
            clip.name,
        )
        for clip_id, clip in run.scored.record.clips.items()
        if clip_id in scenes and clip.published is not None
    ]
