"""A model's YAML merged with those that it builds on, without Hydra: milliseconds where composing takes seconds.

It reads what models' files are made of: `defaults` that name neighbours (`svd_xt`) or files of another group
(`/base/diffusers@_here_`), and plain values. `tests/catalogue` holds it equal to what Hydra composes for every model
that comes with the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.core.yamlfile import load_yaml

Node = dict[str, Any]

_SELF = "_self_"
_DEEPEST = 20


class Chains:
    """Reads each file once. `folders`: the configuration's folders, the first that has a file wins."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._read: dict[Path, Node] = {}

    def merged(self, path: Path) -> Node:
        """All that the model's file says, itself and through others. Raises UserError for what cannot be read so."""
        return self._merged(path, ())

    def _merged(self, path: Path, within: tuple[Path, ...]) -> Node:
        if path in within or len(within) > _DEEPEST:
            raise UserError(f"{path} builds on itself")
        own = self._content(path)
        found: Node = {}
        listed = own.get("defaults", [_SELF])
        for word in listed if _SELF in listed else [*listed, _SELF]:
            if word == _SELF:
                found = laid_over(found, {key: value for key, value in own.items() if key != "defaults"})
            else:
                found = laid_over(found, self._merged(self._file(path, word), (*within, path)))
        return found

    def _content(self, path: Path) -> Node:
        if path not in self._read:
            content = load_yaml(path)
            if not isinstance(content, dict) or not isinstance(content.get("defaults", []), list):
                raise UserError(f"{path} holds no settings of a model")
            self._read[path] = content
        return self._read[path]

    def _file(self, path: Path, word: Any) -> Path:
        """The file that an entry of `defaults` names."""
        name, _, package = word.partition("@") if isinstance(word, str) else ("", "", "")
        if not name or package not in ("", "_here_"):
            raise UserError(f"{path}: defaults entry {word!r} is read only by the commands that run a model")
        for place in self._places(path, name):
            with suppress(OSError):  # a name that is too long for one
                if place.is_file():
                    return place
        raise UserError(f"{path} builds on {name}, and there is no such file")

    def _places(self, path: Path, name: str) -> Iterator[Path]:
        if name.startswith("/"):
            yield from (folder / f"{name[1:]}.yaml" for folder in self._folders)
            return
        yield path.parent / f"{name}.yaml"
        yield from (folder / path.parent.name / f"{name}.yaml" for folder in self._folders)


def laid_over(below: Any, above: Any) -> Any:
    """Mappings are merged key by key; whatever else stands above replaces what stood below."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{key: laid_over(below[key], value) if key in below else value for key, value in above.items()}}
