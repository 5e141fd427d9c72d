"""A disk that fills up: nothing half-written is ever published, the message says what to do, and the run goes on."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.core.outcome import Outcome
from runners.core.settings import OutputSettings
from tests.run.harness import MINI, Paint, run, videos

ROOT = Path(__file__).resolve().parents[2]
LARGE = OutputSettings(name="custom", width=640, height=360, fps=8, crf=0, preset="ultrafast")
"""About 0.1 MB a clip, so that a small disk holds some of them."""


@contextlib.contextmanager
def small_disk(place: Path, kib: int) -> Iterator[Path]:
    """A disk of its own in memory; the test is skipped where mounting is not permitted."""
    place.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(place)]
    try:
        done = subprocess.run(options, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"there is no mount command: {error}")
    if done.returncode:
        pytest.skip(f"mounting a small disk is not permitted: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture(autouse=True)
def begins_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what happens when the space runs out on the way matters here, not the check before the work."""
    monkeypatch.setattr("shutil.disk_usage", lambda path: (10**15, 0, 10**15))


def fill(path: Path, leave: int) -> None:
    """Take the disk's free bytes, except some."""
    status = os.statvfs(path.parent)
    path.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - leave)))


def attempt(results: Path, **changes: Any) -> str:
    """One invocation; what was told if it ended with exit code 2, "" if the run got through."""
    try:
        outcome: Outcome = run(results, Paint(concurrency=2), output=LARGE, **changes)
    except UserError as error:
        return str(error)
    assert outcome.code in (0, 2)
    return "\n".join(outcome.lines) if outcome.code else ""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = run(tmp_path_factory.mktemp("whole"), output=LARGE).folder
    assert folder is not None
    return videos(folder)


@pytest.mark.parametrize("keep_raw", [pytest.param(False, marks=pytest.mark.full), True])
def test_a_full_disk_ends_the_run_with_what_to_do_and_the_run_goes_on(
    tmp_path: Path, undisturbed: dict[str, bytes], keep_raw: bool
) -> None:
    with small_disk(tmp_path / "disk", 16384) as disk:
        folder = disk / "mini" / "paint-op-run_01"
        (folder / "videos").mkdir(parents=True)
        # From no room at all to nearly enough: it fills up in the journal, in a raw clip, in an encoder, in a rename.
        for leave in (0, 8192, 65536, 400_000):
            fill(disk / "other people's data", leave)
            told = attempt(disk, keep_raw=keep_raw)
            assert "No space left on device); free some space and run the same command again" in told
            for name, content in videos(folder).items():
                assert content == undisturbed[name]
            assert not list(folder.glob(".work*"))
            (disk / "other people's data").unlink()
        assert attempt(disk, keep_raw=keep_raw) == ""
        assert videos(folder) == undisturbed
        record = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert (record["complete"], record["published"]) == (True, 6)
        left = {path.name for path in folder.iterdir()}
        assert left == {"journal.jsonl", "manifest.json", "videos"} | ({"raw"} if keep_raw else set())


def test_a_disk_full_at_the_very_first_byte_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 64) as disk:
        fill(disk / "full", 0)
        model = Paint()
        with pytest.raises(UserError, match="free some space"):
            run(disk, model)
        assert model.loads == 0


@pytest.mark.full
def test_a_clip_over_the_quota_of_the_system_is_told_with_exit_code_2(tmp_path: Path) -> None:
    words = [
        *("model=extrapolate", "benchmark=original", f"benchmark.root={MINI / 'dataset'}", "benchmark.expected=6"),
        *("output.width=640", "output.height=360", "output.fps=8", "output.crf=0", "output.preset=ultrafast"),
        *("scorer=none", "select.ids=[1]", f"results={tmp_path}"),
    ]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    def command(preexec: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runners.generate", *words],
            cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=preexec,
        )  # fmt: skip

    done = command(limited)
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert "cannot write (File too large); free some space and run the same command again" in told
    assert "Traceback" not in told
    assert not list(tmp_path.glob("*/*/videos/*"))
    done = command(None)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(tmp_path.glob("*/*/videos/*.mp4"))) == 1
