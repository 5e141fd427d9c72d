"""A command line that starts fast: a process that has everything imported forks one child for each command.

`python -m tests.api.shell` reads commands as lines of JSON, {"module", "words", "environ", "cwd", "out", "err"}: what
`python -m MODULE WORDS…` would do there, with exactly that environment and its output in two files. Answers each with
the exit code (negative: the signal that ended it).
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

IMPORTED = (
    "adapters.api.runway", "adapters.api.service", "adapters.retired", "av", "cv2", "hydra.main", "hydra.utils",
    "hydra._internal.hydra", "hydra._internal.callbacks", "hydra.core.override_parser.overrides_parser",
    "hydra._internal.core_plugins.basic_launcher", "hydra._internal.core_plugins.basic_sweeper",
    "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "rich.live", "rich.table", "runners.paid.jobs", "runners.cli.command",
    "runners.generation.run", "runners.generation.model_cache", "runners.paid.jobs_table",
    "runners.reporting.tables",
)  # fmt: skip
"""What a command would import, but for itself."""


def become(command: Mapping[str, Any]) -> NoReturn:
    """Be the process of one command."""
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(command[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(command["cwd"])
    os.environ.clear()
    os.environ.update(command["environ"])
    code: Any = 0
    try:
        module = find_spec(command["module"])
        sys.argv = [str(module and module.origin), *command["words"]]
        runpy.run_module(command["module"], run_name="__main__", alter_sys=True)
    except SystemExit as left:
        code = left.code or 0
    except BaseException:  # noqa: BLE001  (as the interpreter does: told, and exit code 1)
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    """One child after the other, until the input ends."""
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


@cache
def _shell(root: Path) -> subprocess.Popen[str]:
    """This process's shell; it ends with it, when its input is closed."""
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.api.shell"], cwd=root, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def run(
    root: Path, module: str, words: Sequence[str], environ: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE WORDS…` in the folder `cwd`, else `root`, at its end; `root` is where the modules are."""
    shell = _shell(root)
    assert shell.stdin is not None
    assert shell.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        command = {
            "module": module, "words": list(words), "environ": dict(environ), "cwd": str(cwd or root), "out": str(out),
            "err": str(err),
        }  # fmt: skip
        shell.stdin.write(json.dumps(command) + "\n")
        shell.stdin.flush()
        code = int(shell.stdout.readline())
        told, warned = (path.read_text(encoding="utf-8") for path in (out, err))
    return subprocess.CompletedProcess([module, *words], code, told, warned)


if __name__ == "__main__":
    serve()
