"""Any diffusers pipeline that goes on from a picture or from the frames before it, described by a YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from adapters.contract import Adapter, Clip, Mode, Needs, PromptUse, Request
from adapters.errors import AdapterError, Cancelled, MissingDependency, Refused, raise_lacking
from adapters.identity import PIPELINE, apart_from_defaults
from adapters.local import loading
from adapters.local.borrowed import Borrowed, check_blocks
from adapters.local.calls import running
from adapters.local.calls.encoding import EncodedPrompts
from adapters.local.calls.feeding import FEEDS, Shot, names_fed
from adapters.local.calls.frame_rules import FrameRule
from adapters.local.calls.kinds import refuse_restyling
from adapters.local.calls.tokens import count_tokens
from adapters.local.loading import Recipe, Sources
from adapters.local.pixel_facts import pixel_facts
from adapters.local.placement.placement import Placement
from adapters.local.settings import (
    INSTALL,
    check_batch,
    checked_names,
    checked_size,
    chosen,
    importable,
    packages_needed,
)
from adapters.messages import in_a_line
from adapters.timing import frames_for

PACKAGES = ("torch", "diffusers", "transformers", "accelerate")
HOW_TO_INSTALL = {"torchvision": "pip install torchvision, from the index and at the version that go with your torch"}
"""Another build of torchvision than torch's own breaks every import of diffusers."""


