"""The schema of the configuration: dataclasses with their defaults; the YAML files under conf/ hold the choices.

Each field's comment behind `doc=` is what `--help` prints. Nothing heavy may be imported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def setting(default: Any, doc: str) -> Any:
    """A field with its default and the line that `--help` prints for it."""
    if isinstance(default, list | dict):
        return field(default_factory=lambda: type(default)(default), metadata={"doc": doc})
    return field(default=default, metadata={"doc": doc})


@dataclass
class ModelSettings:
    """conf/model/<name>.yaml: the one place where a model is registered."""

    name: str = setting("", "its name in run folders and tables (default: that of its file)")
    adapter: Any = setting(None, "_target_ and arguments of the adapter; its own __init__ is the schema")
    fit: str | None = setting(
        None, "how conditioning meets the model's size, undone afterwards: stretch (default), pad or crop"
    )
    short: str = setting(
        "error", "a clip shorter than 5 s: roll_out (go on from its last frames), hold, hold_one (one frame) or error"
    )
    negative_prompt: str | None = setting(None, "sent with every prompt, if the model takes one")
    paid: bool = setting(False, "it costs money: raw clips are kept by default, and a run needs budget.max_usd")
    templates: Any = setting({}, "prompt templates that this model brings: name → text")
    facts: Any = setting({}, "what is known of it: licence, memory, page, against what it was checked (no setting)")
    card: Any = setting({}, "what a submission's card says of it: bon_sampling, parameters, model_source, provider …")


@dataclass
class BenchmarkSettings:
    """conf/benchmark/<name>.yaml."""

    name: str = setting("", "its name in run folders and tables (default: that of its file)")
    kind: str = setting("demo", "demo, original, verified or custom")
    folder: str | None = setting(None, "the data set's official folder name")
    root: str | None = setting(None, "the data set's folder (default: $PHYSICS_IQ_DATA, else the cache)")
    descriptions: str | None = setting(None, "descriptions CSV (default: descriptions.csv in the root)")
    fps: int = setting(30, "the rate of the truth that output=truth follows")
    expected: int | None = setting(None, "take-1 videos that the full set has")
    seed: int = setting(0, "demo: the seed it is drawn from")
    source: str | None = setting(None, "custom: the folder of your own videos")
    csv: str | None = setting(None, "custom: CSV of prompts, categories and second takes")
    origin: str | None = setting(None, "what runners.fetch downloads: gs://BUCKET or hf://datasets/OWNER/NAME")
    texts: str | None = setting(
        None, "where descriptions and prompts come from if origin has none: github://OWNER/NAME"
    )
    hint: str = setting("", "where to get the data set")


@dataclass
class PromptsSettings:
    """conf/prompts/<name>.yaml."""

    mode: str = setting("op", "op (the benchmark's own texts), bpp (best practice) or none")
    file: str | None = setting(None, "bpp: prompts as CSV, JSON or JSONL, with or without a negative_prompt for each")
    template: str | None = setting(None, "bpp: template over the fields of prompts.data")
    data: str | None = setting(None, "bpp: YAML of prompt fields per scene")
    hint: str = setting("", "bpp: where to get the file that a published recipe is made with")
    negative: str | None = setting(None, "negative prompt instead of the model's own and the file's")


@dataclass
class OutputSettings:
    """conf/output/<name>.yaml."""

    name: str = setting("standard", "standard (1280×720, 24 FPS), truth (as the benchmark) or native (as the model)")
    width: int | None = setting(None, "pixels per row, even")
    height: int | None = setting(None, "rows, even")
    fps: int | None = setting(None, "whole frames per second")
    sampling: str = setting("linear", "between two frames of another rate: linear (blend) or nearest")
    crf: int = setting(12, "x264 quality, 0 to 51; lower is better and larger")
    preset: str = setting("veryfast", "x264 preset")


@dataclass
class ScorerSettings:
    """conf/scorer/<name>.yaml."""

    name: str = setting("builtin", "builtin, official (the benchmark's own toolbox), both or none")
    workers: int = setting(0, "processes that score; 0 = one per core")
    cache: str | None = setting(
        None, "folder that keeps the truth's side between runs, or 'off' (default: user's cache)"
    )
    cache_gb: float = setting(12.0, "how large that folder may grow")
    masks: str = setting(
        "shipped", "the truth's masks: shipped (those of the data set, where it has any) or made (from its truth)"
    )
    path: str | None = setting(None, "official: checkout of the benchmark's repository")
    python: str | None = setting(None, "official: the interpreter that has what it needs (default: this one)")


@dataclass
class SelectSettings:
    """Which scenarios are made; never part of a run's identity."""

    ids: list[str] = setting([], "scenario ids, e.g. select.ids=[1,7] or [3-9]")
    views: list[str] = setting([], "left, center, right")
    categories: list[str] = setting([], "e.g. 'Fluid Dynamics'")
    limit: int | None = setting(None, "only the first so many")


