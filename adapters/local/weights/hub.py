"""Where a checkpoint's files come from: a local folder, or the Hugging Face hub; and exactly which ones they are."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from adapters.errors import MissingDependency, SetupError
from adapters.local.settings import INSTALL
from adapters.local.weights.cached import COMMIT, cached, note_ref, repository
from adapters.local.weights.contents import INDEXES, Listed, Wanted, read_index
from adapters.local.weights.hashing import content_hash
from adapters.outside import on_terminal

_SPARE_BYTES = 1_000_000_000
_ANSWER_S = 30.0


@dataclass(frozen=True)
class Source:
    """A checkpoint on this machine: `revision` is its commit, or "sha256:…" over the contents of a local folder."""

    path: Path
    revision: str


def tell(line: str) -> None:
    """A line for people, beside the results."""
    print(on_terminal(line), file=sys.stderr, flush=True)


def fetch(
    checkpoint: str, revision: str | None = None, *, variant: str | None = None, skip: Collection[str] = (),
    subfolder: str | None = None, safetensors_only: bool = True, say: Callable[[str], None] = tell,
) -> Source:  # fmt: skip
    """The files of a checkpoint, fetched if they are not here. Raises SetupError saying what mends it.

    `variant` of the weights is taken where a component has it; components in `skip` come from elsewhere;
    `subfolder` (or "" for the top) takes a single component instead of a whole pipeline.
    """
    folder = Path(checkpoint).expanduser()
    if folder.is_dir():
        return _local(folder.absolute(), revision, subfolder)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", checkpoint) or checkpoint.startswith("."):
        raise SetupError(f"model.adapter.checkpoint={checkpoint} is no folder here, and no owner/name on the hub")
    wanted = Wanted(checkpoint, variant, frozenset(skip), subfolder, safetensors_only)
    try:
        from huggingface_hub import HfApi, constants, errors
    except ImportError as error:
        raise MissingDependency("huggingface_hub", INSTALL) from error
    with _telling(checkpoint, revision):
        if constants.HF_HUB_OFFLINE:
            return _from_cache(wanted, revision, "HF_HUB_OFFLINE is set", say)
        try:
            info = HfApi().model_info(checkpoint, revision=revision, files_metadata=True, timeout=_ANSWER_S)
        except _no_connection():
            return _from_cache(wanted, revision, "the hub cannot be reached", say)
        except errors.HfHubHTTPError as error:
            if error.response.status_code < 500 or cached(wanted, revision) is None:
                raise
            return _from_cache(wanted, revision, f"the hub answers {error.response.status_code}", say)
        files = [Listed(sibling.rfilename, sibling.size or 0, _blob(sibling)) for sibling in info.siblings or []]
        with _alone(checkpoint, say):
            found = _download(wanted, str(info.sha), files, say)
            note_ref(checkpoint, revision or "main", found.revision)
            return found


def _local(folder: Path, revision: str | None, subfolder: str | None) -> Source:
    """A folder as it lies there. Raises SetupError if it is not what is asked for."""
    if subfolder is None and not any((folder / name).is_file() for name in INDEXES):
        raise SetupError(f"{folder} holds no model_index.json: name the folder of a whole diffusers pipeline")
    part = folder / (subfolder or "")
    if not part.is_dir():
        raise SetupError(f"{folder} has no folder {subfolder}")
    if folder.parent.name == "snapshots" and COMMIT.fullmatch(folder.name):
        found = folder.name
    else:
        try:
            found = f"sha256:{content_hash(part)}"
        except OSError as error:
            raise SetupError(f"{error.filename or folder} cannot be read: {error.strerror}") from error
    if revision is not None and revision != found:
        raise SetupError(f"model.adapter.revision={revision} is asked for, and the folder {folder} is {found}")
    return Source(folder, found)


def _from_cache(wanted: Wanted, revision: str | None, why: str, say: Callable[[str], None]) -> Source:
    """What the cache holds of a repository, without the hub. Raises SetupError if that is not all that is wanted."""
    folder = cached(wanted, revision)
    if folder is None:
        at = f" --revision {revision}" if revision else ""
        raise SetupError(
            f"{wanted.checkpoint} is not in the cache, and {why}; where there is a network, run "
            f"`hf download {wanted.checkpoint}{at}`, or name a folder: model.adapter.checkpoint=FOLDER"
        )
    say(f"{why}: {wanted.checkpoint} is taken from the cache, commit {folder.name}")
    return Source(folder, folder.name)


def _blob(sibling: Any) -> str:
    """The name of a file's contents in the cache: the hub's ETag for it."""
    return str((sibling.lfs.sha256 if sibling.lfs else sibling.blob_id) or "")


def _download(wanted: Wanted, commit: str, files: list[Listed], say: Callable[[str], None]) -> Source:
    """All wanted files of one commit; told and weighed against the disk before the first large byte."""
    from huggingface_hub import hf_hub_download, snapshot_download

    name = wanted.index(files)
    index = {}
    if name:
        index = read_index(Path(hf_hub_download(wanted.checkpoint, name, revision=commit)), wanted.checkpoint)
    chosen = wanted.files(files, index)
    _weigh(wanted.checkpoint, commit, chosen, say)
    names = [escape(file.name) for file in chosen]
    path = Path(snapshot_download(wanted.checkpoint, revision=commit, allow_patterns=names))
    short = [file.name for file in chosen if not (path / file.name).is_file()]
    if short:
        raise SetupError(f"{wanted.checkpoint}: {short[0]} did not arrive; run the same command again")
    return Source(path, commit)


def _weigh(checkpoint: str, commit: str, chosen: list[Listed], say: Callable[[str], None]) -> None:
    """Say what is going to be fetched. Raises SetupError if the disk is too small for it."""
    from huggingface_hub import constants

    place = repository(checkpoint)
    missing = {
        file.blob or file.name: file.size
        for file in chosen
        if not (place / "snapshots" / commit / file.name).is_file()
        and not (file.blob and (place / "blobs" / file.blob).is_file())
    }
    if not missing:
        return
    cache, size = Path(constants.HF_HUB_CACHE), sum(missing.values())
    there = next(path for path in (cache, *cache.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < size + _SPARE_BYTES:
        raise SetupError(
            f"{checkpoint} needs {size / 1e9:.1f} GB more, and {cache} has {free / 1e9:.1f} GB free; "
            "free some space, or set HF_HUB_CACHE to a folder on another disk"
        )
    say(f"downloading {size / 1e9:.2f} GB of {checkpoint} (commit {commit[:12]}) to {cache}")


@contextmanager
def _alone(checkpoint: str, say: Callable[[str], None]) -> Iterator[None]:
    """One process of this machine at a time fetches a repository; the lock ends with its process."""
    from filelock import FileLock, Timeout
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE) / ".locks"
    lock = FileLock(folder / f"physics-iq--{checkpoint.replace('/', '--')}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        say(f"another process is fetching {checkpoint}: waiting for it")
        lock.acquire()
    except OSError:
        pass  # a cache that can only be read may hold everything already; if it does not, the download says so
    try:
        yield
    finally:
        lock.release()


def _no_connection() -> tuple[type[Exception], ...]:
    """What the hub's client raises where there is no way to the hub."""
    from huggingface_hub import errors

    transport: Any = errors.HfHubHTTPError.__mro__[1].__module__.partition(".")[0]  # it has changed its own client once
    client = __import__(transport)
    return (errors.OfflineModeIsEnabled, client.TransportError, ConnectionError, TimeoutError)


