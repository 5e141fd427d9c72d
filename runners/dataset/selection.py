"""Which scenarios are made: a selection and a shard choose among them and never change what any of them becomes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from runners.core.errors import UserError, nearest
from runners.dataset.layout import VIEWS
from runners.dataset.scenarios import Scenario

_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
_SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@dataclass(frozen=True)
class Selection:
    """Empty fields choose everything; several together choose what all of them allow; `limit` is applied last.

    `ids`: "0001", "1", or a range "3-9" (both ends in it). `views`: "left" or "perspective-left". `categories`: in
    any case of letters.
    """

    ids: Sequence[str] = ()
    views: Sequence[str] = ()
    categories: Sequence[str] = ()
    limit: int | None = None


def select(scenarios: Sequence[Scenario], selection: Selection) -> list[Scenario]:
    """The chosen scenarios in their own order; raises `UserError` for an unknown name or if nothing is left."""
    ids = _ids(scenarios, selection.ids)
    views = _views(selection.views)
    categories = _categories(scenarios, selection.categories)
    limit = selection.limit
    if limit is not None and limit < 1:
        raise UserError(f"select.limit={limit}: a limit is at least 1; leave it out for all scenarios")
    chosen = [
        scenario
        for scenario in scenarios
        if (not ids or int(scenario.id) in ids)
        and (not views or scenario.view in views)
        and (not categories or scenario.category.casefold() in categories)
    ]
    if not chosen:
        raise UserError("no scenario is left by select.ids, select.views and select.categories together; drop one")
    return chosen[:limit]


def parse_shard(text: str) -> tuple[int, int]:
    """(i, n) from "i/n" with 1 ≤ i ≤ n; raises `UserError`."""
    match = _SHARD.fullmatch(text.strip())
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count:
        raise UserError(f"shard={text}: write i/n with i from 1 to n, e.g. shard=1/4 … shard=4/4")
    return index, count


def shard(scenarios: Sequence[Scenario], text: str | None) -> list[Scenario]:
    """Every n-th scenario from the i-th on: the n shards together are all of them, each once.

    Raises `UserError` for a text that is not "i/n" and for a shard that nothing falls into.
    """
    if text is None:
        return list(scenarios)
    index, count = parse_shard(text)
    chosen = list(scenarios[index - 1 :: count])
    if not chosen:
        raise UserError(
            f"shard={text} has nothing to do: only {len(scenarios)} scenarios are selected; use fewer shards"
        )
    return chosen


def _ids(scenarios: Sequence[Scenario], wanted: Sequence[str]) -> set[int]:
    known = {int(scenario.id): scenario.id for scenario in scenarios}
    chosen: set[int] = set()
    for text in (str(entry).strip() for entry in wanted):
        span = _RANGE.fullmatch(text)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (0, -1)
        found = {number for number in known if first <= number <= last}
        if not found:
            raise UserError(
                f"select.ids: {text!r} names no take-1 scenario; "
                f"ids go from {known[min(known)]} to {known[max(known)]}, a range is written 3-9"
            )
        chosen |= found
    return chosen


def _views(wanted: Sequence[str]) -> set[str]:
    chosen = set()
    for text in wanted:
        view = text.strip().lower().removeprefix("perspective-")
        if view not in VIEWS:
            raise UserError(f"select.views: unknown view {text!r}{nearest(view, VIEWS)}")
        chosen.add(view)
    return chosen


def _categories(scenarios: Sequence[Scenario], wanted: Sequence[str]) -> set[str]:
    known = {scenario.category.casefold(): scenario.category for scenario in scenarios}
    chosen = set()
    for text in wanted:
        if text.strip().casefold() not in known:
            raise UserError(f"select.categories: unknown category {text!r}{nearest(text, known.values())}")
        chosen.add(text.strip().casefold())
    return chosen
