"""Which tests `make test` leaves to `make test-full`: most of a cross product, of which a diagonal stays.

`@pytest.mark.full` leaves a test out. `@pytest.mark.rotating("case")` keeps, of a parametrized test, one `case` for
each combination of the other parameters, another one for each, so that every kind is met and all cases take their
turns; parameters that go together are named together. With `also=`, a function of the parameters by name, what it is
true for stays too.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import pytest

Params = dict[str, Any]


def left_out(
    name: str, turning: Sequence[str], rows: Sequence[Params], also: Callable[[Params], bool] | None = None
) -> set[int]:
    """The positions of the rows that a test of this name leaves out: the same in every process."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        groups[repr([value for key, value in row.items() if key not in turning])].append(place)
    first = zlib.crc32(name.encode())  # tests with few rows do not all keep the same case
    stays = {places[(first + turn) % len(places)] for turn, places in enumerate(groups.values())}
    return {place for place, row in enumerate(rows) if place not in stays and not (also and also(row))}


def in_part(name: str, part: str) -> bool:
    """Whether a test belongs to a part of them all: "2/3" is the second third, by the tests' names."""
    number, _, count = part.partition("/")
    return zlib.crc32(name.encode()) % int(count) == int(number) - 1


def mark_full(items: Sequence[pytest.Item]) -> None:
    """Give the marker `full` to what the marker `rotating` does not keep."""
    tests: defaultdict[str, list[pytest.Function]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("rotating"):
            tests[item.nodeid.partition("[")[0]].append(item)
    for name, cases in tests.items():
        mark = cases[0].get_closest_marker("rotating")
        assert mark is not None
        rows = [case.callspec.params for case in cases]
        for place in left_out(name.rpartition("::")[2], mark.args, rows, **mark.kwargs):
            cases[place].add_marker(pytest.mark.full)
