"""A model in its own environment: whatever goes wrong is told, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters import AdapterError, BadClip, Cancelled, Refused, Rejected, Retryable, SetupError
from adapters.command.adapter import Command
from adapters.testing import make_request
from tests.adapters.command.children import OUT, alive, pids, run, when_ready

SLOW = """
child = os.fork() or time.sleep(600)
open('pids', 'w').write('%d %d' % (os.getpid(), child))
open('ready', 'w').close()
time.sleep(600)
"""


def test_a_failure_is_told_by_exit_code_and_the_last_lines_of_stderr(tmp_path: Path) -> None:
    code = "sys.stderr.write('one\\ntwo\\nthree\\nfour\\r\\n\\n'); sys.exit(3)"
    with pytest.raises(AdapterError, match=r"^the command failed, exit code 3: two \| three \| four$"):
        run(tmp_path, code)


def test_a_failure_without_stderr_is_told_by_stdout(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match=r"exit code 1: no weights here$"):
        run(tmp_path, "print('no weights here'); sys.exit(1)")


def test_endless_output_is_neither_held_nor_told_in_full(tmp_path: Path) -> None:
    code = "sys.stderr.write('x' * 3_000_000); sys.stdout.write('{' * 3_000_000); sys.exit(1)"
    with pytest.raises(AdapterError) as error:
        run(tmp_path, code)
    assert len(str(error.value)) < 600


def test_a_killed_command_names_the_signal(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match=r"ended by SIGKILL \(out of memory\?\)"):
        run(tmp_path, "os.kill(os.getpid(), 9)")


@pytest.mark.parametrize(("code", "kind"), [(77, Refused), (75, Retryable), (1, AdapterError)])
def test_the_exit_code_says_what_may_be_done(code: int, kind: type[AdapterError], tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="because so") as error:
        run(tmp_path, f"sys.stderr.write('because so'); sys.exit({code})")
    assert type(error.value) is kind


@pytest.mark.parametrize("code", ["pass", "open(sys.argv[1], 'wb')"])
def test_success_without_a_clip_is_no_success(code: str, tmp_path: Path) -> None:
    with pytest.raises(BadClip, match=r"output\.mp4 is not there or empty"):
        run(tmp_path, code)


def test_a_folder_in_the_place_of_the_clip_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match=r"output\.mp4 is a folder, and a video file is wanted"):
        run(tmp_path, "os.mkdir(sys.argv[1])")


def test_odd_values_in_what_it_announces_cost_no_clip(tmp_path: Path) -> None:
    code = f"""{OUT}; print('{{"a":' * 100_000); print('{{"info": {{"loss": NaN, "said": "\\\\ud83d!"}}}}')"""
    assert run(tmp_path, code).info == {"loss": "nan", "said": "\ufffd!"}


def test_an_output_before_a_failure_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="exit code 1"):
        run(tmp_path, f"{OUT}; sys.exit(1)")


def test_a_command_that_takes_too_long_is_stopped_with_all_its_children(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="not done in time"):
        run(tmp_path, SLOW, cwd=str(tmp_path), timeout_s=0.01, request={"step": when_ready(tmp_path)})
    assert len(pids(tmp_path)) == 2
    assert not any(map(alive, pids(tmp_path)))


def test_a_stopped_run_stops_the_command(tmp_path: Path) -> None:
    step = when_ready(tmp_path, then=Cancelled("the run is being stopped"))
    with pytest.raises(Cancelled):
        run(tmp_path, SLOW, cwd=str(tmp_path), request={"step": step})
    assert not any(map(alive, pids(tmp_path)))


def test_a_program_that_is_gone_since_fails_the_clip(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot be started"):
        Command(["/nowhere/model", "{output}"]).generate(make_request(tmp_path))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "command is not set"),
        ({"command": "no-such-program-here {output}"}, "no-such-program-here is not found"),
        ({"command": f"{__file__} {{output}}"}, "not executable"),
        ({"command": "python {output}", "cwd": "/no/such/folder"}, "is not a folder"),
    ],
)
def test_what_cannot_run_is_told_before_any_clip(settings: dict[str, Any], message: str) -> None:
    adapter = Command(**settings)
    with pytest.raises(SetupError, match=message):
        adapter.check()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"command": "gen {imgae} {output}"}, r"\{imgae\} is no placeholder; did you mean \{image\}"),
        ({"command": "gen {zzz} {output}"}, "choices: .*prompt_file"),
        ({"command": "gen {image}"}, r"names no \{output\}"),
        ({"command": "gen 'open"}, "cannot be split"),
        ({"command": "gen {output}", "batch": 4}, r"batch=4 needs \{requests\}"),
        ({"command": "gen {requests} {output}"}, r"\{output\} belongs to one clip"),
        ({"command": "gen {requests}", "inputs": ["picture"]}, "'picture' is none of image"),
        ({"width": 640}, "go together"),
        ({"batch": 0}, "at least 1"),
    ],
)
def test_what_cannot_work_is_told_at_once(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SetupError, match=message):
        Command(**settings)


def test_a_program_in_its_own_folder_is_found_from_there(tmp_path: Path) -> None:
    program = tmp_path / "gen.sh"
    program.write_text("#!/bin/sh\nprintf clip > $1\n", encoding="utf-8")
    program.chmod(0o755)
    adapter = Command("./gen.sh {output}", cwd=str(tmp_path))
    adapter.check()
    assert adapter.generate(make_request(tmp_path)).file is not None


def test_needs_follow_the_settings() -> None:
    needs = Command(
        "gen {requests}",
        batch=8,
        mode="multiframe",
        conditioning_frames=16,
        conditioning_fps=8,
        width=512,
        height=320,
        native_fps=8,
    ).needs
    assert (needs.mode, needs.conditioning_frames, needs.conditioning_fps, needs.sizes) == (
        "multiframe",
        16,
        8,
        ((512, 320),),
    )
    assert (needs.native_fps, needs.max_batch) == (8, 8)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_command_ends_with_the_harness_however_that_ends(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM with no handler and SIGKILL end a process before it can do anything about its children."""
    os.mkfifo(tmp_path / "ready")
    harness = (
        "import pathlib, sys\nfrom tests.adapters.command.children import run\n"
        "run(pathlib.Path(sys.argv[1]), sys.argv[2], cwd=sys.argv[1])\n"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", harness, str(tmp_path), SLOW], cwd=root) as process:
        (tmp_path / "ready").read_bytes()
        process.send_signal(number)
        process.wait(60)
    assert len(pids(tmp_path)) == 2
    assert not any(map(alive, pids(tmp_path)))


def test_the_command_ends_although_a_forked_process_of_the_harness_lives_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ready")
    harness = (
        "import os, pathlib, sys\nfrom tests.adapters.command.children import run\n"
        "def step(k, n):\n"
        "    global forked\n"
        "    if not forked and not (forked := os.fork()):\n"
        "        print('forked', flush=True), sys.stdin.read(), os._exit(0)\n"
        "forked = 0\n"
        "run(pathlib.Path(sys.argv[1]), sys.argv[2], cwd=sys.argv[1], request={'step': step})\n"
    )
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", harness, str(tmp_path), SLOW]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "forked\n"
        (tmp_path / "ready").read_bytes()
        process.kill()
        process.wait(60)
        assert not any(map(alive, pids(tmp_path)))
