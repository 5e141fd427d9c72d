"""Clips that a service declines: a result of their own, told, counted, never asked for again unasked."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.fakes import FakeServer
from tests.api.harness import BPP_RUN, RUN, RUNWAY, attempts, command, manifest, words, write_prompts
from tests.run.harness import IDS

REFUSED = "0002"
FORBIDDEN, HARMLESS = "A forbidden scene.", "A ball bounces, told harmlessly."
FOUR = "select.ids=[1-4]"


class Session(NamedTuple):
    """A run in which a clip was refused."""

    server: FakeServer
    prompts: Path
    first: subprocess.CompletedProcess[str]

    @property
    def run(self) -> Path:
        return self.prompts.parent / BPP_RUN

    def again(self, text: str, *more: str) -> subprocess.CompletedProcess[str]:
        """The same command; the refused clip's row holds this text."""
        return self.ask(self.server, self.prompts, text, FOUR, *more)

    @staticmethod
    def ask(server: FakeServer, prompts: Path, text: str, *more: str) -> subprocess.CompletedProcess[str]:
        chosen = write_prompts(prompts, REFUSED, text)
        return command("generate", *words(RUNWAY, server.base_url, prompts.parent, *chosen, *more))


@contextlib.contextmanager
def refusing() -> Iterator[FakeServer]:
    """A service that declines one text."""
    with FakeServer(RUNWAY.fake(), pending=1) as server:
        server.outcome(lambda job: job.request["promptText"] == FORBIDDEN, "moderated", "SAFETY.INPUT.TEXT")
        yield server


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Session:
    prompts = tmp_path_factory.mktemp("scored") / "prompts.csv"
    with refusing() as server:
        return Session(server, prompts, Session.ask(server, prompts, FORBIDDEN, "scorer=builtin"))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with refusing() as server:
        yield Session(server, tmp_path / "prompts.csv", Session.ask(server, tmp_path / "prompts.csv", FORBIDDEN, FOUR))


def test_a_refusal_is_told_and_counted_and_leaves_metrics_but_no_score(scored: Session) -> None:
    done = scored.first
    assert done.returncode == 1, done.stdout + done.stderr
    assert "5 of 6 clips published" in done.stdout
    assert f"{REFUSED} refused: Runway: SAFETY.INPUT.TEXT" in done.stdout
    assert "1 clip refused by the model: the run has metrics but no score" in done.stdout
    assert "metrics over 5 of 6 clips, no score" in done.stdout
    assert (scored.run / "scores" / "metrics.csv").exists()
    clips = manifest(scored.run)["clips"]
    assert clips[REFUSED]["failed"]["kind"] == "refused"
    assert [clip_id for clip_id in IDS if "published" in clips[clip_id]] == [one for one in IDS if one != REFUSED]


def test_a_refusal_that_was_charged_is_in_the_costs(scored: Session) -> None:
    (job,) = manifest(scored.run)["clips"][REFUSED]["jobs"]
    assert (job["state"], job["usd"]) == ("refused", 0.6)
    assert manifest(scored.run)["cost_usd"] == pytest.approx(3.6)


@pytest.mark.full
def test_it_is_asked_for_again_only_if_the_user_says_so(session: Session) -> None:
    again = session.again(FORBIDDEN)
    assert (again.returncode, len(session.server.jobs)) == (1, 4)
    assert "1 clip refused by the model" in again.stdout
    session.server.engine.clear()
    retried = session.again(FORBIDDEN, "retry_refused=true")
    assert retried.returncode == 0, retried.stdout + retried.stderr
    assert len(session.server.jobs) == 5
    assert [attempt.state for attempt in attempts(session.run)[REFUSED]] == ["refused", "fetched"]


@pytest.mark.full
def test_another_text_in_the_prompts_file_is_a_way_out_and_on_record(session: Session) -> None:
    done = session.again(HARMLESS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(session.server.jobs) == 5
    record = manifest(session.run)
    clip = record["clips"][REFUSED]
    assert clip["published"]["generation"]["prompt"] == HARMLESS
    assert [job["prompt"] for job in clip["jobs"]] == [FORBIDDEN, HARMLESS]
    assert len({begun["prompts"]["file_sha256"] for begun in record["sessions"]}) == 2


@pytest.mark.full
def test_another_text_of_a_published_clip_mixes_no_prompts(session: Session) -> None:
    chosen = write_prompts(session.prompts, "0001", "Another text of a clip that is published.")
    typed = words(RUNWAY, session.server.base_url, session.prompts.parent, *chosen, FOUR)
    done = command("generate", *typed)
    assert done.returncode == 2
    assert "the prompt of 0001 changed since the clip of 0001 was made" in done.stdout
    assert len(session.server.jobs) == 4


def test_a_service_that_turns_the_request_itself_down_charges_nothing(tmp_path: Path) -> None:
    with FakeServer(RUNWAY.fake(), pending=1) as server:
        server.fault("submit", "422", message="this text is not allowed")
        done = command("generate", *words(RUNWAY, server.base_url, tmp_path, "select.ids=[1]"))
        assert done.returncode == 1, done.stdout + done.stderr
        assert "this text is not allowed" in done.stdout
        assert len(server.jobs) == 0
        assert manifest(tmp_path / RUN)["cost_usd"] == 0
