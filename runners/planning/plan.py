"""What a command would do, decided and checked before anything is loaded or paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters import Adapter
from runners.benchmarks.benchmark import Benchmark
from runners.clips.geometry import DEFAULT_FIT, FITS, Fit
from runners.clips.standardize import WHEN_SHORT, Output, WhenShort
from runners.core.errors import one_of
from runners.core.settings import GenerateSettings
from runners.dataset.scenarios import Scenario
from runners.planning.fingerprint import Fingerprint
from runners.planning.task import Task
from runners.prompts.prompts import PromptPlan
from runners.runs.journal import RunState
from runners.runs.run_folder import RunFolder, Shard


@dataclass(frozen=True)
class Plan:
    """A run as it is asked for; what is already there is folded in later, under the run's lock."""

    settings: GenerateSettings
    benchmark: Benchmark
    adapter: Adapter
    output: Output
    prompts: PromptPlan
    texts: dict[str, str | None]
    fingerprint: Fingerprint
    folder: RunFolder
    selected: list[Scenario]
    chosen: list[Scenario]
    """Of the selected scenarios, those of this shard."""
    shard: Shard | None
    keep_raw: bool
    negatives: Mapping[str, str | None] | None = None
    """The chosen clips' own negative prompts, where the prompts file has them; else the run's is every clip's."""
    source_run: RunState | None = None
    """The run whose raw clips are published again (`from_raw`)."""

    @property
    def name(self) -> str:
        """The run folder's name."""
        return self.folder.path.name

    @property
    def fit(self) -> Fit:
        """How conditioning meets the model's size. Raises UserError for a word that is none, as `short` does."""
        return one_of("model.fit", self.settings.model.fit or DEFAULT_FIT, FITS)

    @property
    def short(self) -> WhenShort:
        """What is done about a clip that is too short."""
        return one_of("model.short", self.settings.model.short, WHEN_SHORT)


@dataclass(frozen=True)
class Work:
    """The chosen scenarios of a plan by what is left to do about them."""

    tasks: list[Task]
    published: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
