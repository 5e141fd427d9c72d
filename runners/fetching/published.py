"""`runners.fetch` for the published data sets: from a benchmark's YAML to its files in the default root."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.http.retry_after import Passing
from runners.benchmarks.benchmark import benchmark_root, open_benchmark
from runners.core.errors import UserError, counted, first_of, one_of
from runners.core.outcome import DONE, FAILED, Outcome
from runners.core.progress import make_bar
from runners.core.settings import FetchSettings
from runners.core.shell import command_line, root_of, setting
from runners.core.terminal import show
from runners.fetching.choose import PROMPT_DATA, PURPOSES, FileGroup, choose, shipped_rates, usable
from runners.fetching.kept import Kept
from runners.fetching.remote import Listing, Remote
from runners.fetching.run import FetchJob, Result, fetch_files, left_of
from runners.fetching.sources import list_source
from runners.fetching.web import Denied, Lasting

_MOST_CONNECTIONS = 64
_TEXTS = ("descriptions/descriptions_original.csv", *PROMPT_DATA)
"""What the official repository brings where a data set's own source has no texts."""


def fetch_published(
    settings: FetchSettings, *, say: Callable[[str], None] = show, stop: threading.Event | None = None
) -> Outcome:
    """List, tell, and (unless `plan`) fetch. Raises UserError for what is found before any work, OSError for the disk.

    Files that are not fetched, or differ from the source's, leave exit code 1 and are listed.
    """
    chosen, fps = settings.benchmark, settings.fps or settings.benchmark.fps
    check_settings(settings)
    root, stop = benchmark_root(chosen), stop or threading.Event()
    listing = _listed(str(chosen.origin), stop)
    files, unsafe = usable(listing.files)
    groups = choose(files, settings.purpose, fps)
    for name in unsafe:
        say(f"warning: {name!a} at the source could leave the data set's folder by its name; it is left out")
    pairs = [(file, listing.web) for group in groups for file in group.files]
    texts, fault = _texts(settings, groups, root, stop)
    pairs += [(file, texts.web) for file in texts.files] if texts else []
    groups += [FileGroup(f"texts, from {chosen.texts}", tuple(texts.files))] if texts and texts.files else []
    for line in (*plan_lines(settings, groups, root), *rate_lines(settings, files, fps)):
        say(line)
    if settings.plan:
        return Outcome(DONE, chosen.name, ("nothing was fetched (plan=true)",), root)
    with make_bar(settings.progress, "downloading, MB") as bar:
        result = fetch_files(FetchJob(pairs, root, stop, settings.connections, bar, say))
    result.failed += [fault] if fault else []
    return _conclude(settings, result, root)


def check_settings(settings: FetchSettings) -> None:
    """Raise UserError for settings that no source is needed to refuse."""
    if not settings.benchmark.origin:
        raise UserError(f"benchmark {settings.benchmark.name} names no benchmark.origin. {settings.benchmark.hint}")
    if not 1 <= settings.connections <= _MOST_CONNECTIONS:
        raise UserError(f"connections={settings.connections} must be between 1 and {_MOST_CONNECTIONS}")
    if settings.fps is not None and settings.fps < 1:
        raise UserError(f"fps={settings.fps} must be at least 1")
    one_of("purpose", settings.purpose, PURPOSES, "purpose")


def _listed(address: str, stop: threading.Event) -> Listing:
    try:
        return _understood(address, stop)
    except (Denied, Lasting) as error:
        raise UserError(f"{address}: {error}; see benchmark.origin") from None
    except Passing as error:
        raise UserError(f"{address}: {error}; run the same command again later") from None


def _understood(address: str, stop: threading.Event) -> Listing:
    """As `list_source`; JSON of another shape than a list's is a fault of the source. Raises Lasting for it."""
    try:
        return list_source(address, stop)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Lasting("it answers with something else than a list of files") from None


