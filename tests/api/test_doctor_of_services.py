"""`runners.doctor` for paid models, and models whose service has ended: nothing is spent, and it is told in a line."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.fakes import FakeServer
from tests.api.harness import DATA, RUNWAY, command, words

MODEL = f"model={RUNWAY.model}"


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(RUNWAY.fake(), pending=1) as fake:
        yield fake


def doctor(base_url: str, *more: str, key: str | None = RUNWAY.key) -> tuple[int, str]:
    done = command("doctor", MODEL, f"model.adapter.base_url={base_url}", *DATA[:2], *more, key=key)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout


def test_a_service_that_answers_is_told_with_price_balance_and_limits(server: FakeServer) -> None:
    code, out = doctor(server.base_url)
    assert code == 0, out
    assert "RUNWAYML_API_SECRET is set" in out
    assert f"ok      service: 127.0.0.1:{server.port} answers and takes the key" in out
    assert "about $0.60 a clip, $119 for 198 (as of 2026-11-27)" in out
    assert "10000 credits ($100.00), 2 at once, 200 a day (0 used)" in out
    assert "python -m runners.generate model=runway_gen45" in out
    assert len(server.jobs) == 0
    assert server.hits["submit"] == 0


@pytest.mark.full
def test_a_key_that_the_service_does_not_take_is_a_fault_and_not_shown(server: FakeServer) -> None:
    code, out = doctor(server.base_url, key="another-key-of-mine")
    assert code == 2, out
    assert "FAULT   service: " in out
    assert "answers HTTP 401: The API key you provided is invalid." in out
    assert "another-key-of-mine" not in out
    assert "runway_gen45 cannot work here yet: 1 fault to mend" in out


@pytest.mark.full
def test_a_missing_key_is_named_and_nobody_is_asked(server: FakeServer) -> None:
    code, out = doctor(server.base_url, key=None)
    assert code == 2, out
    assert "FAULT   key: the environment variable RUNWAYML_API_SECRET is not set" in out
    assert server.captures == []


@pytest.mark.full
def test_a_service_that_is_down_is_told() -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        code, out = doctor(f"http://127.0.0.1:{port}")
    assert code == 2, out
    assert f"FAULT   service: 127.0.0.1:{port} cannot be reached" in out


@pytest.mark.rotating("model", "told")
@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("sora", "has no successor here"),
        ("runway_gen3", "model=runway_gen45, model=runway_gen4_turbo"),
        ("pika_1_0", "model=fal_pika22"),
    ],
)
def test_a_model_of_the_paper_that_is_gone_says_so_and_runs_nothing(tmp_path: Path, model: str, told: str) -> None:
    done = command("generate", f"model={model}", *DATA, f"results={tmp_path}", "budget.max_usd=100")
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stdout
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert command("doctor", f"model={model}", *DATA[:2]).returncode == 2


@pytest.mark.full
def test_a_model_past_its_end_of_life_is_refused_unless_the_user_insists(server: FakeServer, tmp_path: Path) -> None:
    past = ["model.adapter.eol='2026-01-01'", "model.adapter.successor=runway_gen4_turbo", "select.ids=[1]"]
    typed = words(RUNWAY, server.base_url, tmp_path, *past)
    done = command("generate", *typed)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Runway ended gen4.5 on 2026-01-01; its successor here: model=runway_gen4_turbo" in done.stdout
    assert server.captures == []
    code, out = doctor(server.base_url, *past[:2])
    assert (code, "FAULT   set-up: Runway ended gen4.5 on 2026-01-01" in out) == (2, True)
    forced = command("generate", *typed, "model.adapter.force=true")
    assert (forced.returncode, len(server.jobs)) == (0, 1), forced.stdout + forced.stderr
