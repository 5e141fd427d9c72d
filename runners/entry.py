"""The one wrapper around Hydra that all commands share: --help, composition, plain errors and honest exit codes."""

from __future__ import annotations

import gc
import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from runners.core.choices import plugin_folders, plugin_packages
from runners.core.errors import UserError, nearest
from runners.core.outcome import FAILED, INTERRUPTED, Outcome, exit_code
from runners.words import plain_words

if TYPE_CHECKING:
    from omegaconf import DictConfig

CONF = Path(__file__).resolve().parents[1] / "conf"


@dataclass(frozen=True)
class Command:
    """One entry point: its configuration's name and schema, and the plain function that does the work."""

    name: str
    purpose: str
    schema: type[Any]
    groups: tuple[str, ...]
    run: Callable[[Any], Outcome]
    conclude: Callable[[Sequence[Outcome]], None]
    """Called once at the end with the outcomes of all jobs of a sweep."""
    begin: Callable[[Sequence[Any]], None] = lambda _: None
    """Sees the settings of all jobs of a sweep before the first of them runs."""
    end: Callable[[], None] = lambda: None
    """Gives back what outlived the jobs; not called while a model still works that hears nothing."""


def main(command: Command) -> NoReturn:
    """Run a command on sys.argv and leave with its exit code; a user never sees a traceback for a user's mistake."""
    words = sys.argv[1:]
    if {"--help", "-h"} & set(words):
        from runners.help import help_text

        folders = [CONF, *_config_dirs(words), *plugin_folders()]
        print(help_text(command.name, command.purpose, command.schema, command.groups, folders))
        sys.exit(0)
    outcomes: list[Outcome] = []
    try:
        _compose_and_run(command, outcomes)
    except UserError as error:
        outcomes.append(Outcome.bad_input(str(error)))
    except KeyboardInterrupt:
        outcomes.append(Outcome.interrupted())
    abandoned = any(outcome.abandoned for outcome in outcomes)
    if not abandoned:
        command.end()
    if outcomes:
        command.conclude(outcomes)
    _leave(exit_code(outcomes), abandoned=abandoned)


def _leave(code: int, *, abandoned: bool) -> NoReturn:
    if abandoned:
        # A thread still waits for its model; leaving without it is what a kill would do, and a kill loses nothing.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _config_dirs(words: Sequence[str]) -> list[Path]:
    """The folders given by --config-dir/-cd, in both spellings."""
    found = []
    for flag, value in zip(words, [*words[1:], ""], strict=True):
        name, equals, inline = flag.partition("=")
        if name in ("--config-dir", "-cd"):
            found.append(Path(inline if equals else value))
    return found


def flags_first(words: Sequence[str]) -> list[str]:
    """Hydra's parser takes no setting behind a flag that stands between settings; people type them in any order."""
    flags: list[str] = []
    rest: list[str] = []
    last: list[str] = []
    waiting = False
    for word in words:
        # --info may have a value: in front it would swallow the first setting.
        (last if word in _INFO else flags if waiting or word.startswith("-") else rest).append(word)
        waiting = word in _FLAGS_WITH_VALUE
    return [*flags, *rest, *last]


