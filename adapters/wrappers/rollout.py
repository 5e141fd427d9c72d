"""A wrapper that is an adapter: a model that stops short goes on from its own last frames until the time is filled."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from adapters.attempts import JobLog
from adapters.contract import Adapter, Clip, Conditioning, Frames, Request, StepReport
from adapters.errors import AdapterError, BadClip
from adapters.outside import amount_usd
from adapters.timing import frames_for, sample_backwards
from adapters.video.frames import measured, opened, resize
from adapters.wrappers.wrapper import Wrapper

MAX_SEGMENTS = 64
"""A model that needs more has a fault in its frame rate, and every segment may cost money."""


class RollOut(Wrapper):
    """Asks the inner adapter again, conditioned on what it made itself, until `Request.seconds` are there.

    Image-to-video: the last frame becomes the switch frame. Multiframe: as many frames as the conditioning had, at its
    rate, taken backwards from the last frame by their exact instants out of conditioning and generated frames.
    Segment 0 is the request itself; later ones get `segment_seed`, the seconds still missing, a scratch folder and a
    job log of their own, and lose their leading frames. A clip that is long enough passes through untouched.
    `info["roll_out"]` tells what was done: segments, new frames, leading frames, seed and info of each.
    """

    def __init__(self, inner: Adapter, max_segments: int = MAX_SEGMENTS) -> None:
        super().__init__(inner)
        self._max_segments = max_segments

    def generate(self, request: Request) -> Clip:
        """One whole clip. Raises `BadClip` if a segment brings nothing new or does not fit the ones before it."""
        roll = _Roll(request, self._max_segments)
        while roll.clip is None:
            roll.add(self.inner.generate(roll.ask()))
        return roll.clip

    def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
        """Whole clips in order; all clips of the batch that are still short share the next inner batch."""
        rolls: list[_Roll] = []
        told = 0
        for _ in self._rounds(requests, rolls):
            while told < len(rolls) and (outcome := rolls[told].outcome) is not None:
                told += 1
                yield outcome

    def _rounds(self, requests: Iterable[Request], rolls: list[_Roll]) -> Iterator[None]:
        """Fill `rolls` and bring each to its outcome; yields after every result."""

        def first_asks() -> Iterator[Request]:
            for request in requests:
                rolls.append(_Roll(request, self._max_segments))
                yield rolls[-1].ask()

        yield from _take_all(rolls, self.inner.generate_many(first_asks()))
        while short := [roll for roll in rolls if roll.outcome is None]:
            yield from _take_all(short, self.inner.generate_many([roll.ask() for roll in short]))


def segment_seed(seed: int, segment: int) -> int:
    """The request's own seed for segment 0, then the first 4 bytes of sha256("seed:segment:k") & 0x7fffffff."""
    if segment == 0:
        return seed
    digest = hashlib.sha256(f"{seed}:segment:{segment}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def _take_all(rolls: list[_Roll], results: Iterator[Clip | AdapterError]) -> Iterator[None]:
    answered = 0
    for result in results:
        rolls[answered].take(result)
        answered += 1
        yield
    for roll in rolls[answered:]:
        roll.take(AdapterError("the adapter gave no result for this clip"))
        yield


@dataclass(frozen=True)
class _SegmentLog:
    """One segment's share of a clip's job log, so that a segment never picks up the job of another."""

    jobs: JobLog
    segment: int

    def append(self, event: dict[str, Any]) -> None:
        self.jobs.append({**event, "segment": self.segment})

    def events(self) -> list[dict[str, Any]]:
        return [event for event in self.jobs.events() if event.get("segment", 0) == self.segment]

    def spend(self, intent: dict[str, Any], usd: float) -> AbstractContextManager[None]:
        return self.jobs.spend({**intent, "segment": self.segment}, usd)

    def claim(self, event: dict[str, Any]) -> str | None:
        return self.jobs.claim({**event, "segment": self.segment})


class _Roll:
    """One clip in the making."""

    def __init__(self, request: Request, max_segments: int) -> None:
        self.clip: Clip | None = None
        self.outcome: Clip | AdapterError | None = None
        self._request, self._max_segments = request, max_segments
        self._segments: list[Clip] = []
        self._stacks: list[Frames] = []

    def take(self, result: Clip | AdapterError) -> None:
        """A segment, or why there is none; `outcome` is set once there is one."""
        try:
            if isinstance(result, AdapterError):
                raise result
            self.add(result)
            self.outcome = self.clip
        except AdapterError as error:
            self.outcome = error

    def add(self, segment: Clip) -> None:
        """Append a segment; `clip` is set once they are long enough."""
        if not self._segments:
            segment, fps, count = measured(segment)
            if count - segment.leading >= frames_for(self._request.seconds, fps):
                self.clip = segment
                return
        fps, frames = opened(segment)
        if len(frames) <= segment.leading:
            raise BadClip(f"segment {len(self._segments)} has {len(frames)} frames, {segment.leading} of them leading")
        if self._segments:
            self._check_fit(fps, frames)
        self._segments.append(replace(segment, fps=fps, frames=frames, file=None))
        self._stacks.append(frames[segment.leading :])
        have, wanted = sum(map(len, self._stacks)), frames_for(self._request.seconds, fps)
        if have >= wanted:
            self.clip = self._joined()
        elif len(self._segments) >= self._max_segments:
            raise BadClip(f"{have} of {wanted} frames after {self._max_segments} segments: rolled out no further")

    def _check_fit(self, fps: float, frames: Frames) -> None:
        k, first = len(self._segments), self._segments[0]
        if fps != first.fps:
            raise BadClip(f"segment {k} came at {fps:g} FPS, the first at {first.fps:g}")
        if frames.shape[1:] != self._stacks[0].shape[1:]:
            size, was = (f"{shape[2]}×{shape[1]}" for shape in (frames.shape, self._stacks[0].shape))
            raise BadClip(f"segment {k} came at {size}, the first at {was}")

    def ask(self) -> Request:
        """What to ask the inner adapter next."""
        k, request = len(self._segments), self._request
        jobs = _SegmentLog(request.jobs, k) if request.jobs else None
        if k == 0:
            return replace(request, jobs=jobs)  # after a crash the log already holds later segments' jobs
        fps = self._segments[0].fps or request.fps
        have, wanted = sum(map(len, self._stacks)), frames_for(request.seconds, fps)
        scratch = Path(tempfile.mkdtemp(dir=request.scratch, prefix=f"segment_{k}_"))
        return replace(
            request,
            conditioning=self._conditioning(fps),
            seconds=(wanted - have) / fps,
            seed=segment_seed(request.seed, k),
            scratch=scratch,
            step=_shifted(request.step, k, -(-wanted // len(self._stacks[0]))),
            jobs=jobs,
        )

    def _conditioning(self, fps: float) -> Conditioning:
        """As many frames as the request's own conditioning, at its rate and size, ending with the last frame made."""
        past = self._request.conditioning
        made = [frame for stack in self._stacks for frame in stack]
        before = np.arange(1 - len(past.frames), 1) / past.fps
        times = np.concatenate([before, np.arange(1, len(made) + 1) / fps])
        frames = [*past.frames, *made]
        chosen = sample_backwards(times, len(past.frames), past.fps)
        return Conditioning.of(np.stack([resize(frames[i], (past.width, past.height)) for i in chosen]), past.fps)

    def _joined(self) -> Clip:
        """All segments as one clip, the first one's leading frames still at its start; costs are added up."""
        first = self._segments[0]
        seeds = [segment_seed(self._request.seed, k) for k in range(len(self._segments))]
        told: dict[str, Any] = {
            "segments": len(self._segments),
            "frames": [len(stack) for stack in self._stacks],
            "leading": [segment.leading for segment in self._segments],
            "seeds": seeds,
            "info": [segment.info for segment in self._segments],
        }
        reports: list[Any] = [segment.info for segment in self._segments]
        info = {**(reports[0] if isinstance(reports[0], Mapping) else {}), "roll_out": told}
        costs = [each.get("cost_usd") for each in reports if isinstance(each, Mapping)]
        costs = [cost for cost in costs if cost is not None]
        amounts = [amount for cost in costs if (amount := amount_usd(cost)) is not None]
        if costs:  # of which one that is no amount leaves the whole unknown
            info["cost_usd"] = sum(amounts) if len(amounts) == len(costs) else costs
        echoed = np.asarray(first.frames)[: first.leading]
        return Clip(first.fps, np.concatenate([echoed, *self._stacks]), leading=first.leading, info=info)


def _shifted(step: StepReport, segment: int, expected: int) -> StepReport:
    """Progress of one segment as progress of the whole clip."""

    def report(k: int, n: int) -> None:
        step(segment * n + k, max(expected, segment + 1) * n)

    return report
