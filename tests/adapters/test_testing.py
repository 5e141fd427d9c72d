"""The checks for authors of adapters: each breach is told by a line that says what the contract wants."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import Adapter, AdapterError, Cancelled, Clip, Frames, Needs, Request
from adapters.testing import ContractBreach, check_adapter, make_request

Make = Callable[["Good", Request], Any]


class Good(Adapter):
    """Keeps the contract: 1 s at 8 FPS behind the switch frame, with a patch that seed and text decide."""

    def __init__(self, make: Make | None = None, **needs: Any) -> None:
        self.needs = replace(Needs(native_fps=8), **needs)
        self._make = make
        self.calls = itertools.count()
        self.loads = 0

    def load(self) -> None:
        self.loads += 1

    def generate(self, request: Request) -> Clip:
        made: Clip = painted(request) if self._make is None else self._make(self, request)
        return made


def painted(request: Request, **changes: Any) -> Clip:
    return replace(Clip(fps=8, frames=frames(request), leading=1), **changes)


def frames(request: Request, count: int = 9, more: str = "") -> Frames:
    made = np.repeat(request.conditioning.frames[-1:], count, axis=0)
    chance = np.random.default_rng([request.seed, *f"{request.prompt or ''}{more}".encode()])
    made[1:, 4:8, 4:8] = chance.integers(0, 255, (4, 4, 3))
    return made


def check(adapter: Adapter, **settings: Any) -> None:
    check_adapter(adapter, seconds=1.0, **settings)


def test_an_adapter_that_keeps_it_passes_with_threads_batches_and_sizes() -> None:
    adapter = Good(concurrency=3, max_batch=2, sizes=((64, 36), (36, 64)))
    check(adapter)
    assert adapter.loads == 2


def lost(adapter: Good, request: Request) -> Clip:
    try:
        request.step(1, 2)
    except Cancelled as error:
        raise AdapterError("it was cancelled") from error
    return painted(request)


def swallowed(adapter: Good, request: Request) -> Clip:
    with contextlib.suppress(Cancelled):
        request.pause(0)
    return painted(request)


def shared(adapter: Good, request: Request) -> Clip:
    adapter.shown = request  # type: ignore[attr-defined]
    threading.Event().wait(0.02)
    return painted(adapter.shown)  # type: ignore[attr-defined]


def scribbled(adapter: Good, request: Request) -> Clip:
    request.conditioning.frames.flags.writeable = True
    request.conditioning.frames[-1, 0, 0] += 1
    return painted(request, frames=np.repeat(request.conditioning.frames[-1:] * 0, 9, axis=0))


def taller(request: Request) -> Frames:
    """A shape that is off by 7 %: more than a run lets pass for the rounding of models."""
    return np.pad(frames(request), ((0, 0), (0, 24), (0, 0), (0, 0)))


BREACHES: dict[str, tuple[Make, dict[str, Any], str]] = {
    "no clip": (lambda _, r: frames(r), {}, "generate returned a ndarray; a Clip is wanted"),
    "floats": (lambda _, r: painted(r, frames=frames(r) / 255), {}, "frame 0 is float64; uint8 from 0 to 255"),
    "channels first": (lambda _, r: painted(r, frames=frames(r).transpose(0, 3, 1, 2)), {}, "(H, W, 3) is wanted"),
    "one frame": (lambda _, r: painted(r, frames=frames(r)[0]), {}, "shape (36, 64, 3); (T, H, W, 3) is wanted"),
    "all leading": (lambda _, r: painted(r, leading=9), {}, "leading is 9 of 9 frames"),
    "too short": (lambda _, r: painted(r, leading=2), {}, "9 frames, 2 of them leading, at 8 FPS are 0.875 s"),
    "no rate": (lambda _, r: painted(r, fps=None), {}, "fps is None: frames need their rate"),
    "upright": (lambda _, r: painted(r, frames=frames(r).transpose(0, 2, 1, 3)), {}, "36x64, its conditioning was"),
    "taller": (lambda _, r: painted(r, frames=taller(r)), {"sizes": ((640, 360),)}, "640x384, its conditioning was"),
    "info": (lambda _, r: painted(r, info={"loss": float("nan")}), {}, "Clip.info is kept as JSON"),
    "chance": (lambda a, r: painted(r, frames=frames(r, more=str(next(a.calls)))), {}, "take all chance from"),
    "reloading": (lambda a, r: painted(r, frames=frames(r, more=str(a.loads))), {}, "after close() and load()"),
    "its own error": (lambda _, r: r.nothing, {}, "generate raised AttributeError"),  # type: ignore[attr-defined]
    "needs a text": (lambda _, r: painted(r, info={"n": len(r.prompt)}), {}, "generate raised TypeError"),  # type: ignore[arg-type]
    "passes over the text": (lambda _, r: painted(replace(r, prompt="")), {}, "say prompt='ignored'"),
    "writes to it": (lambda _, r: r.conditioning.frames.fill(0), {"prompt": "ignored"}, "only read: make a copy"),
    "scribbles in it": (scribbled, {"prompt": "ignored"}, "an input was changed"),
    "loses Cancelled": (lost, {}, "while the run was being stopped, failed with AdapterError"),
    "swallows Cancelled": (swallowed, {}, "let it pass through"),
    "shares what threads write": (shared, {"concurrency": 2}, "called from 2 threads at once"),
    "a mode of its own": (lambda _, r: painted(r), {"mode": "t2v"}, "needs.mode is 't2v'; i2v or multiframe is wanted"),
    "a size of text": (lambda _, r: painted(r), {"sizes": (("64", "36"),)}, "(width, height) in whole pixels"),
}  # fmt: skip


@pytest.mark.parametrize("what", BREACHES)
def test_each_breach_is_told_with_what_is_wanted(what: str) -> None:
    make, needs, told = BREACHES[what]
    with pytest.raises(ContractBreach) as caught:
        check(Good(make, **needs))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


class Backwards(Good):
    def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
        yield from reversed(list(super().generate_many(requests)))


class Fewer(Good):
    def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
        yield from list(super().generate_many(requests))[:1]


@pytest.mark.parametrize(
    ("kind", "told"),
    [(Backwards, "in another order"), (Fewer, "1 results for 2 requests; one for each is wanted")],
)
def test_a_batch_gives_a_result_for_each_request_in_their_order(kind: type[Good], told: str) -> None:
    with pytest.raises(ContractBreach, match=told):
        check(kind(max_batch=2))


def test_what_an_author_knows_better_can_be_said(tmp_path: Path) -> None:
    check(Good(lambda _, r: painted(replace(r, prompt=""))), uses_prompt=False)
    check(Good(lambda a, r: painted(r, frames=frames(r, more=str(next(a.calls))))), deterministic=False)
    with pytest.raises(ContractBreach, match="5 s after the leading ones are wanted"):
        check_adapter(Good())
    check_adapter(Good(), make_request(tmp_path, Good().needs, seconds=0.5))


def test_a_second_take_is_made_for_an_adapter_that_needs_one(tmp_path: Path) -> None:
    check(Good(lambda _, r: painted(r, info={"take": r.oracle.stat().st_size}), oracle=True))  # type: ignore[union-attr]


def test_it_needs_no_test_runner_and_holds_without_assert_statements() -> None:
    code = (
        "import sys, adapters.testing as t\n"
        "from adapters.baselines import Freeze\n"
        "t.check_adapter(Freeze(), seconds=1.0)\n"
        "class Broken(Freeze):\n"
        "    def generate(self, request): return None\n"
        "try: t.check_adapter(Broken())\n"
        "except AssertionError as error: print(error)\n"
        "print({'pytest', 'av', 'cv2', 'PIL', 'torch', 'hydra', 'runners'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["generate returned a NoneType; a Clip is wanted", "set()"]
