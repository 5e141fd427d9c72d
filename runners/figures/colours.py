"""One colour for a model in every figure and on every page, safe for people who do not tell red from green."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#8c6d31")
"""Okabe and Ito (2008), without black and with two for its yellow, which no white page shows."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""Tell models apart that share a colour where there are more of them than colours."""


def colours(labels: Iterable[str]) -> dict[str, str]:
    """A colour for each label: by a hash of its name, so that it stays when other models come; the next if taken."""
    return {label: PALETTE[place % len(PALETTE)] for label, place in _places(labels).items()}


def markers(labels: Iterable[str]) -> dict[str, str]:
    """A marker for each label, another one for those that share a colour."""
    return {label: MARKERS[(place + place // len(PALETTE)) % len(MARKERS)] for label, place in _places(labels).items()}


def _places(labels: Iterable[str]) -> dict[str, int]:
    taken: dict[int, str] = {}
    found = {}
    for label in sorted(set(labels)):
        place = int.from_bytes(hashlib.sha256(label.encode("utf-8", "replace")).digest()[:4], "big") % len(PALETTE)
        turns = 0
        while place in taken:
            turns += 1
            place = place + 1 if (place + 1) % len(PALETTE) else place + 1 - len(PALETTE)
            if turns % len(PALETTE) == 0:
                place += len(PALETTE)
        taken[place] = label
        found[label] = place
    return found