def _texts(
    settings: FetchSettings, groups: Sequence[FileGroup], root: Path, stop: threading.Event
) -> tuple[Listing | None, str]:
    """The texts that neither the source nor the root has, where there is a second source; and why there are none."""
    have = {file.path for group in groups for file in group.files}
    described = any("descriptions" in path and path not in PROMPT_DATA for path in have)
    described = described or any((root / name).is_file() for name in ("descriptions.csv", _TEXTS[0]))
    wanted = [] if described else [_TEXTS[0]]
    if settings.purpose != "score":
        wanted += [name for name in PROMPT_DATA if name not in have and not (root / name).exists()]
    if not wanted or not settings.benchmark.texts:
        return None, ""
    try:
        listing = _understood(settings.benchmark.texts, stop)
    except (Passing, Denied, Lasting) as error:
        return None, f"{first_of(wanted)}: {error}; run the same command again later, or copy them there by hand"
    return Listing([file for file in listing.files if file.path in wanted], listing.web), ""


def plan_lines(settings: FetchSettings, groups: Sequence[FileGroup], root: Path) -> list[str]:
    """What is fetched from where, how large it is, and what of it is here already (by size, where never compared)."""
    kept = Kept(root)
    files: list[Remote] = [file for group in groups for file in group.files]
    absent = [file for file in files if kept.state(file) == "absent"]
    left = sum(left_of(kept, file) for file in absent)
    width = max(len(group.name) for group in groups)
    return [
        f"{settings.benchmark.name}, purpose={settings.purpose}: {settings.benchmark.origin} → {root}",
        *(f"  {group.name:{width}} {len(group.files):5} files {_size(group.files):>10}" for group in groups),
        f"  {'in all':{width}} {len(files):5} files {_size(files):>10}",
        f"  {'to be fetched':{width}} {len(absent):5} files {readable(left):>10}",
    ]


def rate_lines(settings: FetchSettings, files: Sequence[Remote], fps: int) -> list[str]:
    """A word on the truth at the rate that runs have by default, where the source ships it and it is not asked for."""
    usual = settings.output.fps
    if settings.purpose == "generate" or usual in (None, fps) or usual not in shipped_rates(files):
        return []
    return [f"  (clips at {usual} FPS, output={settings.output.name}, want the truth at that rate too: fps={usual})"]


def _conclude(settings: FetchSettings, result: Result, root: Path) -> Outcome:
    chosen = settings.benchmark
    lines = [f"{counted(result.fetched, 'file')} fetched ({readable(result.bytes)}), {result.there} were there: {root}"]
    if result.different:
        lines.append(
            f"{len(result.different)} files here are not the source's, and were left as they are: "
            f"{first_of(result.different)}; move them away and run the same command again, or keep yours"
        )
    if result.failed:
        lines += [f"failed: {fault}" for fault in result.failed[:5]]
        lines.append(f"{counted(len(result.failed), 'file')} could not be fetched; run the same command again")
    faults = bool(result.different or result.failed)
    try:
        benchmark = open_benchmark(chosen)
    except UserError as error:
        return Outcome(FAILED, chosen.name, (*lines, f"warning: {error}"), root)
    lines += [f"warning: {warning}" for warning in benchmark.warnings]
    if not faults:
        lines.append(f"{counted(len(benchmark.scenarios), 'scenario')}; next: {_next(settings)}")
    return Outcome(FAILED if faults else DONE, chosen.name, tuple(lines), root)


def _next(settings: FetchSettings) -> str:
    chosen = settings.benchmark
    where = [setting("benchmark", chosen.name), *root_of(chosen)]
    if settings.purpose == "score":
        return command_line("score", "videos=FOLDER", *where)
    return command_line("generate", "model=NAME", *where)


def _size(files: Sequence[Remote]) -> str:
    return readable(sum(file.size for file in files))


def readable(count: int) -> str:
    """`12.3 GB`, `4.5 MB` or `678 bytes`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:.2f} {unit}"
    return f"{count} bytes"
