"""The plainest of all fake vendors, and requests to it: what the tests of the fakes share."""

from __future__ import annotations

import requests

from tests.api.fakes import Call, ClipSpec, FakeServer, Personality, Reply, Route, served

JOBS = "/v1/jobs"
TINY = ClipSpec(64, 36, 24, 73)


class Acme(Personality):
    """Its route `own` is a download that needs the key; `broken` has a bug."""

    name = "acme"

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", JOBS, self._create),
            Route("poll", "GET", JOBS + r"/(?P<id>[^/]+)", self._poll),
            Route("download", "GET", JOBS + r"/(?P<id>[^/]+)/own", lambda call: served(call, call.video(call.job))),
            Route("result", "GET", r"/v1/broken", self._broken),
        )

    def error(self, status: int, message: str = "") -> Reply:
        return Reply(status, {"acme_error": message or str(status)})

    def _create(self, call: Call) -> Reply:
        return Reply(200, {"id": call.accept(call.body).id})

    def _poll(self, call: Call) -> Reply:
        state = call.state(call.job)
        word = call.job.pending(("queued", "running")) if state == "pending" else state.replace("unknown", "BREWING")
        return Reply(200, {"status": word, "url": call.url(call.job) if state == "succeeded" else None})

    def _broken(self, call: Call) -> Reply:
        raise ZeroDivisionError


def ask(
    server: FakeServer, path: str = JOBS, *, key: str = "fake-key", seed: int = 0, redirects: bool = True
) -> requests.Response:
    """A request with the key: a submit, or a GET of whatever path."""
    headers, url = {"Authorization": f"Bearer {key}"}, server.base_url + path
    if path == JOBS:
        return requests.post(url, json={"prompt": "a ball", "seed": seed}, headers=headers, timeout=60)
    return requests.get(url, headers=headers, timeout=60, allow_redirects=redirects)


def created(server: FakeServer, seed: int = 0) -> str:
    """Submit a job; returns the path to ask for it."""
    return f"{JOBS}/{ask(server, seed=seed).json()['id']}"


def clip_url(server: FakeServer) -> str:
    """Submit a job and poll it to its end; returns the URL of its clip."""
    path = created(server)
    return [ask(server, path).json()["url"] for _ in range(3)][-1]  # type: ignore[no-any-return]


def get(url: str, **headers: str) -> requests.Response:
    """A GET without the key."""
    return requests.get(url, headers=headers, timeout=60)
