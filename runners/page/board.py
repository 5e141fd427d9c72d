"""The leaderboard's rows as its template lays them out: by benchmark, best first, ceilings and parts apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from runners.page.payload import Json


def sections(index: Json) -> list[Json]:
    """One per benchmark, those with runs of one's own first; `scale` is the score at the right end of its bars."""
    models, published = index["models"], index["published"]
    own = list(dict.fromkeys(model["benchmark"] for model in models))
    others = [name for name in dict.fromkeys(row["benchmark"] for row in published) if name not in own]
    return [_section(name, models, published, index["columns"]) for name in (*own, *others)]


def _section(benchmark: str, models: Iterable[Json], published: Iterable[Json], columns: Mapping[str, str]) -> Json:
    mine = [model for model in models if model["benchmark"] == benchmark]
    complete = [model for model in mine if model["complete"]]
    rows = [model for model in complete if not model["oracle"]]
    told = [row for row in published if row["benchmark"] == benchmark]
    return {
        "benchmark": benchmark,
        "own": bool(mine),
        "rows": sorted([*rows, *told], key=_best_first),
        "ceilings": [model for model in complete if model["oracle"]],
        "partial": [model for model in mine if not model["complete"]],
        "published": len(told),
        "scale": _scale([*rows, *told]),
        "cost": any(model["cost_usd"] is not None for model in complete),
        "columns": {
            key: text
            for key, text in columns.items()
            if mine or any(row["scores"].get(key) is not None for row in told)
        },
    }


def _best_first(row: Json) -> tuple[float, float, str]:
    verified, original = (_mean(row, key) for key in ("verified", "original"))
    return -verified, -original, row["label"]


def _mean(row: Json, key: str) -> float:
    found = row["scores"].get(key)
    return -math.inf if found is None else float(found["mean"])


def _scale(rows: Iterable[Json]) -> float:
    """The widest interval's end, up to the next ten: bars of scores near 10 would be stubs on a scale to 100."""
    ends = [
        found["high"] or found["mean"]
        for row in rows
        for key in ("verified", "original")
        if (found := row["scores"].get(key)) is not None
    ]
    return min(100.0, max(10.0, 10 * math.ceil(max(ends, default=100.0) / 10)))


def number(value: Any, digits: int = 2) -> str:
    """A number with so many digits; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def duration(seconds: float | None) -> str:
    """Seconds in the units that a reader thinks in."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.{1 if seconds < 600 else 0}f} min"
    return f"{seconds / 3600:.1f} h"


def money(usd: float | None) -> str:
    """US dollars, to the cent from ten cents on."""
    return "–" if usd is None else f"${usd:.2f}" if usd >= 0.1 or usd == 0 else f"${usd:.4f}"
