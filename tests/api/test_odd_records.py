"""What a service says is cleaned and bounded before it is recorded: ids, costs, reasons, reports."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.api.http.redaction import Redactor
from adapters.api.jobs.download import _stated
from adapters.api.provider import Provider
from adapters.api.service import Service
from adapters.api.told import cleaned, identified
from adapters.api.wire import UNREADABLE, Answer, BadAnswer, Output, State, Status
from adapters.harness import spent_usd
from tests.api.kit import BY_NAME, CASES, Case, Clock, arguments, running
from tests.api.works import answer, is_fit

ODD_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
    | st.sampled_from([10**400, "a" * 10**6, "sk-CANARY-123456"]),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), one, max_size=4),
    max_leaves=10,
)  # fmt: skip


def cut(value: Any) -> str:
    """A name for a test."""
    return ascii(value)[:20]


# --- ids


@cache
def provider(case_name: str) -> Provider:
    return Service(**arguments(BY_NAME[case_name], "http://127.0.0.1:9")).provider


def accepted(job_id: Any) -> Answer:
    """A yes to a paid request, in the words of every vendor at once."""
    names = dict.fromkeys(("id", "request_id", "task_id", "name"), job_id)
    nested = {key: {"task_id": job_id, "id": job_id, "gatewayJobId": job_id} for key in ("data", "output", "operation")}
    return answer({**names, **nested, "code": 0, "base_resp": {"status_code": 0}})


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(
    "odd",
    [None, "", "  ", 0, True, 7.5, float("nan"), [], ["7"], {"id": "7"}, "a" * 513, "a" * 2**20, "7\ud800"],
    ids=cut,
)
def test_what_can_be_no_id_names_no_job(case: Case, odd: Any) -> None:
    with pytest.raises(UNREADABLE):
        identified(provider(case.name).ticket(accepted(odd)))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_id_that_is_a_number_is_text_from_then_on(case: Case) -> None:
    assert identified(provider(case.name).ticket(accepted(10**20 + 7))).job_id == "100000000000000000007"


def test_a_job_whose_id_cannot_be_read_is_never_ordered_again(tmp_path: Path) -> None:
    with running(BY_NAME["luma"], tmp_path) as run:
        run.server.fault("submit", "status", status=201, body='{"id": ["7"]}')
        assert [run.go().kind, run.go().kind] == ["Ambiguous", "Ambiguous"]
        assert (run.server.hits["submit"], run.states()) == (1, ["answered"])


@pytest.mark.parametrize("odd", [7, [], {"a": 1}, "https://h/" + "a" * 2**20, "http://127.0.0.1:9/\ud800"], ids=cut)
def test_an_address_that_is_none_is_not_used(odd: Any) -> None:
    fal = provider("fal")
    body = {"request_id": "7", "status_url": odd, "response_url": odd}
    ticket = identified(fal.ticket(answer(body)))
    own = {name: url for name, url in ticket.urls.items() if name != "foreign"}
    assert own == fal.adopt("7").urls


# --- what is recorded


@given(ODD_JSON, ODD_JSON)
def test_whatever_a_status_holds_it_can_be_recorded_and_computed_with(one: Any, other: Any) -> None:
    told = Status(State.FAILED, one, None, other, one, other, one, other, None, one)
    status = cleaned(told, Redactor(("sk-CANARY-123456",)))
    assert is_fit(status)
    assert isinstance(status.transient, bool)
    assert "CANARY" not in repr(status)


def test_a_cost_that_is_none_leaves_the_estimate() -> None:
    for usd in (-1, float("nan"), float("inf"), "0.5", True, 10**400, 1e308, [0.5]):
        assert cleaned(Status(State.FAILED, usd=usd), Redactor()).usd is None, usd  # type: ignore[arg-type]
    assert cleaned(Status(State.FAILED, usd=0.25), Redactor()).usd == 0.25


def test_an_odd_cost_on_record_is_not_counted() -> None:
    promised = {"state": "submitting", "attempt": 1, "usd": 0.5}
    odd: tuple[Any, ...] = (-100.0, float("nan"), "nan", None, True, [], float("inf"))
    for usd in odd:
        assert spent_usd([promised, {"state": "succeeded", "attempt": 1, "usd": usd}]) == 0.5, usd
    assert spent_usd([promised, {"state": "failed", "attempt": 1, "usd": 0}]) == 0.0
    for attempt in odd:
        assert spent_usd([{**promised, "attempt": attempt, "segment": attempt}]) == 0.5, attempt


@pytest.mark.parametrize(("state", "kept"), [("queued", True), (None, True), ([], True), ("queued", False)])
def test_a_state_without_a_word_here_is_no_end_after_which_another_job_is_paid_for(
    state: Any, kept: bool, tmp_path: Path
) -> None:
    with running(BY_NAME["runway"], tmp_path) as run:
        run.server.fault("submit", "create_rst", times=0 if kept else 1)
        run.go(clock=Clock(cancel_at=1))
        run.ledger.log("0001").append({"state": state, "attempt": 1})
        assert [run.go().kind, run.go().kind] == ["clip" if kept else "Ambiguous"] * 2
        assert run.billed() == 1


@pytest.mark.parametrize("edit", [{"body": None}, {"body": 7}, {"status": "200"}, {"status": None}, {"headers": []}])
def test_a_recorded_answer_that_was_edited_leaves_the_request_open(edit: dict[str, Any], tmp_path: Path) -> None:
    with running(BY_NAME["runway"], tmp_path) as run:
        run.ledger.die(2, after=True)
        assert run.go().kind == "Killed"
        run.ledger.live()
        run.ledger.log("0001").append({"attempt": 1, **edit})
        assert run.go().kind == ("clip" if "headers" in edit else "Ambiguous")
        assert run.billed() == 1


def test_a_reason_of_megabytes_is_cut(tmp_path: Path) -> None:
    told = "\N{SNOWMAN}no " * 1_000_000
    with running(BY_NAME["luma"], tmp_path) as run:
        body = {"state": "failed", "failure_reason": told, "created_at": [told], "model": {told: told}}
        run.server.fault("poll", "status", status=200, body=json.dumps(body, ensure_ascii=False))
        assert run.go().kind == "AdapterError"
        run.server.fault(
            "submit",
            "status",
            status=400,
            body=json.dumps({"detail": told[:4_000_000]}),
            headers={"X-Request-Id": "7" * 9999},
        )
        assert run.go("0002").kind == "Rejected"
        assert 10_000 < len(run.ledger.text()) < 1_000_000
        assert max(map(len, run.told)) < 20_000


@pytest.mark.parametrize("before", range(2**16 - 45, 2**16, 4))
def test_a_key_at_the_place_where_an_answer_is_cut_leaves_no_beginning(before: int, tmp_path: Path) -> None:
    case = BY_NAME["luma"]
    with running(case, tmp_path) as run:
        run.server.fault("submit", "status", status=400, body=" " * before + case.key + "!" * 100)
        run.go()
        assert case.key[:4] not in run.ledger.text()


@pytest.mark.parametrize(
    ("route", "status"), [("submit", 400), ("submit", 401), ("submit", 500), ("poll", 400), ("poll", 401)]
)
@pytest.mark.parametrize("name", ["luma", "minimax", "kling", "gemini"])
def test_half_a_character_is_told_as_a_whole_one(name: str, route: str, status: int, tmp_path: Path) -> None:
    half = "half \ud83d of one"
    with running(BY_NAME[name], tmp_path) as run:
        body = {"message": half, "code": 1101, "base_resp": {"status_code": 1008, "status_msg": half}}
        run.server.fault(route, "status", status=status, body=json.dumps(body))
        error = run.go().error
        "".join([str(error), *run.told]).encode("utf-8")
        json.dumps(json.loads(run.ledger.text()), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("host", ["*", "a b", "...", "\ufffd", "a" * 100_000, ".".join(["a"] * 200)], ids=cut)
def test_an_address_whose_host_is_none_is_asked_for_anew(host: str) -> None:
    with pytest.raises(BadAnswer, match="no host"):
        cleaned(Status(State.SUCCEEDED, output=Output(url=f"https://{host}/v.mp4")), Redactor())


@pytest.mark.parametrize("host", ["cdn.example.com", "h", "127.0.0.1:9", "[::1]:9", "a_b.example.", "bücher.example"])
def test_an_address_with_a_host_stays_as_it_is(host: str) -> None:
    output = Output(url=f"https://{host}/v.mp4?a=b#c", signed=True)
    assert cleaned(Status(State.SUCCEEDED, output=output), Redactor(("sk-123456",))).output == output


@pytest.mark.parametrize("told", ["\u00b2", "-1", "9" * 5000, "1e3", ""])
def test_a_length_that_is_no_number_is_not_stated(told: str) -> None:
    assert _stated({"Content-Length": told}) is None


def test_a_report_without_end_keeps_what_is_short() -> None:
    report = {"seed": 7, **{f"a{number}": ["b" * 100] * 900 for number in range(50)}, "model": "m"}
    kept = cleaned(Status(State.SUCCEEDED, report=report), Redactor()).report
    assert kept["seed"] == 7
    assert "most of a report of 4" in kept["left_out"]
    assert len(json.dumps(kept)) < 1000
