"""The table of adapters/api/README.md, from the YAMLs: `python -m tests.tools.services_table` writes it anew."""

from __future__ import annotations

from pathlib import Path

from adapters.api.service import Service
from adapters.errors import SetupError
from runners.cli.choices import options
from runners.cli.making import instantiate_adapter
from tests.test_conf import CONF, composed

README = CONF.parent / "adapters/api/README.md"
BEGIN, END = "<!-- services -->\n", "<!-- /services -->\n"
_COLUMNS = ("`model=`", "there", "input", "a clip, about", "seconds asked", "seed", "a lost answer")
_HEAD = f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}\n"


def services() -> dict[str, Service]:
    """All models of commercial services by their names."""
    nodes = {name: composed("generate", f"model={name}").model.adapter for name in options("model", [CONF])}
    own = {name: node for name, node in nodes.items() if node["_target_"].startswith("adapters.api.")}
    return {name: instantiate_adapter(node) for name, node in own.items()}


def row(name: str, service: Service) -> str:
    """One model's line."""
    provider = service.provider
    lost = "up to you" if provider.listing("uuid") is None else "looked for"
    asked = next((length for length in service.durations if length >= 5), service.durations[-1])
    cells = (
        f"`{name}`", f"{provider.label}: {provider.model or 'any'}", service.needs.mode, _price(service), str(asked),
        "yes" if service.takes_seed else "no", lost,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def _price(service: Service) -> str:
    try:
        usd = service.estimate_usd(5)
    except SetupError:
        return "not known: set it"
    return "free" if usd is None else f"${usd:.2f}"


def table() -> str:
    """The whole table."""
    return _HEAD + "".join(row(name, service) for name, service in services().items())


def main() -> None:
    """Put the table into the README."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    Path(README).write_text(before + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