_INFO = ("--info", "-i", "all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
_FLAGS_WITH_VALUE = (
    "--config-dir",
    "-cd",
    "--config-path",
    "-cp",
    "--config-name",
    "-cn",
    "--cfg",
    "-c",
    "--package",
    "-p",
)


def _compose_and_run(command: Command, outcomes: list[Outcome]) -> None:
    """Let Hydra compose all jobs, then run them; every job leaves its outcome in the list and never raises.

    Composed first, so that a mistake in the last of them is told before the first is paid for, and so that they know
    of each other (a sweep's budget). Other launchers than Hydra's own run each job where they compose it.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # makes Hydra raise instead of printing and exiting in its own words
    import hydra
    from hydra.core.config_store import ConfigStore
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    ConfigStore.instance().store(group="schema", name=command.name, node=command.schema)
    _offer_plugin_configurations()

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name=command.name)
    def job(configuration: DictConfig) -> None:
        if _is_launched_here():
            composed.append(_settings(command, configuration))
        else:
            settings = _settings(command, configuration)
            command.begin([settings])
            outcomes.append(_one_job(command, settings, outcomes))

    typed = sys.argv
    composed: list[Any] = []
    try:
        sys.argv = [typed[0], *flags_first(typed[1:])]
        job()
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(plain_words(error, command.schema)) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"a YAML of the configuration is not well-formed: {' '.join(str(error).split())}") from None
    finally:
        sys.argv = typed
    command.begin([settings for settings in composed if not isinstance(settings, Outcome)])
    for settings in composed:
        outcomes.append(_one_job(command, settings, outcomes))
        gc.collect()  # one model's memory is free before the next is loaded


def _is_launched_here() -> bool:
    """Whether the jobs of this sweep run one after the other in this process."""
    from hydra.core.hydra_config import HydraConfig

    return str(HydraConfig.get().launcher.get("_target_", "")).endswith("BasicLauncher")


def _settings(command: Command, configuration: DictConfig) -> Any:
    """A job's settings as plain dataclasses, or the outcome of a job that has none."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        return OmegaConf.to_object(configuration)
    except OmegaConfBaseException as error:
        return Outcome.bad_input(plain_words(error, command.schema))


def _one_job(command: Command, settings: Any, before: Sequence[Outcome]) -> Outcome:
    if any(outcome.code == INTERRUPTED for outcome in before):
        return Outcome.not_started()
    if isinstance(settings, Outcome):
        return settings
    try:
        return command.run(settings)
    except KeyboardInterrupt:
        return Outcome.interrupted()
    except UserError as error:
        if error.__cause__ is not None and os.environ.get("PHYSICS_IQ_TRACEBACK"):
            traceback.print_exception(error.__cause__)
        return Outcome.bad_input(str(error))
    except Exception as error:  # noqa: BLE001  (a fault of this program ends one job of a sweep, not the others)
        traceback.print_exc()
        return Outcome(FAILED, "", (f"error: a fault of this program, told above: {type(error).__name__}: {error}",))


def _offer_plugin_configurations() -> None:
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    class PluginConfigurations(SearchPathPlugin):
        """Adds the YAML folders of installed plug-ins to Hydra's search path."""

        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            for package in plugin_packages():
                search_path.append("physics-iq-plugin", f"pkg://{package}")

    Plugins.instance().register(PluginConfigurations)


def instantiate_adapter(node: Any) -> Any:
    """The only place where a model's YAML becomes an object (Hydra 1.4 wants an allow list here)."""
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate

    from adapters import Adapter, SetupError

    if not isinstance(node, dict) or "_target_" not in node:
        raise UserError("the model's YAML names no adapter: it needs adapter: {_target_: package.module.Class, …}")
    check_arguments(find_target(str(node["_target_"])), node)
    try:
        made = instantiate(node, _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__ or error
        what = "" if isinstance(cause, SetupError | ValueError) else f"its __init__ raised {type(cause).__name__}: "
        raise UserError(what + plain_words(cause)) from cause
    if not isinstance(made, Adapter):
        raise UserError(f"model.adapter._target_={node['_target_']} is no Adapter (see adapters/contract.py)")
    return made


def find_target(path: str) -> Any:
    """The class that `_target_` names. Raises UserError if it cannot be imported, with the nearest names."""
    module_name, _, name = path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # noqa: BLE001  (somebody's module, and it may do anything while it is imported)
        what = "" if isinstance(error, ImportError | ValueError) else f"{type(error).__name__}: "
        raise UserError(f"model.adapter._target_={path}: {what}{error}") from None
    if not hasattr(module, name):
        public = [word for word in vars(module) if word[0].isupper()]
        raise UserError(f"model.adapter._target_={path}: {module_name} has no {name!r}{nearest(name, public)}")
    target = getattr(module, name)
    if not callable(target):
        raise UserError(f"model.adapter._target_={path} is no class: package.module.Class is wanted")
    return target


def check_arguments(target: Any, node: dict[str, Any]) -> None:
    """The adapter's own signature is its schema. Raises UserError for an argument it does not know, or lacks."""
    parameters = inspect.signature(target).parameters.values()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    known = {parameter.name for parameter in named}
    unknown = [key for key in node if key not in known and not key.startswith("_")]
    if unknown and not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        if unknown[0] == "placement":
            raise UserError(f"{node['_target_']} takes no placement: only local pipelines do; leave placement= out")
        raise UserError(f"{node['_target_']} takes no argument {unknown[0]!r}{nearest(unknown[0], known)}")
    lacking = [p.name for p in named if p.default is p.empty and p.name not in node]
    if lacking:
        raise UserError(f"{node['_target_']} needs {lacking[0]!r}: set model.adapter.{lacking[0]}=…")
