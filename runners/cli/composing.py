"""From the words of a command line to settings: all that knows Hydra is here and in runners/cli/sources.py."""

from __future__ import annotations

import logging
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.cli.choices import CONF, plugin_packages
from runners.cli.hydra_errors import plain_words, text_keys
from runners.cli.typed import for_hydra
from runners.core.errors import UserError

if TYPE_CHECKING:
    from omegaconf import DictConfig

_GROUPS = frozenset(("model", "placement", "benchmark", "prompts", "output", "scorer", "experiment", "sweep"))
"""Whose choices are names of files."""


@dataclass(frozen=True)
class Job:
    """What one job is asked for: settings as plain dataclasses, or the fault for which it has none."""

    settings: Any = None
    fault: str = ""
    swept: Mapping[str, Any] = field(default_factory=dict)
    """Of a sweep: its keys, each with this job's own value."""


def compose(name: str, schema: type[Any], typed: Sequence[str], elsewhere: Callable[[Job], None]) -> list[Job]:
    """All jobs that the words `typed` ask for, none of them begun, so that they know of each other. Raises UserError.

    Other launchers than Hydra's own run each job where they compose it: it is handed to `elsewhere` there, a function
    that can be pickled.
    """
    logging.raiseExceptions = False  # a log that nobody reads is no fault
    import hydra
    from hydra.core.config_store import ConfigStore
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from runners.cli.sources import watch

    ConfigStore.instance().store(group="schema", name=name, node=schema)
    _offer_plugin_configurations()
    texts = text_keys(schema)
    watch(texts)
    flags, words, last = for_hydra(typed, texts | _GROUPS)
    jobs: list[Job] = []
    sweeps: dict[str, bool] = {}
    litter: list[Path] = []

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)
    def job(configuration: DictConfig) -> None:
        found = _job(configuration, schema, sweeps)
        if _is_launched_here():
            jobs.append(found)
            litter.append(Path(HydraConfig.get().runtime.output_dir))
        else:
            elsewhere(found)

    try:
        sweeps.update(_sweeps(words))
        with _spoken_to([*flags, *words, *last]):
            job()
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(plain_words(error, schema)) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"a YAML of the configuration is not well-formed: {' '.join(str(error).split())}") from None
    finally:
        _tidy(litter)
    return jobs


@contextmanager
def _spoken_to(words: list[str]) -> Iterator[None]:
    """Hydra's decorator hears through the process alone: it reads `sys.argv`, and raises only for HYDRA_FULL_ERROR.

    Without that it prints errors and exits in its own words. The variable stays: other launchers' processes inherit it.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"
    typed = sys.argv
    sys.argv = [typed[0], *words]
    try:
        yield
    finally:
        sys.argv = typed


def _sweeps(words: list[str]) -> dict[str, bool]:
    """Which keys were typed, and whether more than one value was typed for each."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_overrides(words)
    return {override.key_or_group: override.is_sweep_override() for override in parsed}


def _is_launched_here() -> bool:
    """Whether the jobs of this sweep run one after the other in this process."""
    from hydra.core.hydra_config import HydraConfig

    return str(HydraConfig.get().launcher.get("_target_", "")).endswith("BasicLauncher")


def _tidy(folders: list[Path]) -> None:
    """Remove what Hydra makes for the jobs of a sweep, whose records are elsewhere: empty folders and one copy."""
    for folder in folders:
        sweep, above = folder.parent, folder.parent.parent
        if above.name != ".sweeps" and not sweep.name.startswith("physics-iq-sweep-"):
            continue  # a place of the user's own choice
        for left in (folder, sweep, *([above] if above.name == ".sweeps" else [])):
            with suppress(OSError):
                if left == sweep:
                    (sweep / "multirun.yaml").unlink(missing_ok=True)
                left.rmdir()  # which takes nothing that holds something


def _is_sweep() -> bool:
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    return not OmegaConf.is_missing(HydraConfig.get().job, "num")


def _job(configuration: DictConfig, schema: type[Any], typed: Mapping[str, bool]) -> Job:
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from runners.cli.making import check_former_names
    from runners.cli.sources import check_texts, name_by_file

    try:
        name_by_file(configuration, HydraConfig.get())  # for other launchers' processes, which compose on their own
        check_former_names(OmegaConf.select(configuration, "model.adapter"))
        settings = OmegaConf.to_object(configuration)
        check_numbers(settings)
        check_texts(settings, text_keys(schema))
    except OmegaConfBaseException as error:
        return Job(fault=plain_words(error, schema))
    except UserError as error:
        return Job(fault=str(error))
    return Job(settings, swept=_swept(typed))


def _swept(typed: Mapping[str, bool]) -> dict[str, Any]:
    """This job's own values of what was typed as a sweep, or is one in conf/sweep and was not typed otherwise."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.core.override_parser.overrides_parser import OverridesParser

    hydra = HydraConfig.get()
    if not _is_sweep():
        return {}
    parser = OverridesParser.create()
    named = parser.parse_overrides([f"{key}={values}" for key, values in (hydra.sweeper.get("params") or {}).items()])
    keys = {override.key_or_group for override in named if override.is_sweep_override()} - set(typed)
    keys |= {key for key, is_sweep in typed.items() if is_sweep}
    own = parser.parse_overrides(list(hydra.overrides.task))
    return {override.key_or_group: override.value() for override in own if override.key_or_group in keys}


def check_numbers(settings: Any) -> None:
    """Raise UserError for a number that is none, wherever in the settings: nothing can be compared with it."""
    for key, value in _numbers(settings, ""):
        if not math.isfinite(value):
            raise UserError(f"{key}={value} is no number to work with; give a finite one, or leave it out")


def _numbers(value: Any, key: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, float):
        yield key, value
    elif is_dataclass(value):
        for each in fields(value):
            yield from _numbers(getattr(value, each.name), f"{key}.{each.name}" if key else each.name)
    elif isinstance(value, dict):
        for word, item in value.items():
            yield from _numbers(item, f"{key}.{word}")
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, key)


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
