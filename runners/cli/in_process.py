"""Settings composed inside somebody's program: Hydra's own global state stays as that program has it.

No `GlobalHydra`, no `sys.argv`, no plug-in registered, no schema left in the program's ConfigStore. What has to be
global for the moment of composing (Hydra's version base) is put back, and threads compose one after the other.
"""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.cli.choices import CONF, plugin_packages
from runners.cli.composing import check_numbers
from runners.cli.hydra_errors import plain_words, text_keys
from runners.core.errors import UserError
from runners.core.files import shown

if TYPE_CHECKING:
    from hydra._internal.config_loader_impl import ConfigLoaderImpl

_ONE_AT_A_TIME = threading.Lock()
_SWEEPS = "a call makes one run: for several, call it in a loop"


def spell(settings: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    """The words of a command line for settings that are Python values, nested or with dotted names.

    `{"select": {"limit": 6}}` → `select.limit=6`. Raises UserError for a value that no setting can have.
    """
    for key, value in settings.items():
        place = f"{prefix}{key}"
        if not isinstance(key, str) or re.search(r"[=\s,]", key):
            raise UserError(f"{place!r} is no name of a setting")
        if place.lstrip("+~").partition(".")[0] in ("hydra", "sweep"):
            raise UserError(f"{place} is for the command line: {_SWEEPS}")
        if isinstance(value, Mapping) and value:
            yield from spell(value, f"{place}.")
        else:
            yield f"{place}={spelled(value, place)}"


def spelled(value: Any, place: str) -> str:
    """One value as Hydra's grammar reads it back: a text is a text, whatever it looks like. Raises UserError."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()  # a number of numpy or torch
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str | Path):
        # Backslashes count only before a quote, where each of them is written twice.
        return "'" + re.sub(r"(\\*)('|$)", lambda m: m[1] * 2 + ("\\'" if m[2] else ""), str(value), count=0) + "'"
    if isinstance(value, list | tuple):
        return f"[{','.join(spelled(item, place) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key}:{spelled(item, place)}' for key, item in value.items())}}}"
    raise UserError(f"{place}: a setting is a text, a number, True, False, None or a list of them, no {_kind(value)}")


def _kind(value: Any) -> str:
    return type(value).__name__


def compose_here(name: str, schema: type[Any], words: Sequence[str], folders: Sequence[Path] = ()) -> Any:
    """The settings that `words` ask for, as the command of this name would have them. Raises UserError.

    `folders`: further folders of YAML files, as --config-dir.
    """
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"config_dir={shown(folder)}: there is no such folder")
    with _ONE_AT_A_TIME:
        try:
            return _composed(name, schema, words, folders)
        except (HydraException, OmegaConfBaseException) as error:
            raise UserError(plain_words(error, schema)) from None
        except (YAMLError, UnicodeDecodeError) as error:
            told = " ".join(str(error).split())
            raise UserError(f"a YAML of the configuration is not well-formed: {told}") from None


def _composed(name: str, schema: type[Any], words: Sequence[str], folders: Sequence[Path]) -> Any:
    from hydra.types import RunMode
    from omegaconf import OmegaConf, open_dict

    from runners.cli.making import check_former_names
    from runners.cli.sources import check_hydra, check_texts, forget_altered, name_by_file

    texts = text_keys(schema)
    forget_altered()
    with _version_base("1.3"):
        loader = _loader(name, schema, texts, folders)
        composed = loader.load_configuration(name, list(words), RunMode.RUN, from_shell=False)
    check_hydra(composed)
    name_by_file(composed, composed.hydra)
    with open_dict(composed):
        del composed["hydra"]
    check_former_names(OmegaConf.select(composed, "model.adapter"))
    settings = OmegaConf.to_object(composed)
    check_numbers(settings)
    check_texts(settings, texts)
    return settings


def _loader(name: str, schema: type[Any], texts: frozenset[str], folders: Sequence[Path]) -> ConfigLoaderImpl:
    """A loader of its own: over our YAML files, those of plug-ins and `folders`, and a copy of the ConfigStore."""
    from hydra._internal.config_loader_impl import ConfigLoaderImpl
    from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
    from hydra.core.config_store import ConfigStore
    from hydra.core.plugins import Plugins

    from runners.cli.sources import watched_source

    Plugins.instance()  # finds Hydra's own parts, which fill the ConfigStore
    path = ConfigSearchPathImpl()
    path.append("hydra", "pkg://hydra.conf")
    path.append("main", f"file://{CONF}")
    for package in plugin_packages():
        path.append("physics-iq-plugin", f"pkg://{package}")
    for folder in folders:
        path.append("command-line", f"file://{folder.resolve()}")
    path.append("schema", "structured://")
    loader = ConfigLoaderImpl(path)
    sources = loader.repository.sources
    sources[:-1] = [watched_source(source, texts) for source in sources[:-1]]
    store = copy.copy(ConfigStore.instance())
    store.repo = {**store.repo, "schema": {}}
    store.store(group="schema", name=name, node=schema)
    vars(sources[-1])["store"] = store
    return loader


@contextmanager
def _version_base(wanted: str) -> Iterator[None]:
    """Hydra behaves as of this version in here, and as before afterwards."""
    from hydra.version import VersionBase
    from packaging.version import Version

    instance = VersionBase.instance()
    before = instance.version_base
    instance.setbase(Version(wanted))
    try:
        yield
    finally:
        instance.version_base = before
