"""Commands that are started without stdin, stdout or stderr work as ever, and write to nobody's file."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runners.core.descriptors import open_above
from runners.core.locks import Lock
from runners.runs.journal import fold
from tests.api import shell
from tests.run.harness import MINI
from tests.run.test_cli import DATA, ROOT, SMALL, wait_for, write_model

RUN = Path("mini/freeze-op-run_01")
CLOSINGS = ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]
every_closing = pytest.mark.parametrize(
    "closing", [*(pytest.param(closing, marks=pytest.mark.full) for closing in CLOSINGS[:-1]), CLOSINGS[-1]]
)


def typed(closing: str, *words: object, module: str = "generate") -> list[str]:
    """A command line for a shell that closes descriptors and becomes the command."""
    command = shlex.join([sys.executable, "-m", f"runners.{module}", *map(str, words)])
    return ["/bin/sh", "-c", f"exec {command} {closing}"]


def run(closing: str, *words: object, module: str = "generate") -> subprocess.CompletedProcess[str]:
    return subprocess.run(typed(closing, *words, module=module), cwd=ROOT, capture_output=True, text=True, check=False)


@every_closing
def test_a_run_is_made_and_scored_and_its_journal_is_whole(tmp_path: Path, closing: str) -> None:
    done = run(closing, "model=freeze", *DATA, *SMALL, f"results={tmp_path}", "select.limit=2", "scorer.workers=2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert fold(tmp_path / RUN).foreign == []
    assert json.loads((tmp_path / RUN / "manifest.json").read_bytes())["published"] == 2
    assert (tmp_path / RUN / "scores" / "scores.json").exists()


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    place = tmp_path_factory.mktemp("results")
    return {
        "generate": ["model=freeze", *DATA, *SMALL, f"results={place}", "plan=true"],
        "score": [f"results={MINI}"],
        "jobs": ["list", f"results={place}"],
        "doctor": ["model=freeze", *DATA],
        "submit": [f"runs=[{MINI / 'generated' / 'static-30'}]", "check_only=true", *DATA],
        "fetch": ["benchmark=verified", "benchmark.origin=/nowhere", f"benchmark.root={place}", "plan=true"],
    }


@pytest.fixture(scope="module")
def plain(commands: dict[str, list[object]]) -> dict[str, subprocess.CompletedProcess[str]]:
    return {
        module: shell.run(ROOT, f"runners.{module}", [str(word) for word in words], os.environ)
        for module, words in commands.items()
    }


@pytest.mark.full
@every_closing
def test_every_command_ends_as_it_does_with_all_three(
    commands: dict[str, list[object]], plain: dict[str, subprocess.CompletedProcess[str]], closing: str
) -> None:
    for module, words in commands.items():
        ended = run(closing, *words, module=module)
        assert ended.returncode == plain[module].returncode, (module, ended.stdout + ended.stderr)
        assert "Traceback" not in ended.stdout + ended.stderr
        assert ended.stdout == ("" if closing in (">&-", CLOSINGS[-1]) else plain[module].stdout)


@pytest.mark.full
def test_what_is_told_on_a_signal_does_not_end_up_in_the_journal(tmp_path: Path) -> None:
    conf = write_model(
        tmp_path / "conf", "patient", f"{{_target_: tests.run.harness.Patient, flag: {tmp_path / 'flag'}}}"
    )
    words = ["model=patient", f"--config-dir={conf}", *DATA, *SMALL, f"results={tmp_path / 'r'}", "progress=plain"]
    with subprocess.Popen(typed("2>&-", *words), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        wait_for(tmp_path / "flag", process)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    state = fold(tmp_path / "r" / "mini" / "patient-op-run_01")
    assert (state.foreign, len(state.started)) == ([], 1)


def test_no_lock_or_file_of_ours_is_ever_given_a_standard_descriptor(tmp_path: Path) -> None:
    """Also where a library or a test does what the commands do."""
    (tmp_path / "lock").touch()
    kept = os.dup(0)
    try:
        os.close(0)
        with Lock(tmp_path / "lock") as lock:
            assert lock._fd is not None
            assert lock._fd > 2
            fd = open_above(tmp_path / "new", os.O_WRONLY | os.O_CREAT)
            assert fd > 2
            assert not os.get_inheritable(fd)
            os.close(fd)
        with pytest.raises(OSError, match="descriptor"):
            os.fstat(0)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
