"""Real processes: kill -9 and go on, two at once, Ctrl-C, a disk that fills up, a login that no output shows."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.core.locks import Lock
from runners.fetch import run as fetch
from runners.generation.session import Session
from tests.api import shell
from tests.fetching.sets import Fetched, descriptions, here, published, settings
from tests.fetching.storage_server import Fault, Storage, Stored
from tests.local.hub_server import Hub
from tests.run.test_disk_full import fill, small_disk

ROOT = Path(__file__).resolve().parents[2]
MINI = ROOT / "tests" / "fixtures" / "mini" / "dataset"
LARGE = {name: random.Random(name).randbytes(700_000) for name in published(("testing",), rates=(30,), texts=False)}
TEXT = {"descriptions/descriptions_original.csv": descriptions()}


@pytest.fixture
def large(storage: Storage) -> Storage:
    """Files that arrive in many blocks."""
    storage.buckets["set"] = {name: Stored(data) for name, data in (LARGE | TEXT).items()}
    return storage


def command(
    module: str, *typed: str | Path, environ: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE`, for what does not depend on how its process began."""
    return shell.run(ROOT, module, [str(word) for word in typed], environ)


def python(*words: str | Path, **changes: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False, **changes
    )


def words(root: Path, *more: str) -> list[str]:
    return ["runners.fetch", "benchmark=original", "benchmark.origin=gs://set", f"benchmark.root={root}",
            "benchmark.expected=3", "benchmark.texts=null", "purpose=score", *more]  # fmt: skip


MOMENTS = [
    pytest.param("block", 1, marks=pytest.mark.full),
    ("block", 4),
    pytest.param("block", 11, marks=pytest.mark.full),
    pytest.param("block", 25, marks=pytest.mark.full),
    pytest.param("link", 1, marks=pytest.mark.full),
    ("link", 4),
    ("remember", 3),
    pytest.param("mkdir", 3, marks=pytest.mark.full),
]
"""Three kills in `make test`: within a file, at its publication, and as its checksum is noted."""


@pytest.mark.parametrize(("moment", "number"), MOMENTS)
def test_after_a_kill_the_rest_is_fetched_and_nothing_else(
    large: Storage, tmp_path: Path, moment: str, number: int
) -> None:
    died = python("tests.fetching.killed", tmp_path, moment, str(number))
    assert died.returncode == -signal.SIGKILL, died.stderr
    left = here(tmp_path)
    assert left.items() <= (LARGE | TEXT).items()
    whole = sum(path.stat().st_size for path in tmp_path.rglob("*.part") if path.stat().st_nlink == 1)
    saved = whole + sum(map(len, left.values()))
    large.forget_the_dead()
    done = Fetched(tmp_path, purpose="score")
    assert done.code == 0, done.said
    assert here(tmp_path) == LARGE | TEXT
    sizes = {name: len(data) for name, data in (LARGE | TEXT).items()}
    assert sum(sizes[asked.name] - asked.start for asked in large.asked) == sum(sizes.values()) - saved
    assert list(tmp_path.rglob("*.part")) == []


