"""Answers of no documented shape, and answers that quote the key: nothing breaks, leaks, or is believed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters import AdapterError, SetupError
from adapters.api.provider import Provider
from adapters.api.service import Service
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.http.retry_after import Passing
from tests.api.kit import BY_NAME, CASES, Case, arguments, running

SHAPES = (
    b"", b"null", b"[]", b'"no"', b"7", b"{", b"\xff\xfe", b"{}", b'{"error": null}', b'{"error": []}', b'{"error": 7}',
    b'{"error": {"code": {}}}', b'{"error": {"message": []}}', b'{"detail": [1]}', b'{"detail": [{"type": []}]}',
    b'{"data": []}', b'{"code": "x"}', b'{"code": 0, "data": null}', b'{"base_resp": {}}', b'{"base_resp": []}',
    b'{"base_resp": {"status_code": "x"}}', b'{"status": null}', b'{"id": null}', b'{"message": {"message": {}}}',
    b'{"request_id": ""}', b'{"request_id": null}',
    b'{"task_id": null, "base_resp": {"status_code": 0}}', b'{"name": null}',
    b'{"data": {"task_id": null}, "code": 0}', b"[" * 5000,
)  # fmt: skip
UNREADABLE = (BadAnswer, KeyError, IndexError, TypeError, ValueError, AttributeError)
"""What the job runner takes for an answer that cannot be read."""
TYPED = (AdapterError, SetupError, Passing)
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@cache
def provider(case_name: str) -> Provider:
    case = next(case for case in CASES if case.name == case_name)
    return Service(**arguments(case, "http://127.0.0.1:9")).provider


def tried(read: Any, *given: Any) -> Any:
    """What a translation returns, or what the job runner understands of its exception."""
    try:
        return read(*given)
    except UNREADABLE:
        return "unreadable"
    except TYPED as error:
        return error


@every_case
@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500, 503])
def test_no_error_is_too_odd_to_be_told(case: Case, status: int) -> None:
    made = provider(case.name)
    for shape in SHAPES:
        answer = Answer(status, {}, shape)
        assert isinstance(made.message(answer), str), shape
        assert isinstance(made.speaks(answer), bool), shape
        assert made.fault(answer) is None or isinstance(made.fault(answer), TYPED), shape


@every_case
def test_an_answer_that_cannot_be_read_names_no_job(case: Case) -> None:
    made = provider(case.name)
    for shape in SHAPES:
        ticket = tried(made.ticket, Answer(200, {}, shape))
        assert not (isinstance(ticket, Ticket) and ticket.job_id), (shape, ticket)


@every_case
def test_an_answer_that_cannot_be_read_ends_no_job(case: Case) -> None:
    made, ticket = provider(case.name), provider(case.name).adopt("7")
    for shape in SHAPES:
        for read in (made.status, made.result):
            status = tried(read, Answer(200, {}, shape), ticket)
            ended = getattr(status, "state", State.PENDING) is not State.PENDING
            assert not ended, (read.__name__, shape, status)


@pytest.mark.rotating("case")
@every_case
@pytest.mark.parametrize("body", ["[]", '{"error": [{"code": {}}]}', "\xff{"])
def test_an_odd_answer_to_a_paid_request_may_have_been_a_yes(case: Case, body: str, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("submit", "status", status=500, body=body)
        assert [run.go().kind, run.go().kind] == ["Ambiguous", "Ambiguous"]
        assert run.server.hits["submit"] == 1


@pytest.mark.rotating("case")
@pytest.mark.parametrize("case", [case for case in CASES if not case.bearer], ids=str)
@pytest.mark.parametrize(("route", "status"), [("submit", 400), ("submit", 401), ("submit", 500), ("poll", 400)])
def test_a_key_that_a_service_quotes_is_kept_out_of_journals_and_messages(
    case: Case, route: str, status: int, tmp_path: Path
) -> None:
    told = f"the key {case.key} is {case.secrets[0]!r}, as in Bearer {case.key}"
    with running(case, tmp_path) as run:
        for number, body in enumerate(({"error": told}, {"message": told}, {"detail": told}, {"msg": told}, told), 1):
            run.server.fault(route, "status", status=status, body=json.dumps(body))
            run.go(f"{number:04d}")


@pytest.mark.rotating("case")
@every_case
@pytest.mark.parametrize("told", ["{}", "Bearer-{}"])
def test_a_key_in_place_of_a_job_s_id_is_none(case: Case, told: str, tmp_path: Path) -> None:
    key = told.format(case.key)
    names = {"id": key, "request_id": key, "task_id": key, "name": f"projects/p-1/operations/{key}"}
    body = json.dumps({**names, "code": 0, "data": {"task_id": key}, "base_resp": {"status_code": 0}})
    with running(case, tmp_path) as run:
        run.server.fault("submit", "status", status=200, body=body)
        assert [run.go().kind, run.go().kind] == ["Ambiguous", "Ambiguous"]


def test_a_recorded_address_on_another_host_gets_no_credential(tmp_path: Path) -> None:
    with running(BY_NAME["fal"], tmp_path) as run:
        urls = {name: f"{run.server.storage_url}/fal-ai/pika/requests/7/{name}" for name in ("status", "response")}
        run.ledger.log("0001").append({"state": "submitted", "attempt": 1, "job_id": "7", "urls": urls})
        ended = run.go()
        assert ended.kind == "SetupError"
        assert "no credential is sent to localhost" in str(ended.error)
        assert run.server.captures == []
