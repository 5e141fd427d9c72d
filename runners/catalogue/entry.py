"""One line of the catalogue: a model by its name, what it makes, what is known of it, and what it lacks here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from runners.catalogue.facts import Facts, facts_of
from runners.catalogue.machine import Machine
from runners.core.errors import UserError

if TYPE_CHECKING:
    from adapters import Adapter

CLIPS = 198
"""Take-1 videos of Physics-IQ: what a full run of one model makes."""
CLIP_S = 5.0


@dataclass(frozen=True)
class Entry:
    """A model of the catalogue; None where something is not known or does not apply."""

    name: str
    kind: str
    headline: str
    mode: str | None = None
    """i2v or multiframe."""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    """Of what it returns, as far as is known before a clip is there."""
    paid: bool = False
    usd: float | None = None
    """What the benchmark's clips cost, one job each, in US dollars; None for a paid model: its price is not known."""
    missing: tuple[str, ...] = ()
    """What a run lacks on this machine."""
    facts: Facts = field(default_factory=Facts)
    fault: str | None = None
    """Why nothing more can be told of it."""

    @property
    def size(self) -> str:
        """Its size and rate, as tables show it."""
        size = f"{self.width}×{self.height}" if self.width else "the run's"
        return f"{size}, {self.fps:g} FPS" if self.fps else size


def entry_of(
    name: str,
    kind: str,
    headline: str,
    *,
    node: Mapping[str, Any],
    make: Callable[[Any], Adapter],
    machine: Machine,
) -> Entry:
    """A model's entry. `node`: its merged YAML; `make`: turns the node under `adapter` into the adapter."""
    from runners.core.failures import telling

    paid = node.get("paid") is True
    try:
        facts = _dated(facts_of(node.get("facts"), name), node.get("adapter"))
    except UserError as error:
        return Entry(name, kind, headline, paid=paid, fault=str(error))
    try:
        adapter = make(node.get("adapter"))
        with telling("the adapter's needs"):
            needs = adapter.needs
            missing = machine.missing(adapter, node.get("adapter") or {}, facts)
        usd = _usd(adapter)
    except UserError as error:
        return Entry(name, kind, headline, paid=paid, facts=facts, fault=str(error))
    width, height = needs.sizes[0] if needs.sizes else (None, None)
    return Entry(
        name, kind, headline, needs.mode, width, height, needs.native_fps, paid, usd, missing, facts
    )  # fmt: skip


def _dated(facts: Facts, arguments: Any) -> Facts:
    """A service's YAML says once when it was checked, among the adapter's arguments."""
    checked = arguments.get("checked") if isinstance(arguments, Mapping) else None
    return facts if facts.checked or not isinstance(checked, str) else replace(facts, checked=checked)


def _usd(adapter: Adapter) -> float | None:
    """What the benchmark's clips cost; None where nobody knows. Raises UserError for an estimate that is no amount."""
    from adapters import SetupError
    from runners.core.failures import telling

    with telling("the adapter's estimate_usd()"):
        try:
            each = adapter.estimate_usd(CLIP_S)
        except SetupError:
            return None
        if each is not None and not 0 <= each < float("inf"):
            raise UserError(f"the adapter's estimate_usd() said {each!r}, which is no amount in US dollars")
        return None if each is None else round(each * CLIPS, 2)
