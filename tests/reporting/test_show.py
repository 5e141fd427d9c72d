"""`report show=ID`: one scenario, what every run made of it, and where all that lies."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import Refused
from runners.core.errors import UserError
from runners.core.outcome import DONE, FAILED, Outcome
from runners.core.settings import ScorerSettings, ScoreSettings, SelectSettings
from runners.reporting.show import show_scenario
from runners.scoring.memory import Memory
from tests.api import shell
from tests.run.harness import Scripted, run, settings

ROOT = Path(__file__).resolve().parents[2]


def printed(results: Path, wanted: str) -> Outcome:
    asked = ScoreSettings(results=str(results), scorer=ScorerSettings(workers=1), progress="plain")
    return show_scenario(results, wanted, asked, Memory())


def line_of(text: str, start: str) -> str:
    [line] = [line for line in text.splitlines() if line.startswith(f"  {start}")]
    return line


def test_it_says_what_the_scenario_is_and_where_its_truth_and_clips_lie(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(results, "0002").code == DONE
    out = capsys.readouterr().out
    assert re.match(r"mini 0002 · [\w-]+ · (left|center|right) view · \w+", out)
    assert "  prompt: " in out
    for what in ("take 1", "take 2", "conditioning", "switch frame"):
        assert Path(line_of(out, f"{what}: ").partition(": ")[2]).is_file()
    for name in ("paint-op-run_01", "paint-op-run_02", "other-op-run_01"):
        assert Path(line_of(out, f"{name}: ").partition(": ")[2]).is_file()


def test_every_run_has_its_clip_s_score_its_parts_and_its_metrics(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed(results, "2")
    rows = [line.split("│")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in row] for row in rows]
    assert [row[0] for row in cells] == [
        *("other-op-run_01", "metrics", "paint-op-run_01", "metrics", "paint-op-run_02", "metrics"),
        "physical variance",
    ]
    score, *parts = map(float, cells[0][1:])
    assert score == pytest.approx(sum(parts) / 4, abs=0.01)


def test_why_there_is_no_clip_is_told(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(request: Any, _: int) -> None:
        if request.scenario_id == "0002":
            raise Refused("[red]too dangerous\x1b[2J")

    model = replace(settings(results).model, name="part")
    run(results, Scripted(refuse), model=model, select=SelectSettings(limit=3))
    next((results / "mini/other-op-run_01/videos").glob("0002*")).unlink()
    printed(results, "0002")
    out = capsys.readouterr().out
    assert "refused: [red]too dangerous" in line_of(out, "part-op-run_01: ")
    assert "\x1b" not in out
    assert "its file is gone" in line_of(out, "other-op-run_01: ")
    printed(results, "0006")
    assert line_of(capsys.readouterr().out, "part-op-run_01: ").endswith(": not made")


def test_a_clip_that_was_changed_has_no_score(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = next((results / "mini/other-op-run_01/videos").glob("0002*"))
    clip.write_bytes(clip.read_bytes() + b"\0")
    printed(results, "0002")
    out = capsys.readouterr().out
    assert "not the one that the run published" in line_of(out, "other-op-run_01: ")
    assert "│ other-op-run_01" not in out


def test_a_run_that_was_not_scored_is_shown_and_not_scored_now(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(results / "mini/other-op-run_01/scores")
    printed(results, "0002")
    assert line_of(capsys.readouterr().out, "other-op-run_01: ").endswith("; not scored")
    assert not (results / "mini/other-op-run_01/scores").exists()


def test_an_id_that_is_not_there_brings_the_nearest_ones(results: Path) -> None:
    with pytest.raises(UserError, match=r"show=0012: no benchmark below .* did you mean .*'0002'"):
        printed(results, "0012")


def test_a_damaged_run_is_told_and_the_others_are_shown(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / "mini/other-op-run_01/manifest.json").write_text("{")
    outcome = printed(results, "0002")
    assert outcome.code == FAILED
    assert any("manifest.json is damaged" in line for line in outcome.lines)
    assert "paint-op-run_01" in capsys.readouterr().out


def test_the_command_takes_an_id_with_its_zeros_and_makes_no_page(results: Path) -> None:
    done = shell.run(ROOT, "runners.report", ["show=0002", "results=results"], os.environ, results.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mini 0002 · " in done.stdout
    assert "\x1b" not in done.stdout
    assert "next: python -m runners.report results=results" in done.stdout
    assert not (results / "report").exists()


NO_PICTURES = b"\x1b[?62c"
SIXEL = b"\x1b[?62;4c"
KITTY = NO_PICTURES + b"\x1b_Gi=1;OK\x1b\\"
"""What terminals answer when they are asked what they can."""


def in_terminal(results: Path, answers: bytes) -> bytes:
    """What `show=0002` prints in a terminal that answers so to what it is asked about itself."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 1000, 800))  # rows, columns, and both in pixels
    os.write(master, answers)  # before they are asked for: nobody waits for them for long
    words = [sys.executable, "-m", "runners.report", "show=0002", f"results={results}"]
    environ = {**os.environ, "COLUMNS": "100", "LINES": "40", "TERM": "xterm-256color"}
    with subprocess.Popen(words, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, env=environ) as process:
        os.close(slave)
        found = b""
        while select.select([master], [], [], 60)[0]:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            found += part
    os.close(master)
    assert process.returncode == 0, found
    return found


def test_a_terminal_that_draws_pictures_shows_strips_of_frames(results: Path) -> None:
    pytest.importorskip("textual_image", reason="pip install textual-image")
    assert in_terminal(results, SIXEL).count(b"\x1bP") == 4  # take 1 and three clips


@pytest.mark.full
def test_a_terminal_of_kitty_s_protocol_shows_them_too(results: Path) -> None:
    pytest.importorskip("textual_image", reason="pip install textual-image")
    found = in_terminal(results, KITTY)
    assert found.count(b"a=p") == 4
    assert "\U0010eeee".encode() in found


def test_a_terminal_that_draws_none_shows_none(results: Path) -> None:
    found = in_terminal(results, NO_PICTURES)
    assert b"\x1bP" not in found
    assert "▄".encode() not in found
    assert b"mini 0002" in found
