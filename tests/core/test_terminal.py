"""What others wrote is shown and never obeyed; what a stream cannot show is replaced; nobody listening is no fault."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from runners.core.files import shown
from runners.core.outcome import FAILED, Outcome
from runners.core.progress import Bar, Counts, LiveProgress, PlainProgress
from runners.core.terminal import make_console, say
from runners.reporting.tables import print_outcomes
from tests.run.test_cli import DATA, ROOT, SMALL, command, write_model

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\r[red]x[/red] :warning: \ud83d"
OBEYED = set("\x1b\x07\x9b\u202e\r\ud83d")


def is_harmless(text: str) -> bool:
    return not OBEYED & set(text) and "[red]x[/red]" in text and ":warning:" in text and "owned" in text


def test_a_line_is_shown_with_all_that_a_terminal_would_obey_spelled_out() -> None:
    stream = io.StringIO()
    say(HOSTILE, stream)
    assert is_harmless(stream.getvalue())
    assert r"\x1b]0;owned\x07" in stream.getvalue()


def test_a_log_line_of_a_clip_is_harmless() -> None:
    stream = io.StringIO()
    PlainProgress(Counts("title", 1, 0), stream).ended("0001", "refused", HOSTILE)
    assert is_harmless(stream.getvalue())


def test_tables_and_titles_are_harmless_and_have_no_markup() -> None:
    stream = io.StringIO()
    table = Table(title=HOSTILE)
    table.add_column("name")
    table.add_row(HOSTILE)
    console = make_console(file=stream, width=200)
    console.print(table)
    console.print(HOSTILE, soft_wrap=True)
    lines = [line for line in stream.getvalue().splitlines() if "owned" in line]
    assert [is_harmless(line) for line in lines] == [True] * 3


def test_a_live_view_keeps_its_own_sequences_and_shows_those_of_others() -> None:
    stream = io.StringIO()
    console = make_console(file=stream, force_terminal=True, width=200)
    with LiveProgress(Counts("run", 2, 0), console) as view:
        view.begun("0001")
        view.ended("0001", "refused", HOSTILE)
    assert "\x1b]0;owned" not in stream.getvalue()
    assert r"\x1b]0;owned" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()


def test_the_lines_of_an_outcome_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcomes([Outcome(FAILED, "run", (f"error: {HOSTILE}", f"  0001 failed: {HOSTILE}"))])
    lines = capsys.readouterr().out.splitlines()
    assert [is_harmless(line) for line in lines] == [True, True]


def test_a_counter_with_a_hostile_title_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("plain", HOSTILE) as bar:
        bar(1, 1)
    assert is_harmless(capsys.readouterr().err)


def test_a_file_s_hostile_name_is_shown_by_the_command_that_meets_it(tmp_path: Path) -> None:
    (tmp_path / "\x1b]0;owned\x07[red].mp4").touch()
    done = command(*DATA, f"videos={tmp_path}", module="score")
    assert done.returncode == 2
    assert r"\x1b]0;owned\x07[red].mp4" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_a_yaml_s_hostile_headline_is_harmless_in_the_help(tmp_path: Path) -> None:
    path = write_model(tmp_path, "mine", "{}") / "model" / "mine.yaml"
    path.write_text("# \x1b]0;owned\x07 mine\nname: x\n", "utf-8")
    for words in (["--help"], ["--help", "model"]):
        assert "\x1b" not in command(*words, f"--config-dir={tmp_path}").stdout


# Streams


def generate(environ: dict[str, str], *words: object) -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, "-m", "runners.generate", *map(str, words)]
    return subprocess.run(line, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, check=False)


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.full), "cp1252"])
def test_a_stream_that_cannot_show_a_letter_is_no_fault(tmp_path: Path, encoding: str) -> None:
    environ = {"PYTHONIOENCODING": encoding}
    done = generate(environ, "plan=true", "tag=é", *DATA, *SMALL, f"results={tmp_path}")
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    assert b"freeze+" in done.stdout
    page = generate(environ, "--help")
    assert (page.returncode, page.stderr) == (0, b"")
    assert page.stdout.decode(encoding).startswith("usage: python -m runners.generate [group=choice")


@pytest.mark.full
def test_in_ascii_signs_have_their_plain_words(tmp_path: Path) -> None:
    done = generate({"PYTHONIOENCODING": "ascii"}, "plan=true", *DATA, *SMALL, f"results={tmp_path}")
    assert b"output 96x54 at 8 FPS" in done.stdout


@pytest.mark.parametrize("words", [["--help"], ["--cfg", "job"], ["--info", "config"], ["plan=true", *DATA, *SMALL]])
def test_nobody_listening_is_no_fault(words: list[str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "runners.generate", *words, f"results={tmp_path}"]
    done = subprocess.run(line, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.full
def test_work_goes_on_when_its_log_is_gone(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "runners.generate", *DATA, *SMALL, "scorer=none", f"results={tmp_path}"]
    done = subprocess.run(line, cwd=ROOT, stderr=writer, stdout=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, "6 of 6 clips published" in done.stdout) == (0, True)
    assert shown(tmp_path / "mini") in done.stdout