@contextmanager
def _telling(checkpoint: str, revision: str | None) -> Iterator[None]:
    """The hub's faults in a line each, with what mends them. Nothing of a request is quoted: it could hold a token."""
    from huggingface_hub import errors

    try:
        yield
    except SetupError:
        raise
    except (OSError, ValueError, RuntimeError, errors.HfHubHTTPError, *_no_connection()) as error:
        line = _line(error, checkpoint, revision)
    else:
        return
    raise SetupError(line) from None


def _line(error: Exception, checkpoint: str, revision: str | None) -> str:
    from huggingface_hub import errors

    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # what the client met before it looked in the cache
    status = getattr(getattr(error, "response", None), "status_code", None)
    page, again = f"https://huggingface.co/{checkpoint}", "run the same command again"
    kinds: list[tuple[Any, str]] = [
        (errors.GatedRepoError,
         f"{checkpoint} is gated: ask for access at {page}, then `hf auth login` or set HF_TOKEN"),
        (errors.RevisionNotFoundError,
         f"{checkpoint} has no revision {revision}: see {page}/commits, and set model.adapter.revision"),
        (errors.RepositoryNotFoundError,
         f"{checkpoint} is not on the hub, or is private: check the name; for a private one, `hf auth login`"),
        (errors.HFValidationError, f"model.adapter.checkpoint={checkpoint} can be no name of a repository"),
        (errors.HfHubHTTPError if status in (401, 403) else (),
         f"the hub does not accept the login for {checkpoint}: `hf auth login`, or set HF_TOKEN to a valid token"),
        (errors.HfHubHTTPError, f"the hub answered {status} for {checkpoint}; {again} later"),
        (errors.LocalEntryNotFoundError, f"the hub stopped answering while {checkpoint} was fetched; {again}"),
        (_no_connection(), f"the connection to the hub was lost ({type(error).__name__}); {again}"),
    ]  # fmt: skip
    for kind, line in kinds:
        if isinstance(error, kind):
            return line
    if isinstance(error, OSError) and error.errno is not None:
        return f"{checkpoint} cannot be stored: {error.strerror}; see HF_HUB_CACHE"
    return f"{checkpoint} did not arrive whole ({type(error).__name__}); {again}"