@dataclass
class BudgetSettings:
    """What may be spent; never part of a run's identity."""

    max_usd: float | None = setting(None, "paid models: what this run may cost in all, over all its invocations")
    sweep_max_usd: float | None = setting(None, "paid models in a sweep: what all its runs may cost together")
    lock: str | None = setting(None, "file that all shards of a paid run lock, on a disk that they share")


@dataclass
class GenerateSettings:
    """conf/generate.yaml: one run of one model."""

    model: ModelSettings = field(default_factory=ModelSettings)
    benchmark: BenchmarkSettings = field(default_factory=BenchmarkSettings)
    prompts: PromptsSettings = field(default_factory=PromptsSettings)
    output: OutputSettings = field(default_factory=OutputSettings)
    scorer: ScorerSettings = field(default_factory=ScorerSettings)
    select: SelectSettings = field(default_factory=SelectSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    run: int = setting(1, "number of this independent run; part of every clip's seed")
    seed: int = setting(0, "base seed")
    seeds: Any = setting(
        "derived",
        "derived (from seed, run and id), same (seed + run - 1 for all clips), or a list of which run n takes the n-th",
    )
    tag: str | None = setting(None, "names a variant of the run; sweeps add what they try out, as in fit=pad+seed=1")
    results: str = setting("results", "where run folders are made")
    shard: str | None = setting(None, "i/n: make only every n-th scenario, beside the other shards")
    plan: bool = setting(False, "say what would be done, check everything, load nothing")
    from_raw: str | None = setting(None, "publish from the raw clips of this run folder; loads no model")
    keep_raw: bool | None = setting(None, "keep what the model returned (default: only if it was paid for)")
    retry_refused: bool = setting(False, "try clips again that the model refused")
    attempts: int = setting(3, "tries per clip at a passing fault")
    max_failures: int | None = setting(None, "stop after so many failed clips in this invocation")
    early_stop: bool = setting(
        True, "stop if the first three clips all fail alike by the adapter's own fault, as others would; false: try all"
    )
    deadline_s: float | None = setting(
        None, "begin nothing new and wait for no service after so many seconds (exit code 3)"
    )
    concurrency: int | None = setting(None, "clips in the model at once (default: as the adapter says)")
    tracker: str = setting("none", "none, wandb, mlflow or trackio: where scores and a few clips are logged at the end")
    tracker_project: str = setting("physics-iq", "the tracker's project (MLflow: experiment)")
    progress: str = setting("auto", "auto, live or plain")


@dataclass
class ScoreSettings:
    """conf/score.yaml: score a folder of clips, or a run."""

    benchmark: BenchmarkSettings = field(default_factory=BenchmarkSettings)
    scorer: ScorerSettings = field(default_factory=ScorerSettings)
    prompts: PromptsSettings = field(default_factory=PromptsSettings)  # benchmarks choose for these two groups
    output: OutputSettings = field(default_factory=OutputSettings)
    results: str | None = setting(None, "folder with all runs: score those that are complete, and print a leaderboard")
    compare: list[str] = setting(
        [], "with results: two models, e.g. [svd,freeze]: their difference with its confidence"
    )
    published: bool = setting(False, "with results: show published values beside, marked as such")
    resamples: int = setting(2000, "bootstrap samples over scenes behind each confidence interval")
    seed: int = setting(0, "seed of the bootstrap")
    videos: str | None = setting(None, "folder of clips, e.g. results/demo/freeze-op-run_01/videos")
    scores: str | None = setting(None, "where scores.json and metrics.csv go (default: scores beside videos)")
    progress: str = setting("auto", "auto, live or plain")


@dataclass
class PageSettings:
    """What a report holds beside its numbers."""

    media: str = setting(
        "preview",
        "clips: preview (small ones), link (those, and the runs' own where they lie) or copy (into the report)",
    )
    truth: str = setting(
        "link", "what really happened: link (your data set's files where they lie), copy (into the report) or none"
    )
    figures: bool = setting(False, "figures beside the page, as SVG, PNG and PDF with their data as CSV")


@dataclass
class ReportSettings:
    """conf/report.yaml: all runs below a folder, to be seen."""

    report: PageSettings = field(default_factory=PageSettings)
    benchmark: BenchmarkSettings = field(default_factory=BenchmarkSettings)
    scorer: ScorerSettings = field(default_factory=ScorerSettings)
    prompts: PromptsSettings = field(default_factory=PromptsSettings)  # benchmarks choose for these two groups
    output: OutputSettings = field(default_factory=OutputSettings)
    results: str = setting("results", "folder with all runs")
    out: str | None = setting(None, "folder that is made, index.html first (default: report, in the results folder)")
    figures: str | None = setting(None, "only: the figures without the page")
    paper: bool = setting(False, "also tables (LaTeX) and figures with captions that say what was run")
    filmstrips: list[str] = setting([], "figures: scenarios to show as filmstrips, e.g. [1,7] (empty: best and worst)")
    realism: str | None = setting(None, "CSV with the columns model and realism (0 to 1), for the figure of both")
    watch: bool = setting(False, "keep the page current while runs go on, on a server of this machine alone")
    show: str | None = setting(None, "print one scenario's scores and paths, e.g. show=0007")
    hub: str | None = setting(None, "make a folder in which the clips can be shared on Hugging Face")
    tracker: str = setting("none", "none, wandb, mlflow or trackio: where scores and a few clips are logged")
    tracker_project: str = setting("physics-iq", "the tracker's project (MLflow: experiment)")
    published: bool = setting(True, "show published values beside, marked as such")
    resamples: int = setting(2000, "bootstrap samples over scenes behind each confidence interval")
    seed: int = setting(0, "seed of the bootstrap")
    progress: str = setting("auto", "auto, live or plain")


@dataclass
class FetchSettings:
    """conf/fetch.yaml: download, make or cut a data set."""

    benchmark: BenchmarkSettings = field(default_factory=BenchmarkSettings)
    prompts: PromptsSettings = field(default_factory=PromptsSettings)  # benchmarks choose for these two groups
    output: OutputSettings = field(default_factory=OutputSettings)
    fps: int | None = setting(None, "demo: also at this rate; custom: the data set's rate; else the truth's rate (30)")
    purpose: str = setting("all", "generate, score or all: only what that needs is downloaded")
    plan: bool = setting(False, "say what would be downloaded, and how large it is; download nothing")
    connections: int = setting(8, "files that are downloaded at once")
    progress: str = setting("auto", "auto, live or plain")


@dataclass
class JobsSettings:
    """conf/jobs.yaml: the paid jobs of run folders."""

    action: str = setting("list", "list, adopt or abandon; may stand first, without action=")
    results: str = setting("results", "the folder with all runs, where no run is named")
    run: str | None = setting(None, "one run's folder")
    clip: list[str] | None = setting(None, "a clip's scenario id, or a list of them: clip=[0001,0007]; needs run")
    state: str | None = setting(
        None,
        "list, abandon: only jobs that are ambiguous, running, done (not fetched), gone (their videos are) or fetched; "
        "abandon without one clip= means ambiguous",
    )
    job: str | None = setting(None, "adopt: the job's id at the service")
    from_file: str | None = setting(
        None, "adopt: CSV with the columns run, clip and job, for many at once; may be typed from=FILE.csv"
    )
    export: str | None = setting(
        None, "list: write the ambiguous requests to this new CSV, in which you fill in the job column for adopt"
    )
    all: bool = setting(False, "list: also jobs that came to an end")
    accept_double_charge: bool = setting(False, "abandon: yes, what is given up may be paid for twice")
    most_usd: float | None = setting(None, "abandon: do nothing if what would be given up may have cost more than this")


@dataclass
class DoctorSettings:
    """conf/doctor.yaml: whether a model can work here, and what of a data set is there."""

    model: ModelSettings = field(default_factory=ModelSettings)
    benchmark: BenchmarkSettings = field(default_factory=BenchmarkSettings)
    prompts: PromptsSettings = field(default_factory=PromptsSettings)  # benchmarks choose for these two groups
    output: OutputSettings = field(default_factory=OutputSettings)
    deep: bool = setting(False, "data: decode every video to its end (hours for a whole set), not only its first frame")
    progress: str = setting("auto", "auto, live or plain")


@dataclass
class SubmitSettings:
    """conf/submit.yaml: a submission to the Verified leaderboard, from manifests and scores alone."""

    runs: list[str] = setting([], "run folders of one model and prompt setting, e.g. [results/verified/svd-bpp-run_*]")
    out: str | None = setting(None, "folder that is made for the submission")
    card: str | None = setting(None, "YAML with what only you can know or sign: public_info, terms, warranties …")
    check_only: bool = setting(
        False, "check the runs, or any folders of clips, against the leaderboard's rules; write nothing"
    )
    benchmark: BenchmarkSettings = field(default_factory=BenchmarkSettings)
    prompts: PromptsSettings = field(default_factory=PromptsSettings)  # benchmarks choose for these two groups
    output: OutputSettings = field(default_factory=OutputSettings)


@dataclass
class ModelsSettings:
    """What `runners.models` shows; it composes nothing, so these are all its words."""

    name: str | None = setting(None, "all that is known of this one model, with its published scores")
    mode: str | None = setting(None, "i2v or multiframe")
    max_usd: float | None = setting(None, "services: what the benchmark's 198 clips may cost, one job each")
    max_gb: float | None = setting(None, "open weights: the GPU memory in GB that there is")
    licence: str | None = setting(None, "part of its licence's name, e.g. Apache")
    ready: bool = setting(False, "only models that lack nothing on this machine")
    format: str = setting("table", "table, json or md")
