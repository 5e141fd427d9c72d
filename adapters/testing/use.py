"""An adapter used as the harness would use it: loaded, asked, stopped, called from threads and in batches."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from adapters import Adapter, AdapterError, Cancelled, Frames, Request
from adapters.testing.clips import check_clip, check_needs, doing, is_number, want, want_json
from adapters.testing.requests import make_request


def check_adapter(
    adapter: Adapter, request: Request | None = None, *, seconds: float = 5.0, deterministic: bool = True,
    uses_prompt: bool = True,
) -> None:  # fmt: skip
    """Use the adapter as the harness would, some ten clips of `seconds`; raises ContractBreach for what it breaks.

    Its needs; `check`, `load`, clips of each of its sizes, one in a call for many, `close`, and all that once more; the
    type, shape, length and rate of its frames; that what it is given stays as it is; that a run which is being stopped
    gets its `Cancelled` back; several threads and batches where its needs allow them. The harness asks for 5 s.
    `request`: one of your own (`make_request`) instead of those that follow from the needs. `deterministic=False`: the
    same request may give another clip. `uses_prompt=False`: another text may give the same one, whatever the needs say.
    """
    needs = adapter.needs
    check_needs(needs)
    with tempfile.TemporaryDirectory(prefix="check_adapter_") as folder:
        requests = [request] if request is not None else []
        for number, size in enumerate(needs.sizes or (None,) if request is None else ()):
            requests.append(make_request(Path(folder) / str(number), needs, size=size, seconds=seconds))
        _Check(adapter, requests[0], deterministic, uses_prompt and deterministic).run(requests[1:])


@dataclass
class _Check:
    """One adapter at work, over copies of one request that differ in their seed or text."""

    adapter: Adapter
    request: Request
    deterministic: bool
    uses_prompt: bool
    made: int = field(default=0, init=False)
    mutex: threading.Lock = field(default_factory=threading.Lock, init=False)

    def run(self, others: Sequence[Request]) -> None:
        """All checks; `others` are requests of its other sizes."""
        adapter = self.adapter
        with doing("check()"):
            adapter.check()
        with doing("estimate_usd()"):
            usd = adapter.estimate_usd(self.request.seconds)
        known = usd is None or (is_number(usd) and usd >= 0)
        want(known, f"estimate_usd() gave {usd!r}; dollars, or None for what costs nothing, are wanted")
        before = self._inputs()
        with self._loaded():
            first = self.make(self.request)
            self.same(first, self.make_many([self.request])[0], "the same request, in generate_many, gave another clip")
            self.texts(first)
            self.stopping()
            other = replace(self.request, seed=self.request.seed + 1)
            if adapter.needs.concurrency > 1 or adapter.needs.max_batch > 1:
                second = self.make(other)
                self.threads([(self.request, first), (other, second)])
                self.batch([(self.request, first), (other, second)])
            for request in others:
                self.make(request)
        with self._loaded():
            self.same(first, self.make(self.request), "the same request gave another clip after close() and load()")
        want(before == self._inputs(), "an input was changed (conditioning, inputs(), oracle); they are only read")

    @contextmanager
    def _loaded(self) -> Iterator[None]:
        try:
            with doing("revision()"):
                revision = self.adapter.revision()
            want(
                revision is None or isinstance(revision, str), f"revision() gave {revision!r}; a text or None is wanted"
            )
            with doing("load()"):
                self.adapter.load()
            with doing("describe()"):
                facts = self.adapter.describe()
            want(isinstance(facts, dict), f"describe() gave {type(facts).__name__}; a dict is wanted")
            want_json(facts, "what describe() gives")
            yield
        finally:
            with doing("close()"):
                self.adapter.close()

    def make(self, request: Request) -> Frames:
        """One clip, checked: its frames after the leading ones."""
        afresh = self._afresh(request)
        with doing("generate"):
            clip = self.adapter.generate(afresh)
        return check_clip(clip, request)

    def make_many(self, requests: Sequence[Request]) -> list[Frames]:
        """The clips of one call for many; each is read before the next one is asked for."""
        made: list[Frames] = []
        with doing("generate_many"):
            for result in self.adapter.generate_many(self._afresh(request) for request in requests):
                if isinstance(result, AdapterError):
                    raise result
                want(len(made) < len(requests), f"generate_many gave more results than its {len(requests)} requests")
                made.append(check_clip(result, requests[len(made)]))
        wanted = f"generate_many gave {len(made)} results for {len(requests)} requests; one for each is wanted"
        want(len(made) == len(requests), wanted)
        return made

    def same(self, one: Frames, other: Frames, told: str) -> None:
        """Two clips of one request are equal, where the adapter is deterministic."""
        want(
            not self.deterministic or np.array_equal(one, other),
            f"{told}; take all chance from request.seed, or check with deterministic=False",
        )

    def texts(self, first: Frames) -> None:
        """A text that is optional may be missing, and one that is taken counts."""
        use = self.adapter.needs.prompt
        if use == "optional":
            self.make(replace(self.request, prompt=None, negative_prompt=None))
        if use != "ignored" and self.uses_prompt:
            other = self.make(replace(self.request, prompt="everything falls down and breaks"))
            want(
                not np.array_equal(first, other),
                f"another prompt gave the same clip, but needs.prompt is {use!r}: the record would say that the text "
                "was used; say prompt='ignored', or check with uses_prompt=False",
            )

    def stopping(self) -> None:
        """What `step` and `pause` raise when the run is being stopped comes out as it is."""
        asked = []

        def stop(*_: Any, **__: Any) -> None:
            asked.append(True)
            raise Cancelled("the run is being stopped")

        with doing("generate, while the run was being stopped,"):
            try:
                clip = self.adapter.generate(replace(self._afresh(self.request), step=stop, pause=stop))
                if not asked:
                    check_clip(clip, self.request)
            except Cancelled:
                return
        want(not asked, "the Cancelled that request.step or request.pause raised was lost; let it pass through")

    def threads(self, cases: Sequence[tuple[Request, Frames]]) -> None:
        """Calls from several threads do not disturb each other."""
        count = min(self.adapter.needs.concurrency, 4)
        if count == 1:
            return
        faults: list[BaseException] = []
        together = threading.Barrier(count)

        def call(request: Request, alone: Frames) -> None:
            together.wait(60)
            self.same(alone, self.make(request), f"called from {count} threads at once, it gave another clip")

        def work(k: int) -> None:
            try:
                call(*cases[k % len(cases)])
            except BaseException as error:  # noqa: BLE001  (told below, in the caller's own thread)
                faults.append(error)

        _join([lambda k=k: work(k) for k in range(count)])  # type: ignore[misc]
        if faults:
            raise faults[0]

    def batch(self, cases: Sequence[tuple[Request, Frames]]) -> None:
        """Clips of one call come in the order of their requests; their pixels may differ from those made alone."""
        if self.adapter.needs.max_batch == 1:
            return
        (one, other) = self.make_many([request for request, _ in cases])
        (alone, other_alone) = (frames for _, frames in cases)
        if self.deterministic and len({frames.shape for frames in (one, other, alone, other_alone)}) == 1:
            right = _distance(one, alone) + _distance(other, other_alone)
            wrong = _distance(one, other_alone) + _distance(other, alone)
            want(right <= wrong, "generate_many gave its results in another order than that of the requests")

    def _afresh(self, request: Request) -> Request:
        with self.mutex:
            self.made += 1
            folder = request.scratch / str(self.made)
        folder.mkdir()
        return replace(request, scratch=folder)

    def _inputs(self) -> list[str]:
        """Hashes of all that the adapter may read and must not write."""
        with doing("inputs()"):
            files = list(self.adapter.inputs(self.request.scenario_id))
        for file in files:
            want(isinstance(file, Path), f"inputs() holds {file!r}; paths are wanted")
        oracle = [self.request.oracle] if self.request.oracle is not None else []
        kept = [path.read_bytes() for path in (*files, *oracle) if path.is_file()]
        return [sha256(data).hexdigest() for data in (self.request.conditioning.frames.tobytes(), *kept)]


def _join(calls: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _distance(one: Frames, other: Frames) -> float:
    return float(np.abs(one.astype(float) - other).mean())
