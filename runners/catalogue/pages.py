"""The catalogue as people and programs read it: a table, Markdown, JSON, or all of one model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from typing import TYPE_CHECKING, Any

from runners.catalogue.entry import CLIPS, Entry
from runners.catalogue.facts import Facts
from runners.catalogue.filters import is_local

if TYPE_CHECKING:
    from rich.table import Table

HEAD = ("model", "mode", "size and rate", "licence", "memory", f"{CLIPS} clips", "missing here", "checked")
_UNKNOWN = "?"


def cells(entry: Entry) -> tuple[str, ...]:
    """One model's line below `HEAD`."""
    facts = entry.facts
    licence = (facts.licence or _UNKNOWN) + (" (gated)" if facts.gated else "") if _has_terms(entry) else ""
    return (
        entry.name, entry.mode or "", entry.size if entry.mode else "", licence, _memory(entry), _price(entry),
        entry.fault or ", ".join(entry.missing), facts.checked or "",
    )  # fmt: skip


def _has_terms(entry: Entry) -> bool:
    return is_local(entry) or entry.paid or entry.facts.licence is not None


def _memory(entry: Entry) -> str:
    if not is_local(entry):
        return ""
    return _UNKNOWN if entry.facts.memory_gb is None else f"{entry.facts.memory_gb:g} GB"


def _price(entry: Entry) -> str:
    if not entry.paid:
        return ""
    return _UNKNOWN if entry.usd is None else f"${entry.usd:,.0f}"


def table(entries: Sequence[Entry]) -> Table:
    """The catalogue for a terminal, a section for each kind."""
    from rich.table import Table

    found = Table(*HEAD, box=None, pad_edge=False)
    found.columns[0].no_wrap = True
    found.columns[5].justify = "right"
    for kind, group in groupby(entries, lambda entry: entry.kind):
        found.add_row(style="")
        found.add_row(kind, style="bold")
        for entry in group:
            found.add_row(*cells(entry))
    return found


def markdown(entries: Sequence[Entry]) -> str:
    """The same as a table of Markdown; what only this machine lacks is left out."""
    lines = [_row(_public(HEAD)), "|" + "---|" * (len(HEAD) - 1)]
    return "\n".join([*lines, *(_row((f"`{entry.name}`", *_public(cells(entry))[1:])) for entry in entries)])


def _public(row: Sequence[str]) -> tuple[str, ...]:
    return (*row[:6], *row[7:])


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', '/') for text in texts)} |"


def as_json(entries: Sequence[Entry]) -> str:
    """A list with an object for each model."""
    return json.dumps([_plain(entry) for entry in entries], indent=1, ensure_ascii=False)


def _plain(entry: Entry) -> dict[str, Any]:
    return asdict(entry)


_ASKED = {
    "licence": "licence",
    "gated": "gated",
    "parameters": "parameters",
    "memory_gb": "memory, GB",
    "memory": "memory, how",
    "page": "page",
    "text_tokens": "longest prompt, tokens",
    "rewrites": "prompt rewriting",
    "checked": "checked",
    "against": "checked against",
    "source": "source",
    "unconfirmed": "not confirmed",
}
"""Facts as the page of one model names them."""


def whole(entry: Entry, about: str, scores: Sequence[str]) -> Iterator[str]:
    """All that is known of one model. `about`: what its YAML says in words; `scores`: its published ones, in lines."""
    yield f"{entry.name}: {entry.headline}"
    rows = [("kind", entry.kind), ("mode", entry.mode or ""), ("size and rate", entry.size if entry.mode else "")]
    if entry.paid:
        usd = "not known" if entry.usd is None else f"${entry.usd:,.2f} (${entry.usd / CLIPS:.3f} a clip)"
        rows.append((f"{CLIPS} clips", usd))
    rows += [(_ASKED[field.name], _told(getattr(entry.facts, field.name))) for field in _known(entry.facts)]
    rows.append(("missing here", entry.fault or ", ".join(entry.missing) or "nothing"))
    width = max(len(key) for key, _ in rows) + 2
    yield from (f"  {key:<{width}}{value}" for key, value in rows if value)
    yield from (f"  {'published' if number == 0 else '':<{width}}{line}" for number, line in enumerate(scores))
    if about:
        yield ""
        yield from (f"  {line}" for line in about.splitlines())


def _known(facts: Facts) -> list[Any]:
    """Those that are stated, in the page's own order."""
    stated = {field.name: field for field in fields(facts) if getattr(facts, field.name) is not None}
    return [stated[name] for name in _ASKED if name in stated]


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
