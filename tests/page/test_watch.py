"""A run under way is shown as it goes; the server is this machine's alone, and shows nothing but the report."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from runners.page.under_way import record_so_far
from runners.page.watch import Served, serving, stamp_of
from tests.page.conftest import ask


@pytest.fixture(scope="module")
def report(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("watched") / "report"
    ask(made, out)
    return out


@pytest.fixture
def served(report: Path) -> Iterator[tuple[Served, str]]:
    found = Served(report)
    with serving(found) as address:
        yield found, address


def get(address: str, way: str | None = None, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request(method, parts.path if way is None else way, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read(), dict(answer.headers)
    connection.close()
    return found


def test_the_page_comes_with_the_token_and_with_news(served: tuple[Served, str]) -> None:
    status, body, headers = get(served[1])
    assert status == 200
    assert b"live.js" in body
    assert headers["Cache-Control"] == "no-store"
    assert b"live.js" not in (served[0].out / "index.html").read_bytes()


def test_another_name_another_method_and_another_token_are_refused(served: tuple[Served, str]) -> None:
    found, address = served
    assert get(address, Host="evil.example:80")[0] == 403
    assert get(address, f"/{'x' * 22}{address.partition(found.token)[2]}")[0] == 404
    assert get(address, "/")[0] == 404
    assert get(address, method="POST")[0] == 501


@pytest.mark.parametrize(
    "way", ["../../../../../../etc/passwd", "/etc/passwd", "%2e%2e/%2e%2e/etc/passwd", ".lock", ""]
)
def test_nothing_but_the_report_is_sent(served: tuple[Served, str], way: str) -> None:
    found, address = served
    base = urlsplit(address).path.rpartition("/")[0]
    assert get(address, f"{base}/{way}")[0] == 404
    assert get(address, f"/{found.token}/etc/passwd")[0] == 404


def test_what_the_pages_link_is_sent_and_its_neighbour_is_not(served: tuple[Served, str], tmp_path: Path) -> None:
    found, address = served
    (tmp_path / "take 1.mp4").write_bytes(b"0123456789")
    (tmp_path / "other.mp4").write_bytes(b"secret")
    found.linked = {(tmp_path / "take 1.mp4").resolve()}
    place = f"/{found.token}{tmp_path.resolve()}"
    assert get(address, f"{place}/take%201.mp4")[1] == b"0123456789"
    assert get(address, f"{place}/other.mp4")[0] == 404


def test_a_part_of_a_video_can_be_asked_for(served: tuple[Served, str]) -> None:
    found, address = served
    clip = next((found.out / "media").glob("*-preview.mp4"))
    way = f"/{found.token}{clip}"
    status, body, headers = get(address, way, Range="bytes=10-19")
    assert (status, body) == (206, clip.read_bytes()[10:20])
    assert headers["Content-Range"] == f"bytes 10-19/{clip.stat().st_size}"
    assert get(address, way, "HEAD")[1] == b""


def test_a_run_is_known_from_its_journal_before_it_has_a_manifest(results: Path) -> None:
    (run,) = results.glob("mini/part-*")
    (run / "manifest.json").unlink()
    record = record_so_far(run)
    assert record is not None
    assert (record.manifest.published, record.manifest.expected) == (2, 6)
    assert set(record.clips) == {"0001", "0002"}


def test_the_stamp_changes_with_a_journal(results: Path) -> None:
    before = stamp_of(results)
    assert stamp_of(results) == before
    with next(results.glob("mini/part-*/journal.jsonl")).open("ab") as file:
        file.write(b"\n")
    assert stamp_of(results) != before


def test_the_command_serves_follows_a_run_and_ends_with_ctrl_c(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = [f"results={results}", f"out={out}", "watch=true", "progress=plain", "scorer.workers=1"]
    command = subprocess.Popen(
        [sys.executable, "-m", "runners.report", *words], stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert command.stderr is not None
    try:
        address = next(found[0] for line in command.stderr if (found := re.search(r"http://\S+", line)))
        (moved,) = results.glob("mini/other-*")
        moved.rename(tmp_path / "away")
        until = time.monotonic() + 60
        while "other-op" in json.dumps(get(address)[1].decode()) and time.monotonic() < until:
            time.sleep(0.2)
        assert b"other-op" not in get(address)[1]
    finally:
        command.send_signal(signal.SIGINT)
        code = command.wait(timeout=60)
    assert code == 0


@pytest.mark.parametrize(
    "wanted", ["bytes=10-5", "bytes=-5", "bytes=99999999999-", f"bytes={'9' * 5000}-", "lines=1-2"]
)
def test_a_range_that_makes_no_sense_is_answered_with_the_whole(served: tuple[Served, str], wanted: str) -> None:
    status, body, headers = get(served[1], Range=wanted)
    assert status == 200
    assert len(body) == int(headers["Content-Length"])


@pytest.mark.parametrize("way", ["%00", "a" * 5000, "%ff%fe", "x://[", ".git/config"])
def test_an_address_that_is_none_is_refused_with_an_answer(served: tuple[Served, str], way: str) -> None:
    base = "" if way.startswith("x:") else urlsplit(served[1]).path.rpartition("/")[0] + "/"
    assert get(served[1], base + way)[0] in (400, 404)


def test_hidden_folders_and_links_that_lead_out_are_not_sent(tmp_path: Path) -> None:
    out = tmp_path / "report"
    (out / ".git").mkdir(parents=True)
    (out / ".git" / "config").write_text("secret", encoding="utf-8")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (out / "link").symlink_to(tmp_path / "secret")
    (out / "round").symlink_to(out / "round")
    found = Served(out)
    assert [found.file(f"{out}/{name}") for name in (".git/config", "link", "round")] == [None] * 3


def test_a_folder_whose_name_is_no_utf8_is_served(tmp_path: Path) -> None:
    out = tmp_path / os.fsdecode(b"r\xff #?%")
    out.mkdir()
    (out / "index.html").write_text("<p>here</p>", encoding="utf-8")
    with serving(Served(out)) as address:
        assert get(address)[:2] == (200, b"<p>here</p>")
