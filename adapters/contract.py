"""The contract between the harness and a model: one `Request` in, one `Clip` out.

An adapter knows its model and nothing else: no data set, no file names, no retries, no 5 seconds of its own.
Shapes: T frames, H rows, W columns, 3 channels in RGB order, uint8.
"""

from __future__ import annotations

import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from adapters.attempts import JobLog
from adapters.errors import AdapterError, Cancelled, SetupError
from adapters.identity import SHOWN, recorded

Frame = NDArray[np.uint8]
"""One frame, uint8 (H, W, 3), RGB."""

Frames = NDArray[np.uint8]
"""A stack of frames, uint8 (T, H, W, 3), RGB."""


@dataclass(frozen=True)
class Conditioning:
    """What a model may see of a scenario: its last frame is the *switch frame*, the instant 0 of the continuation.

    `frames` is uint8 (T, H, W, 3) RGB, already fitted to the size the model asked for; T = 1 for image-to-video.
    `fps` is the rate of `frames`; for a single frame, the rate of the benchmark's own videos.
    """

    frames: Frames
    fps: float
    sha256: str

    @classmethod
    def of(cls, frames: Frames, fps: float) -> Conditioning:
        """Bind frames (made read-only) to their rate and content hash."""
        frames = np.ascontiguousarray(frames)
        frames.flags.writeable = False
        digest = hashlib.sha256(f"{frames.shape}@{fps:g}".encode())
        digest.update(frames.data)
        return cls(frames, fps, digest.hexdigest())

    @property
    def switch_frame(self) -> Frame:
        """The last conditioning frame, uint8 (H, W, 3)."""
        frame: Frame = self.frames[-1]
        return frame

    @property
    def width(self) -> int:
        """Pixels per row."""
        return int(self.frames.shape[2])

    @property
    def height(self) -> int:
        """Rows per frame."""
        return int(self.frames.shape[1])


class StepReport(Protocol):
    """Receives progress inside one clip."""

    def __call__(self, k: int, n: int) -> None:
        """Step k of n is done (k from 1); raises `Cancelled` when work is no longer to be finished (Ctrl-C)."""


def _ignore_step(k: int, n: int) -> None:
    """No harness, nobody to tell."""


class Pause(Protocol):
    """Waits inside one clip for what is done elsewhere, and goes on there without this process."""

    def __call__(self, seconds: float, /) -> None:
        """Return after so many seconds (0: at once).

        Raises `Cancelled` as soon as the run is being stopped or its deadline has passed, however much is left to wait.
        """


Verdict = Literal["ok", "warning", "fault", "note"]


@dataclass(frozen=True)
class Finding:
    """One line of a check-up (`python -m runners.doctor`): what was looked at, and what was found."""

    verdict: Verdict
    what: str
    told: str


@dataclass(frozen=True)
class Request:
    """One scenario, as a model gets it.

    scenario_id: its id in the benchmark, such as `0001`
    conditioning: what may be seen of it
    seconds: how much new video is wanted after the switch frame, in s
    fps: at which rate, if the model can choose: that of `Needs.native_fps`, else the run's; frames per second
    seed: 0 … 2³¹ − 1; all chance is to be drawn from it
    scratch: an empty folder of this clip's own, removed afterwards
    prompt, negative_prompt: the texts; None where none is to be sent
    oracle: the second take's 5 s, only for adapters whose `Needs.oracle` asks for it
    again: the clip failed or was refused before, and the user, who knows, asks once more
    step, pause: to be called inside of long work, and instead of sleeping; both raise `Cancelled` when a run is stopped
    jobs: the log of paid jobs, None without a harness
    """

    scenario_id: str
    conditioning: Conditioning
    seconds: float
    fps: float
    seed: int
    scratch: Path
    prompt: str | None = None
    negative_prompt: str | None = None
    oracle: Path | None = None
    again: bool = False
    step: StepReport = field(default=_ignore_step, compare=False, repr=False)
    pause: Pause = field(default=time.sleep, compare=False, repr=False)
    jobs: JobLog | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Clip:
    """What a model made: frames or a file, and how many of its first frames only echo the conditioning.

    fps: frames per second; None only for a file, whose own rate holds then
    frames: uint8 (T, H, W, 3) RGB, or an iterator of (H, W, 3) frames; an iterator is consumed after the model's slot
        is given back, so the model's own work belongs before `return`
    file: a video file, instead of frames
    leading: how many of its first frames only echo the conditioning. The classic off-by-one in one visible place: frame
        0 of an i2v pipeline *is* the switch frame, and the benchmark wants what comes after it
    info: kept in the manifest, as JSON: the prompt really sent, checkpoint revision, cost_usd, job id, timings

    Raises `ValueError` unless exactly one of `frames` and `file` is given.
    """

    fps: float | None
    frames: Frames | Iterator[Frame] | None = None
    file: Path | None = None
    leading: int = 0
    info: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.frames is None) == (self.file is None):
            raise ValueError("a Clip holds either frames or a file, not both and not neither")


Size = tuple[int, int]
"""(width, height) in pixels."""

Mode = Literal["i2v", "multiframe"]
PromptUse = Literal["required", "optional", "ignored"]


