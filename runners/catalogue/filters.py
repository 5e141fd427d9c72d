"""Which models of the catalogue are wanted, and which could not be judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from runners.catalogue.entry import Entry


@dataclass(frozen=True)
class Wanted:
    """Each None, or empty, takes all."""

    mode: str | None = None
    max_usd: float | None = None
    max_gb: float | None = None
    licence: str | None = None
    words: tuple[str, ...] = ()
    """Each must stand somewhere in what is known of it."""
    ready: bool = False
    """Only what lacks nothing on this machine."""

    def takes(self, entry: Entry) -> bool:
        """Whether the model is wanted; one that cannot be judged is not (`unjudged`)."""
        text = _text(entry)
        return (
            (self.mode is None or entry.mode == self.mode)
            and (self.licence is None or self.licence.casefold() in (entry.facts.licence or "").casefold())
            and all(word.casefold() in text for word in self.words)
            and (not self.ready or not (entry.missing or entry.fault))
            and self._affordable(entry)
            and self._fits(entry)
        )

    def _affordable(self, entry: Entry) -> bool:
        return self.max_usd is None or not entry.paid or (entry.usd is not None and entry.usd <= self.max_usd)

    def _fits(self, entry: Entry) -> bool:
        need = entry.facts.memory_gb
        return self.max_gb is None or not is_local(entry) or (need is not None and need <= self.max_gb)

    def unjudged(self, entries: Iterable[Entry]) -> list[str]:
        """What was left out for want of a figure, in a line each."""
        unpriced = [one.name for one in entries if self.max_usd is not None and one.paid and one.usd is None]
        unmeasured = [
            one.name for one in entries if self.max_gb is not None and is_local(one) and one.facts.memory_gb is None
        ]
        lines = []
        if unpriced:
            lines.append(f"left out, for their price is not known: {', '.join(unpriced)}")
        if unmeasured:
            lines.append(f"left out, for nobody published how much memory they need: {', '.join(unmeasured)}")
        return lines


def is_local(entry: Entry) -> bool:
    """Whether its weights run on this machine's own GPU."""
    return entry.kind.startswith("open weights")


def _text(entry: Entry) -> str:
    own: Sequence[object] = (entry.name, entry.kind, entry.headline, entry.mode, entry.size, *astuple(entry.facts))
    return " ".join(str(value) for value in own if value is not None).casefold()
