"""A folder that can be shared on the Hugging Face hub: clips, their prompts and scores; never truth, places or keys."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runners.core.errors import UserError, counted
from runners.core.files import (
    link_or_copy,
    sha256_file,
    sha256_json,
    shown,
    standing,
    sync_folder,
    takes_files,
    write_json,
    write_text,
)
from runners.core.locks import Held, Lock
from runners.runs.records import encode
from runners.runs.run_record import RunRecord
from runners.scoring.scores import Scores
from runners.scoring.stored import read_scores
from runners.sharing.hub_card import Shared, card
from runners.sharing.hub_metadata import rows_of, write_tables
from runners.sharing.redaction import place_free, without_places
from runners.sharing.summary import is_scored

MARKER = ".physics-iq-hub.json"
_FORMAT = 1
Run = tuple[str, RunRecord, Scores | None]
"""What the run is called among those of the results folder, its record, and its scores if it has any."""


def check_place(folder: Path) -> None:
    """Raise UserError unless the folder is new, empty, or one that this command made."""
    if folder.is_dir() and not (folder / MARKER).is_file() and any(folder.iterdir()):
        raise UserError(f"hub={shown(folder)} holds something else; choose a new folder")
    if os.path.lexists(folder) and not folder.is_dir():
        raise UserError(f"hub={shown(folder)} is no folder; choose a new one")
    if not takes_files(there := standing(folder)):
        raise UserError(f"hub={shown(folder)} cannot be written ({shown(there)} is no folder of yours)")
    if any((above / "journal.jsonl").exists() for above in (folder, *folder.parents)):
        raise UserError(f"hub={shown(folder)} lies inside a run; choose another folder")


def make_hub(folder: Path, runs: Iterable[Run], command_of: Callable[[RunRecord], str]) -> list[str]:
    """Make the folder, or bring it up to date; returns lines for people. Raises UserError, OSError.

    A new one has its name only once it is whole; what a killed call made is gone on with.
    """
    check_place(folder)
    own = folder / MARKER
    work = folder if own.is_file() else folder.with_name(f".{folder.name}.part")
    work.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    with _alone(work, folder):
        marker = _read_marker(work / MARKER)
        shared = [_share(work, marker, run, command_of, lines) for run in runs if _may_be_shared(run, lines)]
        gone = [key for key in marker["runs"] if key not in {each.key for each in shared}]
        everything = [*shared, *(Shared(**marker["runs"][key]["shared"]) for key in gone)]
        _write_card(work, marker, card(sorted(everything, key=lambda run: run.key)), lines)
        if work is not folder:
            work.rename(folder)
            sync_folder(folder.parent)
    total = sum(each.clips for each in everything)
    lines.append(f"{shown(folder)} holds {counted(total, 'clip')} of {counted(len(everything), 'run')}; share it with:")
    lines.append(f"  hf upload-large-folder OWNER/NAME --repo-type=dataset {shlex.quote(shown(folder))}")
    return lines


@contextmanager
def _alone(work: Path, folder: Path) -> Iterator[None]:
    try:
        lock = Lock(work)
    except Held:
        raise UserError(f"another process is making {shown(folder)}; wait for it") from None
    with lock:
        yield


def _read_marker(path: Path) -> dict[str, Any]:
    """What this command wrote before: for each run its digest and files, and the card's digest."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        found = {"format": _FORMAT, "runs": {}, "card": None}
        write_json(path, found)
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("format") != _FORMAT or not isinstance(found.get("runs"), dict):
        raise UserError(f"{shown(path)} is damaged or of another version; choose a new folder")
    return found


def _may_be_shared(run: Run, lines: list[str]) -> bool:
    name, record, _ = run
    if record.oracle:
        lines.append(f"{name}: left out, since its clips show take 2, which is truth")
    elif not record.hashes:
        lines.append(f"{name}: left out, it has no clips")
    return bool(record.hashes) and not record.oracle


def _share(
    work: Path, marker: dict[str, Any], run: Run, command_of: Callable[[RunRecord], str], lines: list[str]
) -> Shared:
    """One run in the folder; nothing is done where it is there as it is now."""
    name, record, scores = run
    key = folder_key(name)
    known = marker["runs"].get(key, {})
    files = [file for file in record.hashes if _take(work, key, record, file, known, name, lines)]
    score = scores.verified if scores is not None and is_scored(scores) else None
    shared = Shared(
        key, place_free(record.name), place_free(record.model), record.kind, place_free(record.benchmark), len(files),
        record.manifest.expected, score, place_free(command_of(record)),
    )  # fmt: skip
    manifest, rows = without_places(encode(record.manifest)), rows_of(record, scores, files)
    told = _scores_of(record) if scores is not None else None
    now = {"sha256": sha256_json([manifest, rows, told]), "shared": asdict(shared), "files": files}
    if {key: known.get(key) for key in now} == now:
        return shared
    write_tables(work, key, rows)
    write_json(work / "manifests" / f"{key}.json", manifest)
    if told is not None:
        write_json(work / "scores" / f"{key}.json", told)
    for old in set(known.get("files", ())) - set(files):  # linked by an earlier call, and the run's no more
        (work / "videos" / key / old).unlink(missing_ok=True)
    marker["runs"][key] = now
    write_json(work / MARKER, marker)
    return shared


def _scores_of(record: RunRecord) -> Any:
    """scores.json as it is, without places; None where it cannot be read as one."""
    try:
        read_scores(record.folder.scores)
        return without_places(json.loads((record.folder.scores / "scores.json").read_bytes()))
    except (UserError, OSError, ValueError):
        return None


def _take(
    work: Path, key: str, record: RunRecord, file: str, known: dict[str, Any], name: str, lines: list[str]
) -> bool:
    """Link or copy one published clip, unless it is there; False for one that is gone or was altered."""
    source, target = record.folder.videos / file, work / "videos" / key / file
    if not source.is_file():
        lines.append(f"warning: {name}: {file} is gone, and was left out")
        return False
    same = target.is_file() and target.stat().st_size == source.stat().st_size and target.samefile(source)
    if sha256_file(source) != record.hashes[file]:
        lines.append(f"warning: {name}: {file} is not the clip that the run published, and was left out")
        return False
    if same or (target.is_file() and sha256_file(target) == record.hashes[file]):
        return True
    if os.path.lexists(target) and file not in known.get("files", ()):
        raise UserError(f"{shown(target)} is not of this command; move it away")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{key[:40]}.part")
    part.unlink(missing_ok=True)
    link_or_copy(source, part)
    part.replace(target)
    return True


def folder_key(name: str) -> str:
    """A run's name in the folder, of letters that every file system and every glob takes; no two runs share one."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name.replace("/", "--")).strip(".-")[:80]
    exact = plain == name.replace("/", "--")
    return plain if exact else f"{plain or 'run'}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"


def _write_card(work: Path, marker: dict[str, Any], text: str, lines: list[str]) -> None:
    """README.md, unless somebody changed it: then theirs stays."""
    path, sha256 = work / "README.md", hashlib.sha256(text.encode()).hexdigest()
    if path.exists() and sha256_file(path) not in (marker["card"], sha256):
        lines.append("note: README.md was changed by hand, and was left as it is; the new one is README.new.md")
        write_text(work / "README.new.md", text)
        return
    write_text(path, text)
    marker["card"] = sha256
    write_json(work / MARKER, marker)