class Diffusers(Adapter):
    """Runs one pipeline class of diffusers as its YAML says; `conf/base/diffusers.yaml` explains every argument.

    The frames asked for follow from `lengths`, `least`, `most`, `added` and `leading`, and what comes back is checked
    against them. The same seed gives the same frames on the same hardware and versions.
    """

    neutral: ClassVar[frozenset[str]] = frozenset({"placement", "batches"})
    renamed = PIPELINE

    def __init__(
        self,
        pipeline: str,
        checkpoint: str,
        size: Sequence[int],
        native_fps: float,
        lengths: str,
        *,
        revision: str | None = None,
        variant: str | None = None,
        dtype: str | Mapping[str, str] = "bfloat16",
        components: Mapping[str, Mapping[str, Any]] | None = None,
        options: Mapping[str, Any] | None = None,
        scheduler: Mapping[str, Any] | None = None,
        guider: Mapping[str, Any] | None = None,
        loader: str = "pipeline",
        workflow: str | None = None,
        safetensors_only: bool = True,
        trust_remote_code: bool = False,
        needs: Sequence[str] = (),
        mode: Mode = "i2v",
        multiple: int = 16,
        least: int | None = None,
        most: int | None = None,
        added: int = 0,
        conditioning_frames: int = 1,
        conditioning: str = "image",
        leading: int = 1,
        names: Mapping[str, str | None] | None = None,
        call: Mapping[str, Any] | None = None,
        output: str = "frames",
        returns: str = "pt",
        prompt: PromptUse = "optional",
        generator: str = "cpu",
        progress: str = "bar",
        batch: int = 1,
        batches: bool = False,
        placement: Mapping[str, Any] | None = None,
    ) -> None:
        self._recipe = Recipe(
            pipeline, checkpoint, revision, variant, dtype, components or {}, options or {}, scheduler or {},
            guider or {}, loader, workflow, safetensors_only, trust_remote_code,
        )  # fmt: skip
        self.rule = FrameRule.parse(lengths, least=least, most=most, added=added, leading=leading)
        check_batch(pipeline, batch, taken=batches, chunk=(call or {}).get("decode_chunk_size"), most=most)
        self._size, self._fps = checked_size(size, multiple), float(native_fps)
        self._packages = packages_needed(needs, options or {})
        self._feed = FEEDS[chosen("conditioning", conditioning, FEEDS)]
        self._names = checked_names(names or {})
        self._call, self._output = dict(call or {}), output
        self._returns = chosen("returns", returns, ("pt", "np", "pil"))
        self._generator = chosen("generator", generator, ("cpu", "device"))
        self._progress = chosen("progress", progress, ("bar", "callback"))
        self._placement = Placement.parse(placement or {})
        refuse_restyling(pipeline, self._call)
        self.needs = Needs(
            mode=mode,
            conditioning_frames=conditioning_frames if mode == "multiframe" else None,
            conditioning_fps=native_fps if mode == "multiframe" else None,
            sizes=(self._size,),
            native_fps=native_fps,
            prompt=prompt,
            negative=self._names["negative_prompt"] is not None,
            max_batch=batch,
        )
        self._sources: Sources | None = None
        self._pipe: Any = None
        self._steps = running.Steps()

    def identity(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """All arguments that differ from their defaults, and of the placement what changes pixels."""
        kept = super().identity(apart_from_defaults(type(self), arguments))
        placed = self._placement.identity()
        return {**kept, "placement": placed} if placed else kept

    def check(self) -> None:
        """Check that all packages are installed. Raises `MissingDependency`."""
        packages = next((name for name in PACKAGES if not importable(name)), None)
        own = [name for name in self._packages if not importable(name)]
        raise_lacking(
            [
                *([MissingDependency(packages, INSTALL)] if packages else []),
                *(MissingDependency(name, HOW_TO_INSTALL.get(name, f"pip install {name}")) for name in own),
                *self._placement.lacking(),
            ]
        )

    def count_tokens(self, texts: Sequence[str], most: int) -> list[tuple[int, int]] | None:
        """By the checkpoint's own tokenizer, if its files are here."""
        return count_tokens(self._recipe.checkpoint, self._recipe.revision, texts, most)

    def revision(self) -> str:
        """The commit, or content hash, of the files that `load` would read; they are fetched for it."""
        if self._sources is None:
            self._check_class()
            self._sources = loading.get_files(self._recipe, self._placement)
        return self._sources.revision

    def load(self) -> None:
        """Fetch the files, check what the classes can do, read the weights and place them. Raises `SetupError`."""
        self.check()
        pipeline_class = self._check_class()
        self.revision()
        assert self._sources is not None
        classes = loading.component_classes(self._recipe, self._sources)
        self._placement.check(pipeline_class, classes, loading.attention_types(self._recipe, self._sources))
        running.steady_numerics()
        self.ready(
            loading.load_pipeline(self._recipe, pipeline_class, self._sources, classes, self._placement, self.parts())
        )

    def ready(self, pipe: Any) -> None:
        """Take a pipeline that is loaded and placed: listen to its steps, remember its encoded texts."""
        self._pipe = pipe
        self._steps.attach(pipe)
        if hasattr(pipe, "encode_prompt"):
            pipe.encode_prompt = EncodedPrompts(pipe.encode_prompt, self._placement.after_encoding(pipe))

    def borrow(self, pipe: Any) -> Adapter:
        """The adapter that works with a pipeline that is loaded and placed by its owner. Raises SetupError."""
        borrowed = Borrowed(self, pipe, self._recipe.pipeline)
        if self._recipe.modular:
            fed = names_fed(self._feed, self._size, self.needs.conditioning_frames or 1)
            check_blocks(pipe, {*self._call, *(self._names.get(name, name) for name in fed)})
        self._placement = Placement(device=str(getattr(pipe, "_execution_device", pipe.device)))
        return borrowed

    def parts(self) -> dict[str, Any]:
        """Objects handed to the pipeline beside its files; for subclasses."""
        return {}

    def describe(self) -> dict[str, Any]:
        """Revision, class, device and dtype, how many CPU threads torch uses, and under `pixels` what else counts."""
        import torch

        return {
            "revision": self.revision(),
            "pipeline": self._recipe.pipeline,
            "device": self._placement.torch_device,
            "dtype": self._recipe.dtype if isinstance(self._recipe.dtype, str) else dict(self._recipe.dtype),
            "threads": torch.get_num_threads(),
            "pixels": pixel_facts(self._pipe),
        }

    def generate(self, request: Request) -> Clip:
        """One clip. Raises `BadClip` for a result of another length or size than the frame rule predicts."""
        return self._make([request])[0]

    def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
        """All clips of a batch in one call of the pipeline."""
        if self.needs.max_batch == 1:
            yield from super().generate_many(requests)
            return
        taken = list(requests)
        if not taken:
            return
        try:
            yield from self._make(taken)
        except Cancelled:
            raise
        except AdapterError as error:
            yield from [error] * len(taken)

    def close(self) -> None:
        """Let go of the pipeline and of the memory on the device."""
        self._steps.detach()
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            self._placement.release(pipe)
            del pipe
        self._placement.free()

    def _check_class(self) -> Any:
        pipeline_class = loading.pipeline_class(self._recipe)
        if not self._recipe.modular:
            asked = [own for name in ("num_frames", "width", "height") if (own := self._names[name])]
            loading.check_arguments(pipeline_class, [*self._call, *asked])
        return pipeline_class

    def _make(self, requests: list[Request]) -> list[Clip]:
        """Call the pipeline; a failure leaves it ready for the next clip, with no memory held by the last."""
        trouble: AdapterError
        try:
            return self._called(requests)
        except Exception as error:
            if not running.lacks_memory(error):
                self._placement.release(self._pipe)
                raise
            place, advice = self._placement.torch_device, self._placement.advice()
            trouble = AdapterError(f"out of memory on {place}; {advice}")
        self._placement.release(self._pipe)  # only now does no traceback hold the clip's tensors
        raise trouble

    def _called(self, requests: list[Request]) -> list[Clip]:
        asked = self.frames_to_ask(max(request.seconds for request in requests))
        arguments = self._arguments(requests, asked)
        self._placement.before_clip(self._pipe)
        with self._steps.told_to(partial(_tell, requests)), running.seeded(requests[0].seed):
            result = _unless_refused(self._pipe, arguments)
        video = getattr(result, self._output) if hasattr(result, self._output) else result
        clips = []
        for frames in running.unpack(video, len(requests)):
            came = (int(frames.shape[2]), int(frames.shape[1]))
            self.rule.check(asked, self._size, len(frames), came)
            info = {"num_frames": asked, "returned": len(frames), "size": list(came)}
            clips.append(Clip(self.needs.native_fps, frames, leading=self.rule.leading, info=info))
        return clips

    def frames_to_ask(self, seconds: float) -> int:
        """How many frames the pipeline is asked for, to have so many new seconds."""
        return self.rule.ask(frames_for(seconds, self._fps))

    def _arguments(self, requests: list[Request], asked: int) -> dict[str, Any]:
        """Everything the pipeline is called with."""
        width, height = self._size
        own: dict[str, Any] = {
            "num_frames": asked,
            "width": width,
            "height": height,
            "generator": running.generators([request.seed for request in requests], self._noise_device()),
            "output_type": self._returns,
        }
        if self.needs.prompt != "ignored":
            own["prompt"] = _one_or_list([request.prompt or "" for request in requests])
            if any(request.negative_prompt for request in requests):
                own["negative_prompt"] = _one_or_list([request.negative_prompt or "" for request in requests])
        own |= _together([self._feed(Shot(request.conditioning.frames, asked)) for request in requests])
        named = {self._names.get(name, name): value for name, value in own.items()}
        arguments = {name: value for name, value in named.items() if name is not None}
        if self._recipe.modular:
            arguments["output"] = self._output
        if self._progress == "callback":
            arguments["callback_on_step_end"] = self._steps.step_ended
        return {**self._call, **arguments}

    def _noise_device(self) -> str:
        return "cpu" if self._generator == "cpu" else self._placement.torch_device


def _unless_refused(pipe: Any, arguments: Mapping[str, Any]) -> Any:
    """Call the pipeline; what its own safety checker declines is Refused, and no failure."""
    try:
        return pipe(**arguments)
    except ValueError as error:
        if "guardrail" not in str(error).lower():
            raise
        refused = Refused(in_a_line(error))
    raise refused


def _tell(requests: Sequence[Request], k: int, n: int) -> None:
    for request in requests:
        request.step(k, n)


def _one_or_list(values: list[Any]) -> Any:
    return values if len(values) > 1 else values[0]


def _together(feeds: list[dict[str, Any]]) -> dict[str, Any]:
    """The conditioning of a batch: pictures side by side in a list."""
    if len(feeds) == 1:
        return feeds[0]
    return {name: [feed[name] for feed in feeds] for name in feeds[0]}
