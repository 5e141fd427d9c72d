"""The control interface under /__ctl, for servers that run in a process of their own.

GET /__ctl: counters. GET /__ctl/jobs, /__ctl/captures. POST /__ctl/faults: a Fault, or a list of them.
POST /__ctl/outcomes: {"nth": 1 or null, "outcome": "moderated", "detail": null}.
POST /__ctl/clock: {"advance_s": 3600}.
POST /__ctl/clear: forget all that was scripted.
"""

from __future__ import annotations

from typing import Any

from tests.api.fakes.engine import Engine
from tests.api.fakes.faults import Fault
from tests.api.fakes.wire import Incoming, Reply

PREFIX = "/__ctl"


def control(engine: Engine, request: Incoming) -> Reply:
    """Answer a request to /__ctl; it is neither captured nor counted."""
    what = request.path.removeprefix(PREFIX).strip("/")
    try:
        if request.method == "GET":
            return Reply(200, _read(engine, what))
        _write(engine, what, request.json)
        return Reply(200, {"ok": True})
    except (KeyError, TypeError, ValueError) as error:
        return Reply(400, {"error": repr(error)})


def _read(engine: Engine, what: str) -> Any:
    with engine.lock:
        if what == "jobs":
            return [job.as_dict() for job in engine.jobs.values()]
        if what == "captures":
            return [
                {
                    "route": seen.route, "method": seen.method, "path": seen.path, "headers": dict(seen.headers),
                    "body": seen.body.decode(errors="replace"),
                }
                for seen in engine.captures
            ]  # fmt: skip
        if what == "":
            return {"accepted": len(engine.jobs), "hits": dict(engine.hits), "now": engine.now()}
    raise KeyError(what)


def _write(engine: Engine, what: str, told: Any) -> None:
    if what == "faults":
        for entry in told if isinstance(told, list) else [told]:
            engine.script(Fault(**entry))
    elif what == "outcomes":
        engine.decide(told["nth"], told["outcome"], told.get("detail"))
    elif what == "clock":
        engine.advance(float(told["advance_s"]))
    elif what == "clear":
        engine.clear()
    else:
        raise KeyError(what)
