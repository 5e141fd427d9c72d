"""Who prefers speed has requests sent again after errors that say nothing; each possible double counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import SetupError
from adapters.api.service import Service
from tests.api.fakes import FakeServer
from tests.api.front import Front
from tests.api.harness import RUN, RUNWAY, attempts, command, manifest, words
from tests.api.kit import BY_NAME, Case, running

PAGE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<h1>502</h1>\n"
ONE = ["select.ids=[1]", "concurrency=1"]
USD = 0.6
"""What a clip costs there."""
AGAIN = "++model.adapter.resubmit=gateway_errors"


@pytest.fixture
def front() -> Iterator[tuple[FakeServer, Front]]:
    with FakeServer(RUNWAY.fake(), pending=1) as server, Front(server.base_url) as before:
        yield server, before


def test_each_request_that_is_sent_again_counts_and_is_told(front: tuple[FakeServer, Front], tmp_path: Path) -> None:
    server, before = front
    before.answers += [PAGE]
    done = command("generate", *words(RUNWAY, before.base_url, tmp_path, *ONE, AGAIN))
    assert (done.returncode, len(server.jobs)) == (0, 2), done.stdout + done.stderr
    assert [one.state for one in attempts(tmp_path / RUN)["0001"]] == ["abandoned", "fetched"]
    assert manifest(tmp_path / RUN)["cost_usd"] == pytest.approx(2 * USD)
    told = " ".join(done.stdout.split())
    assert "1 request was sent again after errors that do not say whether a job was made: up to $0.60" in told


@pytest.mark.full
def test_the_cap_sees_every_possible_double(front: tuple[FakeServer, Front], tmp_path: Path) -> None:
    server, before = front
    before.answers += [PAGE] * 5
    capped = f"budget.max_usd={2.5 * USD}"
    done = command("generate", *words(RUNWAY, before.base_url, tmp_path, *ONE, AGAIN, capped))
    assert (done.returncode, len(server.jobs)) == (3, 2), done.stdout + done.stderr
    assert "would pass budget.max_usd" in " ".join(done.stdout.split())


@pytest.mark.full
def test_by_default_nothing_is_sent_again(front: tuple[FakeServer, Front], tmp_path: Path) -> None:
    server, before = front
    before.answers += [PAGE]
    for _ in range(2):
        done = command("generate", *words(RUNWAY, before.base_url, tmp_path, *ONE))
        assert (done.returncode, len(server.jobs)) == (1, 1), done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["create_rst", "create_hang", "create_no_id"])
def test_a_lost_answer_is_no_error_of_a_gateway(kind: str, tmp_path: Path) -> None:
    with running(BY_NAME["runway"], tmp_path, resubmit="gateway_errors", read_s=0.4) as run:
        run.server.fault("submit", kind)
        assert [run.go().kind, run.go().kind] == ["Ambiguous", "Ambiguous"]
        assert run.billed() == 1


@pytest.mark.parametrize("case", [BY_NAME["kling"]], ids=str)
def test_what_the_service_lists_is_gone_on_with_and_not_paid_again(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path, resubmit="gateway_errors") as run, Front(run.server.base_url) as before:
        before.answers.append(PAGE)
        assert run.go(base_url=before.base_url).kind == "clip"
        assert run.billed() == 1


def test_an_error_that_was_on_record_before_a_kill_is_sent_again_too(tmp_path: Path) -> None:
    with running(BY_NAME["runway"], tmp_path) as run:
        run.server.fault("submit", "create_500")
        assert run.go().kind == "Ambiguous"
        assert run.states() == ["answered"]
        assert run.go(resubmit="gateway_errors").kind == "clip"
        assert (run.states(), run.billed()) == (["abandoned", "fetched"], 2)


def test_another_word_is_refused() -> None:
    with pytest.raises(SetupError, match=r"model.adapter.resubmit='often': one of never, gateway_errors"):
        Service("adapters.api.runway.Runway", "gen4.5", [5], resubmit="often")  # type: ignore[arg-type]
