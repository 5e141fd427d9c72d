"""The fake services themselves: every fault does what its name says, and every accepted job is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.api.acme import JOBS, TINY, Acme, ask, clip_url, created, get
from tests.api.fakes import FAULTS_BY_ROUTE, FakeServer, Fault
from tests.api.fakes.faults import CREATED, STATUSES
from tests.api.fakes.openai import OpenAI


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Acme(), clip=TINY) as server:
        yield server


# Jobs


def test_a_job_advances_poll_by_poll(server: FakeServer) -> None:
    path = created(server)
    assert [ask(server, path).json()["status"] for _ in range(4)] == ["queued", "running", "succeeded", "succeeded"]


def test_jobs_that_are_asked_for_at_once_have_ids_of_their_own() -> None:
    def ask_for_one(_: int) -> str:
        headers = {"Authorization": f"Bearer {fake.personality.key}"}
        answer = requests.post(f"{fake.base_url}/v1/videos", headers=headers, json={"prompt": "a ball"}, timeout=30)
        return str(answer.json()["id"])

    before = sys.getswitchinterval()
    try:
        sys.setswitchinterval(1e-6)  # threads come in between wherever they can
        with FakeServer(OpenAI(), clip=TINY) as fake, ThreadPoolExecutor(16) as pool:
            assert len(set(pool.map(ask_for_one, range(64)))) == len(fake.jobs) == 64
    finally:
        sys.setswitchinterval(before)


def test_a_job_may_go_by_the_clock_instead() -> None:
    now = [0.0]
    with FakeServer(Acme(), model_s=2.0, clock=lambda: now[0]) as server:
        path = created(server)
        assert ask(server, path).json()["status"] == "queued"
        now[0] = 2.0
        assert ask(server, path).json()["status"] == "succeeded"


def test_clips_tell_their_jobs_apart_and_are_the_same_every_time(server: FakeServer) -> None:
    for seed in (1, 2, 1):
        created(server, seed)
    one, two, again = (job.output for job in server.jobs.values())
    assert one == again != two


def test_outcomes_are_scripted_by_number_by_predicate_and_for_all(server: FakeServer) -> None:
    server.outcome(2, "moderated", "CODE")
    server.outcome(lambda job: job.request["seed"] == 3, "failed")
    for seed in (1, 2, 3):
        created(server, seed)
    server.outcome(None, "stuck")
    created(server, 4)
    assert [job.outcome for job in server.jobs.values()] == ["succeeded", "moderated", "failed", "stuck"]
    assert list(server.jobs.values())[1].detail == "CODE"


def test_every_request_is_captured_with_its_headers(server: FakeServer) -> None:
    url = clip_url(server)
    get(url)
    requests.get(server.base_url + "/nowhere?x=1", headers={"X-Key": "secret"}, timeout=60)
    assert [seen.route for seen in server.captures] == ["submit", "poll", "poll", "poll", "download", ""]
    assert "authorization" not in server.captured("download")[0].headers
    assert server.captures[-1].path == "/nowhere?x=1"
    assert server.captures[-1].headers["x-key"] == "secret"
    assert json.loads(server.captures[0].body)["prompt"] == "a ball"


def test_without_the_key_nothing_is_accepted(server: FakeServer) -> None:
    assert ask(server, key="wrong").json() == {"acme_error": "401"}
    assert not server.jobs


def test_a_bug_of_a_fake_is_told_when_it_is_closed() -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError"), FakeServer(Acme()) as server:
        assert ask(server, "/v1/broken").status_code == 500


# Answers that are not what was asked for, and nothing done


@pytest.mark.parametrize("kind", STATUSES)
def test_a_status_is_answered_once_and_nothing_is_billed(server: FakeServer, kind: str) -> None:
    server.fault("submit", kind)
    status, headers = STATUSES[kind]
    first = ask(server)
    assert first.status_code == status
    assert set(headers) <= set(first.headers)
    assert first.text.startswith("<html>") if kind == "502_html" else first.json() == {"acme_error": str(status)}
    assert not server.jobs
    assert ask(server).ok


def test_any_status_body_and_header_can_be_answered(server: FakeServer) -> None:
    server.fault("poll", "status", status=418, body="teapot", headers={"Retry-After": "7"})
    answer = ask(server, created(server))
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (418, "teapot", "7")


@pytest.mark.parametrize("kind", ["rst", "fin"])
def test_a_broken_connection_bills_nothing(server: FakeServer, kind: str) -> None:
    server.fault("submit", kind)
    reason = "reset by peer" if kind == "rst" else "closed connection without response"
    with pytest.raises(requests.ConnectionError, match=reason):
        ask(server)
    assert (server.hits["submit"], len(server.jobs)) == (1, 0)


def test_a_hanging_answer_lasts_until_the_client_gives_up(server: FakeServer) -> None:
    server.fault("submit", "hang")
    with pytest.raises(requests.ReadTimeout):
        requests.post(server.base_url + JOBS, json={}, timeout=0.05)
    assert not server.jobs


def test_a_hanging_answer_ends_with_the_server() -> None:
    with ThreadPoolExecutor(1) as pool:
        with FakeServer(Acme()) as server:
            server.fault("poll", "hang")
            path = created(server)
            waiting = pool.submit(ask, server, path)
            while not server.hits["poll"]:
                pass
        assert isinstance(waiting.exception(), requests.ConnectionError)


def test_answers_may_be_no_json_or_hold_nothing(server: FakeServer) -> None:
    server.fault("submit", "malformed_json")
    server.fault("submit", "empty_object", nth=2)
    with pytest.raises(requests.JSONDecodeError):
        ask(server).json()
    assert ask(server).json() == {}
    assert not server.jobs


def test_connections_are_refused_while_a_block_runs(server: FakeServer) -> None:
    with server.refusing(), pytest.raises(requests.ConnectionError, match="refused"):
        ask(server)
    assert ask(server).ok
    assert server.hits["submit"] == 1


def test_connections_are_refused_until_the_client_has_waited(server: FakeServer) -> None:
    waited: list[float] = []
    sleep = server.refuse_until(2, waited.append)
    for seconds in (1, 2):
        with pytest.raises(requests.ConnectionError):
            ask(server)
        sleep(seconds)
    assert ask(server).ok
    assert waited == [1, 2]


# Jobs that are billed, and whose answer is lost


@pytest.mark.parametrize("kind", CREATED)
def test_a_lost_answer_is_billed(server: FakeServer, kind: str) -> None:
    server.fault("submit", kind)
    try:
        answer = requests.post(
            server.base_url + JOBS,
            json={},
            headers={"Authorization": "Bearer fake-key"},
            timeout=1 if kind == "create_hang" else 60,
        )
    except requests.RequestException:
        assert kind in ("create_rst", "create_fin", "create_hang", "create_cut")
    else:
        assert (answer.status_code == 500) == (kind == "create_500")
        assert b'"id": "' not in answer.content or not answer.text.endswith("}")
    assert len(server.jobs) == 1


# Polls


def test_polls_may_tell_an_unknown_word_stand_still_or_go_back(server: FakeServer) -> None:
    path = created(server)
    server.fault("poll", "unknown_status", nth=1)
    server.fault("poll", "regress", nth=4, times=2)
    told = [ask(server, path).json()["status"] for _ in range(6)]
    assert told == ["BREWING", "running", "succeeded", "running", "running", "succeeded"]


def test_a_fault_may_last_for_ever_and_concern_one_job(server: FakeServer) -> None:
    one, two = created(server), created(server)
    server.fault("poll", "404", times=None, job=2)
    assert {ask(server, two).status_code for _ in range(9)} == {404}
    assert ask(server, one).ok


def test_hits_are_counted_from_when_the_fault_was_scripted(server: FakeServer) -> None:
    path = created(server)
    ask(server, path)
    server.fault("poll", "500", nth=2, times=2)
    assert [ask(server, path).status_code for _ in range(4)] == [200, 500, 500, 200]


# The table of faults, and a server in another process


def test_faults_survive_json_and_wrong_ones_are_told() -> None:
    for route, kinds in FAULTS_BY_ROUTE.items():
        for kind in kinds:
            fault = Fault(route, kind, nth=2, times=None, args={"message": "no"})
            assert Fault.from_json(fault.to_json()) == fault
    with pytest.raises(ValueError, match="no such fault"):
        Fault("submit", "earthquake")


def test_many_clients_at_once_are_counted_exactly() -> None:
    with FakeServer(Acme()) as server, ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda seed: ask(server, seed=seed), range(200)))
        assert sorted(job.request["seed"] for job in server.jobs.values()) == list(range(200))
        assert {job.number for job in server.jobs.values()} == set(range(1, 201))


def test_a_server_of_its_own_is_scripted_from_outside() -> None:
    words = [sys.executable, "-m", "tests.api.fakes", "luma", "--pending", "0", "--same-clip"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            _script_from_outside(told["base_url"], told["key"])
        finally:
            process.kill()


def _script_from_outside(base: str, key: str) -> None:
    def tell(what: str, body: Any) -> int:
        return requests.post(f"{base}/__ctl/{what}", json=body, timeout=60).status_code

    def submit() -> int:
        body = {"model": "ray-3.2", "type": "video", "prompt": "x"}
        headers = {"Authorization": f"Bearer {key}"}
        return requests.post(f"{base}/v1/generations", json=body, headers=headers, timeout=60).status_code

    assert tell("faults", [{"route": "submit", "kind": "503"}]) == 200
    assert tell("outcomes", {"nth": 1, "outcome": "moderated"}) == 200
    assert tell("clock", {"advance_s": 60}) == 200
    assert tell("faults", {"route": "submit", "kind": "earthquake"}) == 400
    assert [submit(), submit()] == [503, 201]
    counted = requests.get(f"{base}/__ctl", timeout=60).json()
    assert (counted["accepted"], counted["hits"]) == (1, {"submit": 2})
    assert requests.get(f"{base}/__ctl/jobs", timeout=60).json()[0]["outcome"] == "moderated"
    assert requests.get(f"{base}/__ctl/captures", timeout=60).json()[0]["path"] == "/v1/generations"
    assert tell("clear", {}) == 200
