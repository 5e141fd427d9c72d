"""Several servers behind one model: real ones on this machine, of which some die."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import SetupError
from adapters.api.service import Service
from adapters.http.urls import host_of
from tests.api.fakes import FakeServer
from tests.api.harness import attempts, command, words
from tests.api.kit import BY_NAME, TINY, Clock, Ended, Ledger, arguments, jobs_of, request, service
from tests.api.record import Killed
from tests.run.harness import IDS

PAID = BY_NAME["openai"]
FREE = replace(PAID, changes={**PAID.changes, "price": {"free": True}})
SIX = ("0001", "0002", "0003", "0004", "0005", "0006")


class Fleet:
    """Two servers, and a run over them: every `go` is another invocation."""

    def __init__(self, servers: list[FakeServer], folder: Path) -> None:
        self.servers, self.folder, self.ledger = servers, folder, Ledger()

    @property
    def urls(self) -> list[str]:
        return [server.base_url for server in self.servers]

    def made(self, case: Any, clock: Clock, **changes: Any) -> Service:
        clock.server = self.servers[0]
        return service(case, self.servers[0], clock, **{"base_url": self.urls, **changes})

    def go(self, case: Any, clip_id: str = "0001", *, clock: Clock | None = None, **changes: Any) -> Ended:
        clock = clock or Clock()
        return self.one(self.made(case, clock, **changes), clock, clip_id)

    def one(self, made: Service, clock: Clock, clip_id: str) -> Ended:
        try:
            return Ended(made.generate(request(self.folder, clip_id, made, clock, self.ledger.log(clip_id))), None)
        except (Exception, Killed) as error:  # noqa: BLE001  (every end of a clip is what is looked at)
            return Ended(None, error)

    def jobs(self, clip_id: str = "0001") -> tuple[int, ...]:
        """How many jobs each server has for a clip."""
        return tuple(len(jobs_of(server, clip_id)) for server in self.servers)

    def states(self, clip_id: str = "0001") -> list[tuple[str, int]]:
        """The state of each attempt of a clip, and which server the journal says that it is at."""
        hosts = [host_of(url) for url in self.urls]
        return [(one.state, hosts.index(one.facts["host"])) for one in self.ledger.log(clip_id).attempts]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(FakeServer(PAID.fake(), clip=TINY, pending=1)) for _ in range(2)]
        yield Fleet(servers, tmp_path)


def dead(server: FakeServer) -> contextlib.AbstractContextManager[None]:
    """While the block runs, nobody listens there, and open connections are cut."""
    return server.refusing()


@pytest.mark.parametrize("case", [PAID, FREE], ids=["paid", "free"])
def test_clips_are_spread_evenly(case: Any, fleet: Fleet) -> None:
    clock = Clock()
    made = fleet.made(case, clock)
    for clip_id in SIX:
        assert fleet.one(made, clock, clip_id).kind == "clip"
    assert [len(server.jobs) for server in fleet.servers] == [3, 3]


@pytest.mark.parametrize("case", [PAID, FREE], ids=["paid", "free"])
def test_a_job_stays_with_its_server_over_invocations(case: Any, fleet: Fleet) -> None:
    for clip_id in SIX:  # each the first of its process, which would choose the first server
        assert fleet.go(case, clip_id, clock=Clock(cancel_at=1)).kind == "Cancelled"
    made = fleet.made(case, clock := Clock(), base_url=fleet.urls[::-1])
    for clip_id in SIX:
        assert fleet.one(made, clock, clip_id).kind == "clip"
        assert fleet.jobs(clip_id) == (1, 0)
        assert fleet.states(clip_id) == [("fetched", 0)]


@pytest.mark.parametrize("case", [PAID, FREE], ids=["paid", "free"])
def test_what_a_dead_server_was_surely_not_asked_for_goes_to_another_at_once(case: Any, fleet: Fleet) -> None:
    clock = Clock()
    made = fleet.made(case, clock)
    with dead(fleet.servers[0]):
        assert [fleet.one(made, clock, clip_id).kind for clip_id in SIX] == ["clip"] * 6
    assert [len(server.jobs) for server in fleet.servers] == [0, 6]
    assert fleet.states("0001") == [("fetched", 1)]
    assert clock.waited < 120  # polls of the other one alone
    clock.pause(60)
    assert fleet.one(made, clock, "0007").kind == "clip"
    assert fleet.jobs("0007") == (1, 0)  # after a minute it is tried again


def test_a_free_job_of_a_server_that_dies_midway_is_made_by_another(fleet: Fleet) -> None:
    assert fleet.go(FREE, clock=Clock(cancel_at=1)).kind == "Cancelled"
    assert fleet.states() == [("submitted", 0)]
    with dead(fleet.servers[0]):
        clock = Clock()
        assert fleet.go(FREE, clock=clock).kind == "clip"
        assert 60 <= clock.waited < 120
    assert fleet.states() == [("abandoned", 0), ("fetched", 1)]
    assert fleet.jobs() == (1, 1)


def test_a_video_that_a_dead_server_has_is_made_by_another_where_it_is_free(fleet: Fleet) -> None:
    first = fleet.servers[0]
    first.fault("download", "500", times=None)
    assert fleet.go(FREE, clock=Clock(cancel_at=4)).kind == "Cancelled"
    assert fleet.states() == [("succeeded", 0)]
    with dead(first):
        assert fleet.go(FREE).kind == "clip"
    assert fleet.states() == [("abandoned", 0), ("fetched", 1)]


def test_a_paid_job_waits_for_its_server(fleet: Fleet) -> None:
    assert fleet.go(PAID, clock=Clock(cancel_at=1)).kind == "Cancelled"
    with dead(fleet.servers[0]):
        assert [fleet.go(PAID).kind for _ in range(2)] == ["Postponed", "Postponed"]
    assert fleet.states() == [("submitted", 0)]
    assert fleet.go(PAID).kind == "clip"
    assert fleet.jobs() == (1, 0)


def test_a_server_that_answers_errors_is_not_dead(fleet: Fleet) -> None:
    assert fleet.go(FREE, clock=Clock(cancel_at=1)).kind == "Cancelled"
    fleet.servers[0].fault("poll", "502_html", times=40)
    assert fleet.go(FREE).kind == "clip"
    assert fleet.jobs() == (1, 0)


def test_a_paid_request_of_unknown_fate_stays_with_its_server(fleet: Fleet) -> None:
    fleet.servers[0].fault("submit", "create_rst")
    assert [fleet.go(PAID).kind for _ in range(2)] == ["Ambiguous", "Ambiguous"]
    with dead(fleet.servers[0]):
        assert fleet.go(PAID).kind == "Ambiguous"
    ended = fleet.go(PAID, base_url=[*fleet.urls[1:], "http://127.0.0.1:9"])
    assert ended.kind == "Ambiguous"
    assert host_of(fleet.urls[0]) in ended.told
    assert fleet.jobs() == (1, 0)


def test_a_request_of_unknown_fate_is_looked_for_at_its_own_server(fleet: Fleet) -> None:
    named = replace(PAID, changes={**PAID.changes, "options": {"uuid": "user"}})
    fleet.servers[0].fault("submit", "create_rst")
    assert fleet.go(named).kind == "Ambiguous"
    fleet.go(named)
    assert [server.hits["list"] for server in fleet.servers] == [1, 0]


def test_a_free_request_of_unknown_fate_is_sent_again_where_it_went_or_elsewhere_if_nobody_is_there(
    fleet: Fleet,
) -> None:
    fleet.servers[0].fault("submit", "create_rst")
    assert [fleet.go(FREE).kind for _ in range(2)] == ["Retryable", "clip"]
    assert fleet.states() == [("abandoned", 0), ("fetched", 0)]
    fleet.servers[0].fault("submit", "create_rst")
    assert fleet.go(FREE, "0002").kind == "Retryable"
    with dead(fleet.servers[0]):
        assert fleet.go(FREE, "0002").kind == "clip"
    assert fleet.states("0002") == [("abandoned", 0), ("fetched", 1)]


def test_a_job_of_a_server_that_is_named_no_longer_is_not_looked_for_elsewhere(fleet: Fleet) -> None:
    assert fleet.go(FREE, clock=Clock(cancel_at=1)).kind == "Cancelled"
    ended = fleet.go(FREE, base_url=[fleet.urls[1], "http://127.0.0.1:9"])
    assert ended.kind == "Ambiguous"
    assert f"runs at {host_of(fleet.urls[0])}: let model.adapter.base_url name it" in ended.told
    assert fleet.servers[1].captures == []


def test_when_no_server_can_be_reached_the_run_stops_in_good_order_and_goes_on_later(fleet: Fleet) -> None:
    clock = Clock()
    with dead(fleet.servers[0]), dead(fleet.servers[1]):
        ended = fleet.go(PAID, clock=clock)
    assert (ended.kind, getattr(ended.error, "ends_run", None)) == ("Postponed", True)
    assert 120 <= clock.waited <= 200
    assert fleet.go(PAID).kind == "clip"
    assert sum(fleet.jobs()) == 1


def test_a_server_that_comes_back_while_the_others_are_dead_is_used(fleet: Fleet) -> None:
    clock = Clock()
    made = fleet.made(FREE, clock)
    pause = clock.pause
    with dead(fleet.servers[1]):
        fleet.servers[0].refuse()

        def waiting(seconds: float, /) -> None:
            if clock.waited == 65:
                fleet.servers[0].reopen()
            pause(seconds)

        clock.pause = waiting  # type: ignore[method-assign]
        assert fleet.one(made, clock, "0001").kind == "clip"
    assert fleet.jobs() == (1, 0)


@pytest.mark.parametrize("urls", [[], ["http://h:1/v1", "http://h:1/v2"]])
def test_servers_that_cannot_be_told_apart_are_refused(urls: list[str]) -> None:
    with pytest.raises(SetupError, match="a host and port of its own"):
        Service(**arguments(FREE, urls))


def test_one_server_in_a_list_is_one_server() -> None:
    one, listed = (Service(**arguments(FREE, urls)) for urls in ("http://h:1", ["http://h:1"]))
    assert one.describe() == listed.describe()
    assert one.needs == listed.needs
    assert Service(**arguments(FREE, ["http://h:1", "http://h:2"])).needs.concurrency == 2 * one.needs.concurrency


def test_the_doctor_asks_each_of_them(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PAID.key_env, PAID.key)
    with dead(fleet.servers[1]):
        told = [one.told for one in fleet.made(PAID, Clock()).diagnose() if one.what == "service"]
    first, second = map(host_of, fleet.urls)
    assert told[0].startswith(f"{first} answers HTTP 404")  # the fake has no list of models
    assert told[1].startswith(f"{second} cannot be reached")


def test_a_whole_run_over_two_servers_one_of_which_is_dead_at_first(tmp_path: Path) -> None:
    free = ["model.adapter.price.free=true", "model.paid=false", "model.adapter.concurrency=2"]
    with FakeServer(FREE.fake(), pending=1) as one, FakeServer(FREE.fake(), pending=1) as other:
        typed = words(FREE, f"[{one.base_url},{other.base_url}]", tmp_path, *free)
        with dead(other):
            done = command("generate", *typed, "select.ids=[1,2]", **{FREE.key_env: FREE.key})
            assert done.returncode == 0, done.stdout + done.stderr
        assert (len(one.jobs), len(other.jobs)) == (2, 0)
        done = command("generate", *typed, **{FREE.key_env: FREE.key})
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(one.jobs) + len(other.jobs) == len(IDS)
        assert len(other.jobs) > 0  # it was asked once it was there
        (folder,) = (tmp_path / "mini").iterdir()
        found = attempts(folder)
        hosts = {host_of(server.base_url): server.jobs for server in (one, other)}
        assert len(found) == len(IDS)
        for (attempt,) in found.values():
            assert attempt.state == "fetched"
            assert attempt.job_id in hosts[attempt.facts["host"]]
