"""From a model's YAML to its adapter: the one place where a name in a YAML becomes a call.

The rule: every `_target_` in it, at whatever depth, names a subclass of `adapters.Adapter`. That is found out before
anything is called. (To find the class its module is imported, and a module may do anything while it is imported.)
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_type_hints

from runners.cli.hydra_errors import plain_words
from runners.core.errors import UserError, nearest

if TYPE_CHECKING:
    from adapters import Adapter

_PLACE = "model.adapter"
_NO_ARGUMENTS = frozenset({"_target_", "_convert_", "_recursive_"})
"""The first names the class; the others are Hydra's, and change nothing here."""


def instantiate_adapter(node: Any) -> Any:
    """The adapter that the node under `model.adapter` describes. Raises UserError."""
    if not isinstance(node, dict) or "_target_" not in node:
        raise UserError("the model's YAML names no adapter: it needs adapter: {_target_: package.module.Class, …}")
    check_node(node, _PLACE)
    return _made(node)


def check_node(node: Any, place: str) -> None:
    """Check a node and all inside it, calling nothing. Raises UserError."""
    if isinstance(node, dict):
        if "_target_" in node:
            check_arguments(find_class(str(node["_target_"]), place), node, place)
        for key, value in node.items():
            check_node(value, f"{place}.{key}")
    elif isinstance(node, list):
        for item in node:
            check_node(item, place)


def check_former_names(node: Any) -> None:
    """Raise UserError if an argument in a node, which may still lack others, goes by the name that it had before."""
    from adapters.harness import newer_names

    if isinstance(node, Mapping) and "_target_" in node and any(map(newer_names, map(str, node))):
        _check_former(find_class(str(node["_target_"]), _PLACE), node)


def _check_former(kind: Any, node: Mapping[Any, Any]) -> None:
    known = inspect.signature(kind).parameters
    for former, name in getattr(kind, "renamed", {}).items():
        if former in node and former not in known:
            raise UserError(f"{node['_target_']}: {former!r} is now called {name!r}")


def _made(node: Any) -> Any:
    if isinstance(node, list):
        return [_made(item) for item in node]
    if not isinstance(node, dict):
        return node
    inside = {key: _made(value) for key, value in node.items() if key not in _NO_ARGUMENTS}
    if "_target_" not in node:
        return inside
    from adapters import SetupError

    kind = find_class(str(node["_target_"]), _PLACE)
    try:
        return kind(**inside)
    except (Exception, SystemExit) as error:  # somebody's constructor
        what = "" if isinstance(error, SetupError | ValueError) else f"its __init__ raised {type(error).__name__}: "
        raise UserError(what + plain_words(error)) from error


def find_class(path: str, place: str) -> type[Adapter]:
    """The subclass of Adapter that a `_target_` names. Raises UserError, with the nearest names."""
    from adapters import Adapter, SetupError

    where = f"{place}._target_={path}"
    module_name, _, name = path.rpartition(".")
    if not module_name:
        raise UserError(f"{where} names no module: package.module.Class is wanted")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (somebody's module, and it may do anything while it is imported)
        what = "" if isinstance(error, ImportError | SetupError | ValueError) else f"{type(error).__name__}: "
        raise UserError(f"{where}: {what}{error}") from None
    if not hasattr(module, name):
        public = [word for word in vars(module) if word[:1].isupper()]
        raise UserError(f"{where}: {module_name} has no {name!r}{nearest(name, public)}")
    found = getattr(module, name)
    if not isinstance(found, type):
        raise UserError(f"{where} is no class: package.module.Class is wanted")
    if not issubclass(found, Adapter):
        raise UserError(f"{where} is no Adapter (see adapters/contract.py), and nothing else is called")
    if inspect.isabstract(found):
        raise UserError(f"{where} is abstract: it has no {', '.join(sorted(found.__abstractmethods__))}()")
    return found


def check_arguments(target: Any, node: dict[str, Any], place: str = _PLACE) -> None:
    """The adapter's own signature is its schema. Raises UserError for an argument it does not know, or lacks.

    A text that is given as a number was read as one: nobody can tell any more how it was written.
    """
    parameters = inspect.signature(target).parameters.values()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    known = {parameter.name for parameter in named}
    _check_former(target, node)
    unknown = [key for key in node if key not in known and key not in _NO_ARGUMENTS]
    if unknown and not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        if unknown[0] == "placement":
            raise UserError(f"{node['_target_']} takes no placement: only local pipelines do; leave placement= out")
        raise UserError(f"{node['_target_']} takes no argument {unknown[0]!r}{nearest(str(unknown[0]), known)}")
    lacking = [p.name for p in named if p.default is p.empty and p.name not in node]
    if lacking:
        raise UserError(f"{node['_target_']} needs {lacking[0]!r}: set {place}.{lacking[0]}=…")
    for name in _texts(target):
        value = node.get(name)
        if isinstance(value, bool | int | float):
            raise UserError(
                f"{place}.{name} must be a text, and was read as {value}: put it in quotes, "
                f"in a YAML {name}: '…', on the command line \"{place}.{name}='…'\""
            )


def _texts(target: Any) -> list[str]:
    """The arguments that are texts and nothing else."""
    try:
        hints = get_type_hints(target.__init__)
    except Exception:  # noqa: BLE001  (names that only a type checker imports)
        return []
    return [name for name, hint in hints.items() if hint in (str, str | None) and name != "return"]