@dataclass(frozen=True)
class Needs:
    """What a model wants and can do; checked before anything is loaded or paid.

    mode: i2v is shown the switch frame alone, multiframe the frames before it as well
    conditioning_frames: (multiframe) how many frames it is shown, None for all of the 3 s
    conditioning_fps: (multiframe) at which rate, in frames per second; None for the data set's own
    sizes: the native (width, height) choices in pixels, the one of nearest shape is taken; empty = any size
    native_fps: the rate the model makes, in frames per second; None if it follows `Request.fps`
    prompt: required (an empty text is an error), optional, or ignored (the model gets None)
    prompt_max: how long it may be, in UTF-16 units
    negative: whether it takes a negative prompt
    concurrency: how many threads may call `generate` at once
    max_batch: how many requests one call of `generate_many` may get
    oracle: whether it is handed the second take, as models that show the ceiling are
    continues: whether it can go on from its own last frames (`model.short=roll_out`)
    keys: environment variables with credentials that it cannot work without; told before anything else, and not needed
        for `plan=true`
    """

    mode: Mode = "i2v"
    conditioning_frames: int | None = None
    conditioning_fps: float | None = None
    sizes: tuple[Size, ...] = ()
    native_fps: float | None = None
    prompt: PromptUse = "optional"
    prompt_max: int | None = None
    negative: bool = True
    concurrency: int = 1
    max_batch: int = 1
    oracle: bool = False
    continues: bool = True
    keys: tuple[str, ...] = ()

    def __new__(cls, *_: Any, **named: Any) -> Needs:
        """Raises `SetupError` for a name that a field had before."""
        for former in named.keys() & SHOWN.keys():
            raise SetupError(f"Needs({former}=…) is now called Needs({SHOWN[former]}=…)")
        return super().__new__(cls)


class Adapter(ABC):
    """A video model. Only `generate` has no default; everything that differs between models stays behind it.

    The constructor takes the `adapter:` node of the model's YAML, must be cheap, and must not touch the network
    or import heavy packages: it also runs for `plan=true`. Set `self.needs` there (or as a class attribute).
    """

    needs: Needs = Needs()
    neutral: ClassVar[frozenset[str]] = frozenset()
    """Constructor arguments that never change a pixel (time-outs, concurrency): no part of a run's identity."""
    renamed: ClassVar[Mapping[str, str]] = {}
    """Former name → name of constructor arguments: the former one is refused, and stays the one in a run's identity."""

    def identity(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What of the YAML's arguments a run's identity holds: those that can change a pixel (see `neutral`)."""
        return recorded({key: arguments[key] for key in arguments if key not in self.neutral}, self.renamed)

    def check(self) -> None:
        """Find out cheaply whether the adapter can work: folders, executables. Also called for `plan=true`.

        Raises `SetupError` saying what to set or install.
        """

    def estimate_usd(self, seconds: float) -> float | None:  # noqa: ARG002  (a default that costs nothing)
        """What one clip of so many seconds will cost, as a cap on spending counts it; None if it costs nothing.

        Raises `SetupError` if it costs something and nobody knows how much.
        """
        return None

    def diagnose(self, conditioning: Sequence[Size] = ()) -> Iterator[Finding]:  # noqa: ARG002  (nothing to add)
        """What `runners.doctor` tells beside `check()`, without spending: the service, its balance, its limits.

        `conditioning`: the sizes of the pictures that the benchmark would send.
        """
        yield from ()

    def inputs(self, scenario_id: str) -> list[Path]:  # noqa: ARG002  (a default that needs nothing)
        """Files, beside the conditioning, that this scenario's clip is made from (clips made elsewhere, say).

        They are recorded with the clip: if one changes, the clip is not silently taken for the new one's.
        """
        return []

    def count_tokens(self, texts: Sequence[str], most: int) -> list[tuple[int, int]] | None:  # noqa: ARG002
        """Of each text: its tokens, and how many of its characters the first `most` hold; None if that takes loading.

        Asked before anything is loaded: no network, no weights.
        """
        return None

    def revision(self) -> str | None:
        """Which weights `load` would read, if that can be told before; asked just before it, and may fetch files."""
        return None

    def load(self) -> None:
        """Get ready to generate: import, download, allocate. Called once, and only if there is work to do.

        Several runs of a sweep may follow one another before `close`.
        """

    @abstractmethod
    def generate(self, request: Request) -> Clip:
        """Continue one scenario. Raises an `AdapterError` for a clip that cannot be made.

        Called from several threads at once when `needs.concurrency` > 1.
        """

    def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
        """Continue up to `needs.max_batch` scenarios: one result per request, in their order.

        `requests` is lazy: a conditioning is decoded when its request is taken. A failed clip is yielded as its
        error, so that the others of the batch survive it.
        """
        for request in requests:
            try:
                yield self.generate(request)
            except Cancelled:
                raise
            except AdapterError as error:
                yield error

    def close(self) -> None:
        """Give everything back (memory, processes). Called once after `load`, also after a failure."""

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest known after `load`: device, checkpoint hash … Cheap.

        A `revision` among them is part of the run's identity: a run goes on only with the revision it began with.
        Under `pixels` stands what can change one without being a setting: a run that goes on with others is warned.
        """
        return {}
