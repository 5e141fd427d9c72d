"""YAML of other people's making, looked through before it is read: bounded in size, depth and what its aliases make.

A YAML of a kilobyte can stand for billions of values: each alias (`*name`) repeats what its anchor (`&name`) holds,
aliases included. Here the values are counted without being made.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runners.core.errors import UserError

_MOST_BYTES = 4_000_000
_MOST_VALUES = 200_000
_DEEPEST = 50


@dataclass(frozen=True)
class Scalar:
    """A value as it is written: its keys, its line, its text, and whether it stands without quotes."""

    path: tuple[str, ...]
    line: int
    text: str
    plain: bool


@dataclass
class _Open:
    """A list or mapping whose end was not seen yet."""

    path: tuple[str, ...]
    anchor: str | None
    mapping: bool
    key: str | None = None
    """Of a mapping: the key whose value comes next."""
    size: int = 1
    keys: set[str] = field(default_factory=set)


@dataclass
class _Reader:
    where: str
    open: list[_Open] = field(default_factory=lambda: [_Open((), None, mapping=False)])
    sizes: dict[str, int] = field(default_factory=dict)

    def begin(self, anchor: str | None, *, mapping: bool) -> None:
        if len(self.open) > _DEEPEST:
            raise UserError(f"{self.where}: values nested more than {_DEEPEST} deep are not read")
        self.open.append(_Open(self._place(), anchor, mapping))

    def end(self) -> None:
        done = self.open.pop()
        if done.anchor is not None:
            self.sizes[done.anchor] = done.size
        self._add(done.size)

    def alias(self, name: str) -> None:
        if any(each.anchor == name for each in self.open):
            raise UserError(f"{self.where}: &{name} holds itself, so it has no end")
        self._add(self.sizes.get(name, 1))

    def scalar(self, text: str, line: int, anchor: str | None, *, plain: bool) -> Scalar | None:
        """The value, or None for a key."""
        inside = self.open[-1]
        if anchor is not None:
            self.sizes[anchor] = 1
        if inside.mapping and inside.key is None:
            if text in inside.keys:
                raise UserError(f"{self.where}, line {line}: the key {text!r} stands twice; remove one")
            inside.keys.add(text)
            inside.key = text
            return None
        found = Scalar(self._place(), line, text, plain)
        self._add(1)
        return found

    def _place(self) -> tuple[str, ...]:
        inside = self.open[-1]
        return (*inside.path, inside.key) if inside.mapping and inside.key is not None else inside.path

    def _add(self, size: int) -> None:
        inside = self.open[-1]
        inside.size += size
        if inside.mapping:
            inside.key = "?" if inside.key is None else None  # a key that is no plain word
        if inside.size > _MOST_VALUES:
            raise UserError(
                f"{self.where}: more than {_MOST_VALUES} values, those that aliases (*name) repeat included"
            )


def scan(text: str, where: str) -> Iterator[Scalar]:
    """All values of a YAML text. Raises UserError for one without bounds, yaml.YAMLError for what is no YAML."""
    import yaml

    if len(text) > _MOST_BYTES:
        raise UserError(f"{where}: larger than {_MOST_BYTES // 1_000_000} MB; that is no such file")
    reader = _Reader(where)
    for event in yaml.parse(text, Loader=_loader()):
        if isinstance(event, yaml.ScalarEvent):
            plain = not event.style and event.implicit[0]  # libyaml says "" for None
            found = reader.scalar(
                event.value, event.start_mark.line + 1 if event.start_mark else 0, event.anchor, plain=plain
            )
            if found is not None:
                yield found
        elif isinstance(event, yaml.AliasEvent):
            reader.alias(event.anchor or "")
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            reader.begin(event.anchor, mapping=isinstance(event, yaml.MappingStartEvent))
        elif isinstance(event, yaml.CollectionEndEvent):
            reader.end()


def _loader() -> Any:
    """Libyaml's safe loader, ten times as fast, where there is one."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(path: Path, what: str = "") -> Any:
    """The plain values of a YAML file. Raises UserError for one that is not there, without bounds, or not well-formed.

    `what`: the setting that names the file, as messages begin with it.
    """
    import yaml

    where = f"{what}{path}"
    text = _read(path, where).removeprefix("\ufeff")
    with well_formed(text, where):
        for _ in scan(text, where):
            pass
        return yaml.load(text, Loader=_loader())  # noqa: S506  (a safe one)


@contextmanager
def well_formed(text: str, where: str) -> Iterator[None]:
    """What is no YAML is told as a UserError with its line."""
    import yaml

    try:
        yield
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {min(mark.line, text.rstrip().count(chr(10))) + 1}" if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise UserError(f"{where}{line}: not well-formed YAML: {problem}") from error
    except ValueError as error:  # 2024-02-30 is no day
        raise UserError(f"{where}: not well-formed YAML: {error}") from error


def decoded(content: bytes, where: str) -> str:
    """Bytes as UTF-8. Raises UserError."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{where} is not UTF-8 text (byte {error.start})") from error


def _read(path: Path, where: str) -> str:
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise UserError(f"{where} is no regular file")
        if facts.st_size > _MOST_BYTES:
            raise UserError(f"{where}: larger than {_MOST_BYTES // 1_000_000} MB; that is no such file")
        return decoded(path.read_bytes(), where)
    except FileNotFoundError:
        raise UserError(f"{where}: there is no such file") from None
    except OSError as error:
        raise UserError(f"{where} cannot be read: {error.strerror}") from error
