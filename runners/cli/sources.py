"""The YAML files of the configuration as Hydra opens them: looked through first, so that what is wrong is told."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.core.errors import UserError
from runners.core.files import shown
from runners.core.yamlfile import Scalar, decoded, scan, well_formed

if TYPE_CHECKING:
    from hydra.plugins.config_source import ConfigResult, ConfigSource
    from omegaconf import DictConfig

_HEADER = re.compile(r"\s*#\s*@(.*)")
_LOGGING = re.compile(r"(logging(\.handlers)?|colorlog)\.[A-Z]\w*")
"""Classes of handlers and formatters."""
_NAMED_BY_FILE = ("model", "benchmark")
_MAY_BE_NO_TEXT = re.compile(r"[-+.0-9].*|y|yes|n|no|on|off|true|false", re.IGNORECASE)


@dataclass(frozen=True)
class _Altered:
    """A text that YAML takes for a number or a truth value whose own spelling is another."""

    where: str
    scalar: Scalar
    value: Any


_ALTERED: dict[tuple[str, int, tuple[str, ...]], _Altered] = {}
"""What was found in the files of this process's configuration."""


def watch(texts: Collection[str]) -> None:
    """Have Hydra open every YAML of the configuration through the checks below.

    `texts`: the keys of all settings that hold texts. The checks raise UserError.
    """
    from hydra._internal.config_loader_impl import ConfigLoaderImpl
    from hydra._internal.core_plugins.file_config_source import FileConfigSource
    from hydra._internal.core_plugins.importlib_resources_config_source import ImportlibResourcesConfigSource
    from hydra._internal.sources_registry import SourcesRegistry

    forget_altered()
    leaves = _leaves(texts)
    for kind in (FileConfigSource, ImportlibResourcesConfigSource):
        SourcesRegistry.instance().types[kind.scheme()] = _watched(kind, leaves)
    ConfigLoaderImpl.load_configuration = _checked(ConfigLoaderImpl.load_configuration)  # type: ignore[method-assign]


def watched_source(source: ConfigSource, texts: Collection[str]) -> ConfigSource:
    """The same source of YAML files with the checks, for one loader alone."""
    kind = type(source)
    if source.scheme() == "structured" or getattr(kind, "looks_through", False):
        return source
    found: ConfigSource = _watched(kind, _leaves(texts))(source.provider, f"{source.scheme()}://{source.path}")
    return found


def forget_altered() -> None:
    """Begin a configuration: what was found in the files of another is no concern of it."""
    _ALTERED.clear()


def _leaves(texts: Collection[str]) -> frozenset[str]:
    return frozenset(key.rpartition(".")[2] for key in texts)


@cache
def _checked(load: Callable[..., DictConfig]) -> Callable[..., DictConfig]:
    """What Hydra composes, before it acts on it."""
    if hasattr(load, "__wrapped__"):
        return load

    @wraps(load)
    def checked(*given: Any, **named: Any) -> DictConfig:
        composed = load(*given, **named)
        check_hydra(composed)
        if "hydra" in composed:
            name_by_file(composed, composed.hydra)
        return composed

    return checked


def name_by_file(composed: DictConfig, hydra: Any) -> None:
    """Call model and benchmark as the chosen file is called, where neither that file nor the command line names them.

    A name that was typed, even an empty one, is left for the checks of names. `hydra`: Hydra's own settings.
    """
    typed = {word.partition("=")[0].lstrip("+") for word in hydra.overrides.task}
    for group in _NAMED_BY_FILE:
        chosen = hydra.runtime.choices.get(group)
        unnamed = composed.get(group) is not None and composed[group].get("name") == ""
        if isinstance(chosen, str) and unnamed and f"{group}.name" not in typed:
            composed[group].name = chosen.rpartition("/")[2].removesuffix(".yaml")


