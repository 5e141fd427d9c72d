"""Downloads from the fake services: clips that are cut, spoilt, gone or elsewhere, as their faults' names say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters import BadVideo, probe
from adapters.harness import examine
from tests.api.acme import JOBS, TINY, Acme, ask, clip_url, created, get
from tests.api.fakes import FakeServer


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Acme(), clip=TINY) as server:
        yield server


@pytest.mark.parametrize("kind", ["cut", "cut_rst", "chunked_cut"])
def test_a_cut_download_is_noticed(server: FakeServer, kind: str) -> None:
    url = clip_url(server)
    server.fault("download", kind)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        get(url)
    assert get(url).content == next(iter(server.jobs.values())).output


def test_a_download_cut_without_a_length_is_not_noticed(server: FakeServer, tmp_path: Path) -> None:
    url = clip_url(server)
    server.fault("download", "no_length")
    data = get(url).content
    assert 0 < len(data) < len(next(iter(server.jobs.values())).output)
    (tmp_path / "clip.mp4").write_bytes(data)
    with pytest.raises(BadVideo):
        examine(tmp_path / "clip.mp4")


def test_a_slow_download_arrives(server: FakeServer) -> None:
    url = clip_url(server)
    server.fault("download", "drip", pieces=4, gap_s=0.005)
    assert get(url).content == next(iter(server.jobs.values())).output


@pytest.mark.parametrize(
    ("kind", "args", "start"),
    [
        ("zero_bytes", {}, b""),
        ("html", {}, b"<!DOCTYPE html>"),
        ("wrong_container", {}, b"\x89PNG"),
        ("wrong_container", {"container": "matroska"}, b"\x1a\x45\xdf\xa3"),
    ],
)
def test_what_arrives_is_no_mp4(server: FakeServer, kind: str, args: dict[str, Any], start: bytes) -> None:
    url = clip_url(server)
    server.fault("download", kind, **args)
    answer = get(url)
    assert answer.ok
    assert answer.content.startswith(start)
    assert (answer.headers["Content-Type"] == "text/html") == (kind == "html")


def test_a_damaged_clip_does_not_decode(server: FakeServer, tmp_path: Path) -> None:
    url = clip_url(server)
    server.fault("download", "damaged")
    (tmp_path / "clip.mp4").write_bytes(get(url).content)
    with pytest.raises(BadVideo):
        examine(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    ("kind", "seen"),
    [("", (24, 73, 64)), ("wrong_fps", (12, 73, 64)), ("too_short", (24, 48, 64)), ("wrong_aspect", (24, 73, 36))],
)
def test_a_valid_clip_may_have_the_wrong_shape(
    server: FakeServer, tmp_path: Path, kind: str, seen: tuple[int, int, int]
) -> None:
    url = clip_url(server)
    if kind:
        server.fault("download", kind)
    (tmp_path / "clip.mp4").write_bytes(get(url).content)
    info = probe(tmp_path / "clip.mp4")
    assert (info.fps, info.frames, info.width) == seen


@pytest.mark.parametrize("status", [403, 410])
def test_a_revoked_url_stays_dead_until_the_job_is_asked_for_again(server: FakeServer, status: int) -> None:
    url = clip_url(server)
    server.fault("download", f"{status}_until_repolled")
    assert [get(url).status_code, get(url).status_code] == [status, 403]
    fresh = ask(server, f"{JOBS}/{next(iter(server.jobs))}").json()["url"]
    assert get(fresh).ok


def test_a_url_expires_by_the_clock_and_cannot_be_forged(server: FakeServer) -> None:
    url = clip_url(server)
    assert get(url.replace("g=1", "g=9")).status_code == 403
    server.advance(3601)
    assert get(url).status_code == 403


def test_storage_is_another_host_that_takes_no_second_credential(server: FakeServer) -> None:
    url = clip_url(server)
    assert "localhost" in url
    assert "127.0.0.1" in server.base_url
    assert get(url, Authorization="Bearer fake-key").status_code == 400


def test_a_redirect_leads_to_another_host(server: FakeServer) -> None:
    path = created(server)
    server.fault("download", "redirect")
    first = ask(server, path + "/own", redirects=False)
    assert first.status_code == 302
    assert get(first.headers["Location"]).content == server.jobs[path.split("/")[-1]].output
    with FakeServer(Acme()) as other:
        server.fault("download", "redirect", location=other.add_file("clip.mp4", b"theirs"))
        assert get(clip_url(server)).content == b"theirs"
        assert other.hits["static"] == 1


def test_a_part_is_served_to_who_knows_the_etag(server: FakeServer) -> None:
    url = clip_url(server)
    whole = get(url)
    part = get(url, **{"Range": "bytes=100-", "If-Range": whole.headers["ETag"]})
    assert (part.status_code, part.content) == (206, whole.content[100:])
    assert get(url, **{"Range": "bytes=100-", "If-Range": '"other"'}).status_code == 200
