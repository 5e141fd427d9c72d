"""Who may import whom (kept by reading the imports), and what `--help` may load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import adapters.harness

ROOT = Path(__file__).resolve().parents[1]
MOST_FILES = 13
SPEAKING = ("adapters.http.line", "adapters.http.retry_after", "adapters.http.urls")
"""Over which `runners.fetch` speaks as services are spoken to."""
HEAVY = {
    "av",
    "cv2",
    "diffusers",
    "hydra",
    "jinja2",
    "matplotlib",
    "omegaconf",
    "pymunk",
    "ray",
    "torch",
    "transformers",
}


@cache
def parsed(path: Path) -> ast.Module:
    """Each file is read once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(parsed(path)):
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


AUTHORS = {
    "Adapter", "Clip", "Conditioning", "Finding", "Frame", "Frames", "Mode", "Needs", "PromptUse", "Request", "Size",
    "AdapterError", "BadClip", "BadVideo", "Cancelled", "MissingDependency", "MissingKey", "OutOfMemory", "RateLimited",
    "Refused", "Rejected", "Retryable", "SetupError",
    "frames_for", "probe", "read_frames", "resize", "write_video",
}  # fmt: skip
"""All that the author of a model may need: read at one sitting."""


def test_the_surface_for_authors_is_small() -> None:
    assert set(adapters.__all__) == AUTHORS
    assert breaches("adapters", ("adapters.harness",)) == []


def test_the_harness_knows_only_the_surface_of_adapters_and_its_own_door() -> None:
    doors = ("adapters", "adapters.harness", "adapters.file_hashes", *SPEAKING)
    assert breaches("runners", ("adapters",), allowed=doors) == []


def test_nothing_stands_in_the_harness_s_door_that_it_does_not_use() -> None:
    used = {
        alias.name
        for path in (ROOT / "runners").rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module == "adapters.harness"
        for alias in node.names
    }
    assert set(adapters.harness.__all__) == used
    assert not used & AUTHORS


def code(path: Path) -> Iterator[ast.AST]:
    """All nodes of a file that run; imports for type checkers alone do not."""
    todo: list[ast.AST] = [parsed(path)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        todo += ast.iter_child_nodes(node)


def modules() -> dict[str, Path]:
    """Every module of the project by its name."""
    paths = [path for top in ("adapters", "runners") for path in (ROOT / top).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(known: dict[str, Path], path: Path) -> set[str]:
    """The project's modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in code(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known.keys()
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & known.keys()) or ({node.module} & known.keys())
    return found


KNOWN = modules()
GRAPH = {name: imported(KNOWN, path) - {name} for name, path in KNOWN.items()}


def room_of(name: str) -> str:
    """The folder of a module, by its dotted name; scoring and the official toolbox in it are one room."""
    room = name if KNOWN[name].name == "__init__.py" else name.rpartition(".")[0]
    return {"runners.scoring.official": "runners.scoring", "runners.demo.scenes": "runners.demo"}.get(room, room)


ROOMS = (
    "runners",  # the commands
    "runners.python",
    "runners.cli",
    "runners.submission",
    "runners.page",
    "runners.figures",
    "runners.sharing",
    "runners.reporting",
    "runners.generation",
    "runners.planning",
    "runners.scoring",
    "runners.fetching",
    "runners.benchmarks",
    "runners.demo",
    "runners.paid",
    "runners.prompts",
    "runners.runs",
    "runners.previews",
    "runners.clips",
    "runners.dataset",
    "runners.catalogue",
    "runners.core",
    "adapters",
)
"""From the top floor to the ground: each room imports only from those after it."""


def test_imports_run_one_way() -> None:
    place = {room: number for number, room in enumerate(ROOMS)}
    rooms = {name: "adapters" if name.startswith("adapters") else room_of(name) for name in KNOWN}
    assert set(rooms.values()) == set(ROOMS)
    upwards = [
        f"{name} imports {other}"
        for name, others in sorted(GRAPH.items())
        for other in sorted(others)
        if place[rooms[name]] > place[rooms[other]]
    ]
    assert upwards == []


def test_no_files_import_each_other_in_a_circle() -> None:
    left = {name: set(others) for name, others in GRAPH.items()}
    while free := [name for name, others in left.items() if not others]:
        for name in free:
            del left[name]
        for others in left.values():
            others.difference_update(free)
    assert left == {}


def test_the_top_floor_holds_the_commands_and_nothing_else() -> None:
    found = {path.stem for path in (ROOT / "runners").glob("*.py")} - {"__init__"}
    assert found == {"generate", "score", "submit", "fetch", "jobs", "doctor", "models", "report"}


def test_no_room_is_too_full_to_be_taken_in() -> None:
    files = Counter(name.rpartition(".")[0] for name, path in KNOWN.items() if path.name != "__init__.py")
    # Scoring reads from top to bottom in one walk, and each service has a file.
    full = {room: count for room, count in files.items() if count > MOST_FILES}
    assert full.keys() <= {"runners.scoring", "adapters.api", "runners.demo"}, full


def test_hydra_is_known_only_where_settings_are_composed() -> None:
    found = breaches("runners", ("hydra", "omegaconf"))
    assert {line.split(" ")[0] for line in found} == {
        "runners/cli/composing.py",
        "runners/cli/in_process.py",
        "runners/cli/sources.py",
    }


def calls(path: Path) -> Iterator[str]:
    """What a file calls by name or by module.name: `print`, `sys.stderr.write` …"""
    for node in ast.walk(parsed(path)):
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


def test_the_table_of_rooms_is_true() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = {room: int(count) for room, count in re.findall(r"^\| `([a-z_/]+)` \| (\d+) \|", text, re.MULTILINE)}
    files = Counter(str(path.relative_to(ROOT).parent) for path in KNOWN.values() if path.name != "__init__.py")
    assert told == dict(files)


@pytest.mark.parametrize("command", ["generate", "score", "fetch", "jobs", "doctor", "submit", "report"])
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