def check_hydra(composed: DictConfig) -> None:
    """Raise UserError if the settings of Hydra itself would call something, at whatever place they were written.

    Launcher and sweeper may: Hydra takes them only from its own plug-ins.
    """
    from omegaconf import OmegaConf

    own = OmegaConf.to_container(composed.get("hydra", OmegaConf.create({})), resolve=False)
    assert isinstance(own, dict)
    for place, value in _calls({key: own[key] for key in own if key not in ("launcher", "sweeper")}, "hydra"):
        raise UserError(f"{place}: {value} would be called, and only a model's adapter is; remove it")


def _calls(node: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            named = key in ("_target_", "()", "class") and not _LOGGING.fullmatch(str(value))
            yield from [(f"{place}.{key}", value)] if named else _calls(value, f"{place}.{key}")
    elif isinstance(node, list):
        for item in node:
            yield from _calls(item, place)


@cache
def _watched(kind: type[ConfigSource], leaves: frozenset[str]) -> type[ConfigSource]:
    class Watched(kind):  # type: ignore[misc, valid-type]
        """Looks a file through before it is loaded."""

        looks_through = True

        def load_config(self, config_path: str) -> ConfigResult:
            if self.provider != "hydra":
                name = self._normalize_file_name(config_path)
                is_file = self.scheme() == "file"
                file = Path(self.path, name) if is_file else importlib.resources.files(self.path) / name
                look_through(file, leaves)
            loaded: ConfigResult = super().load_config(config_path)
            return loaded

    Watched.__name__ = kind.__name__  # by which Hydra, in the processes of a sweep, knows that it has one already
    return Watched


def look_through(file: Any, leaves: Collection[str] = ()) -> None:
    """Check one file of the configuration, a path or what stands for one in a package. Raises UserError.

    `leaves`: the last words of the keys of all settings that hold texts.
    """
    where = shown(file) if isinstance(file, Path) else str(file)
    if not file.is_file():
        return  # which Hydra tells
    try:
        text = decoded(file.read_bytes(), where)
    except OSError as error:
        raise UserError(f"{where} cannot be read: {error.strerror}") from None
    check_header(text, where)
    with well_formed(text, where):
        for scalar in scan(text, where):
            if scalar.plain and scalar.path and scalar.path[-1] in leaves:
                _note(scalar, where)


def check_header(text: str, where: str) -> None:
    """Raise UserError for a `# @package` line that would not count, and for what Hydra takes for one."""
    if text.startswith("\ufeff"):
        raise UserError(f"{where} begins with a byte order mark, behind which no header is read; save it without")
    at_top = True
    for number, line in enumerate(text.splitlines(), start=1):
        found = _HEADER.fullmatch(line)
        words = found[1].split() if found else []
        if words[:1] == ["package"] and not at_top:
            raise UserError(f"{where}, line {number}: {line.strip()!r} counts in the first line only; move it there")
        if found and at_top and len(words) != 2:
            raise UserError(f"{where}, line {number}: {line.strip()!r} is no header; one is '# @package _global_'")
        at_top = at_top and (found is not None or not line.strip())


def _note(scalar: Scalar, where: str) -> None:
    from omegaconf import OmegaConf

    if not _MAY_BE_NO_TEXT.fullmatch(scalar.text):
        return
    [value] = dict(OmegaConf.create(f"x: {scalar.text}")).values()
    if not isinstance(value, str) and str(value) != scalar.text:
        _ALTERED[where, scalar.line, scalar.path] = _Altered(where, scalar, value)


def check_texts(settings: Any, texts: Collection[str]) -> None:
    """Raise UserError if one of the settings that hold texts got one that is not what its YAML's author wrote."""
    for altered in _ALTERED.values():
        scalar, value = altered.scalar, altered.value
        for key in texts:
            words = tuple(key.split("."))
            if words[-len(scalar.path) :] == scalar.path and _holds(settings, words, str(value)):
                raise UserError(
                    f"{altered.where}, line {scalar.line}: {key} is read as {value}; "
                    f"put it in quotes: {scalar.path[-1]}: '{scalar.text}'"
                )


def _holds(settings: Any, words: tuple[str, ...], text: str) -> bool:
    found = settings
    for word in words:
        found = getattr(found, word, None)
    return text in found if isinstance(found, list) else bool(found == text)
