"""A checkout of the official toolbox: which command line it has, what it needs, what it insists on; found by looking.

Two are known. Current: `physiq/run_physics_iq.py`, with the checkout on PYTHONPATH, told where the data lies.
April 2026 and older: `code/run_physics_iq.py`, run from the folder that holds `physics-IQ-benchmark/`.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import shown, user_path
from runners.core.provenance import git_revision

ORIGINAL, VERIFIED = "physics-IQ-benchmark", "physics-IQ-benchmark-verified"
"""The only folder names under which the toolbox finds a data set."""

_SCRIPT = "run_physics_iq.py"
_FOLDERS = ("physiq", "code")  # the current command line first
_CLONE = "git clone https://github.com/google-deepmind/physics-IQ-benchmark"
_FULL_SET = 198


@dataclass(frozen=True)
class Toolbox:
    """What a checkout is, by its files alone."""

    checkout: Path
    script: Path
    python: str
    """The interpreter's path."""
    options: frozenset[str]
    """The command line options that its script knows."""
    modules: tuple[str, ...]
    """What must be importable, beside the standard library and its own files."""
    clips: int | None
    """How many clips it insists on."""
    sha256: str
    """Of all Python files beside its script: two checkouts of one hash score alike."""
    revision: str | None
    """The git commit, with `+changes` if files differ from it."""

    @property
    def command_line(self) -> str:
        """`physiq` (the current one) or `code`."""
        return self.script.parent.name

    def folder(self, kind: str) -> str:
        """The name under which it looks for a data set of this kind; the older one knows a single name."""
        return VERIFIED if kind == "verified" and "--original_physics_iq" in self.options else ORIGINAL

    def command(self, clips: Path, root: Path, descriptions: Path, output: Path, processes: int) -> list[str]:
        """The words that score the folder `clips` against the data set `root`; run from the folder that holds it."""
        words = [self.python, str(self.script), "--input_folders", str(clips), "--output_folder", str(output)]
        words += ["--descriptions_file", str(descriptions)]
        if "--benchmark_base_folder" in self.options:
            words += ["--benchmark_base_folder", str(root.parent)]
        if "--original_physics_iq" in self.options and root.name == ORIGINAL:
            words.append("--original_physics_iq")
        if "--n_process" in self.options:  # its default, 0, failed in a version read
            words += ["--n_process", str(processes)]
        if "--lazy_integrity" in self.options:  # its guard finds changes where there are none, when all is computed
            words.append("--lazy_integrity")
        return words

    def environment(self) -> dict[str, str]:
        """Ours, with the checkout importable, output as it comes, no window opened and no bytecode left behind."""
        known = os.environ.get("PYTHONPATH")
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self.checkout), *([known] if known else [])]),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "MPLBACKEND": "Agg",
        }


def find_toolbox(path: str | None, python: str | None) -> Toolbox:
    """Look at the checkout `path`, to be run by `python` (default: this interpreter). Raises `UserError`."""
    if not path:
        raise UserError(f"the official toolbox is not part of this program: {_CLONE}, then set scorer.path=CHECKOUT")
    checkout = user_path(path)
    script = _find_script(checkout)
    text = script.read_text("utf-8", "replace")
    return Toolbox(
        checkout=checkout,
        script=script,
        python=_find_python(python),
        options=frozenset(re.findall(r"--[a-z_]+", text)),
        modules=tuple(sorted(_needed_modules(script))),
        clips=_FULL_SET if re.search(rf"\b{_FULL_SET}\b", text) else None,
        sha256=_hash_code(script.parent),
        revision=git_revision(checkout),
    )


def _find_script(checkout: Path) -> Path:
    for folder in _FOLDERS:
        if (checkout / folder / _SCRIPT).is_file():
            return checkout / folder / _SCRIPT
    if not checkout.is_dir():
        raise UserError(f"scorer.path={shown(checkout)} is no folder; {_CLONE}")
    if (checkout / _SCRIPT).is_file():
        raise UserError(f"scorer.path={shown(checkout)} is not the checkout's top folder; use {shown(checkout.parent)}")
    inner = [child for child in sorted(checkout.iterdir()) if any((child / f / _SCRIPT).is_file() for f in _FOLDERS)]
    meant = f"; did you mean {shown(inner[0])}?" if inner else f"; {_CLONE}"
    raise UserError(
        f"scorer.path={shown(checkout)} is no checkout of the official toolbox: it has neither "
        f"{' nor '.join(f'{folder}/{_SCRIPT}' for folder in _FOLDERS)}{meant}"
    )


def _find_python(python: str | None) -> str:
    if not python:
        return sys.executable
    # Not resolved: the interpreter of a virtual environment is a link, and knows its environment by the link's place.
    place = str(user_path(python)) if os.sep in python else python
    found = shutil.which(place)
    if found is None:
        raise UserError(f"scorer.python={python} is not found, or cannot be run")
    return str(Path(found).absolute())


def _hash_code(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def _needed_modules(script: Path) -> set[str]:
    """The top-level names that the script and those of its own files that it reaches import from elsewhere."""
    waiting, seen, needed = [script], {script}, set()
    while waiting:
        for name in _imports(waiting.pop()):
            top, own = name.partition(".")[0], _own_file(script.parent, name)
            if own is None and _own_file(script.parent, top) is None:
                needed.add(top)
            elif own is not None and own not in seen:
                seen.add(own)
                waiting.append(own)
    return needed - sys.stdlib_module_names - {script.parent.name, ""}


def _imports(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text("utf-8", "replace"))
    except SyntaxError:  # for a newer Python than this one; whatever it needs shows when it runs
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            # `from physiq import x` may mean physiq/x.py
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module)


def _own_file(folder: Path, name: str) -> Path | None:
    """The checkout's own file that an import means; None for a module from elsewhere."""
    parts = name.split(".")
    for words in (parts, parts[1:]) if parts[0] == folder.name else (parts,):
        base = folder.joinpath(*words)
        for path in (base.with_name(f"{base.name}.py"), base / "__init__.py") if words and words[-1] else ():
            if path.is_file():
                return path
    return None
