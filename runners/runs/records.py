"""Frozen dataclasses to and from JSON objects, with nothing lost on the way: one encoder, one decoder.

msgspec and pydantic decode strictly: what they do not know they drop or refuse. Here a file may have been written by an
older version (fields are missing), by a newer one (fields are unknown), or hold whatever a vendor reported (a field is
of another kind). All of it must be passed over and yet stand in the manifest as it stood in the journal, in its order.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Protocol, Self, TypeVar, cast, runtime_checkable

Json = Mapping[str, Any]
R = TypeVar("R", bound="Record")


@dataclass(frozen=True, kw_only=True)
class Record:
    """An object of a JSON file. A field that its file does not hold as this version means it is empty of its kind."""

    extra: Json = field(default_factory=dict, repr=False)
    """What is unknown to this version, or of another kind than it knows."""
    keys: tuple[str, ...] | None = field(default=None, repr=False)
    """The keys of the object, in their order; None: all fields as they are declared, for a record that is made here."""

    NEEDED: ClassVar[tuple[str, ...]] = ()
    """What it must hold to be of use."""

    @property
    def missing(self) -> list[str]:
        """What it must hold and does not."""
        return sorted(name for name in self.NEEDED if not self.has(name))

    def has(self, name: str) -> bool:
        """Whether the object holds this field, and of the kind that is meant; null too, where that may be."""
        return (self.keys is None or name in self.keys) and name not in self.extra

    def without(self, *names: str) -> Self:
        """A record that is made here, with these fields left out of its object."""
        kept = (name for name in field_kinds(type(self)) if name not in names)
        return replace(self, keys=tuple(kept))


@runtime_checkable
class Shaped(Protocol):
    """What is no record, and has a JSON object of its own."""

    def to_dict(self) -> dict[str, Any]:
        """The object."""

    @classmethod
    def from_dict(cls, record: Json) -> Self:
        """What `to_dict` gave."""


_OWN = frozenset(each.name for each in fields(Record))


_KINDS: dict[type[Record], dict[str, Any]] = {}


def field_kinds(kind: type[Record]) -> dict[str, Any]:
    """The fields of a record with their types, as declared; those that every record has are left out."""
    if kind not in _KINDS:
        hints = typing.get_type_hints(kind)
        _KINDS[kind] = {each.name: hints[each.name] for each in fields(kind) if each.name not in _OWN}
    return _KINDS[kind]


def encode(record: Record) -> dict[str, Any]:
    """The JSON object of a record."""
    names = field_kinds(type(record)) if record.keys is None else record.keys
    return {name: record.extra[name] if name in record.extra else _plain(getattr(record, name)) for name in names}


def decode(kind: type[R], found: Json) -> R:
    """The record that an object holds, whatever else is in it."""
    kinds, values, extra = field_kinds(kind), dict[str, Any](), dict[str, Any]()
    for name, value in found.items():
        try:
            values[name] = read = _read(kinds[name], value)
        except (KeyError, _Other):
            extra[name] = value
            continue
        if isinstance(read, Shaped) and read.to_dict() != value:  # a newer version says more of it
            extra[name] = value
    empty = {name: _empty(hint) for name, hint in kinds.items() if name not in values}
    return kind(**empty, **values, extra=extra, keys=tuple(found))


def find_fault(record: Record, above: str = "") -> str | None:
    """The first field that a record, or one in it, must hold and does not, in words; None if there is none."""
    kinds = field_kinds(type(record))
    for name in record.NEEDED:
        if not record.has(name):
            return f"{above}{name} is missing or is no {_json_kind(kinds[name])}"
        inner = getattr(record, name)
        if isinstance(inner, Record) and (fault := find_fault(inner, f"{above}{name}.")):
            return fault
    return None


def _json_kind(hint: Any) -> str:
    kind = typing.get_origin(hint) or hint
    if kind is tuple:
        return "list"
    return "dict" if kind is Mapping or issubclass(kind, Record) else str(kind.__name__)


class _Other(Exception):
    """A value is of another kind than its field."""


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return encode(value)
    if isinstance(value, Shaped):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping) and any(isinstance(each, Record) for each in value.values()):
        return {key: _plain(each) for key, each in value.items()}
    return value  # what a vendor reported is left to the journal, however deep or odd it is


def _read(hint: Any, value: object) -> object:
    """A JSON value as its field has it. Raises `_Other`."""
    if hint in (Any, object):
        return value
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _read(_one_of(arguments), value)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(arguments[0], each) for each in value)
    if origin in (Mapping, dict) and isinstance(value, dict):
        return value if arguments[1] is Any else {key: _read(arguments[1], each) for key, each in value.items()}
    if isinstance(hint, type) and isinstance(value, dict):
        return _read_object(hint, value)
    if origin is None and _is_plain(hint, value):
        return value
    raise _Other


def _read_object(hint: type[Any], value: Json) -> object:
    if issubclass(hint, Record):
        return decode(hint, value)
    if not issubclass(hint, Shaped):
        raise _Other
    try:
        return hint.from_dict(value)
    except (KeyError, TypeError, ValueError) as error:
        raise _Other from error


def _is_plain(hint: Any, value: object) -> bool:
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, int | float) if hint is float else isinstance(value, hint)


def _one_of(arguments: tuple[object, ...]) -> object:
    """X of `X | None`: fields have no other unions."""
    return next(each for each in arguments if each is not type(None))


def _empty(hint: Any) -> object:
    origin = typing.get_origin(hint)
    if hint in (Any, object) or origin in (types.UnionType, typing.Union):
        return None
    if isinstance(hint, type) and issubclass(hint, Record):
        return decode(hint, {})
    return {} if origin is Mapping else cast("type[Any]", origin or hint)()
