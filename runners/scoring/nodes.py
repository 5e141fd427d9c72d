"""An object of a JSON file, asked for its fields by their kind."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping


class Damaged(Exception):
    """What of a file's content is not as every version writes it, in a few words."""


class Node:
    """The fields of one object; each reader raises `Damaged` for a field that is of another kind."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def has(self, key: str) -> bool:
        """Whether the field is there, and not null."""
        return self._fields.get(key) is not None

    def text(self, key: str) -> str:
        """A text."""
        found = self._fields.get(key)
        if not isinstance(found, str):
            raise Damaged(f"{key} is no text")
        return found

    def text_or_none(self, key: str) -> str | None:
        """A text, or None for null and for nothing."""
        return self.text(key) if self.has(key) else None

    def whole(self, key: str) -> int:
        """A whole number."""
        return _whole(key, self._fields.get(key))

    def whole_or_none(self, key: str) -> int | None:
        """A whole number, or None for null and for nothing."""
        return self.whole(key) if self.has(key) else None

    def number(self, key: str) -> float | None:
        """A finite number, or None for null and for nothing."""
        return self.finite(key) if self.has(key) else None

    def finite(self, key: str) -> float:
        """A finite number."""
        return _finite(key, self._fields.get(key))

    def floats(self, key: str) -> tuple[float, ...]:
        """A list of finite numbers."""
        return tuple(_finite(key, each) for each in self._list(key))

    def wholes(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers."""
        return tuple(_whole(key, each) for each in self._list(key))

    def _list(self, key: str) -> list[object]:
        found = self._fields.get(key)
        if not isinstance(found, list):
            raise Damaged(f"{key} is no list")
        return found

    def version(self, key: str) -> int | str:
        """A number, or the text of a foreign one."""
        found = self._fields.get(key)
        return found if isinstance(found, str) else self.whole(key)

    def flag(self, key: str) -> bool:
        """True or false."""
        found = self._fields.get(key)
        if not isinstance(found, bool):
            raise Damaged(f"{key} is neither true nor false")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; none where there is no such field."""
        found = self._fields.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise Damaged(f"{key} is no list of texts")
        return tuple(found)

    def mapping_of_texts(self, key: str) -> dict[str, str]:
        """An object of texts."""
        found = self.node(key)
        return {} if found is None else {name: found.text(name) for name in found}

    def numbers(self, key: str) -> dict[str, float]:
        """An object of numbers."""
        found = self.node(key)
        return {} if found is None else {name: found.finite(name) for name in found}

    def node(self, key: str) -> Node | None:
        """An object, or None for null and for nothing."""
        found = self._fields.get(key)
        if found is not None and not isinstance(found, dict):
            raise Damaged(f"{key} is no object")
        return None if found is None else Node(found)

    def inner(self, key: str) -> Node:
        """An object that must be there."""
        found = self.node(key)
        if found is None:
            raise Damaged(f"{key} is no object")
        return found

    def nodes(self, key: str) -> dict[str, Node]:
        """An object of objects."""
        outer = self.node(key)
        found = {} if outer is None else {name: outer.node(name) for name in outer}
        return {name: each for name, each in found.items() if each is not None}

    def rows(self, key: str) -> list[Node]:
        """A list of objects."""
        found = self._fields.get(key)
        if not isinstance(found, list):
            raise Damaged(f"no {key}")
        if not all(isinstance(row, dict) for row in found):
            raise Damaged(f"an entry of {key} is incomplete")
        return [Node(row) for row in found]


def _whole(key: str, found: object) -> int:
    if not isinstance(found, int) or isinstance(found, bool):
        raise Damaged(f"{key} is no number")
    return found


def _finite(key: str, found: object) -> float:
    if not isinstance(found, int | float) or isinstance(found, bool) or not abs(found) <= sys.float_info.max:
        raise Damaged(f"{key} is no number")
    return found + 0.0
