"""Every fault of the catalogue on every route of every provider, one at a time: what it means, and what it costs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

from adapters.api.http.transport import Transport
from tests.api.cases import PUT_FIRST
from tests.api.fakes import FAULTS_BY_ROUTE, ClipSpec
from tests.api.fakes.faults import CLIPS, CREATED, STATUSES
from tests.api.kit import CASES, TINY, Case, Clock, running

SLOW = {"hang", "create_hang", "drip"}
"""Kinds that only a read time-out ends."""
WORDED = {"429_seconds", "429_date", "429_negative", "429_ms"}
"""Where nothing is paid, all providers leave it to the same code to read what a server asks for."""
READ_S = 0.4
WHOLE = ClipSpec()
"""Of a tiny clip, the middle is no picture."""


@dataclass(frozen=True)
class Meaning:
    """How the invocation that meets a fault ends, how the next one does when all is well again, what is billed."""

    first: str
    then: str
    billed: int


MEANINGS = {
    "passes": Meaning("clip", "clip", 1),  # it is met by waiting and trying again
    "stops": Meaning("SetupError", "clip", 1),  # nothing at all could succeed: the run ends, and its jobs run on
    "declined": Meaning("Rejected", "clip", 1),  # nothing was made, so the next invocation may ask anew
    "unknown": Meaning("Ambiguous", "Ambiguous", 0),  # nothing was made, and nobody can know
    "lost": Meaning("Ambiguous", "Ambiguous", 1),  # a job was made, and nobody can know
    "found": Meaning("Ambiguous", "clip", 1),  # … but the service lists it
    "unanswerable": Meaning("Ambiguous", "clip", 1),  # the job cannot be asked about now
    "misshapen": Meaning("BadClip", "clip", 1),  # the job stays done; this time the fake gives a right video
    "reappears": Meaning("AdapterError", "clip", 1),  # the video seems to be gone, and is asked for again later
    "gone": Meaning("AdapterError", "AdapterError", 1),  # the video is gone
    "failed": Meaning("AdapterError", "AdapterError", 1),  # the service's own verdict
}

_KEY = dict.fromkeys(("401", "402", "403"), "stops")
ON_SUBMIT = {
    **dict.fromkeys(FAULTS_BY_ROUTE["submit"], "unknown"),
    **_KEY,
    **dict.fromkeys(("404", "413", "422"), "declined"),
    **{kind: "passes" for kind in STATUSES if kind.startswith("429")},
    **dict.fromkeys(CREATED, "lost"),
}
ON_POLL = {**dict.fromkeys(FAULTS_BY_ROUTE["poll"], "passes"), **_KEY, "413": "unanswerable", "422": "unanswerable"}
ON_DOWNLOAD = {**dict.fromkeys(FAULTS_BY_ROUTE["download"], "passes"), "wrong_aspect": "misshapen"}
ON_UPLOAD = {
    **dict.fromkeys(FAULTS_BY_ROUTE["upload"], "passes"),
    **_KEY,
    **dict.fromkeys(("404", "413", "422"), "declined"),
}
USUAL = {
    "submit": ON_SUBMIT,
    "poll": ON_POLL,
    "result": dict.fromkeys(FAULTS_BY_ROUTE["result"], "passes") | _KEY,
    "download": ON_DOWNLOAD,
    "upload": ON_UPLOAD,
    "files": ON_UPLOAD,
}


def meaning(case: Case, route: str, kind: str) -> Meaning:
    """What a fault means at a provider, where its vendor documents something else than most."""
    usual = USUAL[route] if kind in USUAL[route] else ON_DOWNLOAD
    found = case.differs.get((route, kind), usual[kind])
    if case.evidence and found == "lost":
        found = "found"
    return MEANINGS[found]


def catalogue() -> Iterator[object]:
    """Every provider, every route that a clip takes there, every kind of fault that makes sense on it."""
    for case in (*CASES, *PUT_FIRST):
        for route in case.routes:
            kinds = (*FAULTS_BY_ROUTE[route], *(CLIPS if route == case.inline else ()))
            for kind in kinds:
                if kind == "too_short":  # told only by whoever wants 5 s: tests/api/test_outcomes.py
                    continue
                if kind not in WORDED or route == "submit" or case is CASES[0]:
                    yield pytest.param(case, route, kind, id=f"{case}-{route}-{kind}")


def nth_of(case: Case, route: str, kind: str) -> int:
    """Which hit of a route to spoil: the first, or that which brings the video."""
    return 2 if kind in CLIPS and route == case.inline else 1


@pytest.mark.parametrize("case", [*CASES, *PUT_FIRST], ids=str)
def test_an_undisturbed_clip_is_billed_once_and_takes_exactly_these_routes(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        ended = run.go()
        (job,) = run.server.jobs.values()
        assert ended.data == job.output, ended.told
        assert run.states() == ["fetched"]
        assert set(run.server.hits) == set(case.routes)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_paid_request_has_a_connection_of_its_own(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("submit", "429", times=2)
        run.go()
        assert [seen.headers["connection"] for seen in run.server.captured("submit")] == ["close"] * 3


def documented(given: Mapping[str, Any]) -> bool:
    """Whether a vendor means something of its own by this fault."""
    return (given["route"], given["kind"]) in given["case"].differs


@pytest.mark.rotating("case", also=documented)
@pytest.mark.parametrize(("case", "route", "kind"), list(catalogue()))
def test_a_fault_means_what_it_can_mean_and_nothing_is_paid_twice(
    case: Case, route: str, kind: str, tmp_path: Path
) -> None:
    expected = meaning(case, route, kind)
    clip = WHOLE if kind == "damaged" else TINY
    with running(case, tmp_path, clip=clip, **({"read_s": READ_S} if kind in SLOW else {})) as run:
        run.server.fault(route, kind, nth=nth_of(case, route, kind))
        ends = [run.go()]
        assert ends[0].kind == expected.first, ends[0].told
        while ends[-1].kind != "clip" and len(ends) < 3:
            ends.append(run.go())
            assert ends[-1].kind == expected.then, ends[-1].told
        assert run.billed() == expected.billed
        if ends[-1].kind == "clip":
            (job,) = run.server.jobs.values()
            assert run.states()[-1] == "fetched"
            assert kind == "wrong_fps" or ends[-1].data == job.output


@pytest.mark.rotating("case")
@pytest.mark.parametrize("kind", FAULTS_BY_ROUTE["list"])
@pytest.mark.parametrize("case", [case for case in CASES if case.evidence], ids=str)
def test_a_fault_of_the_listing_only_puts_off_that_a_lost_job_is_found(case: Case, kind: str, tmp_path: Path) -> None:
    with running(case, tmp_path, read_s=READ_S) as run:
        run.server.fault("submit", "create_rst")
        run.server.fault("list", kind)
        assert [run.go().kind for _ in range(3)] == ["Ambiguous", "Ambiguous", "clip"]
        assert run.billed() == 1
        (attempt,) = run.ledger.log("0001").attempts
        assert attempt.job_id in run.server.jobs
        assert attempt.facts["reconciled"] is True


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_redirect_to_another_host_takes_no_credential_along(case: Case, tmp_path: Path) -> None:
    if "download" not in case.routes:
        pytest.skip("its video comes inside an answer")
    with running(case, tmp_path) as run:
        run.server.fault("download", "redirect")
        run.go()
        first, second, *_ = run.server.captured("download")
        assert first.headers["host"] != second.headers["host"]
        carried = [seen for seen in (first, second) if any(part in repr(seen.headers) for part in case.secrets)]
        assert carried == ([first] if case.signed else [])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_another_rate_than_announced_is_taken_and_told(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        route = case.inline or "download"
        run.server.fault(route, "wrong_fps", nth=nth_of(case, route, "wrong_fps"))
        ended = run.go()
        assert ended.clip is not None, ended.told
        assert ended.clip.info["video"]["fps"] == run.server.engine.clip.fps // 2


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_absurd_word_of_the_server_is_kept_within_reason(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        clock = Clock()
        run.server.fault("submit", "429_absurd")
        assert run.go(clock=clock).kind == "clip"
        assert clock.waits[0] == 120


def test_a_download_that_drips_is_given_up_while_it_drips(tmp_path: Path) -> None:
    with running(CASES[0], tmp_path) as run:
        ticks = itertools.count()
        run.server.fault("download", "drip", pieces=1000, gap_s=0.0005)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transport, "__init__", partialmethod(Transport.__init__, clock=lambda: float(next(ticks))))
            assert run.go().kind == "clip"
        assert run.server.hits["download"] == 2
