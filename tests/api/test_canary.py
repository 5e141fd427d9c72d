"""A key never leaves the process but in the requests to its own service, whatever that service says and goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.api.fakes import Capture, FakeServer
from tests.api.harness import DATA, RUN, RUNWAY, attempts, command, started, words
from tests.api.leaky import Leaky, forms

pytestmark = pytest.mark.full  # a whole session of commands
CANARY = "key_CANARY/51c0+7e92=8d30/a4b6"
FORMS = forms(CANARY)
TRACEBACK = {"PHYSICS_IQ_TRACEBACK": "1"}


@dataclass
class Session:
    """Commands of one user, and all that they left behind."""

    results: Path
    server: Leaky
    elsewhere: FakeServer
    codes: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def generate(self, tag: str, *more: str) -> None:
        self.do(tag, "generate", *self.words(tag, *more))

    def do(self, name: str, module: str, *typed: str) -> None:
        done = command(module, *typed, key=CANARY, **TRACEBACK)
        self.codes[name] = done.returncode
        self.told += [done.stdout, done.stderr]
        self.server.engine.clear()

    def words(self, tag: str, *more: str) -> list[str]:
        return words(RUNWAY, self.server.base_url, self.results, "select.ids=[1,2]", f"tag={tag}", *more)

    def run(self, tag: str) -> Path:
        return self.results / str(RUN).replace("gen45-", f"gen45+{tag}-")


def requests_with_faults(session: Session) -> None:
    """What can go wrong before a job is there."""
    server = session.server
    server.fault("submit", "422", times=None)
    session.generate("declined")
    server.fault("submit", "401", times=None)
    session.generate("key-not-taken")
    server.fault("submit", "429", times=None)
    session.generate("turned-away", "model.adapter.submit_s=0.01")
    server.fault("submit", "500")
    server.fault("submit", "create_500", nth=2)
    session.generate("lost")
    server.fault("submit", "create_no_id")
    server.fault("submit", "malformed_json", nth=2)
    session.generate("unreadable")
    run = f"run={session.run('lost')}"
    session.do("list", "jobs", "list", f"results={session.results}", "all=true")
    session.do("not given up", "jobs", "abandon", run, "clip=0001")
    session.do("given up", "jobs", "abandon", run, "clip=0001", "accept_double_charge=true")
    session.generate("lost")


def jobs_with_faults(session: Session) -> None:
    """What can go wrong with a job, and with its video."""
    server = session.server
    server.outcome(None, "moderated")
    session.generate("moderated")
    server.outcome(None, "failed")
    session.generate("failed")
    server.fault("poll", "500", times=None)
    session.generate("never-told", "model.adapter.wait_s=0.05")
    server.fault("poll", "unknown_status", times=2)
    session.generate("odd")
    server.fault("download", "redirect", location=session.elsewhere.add_file("clip.mp4", a_video(session)))
    session.generate("redirected")
    server.fault("download", "html", times=None)
    session.generate("no-video", "model.adapter.fetch_s=0.01")
    server.fault("poll", "404", times=None)
    session.generate("unknown", "model.adapter.wait_s=0.05")


def a_video(session: Session) -> bytes:
    return next(iter(session.server.jobs.values())).output


def crashes(session: Session) -> None:
    """A kill in the middle, and mistakes that are told with their whole way."""
    session.server.outcome(None, "stuck")
    session.server.polled.clear()
    with started(session.words("killed", "select.ids=[1]"), CANARY, **TRACEBACK) as process:
        assert session.server.polled.wait(60)
        process.kill()
        session.told.append(process.communicate()[0])
    session.server.engine.clear()
    session.generate("killed", "select.ids=[1]", "model.adapter.wait_s=0.05")
    in_the_way = session.run("in-the-way")
    in_the_way.mkdir(parents=True)
    (in_the_way / ".work").touch()
    session.generate("in-the-way")
    session.generate("retired", "model.adapter.eol='2026-01-01'")
    session.generate("no-address", "model.adapter.base_url=http://[not-an-address")
    session.generate("nobody-there", "model.adapter.base_url=http://127.0.0.1:9", "model.adapter.submit_s=0.01")


def check_ups(session: Session) -> None:
    address = f"model.adapter.base_url={session.server.base_url}"
    session.do("doctor", "doctor", f"model={RUNWAY.model}", address, *DATA[:2])
    session.server.fault("organization", "401")
    session.do("doctor of a wrong key", "doctor", f"model={RUNWAY.model}", address, *DATA[:2])


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with Leaky(CANARY) as server, FakeServer(RUNWAY.fake()) as elsewhere:
        made = Session(tmp_path_factory.mktemp("canary"), server, elsewhere)
        for part in (requests_with_faults, jobs_with_faults, crashes, check_ups):
            part(made)
        yield made


def found_in(text: str) -> list[str]:
    """In which forms the key is there, be it only its first half: a message may have been cut."""
    return [name for name, form in FORMS.items() if form[: len(form) // 2] in text]


def whole(capture: Capture) -> str:
    return f"{capture.method} {capture.path} {dict(capture.headers)} {capture.body.decode('latin-1')}"


def test_the_session_saw_what_it_was_made_for(session: Session) -> None:
    assert session.codes == {
        "declined": 1, "key-not-taken": 2, "turned-away": 3, "lost": 1, "unreadable": 1, "list": 0, "not given up": 2,
        "given up": 0, "moderated": 1, "failed": 1, "never-told": 3, "odd": 0, "redirected": 0, "no-video": 1,
        "unknown": 3, "killed": 3, "in-the-way": 2, "retired": 2, "no-address": 2, "nobody-there": 3, "doctor": 0,
        "doctor of a wrong key": 2,
    }  # fmt: skip
    assert [attempt.state for attempt in attempts(session.run("lost"))["0001"]] == ["abandoned", "fetched"]
    assert "Traceback (most recent call last)" in "".join(session.told)
    assert len(session.elsewhere.captures) == 1


def test_no_file_under_the_results_holds_the_key(session: Session) -> None:
    files = [path for path in session.results.rglob("*") if path.is_file()]
    assert len(files) > 30
    assert {path.name: held for path in files if (held := found_in(path.read_bytes().decode("latin-1")))} == {}


def test_nothing_that_was_printed_holds_the_key(session: Session) -> None:
    assert [line for told in session.told for line in told.splitlines() if found_in(line)] == []


def test_another_host_is_never_sent_the_key(session: Session) -> None:
    assert [found_in(whole(capture)) for capture in session.elsewhere.captures] == [[]]


def test_its_own_service_is_sent_it_in_the_header_for_it_and_where_that_service_itself_put_it(session: Session) -> None:
    for capture in session.server.captures:
        headers = {name: value for name, value in capture.headers.items() if name != "authorization"}
        assert found_in(f"{headers} {capture.body.decode('latin-1')}") == []
        asked_to = capture.route == "download" or capture.route == ""
        assert not found_in(capture.path) or asked_to, capture.path
    signed = [capture for capture in session.server.captures if "authorization" in capture.headers]
    assert {capture.headers["authorization"] for capture in signed} == {f"Bearer {CANARY}"}
    assert {capture.route for capture in signed} == {"submit", "poll", "organization"}


def test_no_request_names_the_address_that_it_came_from(session: Session) -> None:
    captures = [*session.server.captures, *session.elsewhere.captures]
    assert not [capture for capture in captures if "referer" in capture.headers]
