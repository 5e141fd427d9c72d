"""A fake video service on loopback: real HTTP, jobs that cost nothing, and everything that can go wrong on demand."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.api.fakes import faults
from tests.api.fakes._handler import Handler
from tests.api.fakes.control import PREFIX, control
from tests.api.fakes.engine import Capture, Engine, FakeJob, Which
from tests.api.fakes.faults import Fault
from tests.api.fakes.media import ClipSpec
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.storage import denied
from tests.api.fakes.wire import Answer, Incoming, Reply


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]  # no look-up of the host's name


class FakeServer:
    """One personality behind a port, for a `with`. Closing it raises if a fake itself had a bug.

    `pending`: how many polls answer "not yet"; `model_s`: by the clock instead. `clip`: size, rate and length of all
    clips (by default the length follows the request). `distinct=False`: one clip for all jobs, for benchmarks.
    """

    def __init__(
        self,
        personality: Personality,
        *,
        port: int = 0,
        pending: int = 2,
        model_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        clip: ClipSpec | None = None,
        distinct: bool = True,
        keep_bytes: int | None = None,
    ) -> None:
        self.personality = personality
        self.engine = Engine(pending=pending, model_s=model_s, clock=clock, clip=clip or ClipSpec())
        self.engine.distinct, self.engine.keep_bytes = distinct, keep_bytes
        self.bugs: list[str] = []
        self.wake, self._closing = socket.socketpair()
        self._connections: set[socket.socket] = set()
        self._routes = (*personality.storage(), *personality.routes())
        self._handler = type("FakeHandler", (Handler,), {"fake": self})
        self._listener = _Listener(("127.0.0.1", port), self._handler)
        self.port = self._listener.server_port
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.storage_url = f"http://localhost:{self.port}"  # to a client another host, as a content network is

    @property
    def jobs(self) -> dict[str, FakeJob]:
        """Every accepted, so billed, job by its id, in order."""
        return self.engine.jobs

    @property
    def captures(self) -> list[Capture]:
        """Every request received, in order."""
        return self.engine.captures

    @property
    def hits(self) -> Counter[str]:
        """How many requests each route had."""
        return self.engine.hits

    def fault(
        self, route: str, kind: str, *, nth: int = 1, times: int | None = 1, job: int | None = None, **args: Any
    ) -> None:
        """Script a fault: see `Fault`."""
        self.engine.script(Fault(route, kind, nth, times, job, args))

    def script(self, *scripted: Fault) -> None:
        """Script faults."""
        for fault in scripted:
            self.engine.script(fault)

    def outcome(self, which: Which, outcome: str, detail: str | None = None) -> None:
        """Say how the job of this number (1: the first), those that a predicate picks, or all (None) will end.

        `detail` is the vendor's own code, where it has several for one outcome.
        """
        self.engine.decide(which, outcome, detail)

    def advance(self, seconds: float) -> None:
        """Let time pass for expiry and for `model_s`."""
        self.engine.advance(seconds)

    def add_file(self, name: str, data: bytes) -> str:
        """Put a file where anyone may fetch it; returns its URL."""
        self.engine.uploads[name] = data
        return f"{self.storage_url}/__static/{name}"

    def captured(self, route: str) -> list[Capture]:
        """The requests of one route."""
        return [capture for capture in self.captures if capture.route == route]

    # Answering: called by the handler's threads.

    def answer(self, request: Incoming) -> Reply:
        """The reply to a request."""
        if request.path == PREFIX or request.path.startswith(PREFIX + "/"):
            return control(self.engine, request)
        call = Call(self.engine, self.personality, request, self.storage_url)
        route = self._find(call)
        call.fault = self.engine.receive(route.name if route else "", request, call.found)
        if call.fault and call.fault.kind in faults.INSTEAD:
            return self._instead(call.fault, route)
        try:
            reply = self._handle(route, call)
        except Answer as answer:
            reply = answer.reply
        if call.fault and call.fault.kind in faults.AFTERWARDS:
            return faults.afterwards(call.fault, reply, self._elsewhere(route, call))
        return reply

    def _find(self, call: Call) -> Route | None:
        for route in self._routes:
            if match := route.match(call.request):
                call.match = {name: value for name, value in match.groupdict().items() if value is not None}
                found = self.jobs.get(self.personality.job_id(call.request, match))
                call.found = None if found is None or found.deleted else found
                return route
        return None

    def _handle(self, route: Route | None, call: Call) -> Reply:
        if route is None:
            return self.personality.error(404, f"no route {call.request.method} {call.request.path}")
        if route.auth and not self.personality.authorised(call.request):
            return self.personality.unauthorised(call.request)
        return route.handler(call)

    def _instead(self, fault: Fault, route: Route | None) -> Reply:
        status, message = faults.status_of(fault), fault.args.get("message", "")
        if status < 400:
            return faults.instead(fault, Reply(status))
        at_storage = route is not None and not route.auth
        return faults.instead(fault, denied(status, message) if at_storage else self.personality.error(status, message))

    def _elsewhere(self, route: Route | None, call: Call) -> str:
        """Another host with the same clip: a signed URL where a key was needed, else this machine's other name."""
        if route is not None and route.auth and call.found is not None:
            return call.url(call.found)
        return (self.base_url if "localhost" in call.request.host else self.storage_url) + call.request.target

    def failed(self, trace: str) -> None:
        """A fake has a bug: told when the server is closed."""
        self.bugs.append(trace)

    def enter(self, connection: socket.socket) -> None:
        """A connection began."""
        with self.engine.lock:
            self._connections.add(connection)

    def leave(self, connection: socket.socket) -> None:
        """A connection ended."""
        with self.engine.lock:
            self._connections.discard(connection)

    # Coming and going.

    def __enter__(self) -> Self:
        self._serve()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_listening()
        self._closing.close()
        self._hang_up()
        if self.bugs and kind is None:
            raise AssertionError("a fake service has a bug:\n" + "\n".join(self.bugs))

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """While the block runs every connection to the port is refused; open ones are closed."""
        self.refuse()
        try:
            yield
        finally:
            self.reopen()

    def refuse(self) -> None:
        """Refuse connections until `reopen`. The port stays ours: bound, but nobody listens."""
        self._stop_listening()
        self._hang_up()
        self._listener = _Listener(("127.0.0.1", self.port), self._handler, bind_and_activate=False)
        self._listener.server_bind()

    def reopen(self) -> None:
        """Take connections again."""
        self._listener.server_activate()
        self._serve()

    def refuse_until(self, waits: int, sleep: Callable[[float], None] = lambda _: None) -> Callable[[float], None]:
        """Refuse now; returns a `sleep` for the client under test that reopens at its n-th wait."""
        self.refuse()
        left = iter(range(waits, 0, -1))

        def waiting(seconds: float) -> None:
            if next(left, 0) == 1:
                self.reopen()
            sleep(seconds)

        return waiting

    def _serve(self) -> None:
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.004})
        self._thread.start()

    def _stop_listening(self) -> None:
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()

    def _hang_up(self) -> None:
        with self.engine.lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
