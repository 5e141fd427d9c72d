"""Which text a model reads with each scenario: the benchmark's own (op), best practice (bpp), or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from runners.core.errors import UserError, first_of, one_of
from runners.core.files import sha256_file, sha256_json
from runners.dataset.layout import composed
from runners.dataset.scenarios import Scenario
from runners.prompts.prompt_data import read_data, read_sidecar
from runners.prompts.prompt_file import read_prompts
from runners.prompts.templates import choose_template, render

Mode = Literal["op", "bpp", "none"]
MODES: tuple[Mode, ...] = get_args(Mode)
BPP_FILE = Path("descriptions/best_practice/descriptions_base.csv")
"""Where the official repository keeps the best-practice prompts; looked for under the data set's root."""
DATA_FILE = Path("descriptions/data.yaml")
"""Where the official repository keeps the fields of the templates."""


@dataclass(frozen=True)
class PromptChoice:
    """What the user asked for. bpp: either `file`, or a `template` over `data`; None takes the defaults."""

    mode: str = "op"
    file: Path | None = None
    template: str | None = None
    data: Path | None = None
    hint: str = ""
    """Where to get the file that a recipe wants; with it, no other file is taken in its place."""


@dataclass(frozen=True)
class PromptPlan:
    """The prompts of a whole benchmark.

    `record` says in the manifest where they come from: mode, file and template with their hashes, and what the file
    declares of its making. `identity` is the part that decides whether two runs had the same prompts.
    """

    mode: str
    record: dict[str, Any]
    _texts: Mapping[str, str]
    _source: str
    negatives: Mapping[str, str] | None = None
    """A negative prompt for each text by its scenario's id, "" for none; None if the file has no such column."""

    @property
    def identity(self) -> dict[str, Any]:
        """For fingerprints: independent of where a file lies and of what it declares about itself."""
        template = {"template": self.record["template"]} if "template" in self.record else {}
        negatives = {} if self.negatives is None else {"negatives_sha256": sha256_json(dict(self.negatives))}
        return {"mode": self.mode, **template, "texts_sha256": sha256_json(dict(self._texts)), **negatives}

    def texts(self, scenarios: Iterable[Scenario]) -> dict[str, str | None]:
        """The text for each scenario's id, None in mode `none`; raises `UserError` naming those without one."""
        wanted = list(scenarios)
        if self.mode == "none":
            return {scenario.id: None for scenario in wanted}
        missing = [f"{scenario.id} ({scenario.item.scene})" for scenario in wanted if scenario.id not in self._texts]
        if missing:
            raise UserError(
                f"{self._source} lacks the prompts of {first_of(missing)} ({len(missing)} in all); add them"
            )
        return {scenario.id: self._texts[scenario.id] for scenario in wanted}


def plan_prompts(
    choice: PromptChoice, scenarios: Sequence[Scenario], root: Path, own_templates: Mapping[str, str] | None = None
) -> PromptPlan:
    """Read and check the prompts for all of a benchmark's scenarios (take-1, not only the selected ones).

    `own_templates` are the model's. Raises `UserError` for an unknown mode or template, settings that contradict each
    other, and a file that is missing, malformed, or names scenarios that the benchmark does not have.
    """
    one_of("prompts.mode", choice.mode, MODES, "mode")
    given = [name for name in ("file", "template", "data") if getattr(choice, name) is not None]
    if choice.mode != "bpp" and given:
        raise UserError(f"prompts.{given[0]} is only read with prompts=bpp; add that, or leave prompts.{given[0]} out")
    if choice.mode == "none":
        return PromptPlan("none", {"mode": "none"}, {}, "")
    if choice.mode == "op":
        texts = {scenario.id: scenario.prompt for scenario in scenarios}
        return PromptPlan("op", {"mode": "op", "texts_sha256": sha256_json(texts)}, texts, "the descriptions file")
    if choice.hint and not given and choice.mode == "bpp":
        raise UserError(f"the prompts of this recipe are a file of its authors, {choice.hint}: set prompts.file=FILE")
    if choice.template is None and choice.data is None:
        return _from_file(choice.file, scenarios, root)
    if choice.file is not None:
        raise UserError("prompts.file and prompts.template/prompts.data exclude each other; leave one out")
    return _from_template(choice, scenarios, root, own_templates or {})


def _from_file(file: Path | None, scenarios: Sequence[Scenario], root: Path) -> PromptPlan:
    path = file or root / BPP_FILE
    if file is None and not path.exists():
        raise UserError(
            f"prompts=bpp: {path} is not there; python -m runners.fetch gets it (or copy {BPP_FILE} there by hand), "
            "set prompts.file=FILE (CSV, JSON or JSONL), or use prompts=op"
        )
    texts = read_prompts(path, scenarios)
    record: dict[str, Any] = {
        "mode": "bpp",
        "file": path.name,
        "file_sha256": sha256_file(path),
        "upsampling": read_sidecar(path.with_name(path.name + ".yaml")),
    }
    if texts.negatives is not None:
        record["negative_prompts"] = sum(bool(text) for text in texts.negatives.values())
    return PromptPlan("bpp", record, texts.prompts, str(path), texts.negatives)


def _from_template(
    choice: PromptChoice, scenarios: Sequence[Scenario], root: Path, own_templates: Mapping[str, str]
) -> PromptPlan:
    name = choice.template or "base"
    template = choose_template(name, own_templates)
    path = choice.data or root / DATA_FILE
    if choice.data is None and not path.exists():
        raise UserError(
            f"prompts.template={name} needs the fields of the scenes: copy {DATA_FILE} of the official repository to "
            f"{path}, or set prompts.data=YAML"
        )
    data = read_data(path)
    texts = {
        scenario.id: render(template, data.scenes[composed(scenario.item.scene)])
        for scenario in scenarios
        if composed(scenario.item.scene) in data.scenes
    }
    record = {
        "mode": "bpp",
        "template": name,
        "template_sha256": sha256_json(template),
        "data": path.name,
        "data_sha256": sha256_file(path),
        "upsampling": data.upsampling,
    }
    return PromptPlan("bpp", record, texts, str(path))
