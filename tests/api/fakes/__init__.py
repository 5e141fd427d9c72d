"""Fake commercial video services on loopback, faithful to their wire: see README.md in this folder."""

from tests.api.fakes.engine import OUTCOMES, Capture, FakeJob
from tests.api.fakes.faults import FAULTS_BY_ROUTE, Fault
from tests.api.fakes.media import ClipSpec, make_clip
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.server import FakeServer
from tests.api.fakes.storage import served
from tests.api.fakes.wire import Answer, Incoming, Part, Reply

__all__ = [
    "FAULTS_BY_ROUTE",
    "OUTCOMES",
    "Answer",
    "Call",
    "Capture",
    "ClipSpec",
    "FakeJob",
    "FakeServer",
    "Fault",
    "Incoming",
    "Part",
    "Personality",
    "Reply",
    "Route",
    "make_clip",
    "served",
]
