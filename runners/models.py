"""`python -m runners.models`: the catalogue: what each name runs, needs, costs, and lacks on this machine."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args

from runners.cli.choices import CONF, files, headline, plugin_folders
from runners.cli.model_kinds import by_kind
from runners.cli.typed import config_dirs
from runners.core.errors import UserError, counted, nearest, one_of
from runners.core.outcome import BAD_INPUT, DONE
from runners.core.settings import ModelsSettings
from runners.core.terminal import make_console, prepare, say, show, unheard

if TYPE_CHECKING:
    from adapters import Adapter
    from runners.catalogue.entry import Entry

Format = Literal["table", "json", "md"]
Mode = Literal["i2v", "multiframe"]
PURPOSE = (
    "The catalogue of models: what each makes, its licence, the memory it needs, what the benchmark's 198 clips cost, "
    "what is missing on this machine, and when it was last checked. A word without = is searched for: "
    "python -m runners.models wan licence=Apache max_gb=24. All of one: name=svd. Nothing is loaded, asked or spent."
)
_KEYS = tuple(field.name for field in dataclasses.fields(ModelsSettings))
_LOG_COLUMNS = 160


def entries(folders: Sequence[Path], only: str | None = None) -> Iterator[Entry]:
    """The catalogue's lines by kind, or that of one model. Raises UserError for a name that there is not."""
    from runners.catalogue.chain import Chains
    from runners.catalogue.entry import Entry, entry_of
    from runners.catalogue.machine import Machine

    found = files("model", folders)
    if only is not None and only not in found:
        raise UserError(f"unknown model {only!r}{nearest(only, found, 'python -m runners.models')}")
    chains, machine = Chains(folders), Machine()
    for kind, names in by_kind(found).items():
        for name in names:
            if only not in (None, name):
                continue
            told = headline(found[name])
            try:
                node = chains.merged(found[name])
            except UserError as error:
                yield Entry(name, kind, told, fault=str(error))
                continue
            yield entry_of(name, kind, told, node=node, make=_made, machine=machine)


def _made(node: Any) -> Adapter:
    """The adapter of a model's YAML, with needs that can be told. Raises UserError."""
    from runners.cli.making import instantiate_adapter
    from runners.core.failures import telling
    from runners.planning.needs import check_needs

    adapter: Adapter = instantiate_adapter(node)
    with telling("the adapter's needs"):
        check_needs(adapter.needs)
    return adapter


def settings_of(words: Sequence[str]) -> tuple[ModelsSettings, tuple[str, ...]]:
    """What was typed: settings, and words to search for. Raises UserError."""
    settings, searched = ModelsSettings(), []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            searched.append(word)
            continue
        if key not in _KEYS:
            raise UserError(f"unknown setting {key!r}{nearest(key, _KEYS)}")
        setattr(settings, key, _value(key, value))
    one_of("format", settings.format, get_args(Format))
    if settings.mode is not None:
        one_of("mode", settings.mode, get_args(Mode))
    return settings, tuple(searched)


def _value(key: str, text: str) -> Any:
    if text in ("", "null"):
        return None if key != "format" else text
    if key == "ready":
        return one_of(key, text.lower(), ("true", "false")) == "true"
    if not key.startswith("max_"):
        return text
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UserError(f"{key}={text}: a number of {'US dollars' if key == 'max_usd' else 'GB'} is wanted")
    return number


def tell(words: Sequence[str]) -> None:
    """Print what was asked for. Raises UserError."""
    from runners.catalogue import pages
    from runners.catalogue.filters import Wanted

    dirs = config_dirs(words)
    settings, searched = settings_of(_without_dirs(words))
    folders = [*dirs, CONF, *plugin_folders()]
    if settings.name is not None:
        _tell_one(next(entries(folders, settings.name)), files("model", folders)[settings.name], settings.format)
        return
    wanted = Wanted(settings.mode, settings.max_usd, settings.max_gb, settings.licence, searched, settings.ready)
    every = list(entries(folders))
    chosen = [entry for entry in every if wanted.takes(entry)]
    if settings.format == "json":
        show(pages.as_json(chosen))
    elif settings.format == "md":
        show(pages.markdown(chosen))
    else:
        make_console(log_columns=_LOG_COLUMNS).print(pages.table(chosen))
        show("")
    for line in wanted.unjudged(every):
        say(line)
    if settings.format == "table":
        example = chosen[0].name if chosen else "svd"
        say(f"{counted(len(chosen), 'model')} of {len(every)}; all of one: python -m runners.models name={example}")


def _tell_one(entry: Entry, path: Path, form: str) -> None:
    from runners.catalogue import pages

    if form != "table":
        show(pages.as_json([entry]) if form == "json" else pages.markdown([entry]))
        return
    for line in pages.whole(entry, _about(path), list(_published(entry))):
        show(line)
    say(f"next: python -m runners.generate model={entry.name} plan=true")


def _about(path: Path) -> str:
    """What the model's YAML says in words above its settings, without the headline."""
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(lines).strip()


def _published(entry: Entry) -> Iterator[str]:
    from runners.reporting import published

    for title, rows in published.BY_BENCHMARK.items():
        for row in rows:
            if entry.facts.published is not None and row.model == entry.facts.published and row.mode == entry.mode:
                spread = "" if row.std is None else f" ± {row.std:g}"
                told = ", ".join([row.source, row.date, *row.marks])
                yield f"{title.capitalize() if title == 'verified' else title}: {row.score:g}{spread} ({told})"


def _without_dirs(words: Sequence[str]) -> list[str]:
    kept, skip = [], False
    for word in words:
        if skip or word.startswith("-"):
            skip = not skip and word in ("--config-dir", "-cd")
            continue
        kept.append(word)
    return kept


def main(words: Sequence[str]) -> NoReturn:
    """Print the catalogue and leave with 0, or 2 for words that mean nothing here."""
    prepare()
    with unheard():
        if {"--help", "-h"} & set(words):
            from runners.cli.help import help_text

            show(help_text("models", PURPOSE, ModelsSettings, (), words))
            sys.exit(DONE)
        try:
            tell(words)
        except UserError as error:
            say(f"error: {error}")
            sys.exit(BAD_INPUT)
    sys.exit(DONE)


if __name__ == "__main__":
    main(sys.argv[1:])