def test_two_processes_at_once_fetch_each_file_once(large: Storage, tmp_path: Path) -> None:
    (tmp_path / ".fetch").mkdir()
    (tmp_path / ".fetch" / "lock").touch()
    with Lock(tmp_path / ".fetch" / "lock"):
        two = [
            subprocess.Popen([sys.executable, "-m", *words(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for process in two:
            assert process.stdout is not None
            assert any("another process is fetching into this folder: waiting" in line for line in process.stdout)
    said = [process.communicate()[0] for process in two]
    assert [process.returncode for process in two] == [0, 0], said
    assert here(tmp_path) == LARGE | TEXT
    assert sorted(asked.name for asked in large.asked) == sorted(LARGE | TEXT)


@pytest.mark.full
def test_ctrl_c_ends_the_work_and_says_how_to_go_on(large: Storage, tmp_path: Path) -> None:
    large.faults.append(Fault("0002_", status=503, headers={"Retry-After": "500"}))
    process = subprocess.Popen(
        [sys.executable, "-m", *words(tmp_path, "connections=1")], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert any("downloading" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    assert "interrupted; what is finished stays; go on with: python -m runners.fetch" in out
    large.faults.clear()
    assert command(*words(tmp_path)).returncode == 0
    assert here(tmp_path) == LARGE | TEXT


@pytest.mark.full
def test_ctrl_c_does_not_wait_for_a_server_that_is_silent(large: Storage, tmp_path: Path) -> None:
    large.faults.append(Fault("0002_", cut_after=300_000, silent=True))
    with subprocess.Popen(
        [sys.executable, "-m", *words(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size >= 200_000 for path in tmp_path.rglob("*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=28)  # the silence would be waited out for 30 s
    assert process.returncode == 130, out
    assert "interrupted; what is finished stays; go on with: python -m runners.fetch" in out
    large.faults.clear()
    assert command(*words(tmp_path)).returncode == 0
    assert here(tmp_path) == LARGE | TEXT


def test_a_disk_that_is_too_small_is_told_before_work(
    large: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: (10**9, 10**9 - 10**8, 10**8))
    with pytest.raises(UserError, match=r"has 0\.1 GB free; free some space, or set PHYSICS_IQ_DATA"):
        fetch(settings(tmp_path, purpose="score"), Session())
    assert large.asked == []


def test_a_disk_that_fills_up_is_told_and_the_work_goes_on_later(
    large: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", 8192) as disk:
        root = disk / "set"
        monkeypatch.setattr("shutil.disk_usage", lambda path: (10**15, 0, 10**15))
        (root / ".fetch").mkdir(parents=True)
        for leave in (0, 100_000, 1_000_000):
            fill(disk / "other", leave)
            with pytest.raises(UserError, match=r"No space left on device\); free some space and run the same command"):
                fetch(settings(root, purpose="score", connections=2), Session())
            assert here(root).items() <= (LARGE | TEXT).items()
            (disk / "other").unlink()
        large.asked.clear()
        assert fetch(settings(root, purpose="score"), Session()).code == 0
        assert here(root) == LARGE | TEXT
        assert any(asked.start for asked in large.asked)


@pytest.mark.full
def test_a_quota_is_told_without_a_traceback(large: Storage, tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    done = python(*words(tmp_path), preexec_fn=limited)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "cannot write (File too large); free some space and run the same command again" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert set(here(tmp_path)) <= set(TEXT)
    assert command(*words(tmp_path)).returncode == 0
    assert here(tmp_path) == LARGE | TEXT


TOKEN = "hf_canaryCANARYcanaryCANARYcanary12345"
GATED = "Anates-Labs-Research/Physics-IQ-Verified"


def verified(hub: Hub, data: Path, *more: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ, "HF_ENDPOINT": hub.endpoint, "HF_TOKEN": token, "PHYSICS_IQ_DATA": str(data),
        "HF_DEBUG": "1", "HF_HUB_VERBOSITY": "debug", "PHYSICS_IQ_TRACEBACK": "1",
    }  # fmt: skip
    return command("runners.fetch", "benchmark=verified", "benchmark.expected=6", *more, environ=environ)


@pytest.mark.full
def test_what_is_fetched_to_the_default_root_is_all_that_a_run_needs(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    files = {path.relative_to(MINI).as_posix(): path.read_bytes() for path in MINI.rglob("*") if path.is_file()}
    texts = files["descriptions.csv"]
    bpp = {"descriptions/best_practice/descriptions_base.csv": texts, "descriptions/data.yaml": b"scenes: []\n"}
    with Hub() as hub:
        hub.add(f"datasets/{GATED}", files | bpp)
        hub.repositories[f"datasets/{GATED}"].members = {TOKEN}
        done = verified(hub, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 scenarios; next: python -m runners.generate model=NAME benchmark=verified" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"physics-IQ-benchmark-verified"}
    made = command(
        "runners.generate", "model=freeze", "benchmark=verified", "benchmark.expected=6", "select.limit=1",
        f"results={tmp_path / 'results'}", "scorer=none", environ={**os.environ, "PHYSICS_IQ_DATA": str(tmp_path)},
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr


@pytest.mark.rotating("fault")
@pytest.mark.parametrize("fault", ["none", "gated", "cut", "refused"])
def test_the_token_is_in_no_output_and_no_file(tmp_path: Path, fault: str) -> None:
    pytest.importorskip("huggingface_hub")
    from tests.local.hub_server import Fault as HubFault

    faults = {
        "cut": [HubFault("/cdn/", cut_after=100, times=1)],
        "refused": [HubFault("/resolve/", status=403, code="GatedRepo")],
    }
    with Hub() as hub:
        hub.add(f"datasets/{GATED}", published(("testing",), rates=(30,)))
        hub.repositories[f"datasets/{GATED}"].members = set() if fault == "gated" else {TOKEN}
        hub.faults += faults.get(fault, [])
        done = verified(hub, tmp_path, "purpose=score")
        assert f"Bearer {TOKEN}" in hub.tokens
        assert hub.storage_tokens <= {""}
    assert done.returncode == (2 if fault in ("gated", "refused") else 0), done.stdout + done.stderr
    assert "CANARY" not in done.stdout + done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()]


@pytest.mark.full
def test_missing_data_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    environ = {**os.environ, "PHYSICS_IQ_DATA": str(tmp_path)}
    for line in (("runners.generate", "model=freeze"), ("runners.score", f"videos={MINI}")):
        done = command(*line, "benchmark=verified", environ=environ)
        assert done.returncode == 2
        assert "Get it with: python -m runners.fetch benchmark=verified" in done.stdout


def test_what_is_made_here_has_nothing_to_plan(tmp_path: Path) -> None:
    done = command("runners.fetch", "benchmark=demo", "plan=true")
    assert done.returncode == 2
    assert "benchmark demo is made here" in done.stdout
