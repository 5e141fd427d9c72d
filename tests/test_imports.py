"""Who may import whom (kept by reading the imports), and what `--help` may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"av", "cv2", "diffusers", "hydra", "matplotlib", "omegaconf", "pymunk", "ray", "torch", "transformers"}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def breaches(folder: str, forbidden: tuple[str, ...], *, allowed: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in imports(path)
        if name not in allowed and any(name == word or name.startswith(f"{word}.") for word in forbidden)
    ]


def test_adapters_know_neither_the_harness_nor_hydra() -> None:
    assert breaches("adapters", ("runners", "hydra", "omegaconf")) == []


def test_the_harness_knows_only_the_surface_of_adapters() -> None:
    assert breaches("runners", ("adapters",), allowed=("adapters", "adapters.http.line")) == []


def test_the_core_knows_no_entry_point_scorer_or_report() -> None:
    entries = tuple(f"runners.{path.stem}" for path in (ROOT / "runners").glob("*.py") if path.stem != "__init__")
    assert breaches("runners/core", (*entries, "runners.scoring", "runners.reporting")) == []


def test_hydra_is_known_only_where_settings_are_composed() -> None:
    found = breaches("runners", ("hydra", "omegaconf"))
    assert {line.split(" ")[0] for line in found} == {"runners/cli/composing.py", "runners/cli/sources.py"}


def calls(path: Path) -> Iterator[str]:
    """What a file calls by name or by module.name: `print`, `sys.stderr.write` …"""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_all_that_is_shown_passes_through_one_place_that_spells_out_what_a_terminal_would_obey() -> None:
    speaking = {"print", "Console", "rich.print", "sys.stdout.write", "sys.stderr.write", "traceback.print_exc"}
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / "runners").rglob("*.py")
        for name in calls(path)
        if name in speaking
    }
    # --help has no time for more than Python itself, and cleans what it prints.
    assert found == {("runners/core/terminal.py", "print"), ("runners/cli/command.py", "print")}


@pytest.mark.parametrize("command", ["generate", "score", "fetch", "jobs", "doctor", "submit"])
def test_help_loads_nothing_heavy(command: str) -> None:
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['{command}', '--help']\n"
        "try:\n"
        f"    runpy.run_module('runners.{command}', run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stderr.split()) == set()
    assert "usage:" in done.stdout
