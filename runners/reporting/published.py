"""Scores that others published, to be shown beside one's own: each with where it stands, and since when.

None of them was made here, and most not at one size and rate: they are for orientation. "Collected" is the list that
the benchmark's own repository keeps (github.com/google-deepmind/physics-IQ-benchmark, README, looked up 2026-11-25);
`source` is what it names as the report behind an entry, `date` the day on which it added it. All of its rows are here,
in `ORIGINAL` and `VERIFIED`; what was only proposed to it, or stands elsewhere, is in `BESIDE` and marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runners.reporting.leaderboard import LeaderboardRow, Mean, ranked
from runners.reporting.tables import COLUMNS
from runners.scoring.formulas import MetricValues
from runners.scoring.scores import ScoreName

Mark = Literal["best of N", "not merged", "published elsewhere", "third-party note", "one run"]
"""What must be known of a number: a verifier chose one of several clips per scenario; it was proposed to the list and
is not on it; it stands in a report alone; only others mention it; it is of a single run where the list has several."""


@dataclass(frozen=True)
class PublishedScore:
    """One published score, 0 to 100; `std` over `runs` runs; `means` are data-set means where they were printed."""

    model: str
    mode: str
    """i2v or multiframe."""
    score: float
    source: str
    date: str
    std: float | None = None
    """The sample standard deviation over runs; a ± of another kind stands in `source`."""
    runs: int = 1
    prompts: str = ""
    means: MetricValues | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def title(self) -> str:
        """The model with its marks and mode, as tables show it."""
        return f"{', '.join([self.model, *self.marks])} ({self.mode})"


_V1 = "arXiv 2501.09038v1, Table 1"
_PAPER = "arXiv 2501.09038"
_VERIFIED = "arXiv 2606.18943"
_COSMOS = "Cosmos3 technical report"
_ISSUES = "github.com/google-deepmind/physics-IQ-benchmark"
_GEOPHYS = "christianinterno.github.io/GeoPhys"
_WMREWARD = "arXiv 2601.10553"


def _row(model: str, mode: str, means: tuple[float, float, float, float], score: float) -> PublishedScore:
    """A row of Table 1: SP, ST, WS, MSE, score."""
    return PublishedScore(model, mode, score, _V1, "2025-01-14", prompts="op", means=MetricValues(*means))


def _best_of_n(model: str, mode: str, score: float, source: str, date: str, prompts: str = "") -> PublishedScore:
    return PublishedScore(model, mode, score, source, date, prompts=prompts, marks=("best of N",))


def _four(model: str, score: float, std: float, source: str, date: str) -> PublishedScore:
    return PublishedScore(model, "i2v", score, source, date, std, 4, "bpp")


TABLE_1 = (
    _row("VideoPoet", "multiframe", (0.245, 0.143, 0.054, 0.010), 24.1),
    _row("Runway Gen 3", "i2v", (0.220, 0.109, 0.044, 0.015), 18.4),
    _row("Lumiere", "multiframe", (0.170, 0.146, 0.034, 0.013), 18.2),
    _row("VideoPoet", "i2v", (0.175, 0.106, 0.057, 0.012), 18.0),
    _row("Lumiere", "i2v", (0.138, 0.165, 0.024, 0.016), 17.1),
    _row("Stable Video Diffusion", "i2v", (0.139, 0.054, 0.088, 0.021), 13.5),
    _row("Pika 1.0", "i2v", (0.151, 0.034, 0.026, 0.014), 9.5),
    _row("Sora", "i2v", (0.142, 0.041, 0.055, 0.036), 8.7),
)
"""The paper's first version. Its tool was mended later: the same models' later scores are in `ORIGINAL`."""

ORIGINAL = (
    PublishedScore("VideoPoet", "multiframe", 29.5, _PAPER, "2025-02-19"),
    PublishedScore("Lumiere", "multiframe", 23.0, _PAPER, "2025-02-19"),
    PublishedScore("Runway Gen 3", "i2v", 22.8, _PAPER, "2025-02-19"),
    PublishedScore("VideoPoet", "i2v", 20.3, _PAPER, "2025-02-19"),
    PublishedScore("Lumiere", "i2v", 19.0, _PAPER, "2025-02-19"),
    PublishedScore("Stable Video Diffusion", "i2v", 14.8, _PAPER, "2025-02-19"),
    PublishedScore("Pika", "i2v", 13.0, _PAPER, "2025-02-19"),
    PublishedScore("Sora", "i2v", 10.0, _PAPER, "2025-02-19"),
    PublishedScore("CogVideoX-5B", "i2v", 32.3, "github.com/ved015/CogVideoX-5b-Physics_iq_benchmarking", "2026-01-06"),
    PublishedScore("Wan 2.2", "i2v", 38.3, _WMREWARD, "2026-04-01"),
    PublishedScore("Sora 2", "i2v", 42.3, _WMREWARD, "2026-04-01"),
    PublishedScore("Magi-1", "i2v", 30.2, "arXiv 2505.13211", "2025-04-21"),
    PublishedScore("Magi-1", "multiframe", 56.0, "arXiv 2505.13211", "2025-04-21"),
    PublishedScore("Cosmos3-Nano", "i2v", 40.2, _COSMOS, "2026-05-26"),
    PublishedScore("Cosmos3-Nano", "multiframe", 50.2, _COSMOS, "2026-05-26"),
    PublishedScore("Cosmos3-Super", "i2v", 43.8, _COSMOS, "2026-05-26"),
    PublishedScore("Cosmos3-Super", "multiframe", 59.7, _COSMOS, "2026-05-26"),
    PublishedScore("Cosmos3-Edge", "i2v", 34.1, f"{_ISSUES}/issues/76", "2026-08-31"),
    PublishedScore("Video-GPT", "multiframe", 35.0, "arXiv 2505.12489", "2025-05-22"),
    _best_of_n("Magi-1 + GeoPhys", "multiframe", 64.5, _GEOPHYS, "2026-06-17"),
    _best_of_n("Cosmos3-Super + WMReward", "multiframe", 63.4, _COSMOS, "2026-05-26"),
    _best_of_n("Magi-1 + WMReward", "multiframe", 62.6, _WMREWARD, "2025-10-28"),
    _best_of_n("Cosmos3-Nano + WMReward", "multiframe", 57.7, _COSMOS, "2026-05-26"),
    _best_of_n("Cosmos3-Super + WMReward", "i2v", 48.9, _COSMOS, "2026-05-26"),
    _best_of_n("Sora 2 + WMReward", "i2v", 46.4, _WMREWARD, "2026-04-01"),
    _best_of_n("Wan 2.2 + WMReward", "i2v", 44.4, _WMREWARD, "2026-04-01"),
    _best_of_n("Cosmos3-Nano + WMReward", "i2v", 43.8, _COSMOS, "2026-05-26"),
    _best_of_n("Magi-1 + GeoPhys", "i2v", 38.6, _GEOPHYS, "2026-06-17"),
    _best_of_n("Magi-1 + WMReward", "i2v", 36.9, _WMREWARD, "2025-10-28"),
    _best_of_n("CogVideoX-5B + GeoPhys", "i2v", 34.1, _GEOPHYS, "2026-06-17"),
    _best_of_n("Wan 2.1 14B + GeoPhys", "i2v", 34.0, _GEOPHYS, "2026-06-17"),
    _best_of_n("Magi-1 4.5B + GeoPhys", "i2v", 34.0, _GEOPHYS, "2026-06-17"),
)
"""Scores on the original benchmark, by its own formula."""

VERIFIED = (
    PublishedScore("Magi-1 24B", "multiframe", 48.4, _GEOPHYS, "2026-06-19", 1.1, 16, "op"),
    _four("Cosmos3-Super-I2V", 42.7, 0.8, f"{_ISSUES}/issues/75", "2026-09-04"),
    _four("MiniMax H3", 39.8, 0.4, f"{_ISSUES}/pull/80", "2026-08-24"),
    _four("Cosmos3-Nano", 37.3, 0.9, f"{_ISSUES}/issues/75", "2026-09-04"),
    _four("MiniMax H3 Max", 36.2, 0.7, f"{_ISSUES}/pull/80", "2026-08-27"),
    _four("Grok Imagine Video", 34.8, 0.6, _VERIFIED, "2026-06-17"),
    _four("HunyuanVideo 1.5", 33.4, 0.8, _VERIFIED, "2026-06-17"),
    _four("Cosmos3-Edge", 32.7, 1.1, f"{_ISSUES}/issues/76", "2026-08-31"),
    _four("Wan 2.2", 32.2, 0.6, _VERIFIED, "2026-06-17"),
    _four("CogVideoX-5B", 31.8, 1.5, f"{_ISSUES}/pull/80", "2026-08-18"),
    _four(
        "Kandinsky-WM 1.0", 30.8, 0.9, "huggingface.co/datasets/Messimm/Kandinsky-WM-1.0-Physics-IQ-Verified",
        "2026-08-04",
    ),
    PublishedScore("Magi-1 24B", "i2v", 30.2, _GEOPHYS, "2026-06-19", 1.1, 16, "op"),
    _four("Wan 2.2 5B", 27.7, 0.9, f"{_ISSUES}/pull/80", "2026-08-18"),
    _four("Sora 2", 26.5, 0.8, _VERIFIED, "2026-06-17"),
    _four("P-Video", 25.3, 1.8, _VERIFIED, "2026-06-17"),
    _best_of_n(
        "Magi-1 24B + GeoPhys", "multiframe", 58.2, f"{_GEOPHYS}, ± 1.8 (standard error over scenarios)", "2026-06-19",
        "op",
    ),
    _best_of_n(
        "Magi-1 24B + GeoPhys", "i2v", 33.7, f"{_GEOPHYS}, ± 1.4 (standard error over scenarios)", "2026-06-19", "op",
    ),
)  # fmt: skip
"""Scores on Physics-IQ Verified: mean ± sample standard deviation of four runs, of Magi-1 of 16 (pull request 62)."""

_ISOQUANT = f"github.com/isoquant-ai/research, physics-iq/README.md; {_ISSUES}/pull/79"
_MAGI = "github.com/SandAI-org/MAGI-1, README"

BESIDE: dict[ScoreName, tuple[PublishedScore, ...]] = {
    "verified": (
        PublishedScore("Seedance 2.5 + Isoquant", "multiframe", 57.1, _ISOQUANT, "2026-09-03", 0.8, 4, "bpp",
            marks=("not merged",)),
        PublishedScore("Atom Harness (Seedance 2.5)", "multiframe", 56.6, f"{_ISSUES}/pull/70", "2026-08-20",
            prompts="bpp", marks=("not merged", "one run")),
        PublishedScore("Seedance 2.5 + Isoquant", "i2v", 53.7, _ISOQUANT, "2026-09-03", 0.9, 4, "bpp",
            marks=("not merged",)),
        PublishedScore("Atom 1 (MiniMax H3 + LoRA)", "i2v", 47.1,
            f"{_ISSUES}/pull/72, scored by its authors' own program", "2026-08-28", 1.3, 4, "bpp",
            marks=("not merged",)),
        PublishedScore("StrucPhysVideo (Awomo-v0.1)", "i2v", 45.1, f"{_ISSUES}/pull/68; arXiv 2609.18430", "2026-08-07",
            0.6, 4, marks=("not merged",)),
        PublishedScore("PhiZero", "i2v", 41.2, "notes of others; no report was found", "2026-11-27",
            marks=("third-party note",)),
        PublishedScore("LingBot-Video", "i2v", 40.4,
            "its report, by a note of others (github.com/robbyant/lingbot-video)", "2026-11-27",
            marks=("third-party note",)),
    ),
    "original": (
        PublishedScore("Atom Harness (Seedance 2.5)", "multiframe", 62.6, f"{_ISSUES}/pull/70", "2026-08-20",
            prompts="bpp", marks=("not merged", "one run")),
        PublishedScore("Magi-1 4.5B", "multiframe", 42.4, _MAGI, "2025-04-21", marks=("published elsewhere",)),
        PublishedScore("Kling 1.6", "i2v", 23.6, f"{_MAGI} (measured by Magi-1's authors)", "2025-04-21",
            marks=("published elsewhere",)),
        PublishedScore("Wan 2.1", "i2v", 20.9, f"{_MAGI} (measured by Magi-1's authors)", "2025-04-21",
            marks=("published elsewhere",)),
    ),
}  # fmt: skip
"""What is not on the benchmark's own list; `date` is the day of the pull request, or on which a note was read."""

BY_BENCHMARK: dict[ScoreName, tuple[PublishedScore, ...]] = {
    "verified": (*VERIFIED, *BESIDE["verified"]),
    "original": (*ORIGINAL, *BESIDE["original"], *TABLE_1),
}
"""What is shown under which kind of benchmark."""


def published_rows() -> list[LeaderboardRow]:
    """The published values as rows: under the benchmark they belong to, with their source and date."""
    return ranked([_published(kind, entry) for kind, entries in BY_BENCHMARK.items() for entry in entries])


def _published(kind: ScoreName, entry: PublishedScore) -> LeaderboardRow:
    scores: dict[ScoreName, Mean | None] = dict.fromkeys(COLUMNS)
    scores[kind] = Mean(entry.score, entry.std)
    return LeaderboardRow(
        benchmark=kind,
        kind=kind,
        model=entry.title,
        prompts=entry.prompts,
        runs=(),
        count=entry.runs,
        scores=scores,
        source=entry.source,
        date=entry.date,
    )
