"""The table of adapters/local/README.md, from the YAMLs: `python -m tests.tools.local_table` writes it anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters import frames_for
from adapters.local.diffusers import Diffusers
from runners.catalogue.facts import Facts, facts_of
from runners.cli.choices import options
from runners.cli.making import instantiate_adapter
from runners.core.settings import ModelSettings
from tests.local.whole_run import tiny_models
from tests.test_conf import CONF, composed

README = CONF.parent / "adapters/local/README.md"
BEGIN, END = "<!-- local models -->\n", "<!-- /local models -->\n"
_COLUMNS = (
    "model", "pipeline", "size, rate", "is shown", "frames asked → returned", "what was run", "licence", "gated",
    "memory that was published", "checked against",
)  # fmt: skip
_HEAD = f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}\n"
_RUN = "tiny weights, whole main job twice, same bytes"
_GATED = {True: "yes", False: "no", None: "?"}


def models() -> dict[str, tuple[ModelSettings, Diffusers]]:
    """All models that this adapter runs, image to video first."""
    found = {}
    for name in sorted(options("model", [CONF])):
        model = composed("generate", f"model={name}").model
        if model.adapter["_target_"].endswith(".Diffusers"):
            adapter = instantiate_adapter(model.adapter)
            assert isinstance(adapter, Diffusers)
            found[name] = model, adapter
    return dict(sorted(found.items(), key=lambda item: item[1][1].needs.mode != "i2v"))


def twins(found: Mapping[str, tuple[ModelSettings, Diffusers]]) -> dict[str, str | None]:
    """Each model's own name if there are tiny weights of it, else that of one with its class and mode."""
    tiny = tiny_models()
    by_class: dict[tuple[str, str], str] = {}
    kinds = {name: (model.adapter["pipeline"], adapter.needs.mode) for name, (model, adapter) in found.items()}
    for name in found:
        if name in tiny:
            by_class.setdefault(kinds[name], name)
    return {name: name if name in tiny else by_class.get(kinds[name]) for name in found}


def row(name: str, model: ModelSettings, adapter: Diffusers, twin: str | None) -> str:
    """One model's line."""
    needs, rule, facts = adapter.needs, adapter.rule, facts_of(model.facts, name)
    (width, height), rate = needs.sizes[0], needs.native_fps
    assert rate is not None
    asked = rule.ask(frames_for(5.0, rate))
    pipeline = f"modular, {model.adapter['workflow']}" if model.adapter["workflow"] else model.adapter["pipeline"]
    cells = (
        f"`{name}`",
        pipeline,
        f"{width}×{height}, {rate:g} FPS",
        "switch frame" if needs.mode == "i2v" else f"{needs.conditioning_frames} frames",
        f"{asked} → {rule.returned(asked)}, first {rule.leading} dropped"
        + (", rolled out" if model.short == "roll_out" else ""),
        _RUN if twin == name else f"its class, by the tiny weights of `{twin}`" if twin else "nothing",
        facts.licence or "?",
        _GATED[facts.gated],
        _memory(facts),
        f"{facts.against}, {facts.checked or 'not yet'}",
    )
    return f"| {' | '.join(cells)} |\n"


def _memory(facts: Facts) -> str:
    least = None if facts.memory_gb is None else f"{facts.memory_gb:g} GB"
    return ", ".join(filter(None, [least, facts.memory])) or "?"


def table() -> str:
    """The whole table."""
    found = models()
    run = twins(found)
    return _HEAD + "".join(row(name, model, adapter, run[name]) for name, (model, adapter) in found.items())


def main() -> None:
    """Put the table into the README."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    Path(README).write_text(before + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
