"""From a task to a published clip: conditioning → model → raw → standardize → verify → publish → journal.

Every step first writes down what it is about to make true, so that a kill between any two lines loses nothing
finished: a rendered file whose record exists is published by the next process without asking the model again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from adapters import Adapter, BadClip, BadVideo, Clip, Needs, Request, frames_for
from adapters.harness import Pause, StepReport, amount_usd
from runners.clips.conditioning import make_conditioning
from runners.clips.raw import keep_raw
from runners.clips.standardize import Output, WhenShort, standardize
from runners.clips.standardize import Published as StandardClip
from runners.core.files import publish, sha256_file, sync_folder
from runners.dataset.layout import CONTINUATION_S
from runners.paid.job_log import ClipJobs, asked_again
from runners.paid.job_owners import JobOwners
from runners.paid.spending import Cap, Gate
from runners.planning.task import Task, geometry_of, source_file
from runners.previews.cache import PreviewCache
from runners.previews.make import PreviewWriter
from runners.runs.events import Published, Raw, RawOrigin, Rendered
from runners.runs.generation import Asked, Generation, Shown, report
from runners.runs.journal import ClipState, Journal
from runners.runs.run_folder import RunFolder


@dataclass(frozen=True)
class Production:
    """What all clips of one process share."""

    adapter: Adapter
    folder: RunFolder
    journal: Journal
    work: Path
    output: Output
    short: WhenShort
    keep_raw: bool
    session: str
    """Names the start event that holds this process's versions and hardware."""
    fit_stated: bool = False
    """Whether the user said `model.fit`, which then holds for clips of another shape as well."""
    caps: tuple[Cap, ...] = ()
    budget_lock: Path | None = None
    """What may be spent, and the file that processes under the same caps lock."""
    check: Callable[[], None] = lambda: None
    """Raises `Lost` where the run is no longer this process's; asked before a clip is begun, paid for or published."""
    previews: PreviewCache | None = None
    """Where small clips for the report go, made while the frames are in memory; None: nowhere."""
    owners: JobOwners | None = None
    """Whose the paid jobs are, over the clips of this run and of those that it is made with."""

    @property
    def needs(self) -> Needs:
        """The adapter's."""
        return self.adapter.needs


@dataclass(frozen=True)
class Handles:
    """What a request holds of the engine that runs it."""

    step: StepReport
    pause: Pause
    gate: Gate


def make_request(production: Production, task: Task, handles: Handles) -> Request:
    """Decode the conditioning and put the request together. Raises UserError for a file that cannot be used."""
    needs = production.needs
    production.check()  # or the scratch folder would be made where the run was
    scratch = production.work / task.id
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return Request(
        scenario_id=task.id,
        conditioning=make_conditioning(task.source, needs, geometry_of(task)),
        seconds=CONTINUATION_S,
        fps=needs.native_fps or production.output.fps,
        seed=task.seed,
        scratch=scratch,
        prompt=None if needs.prompt == "ignored" else task.prompt,
        negative_prompt=None if needs.prompt == "ignored" else task.negative_prompt,
        oracle=task.oracle,
        again=asked_again(task.state),
        step=handles.step,
        pause=handles.pause,
        jobs=ClipJobs(production.journal, handles.gate, task.id, task.state, production.check, production.owners),
    )


def generation_of(production: Production, task: Task, request: Request, clip: Clip, generate_s: float) -> Generation:
    """How a clip came to be, as the manifest will tell it."""
    conditioning = request.conditioning
    made = Generation(
        prompt_given=task.prompt,
        prompt=clip.info.get("prompt", request.prompt),
        negative_prompt=clip.info.get("negative_prompt", request.negative_prompt),
        negative_prompt_given=task.negative_prompt,
        seed=request.seed,
        conditioning=Shown(
            sha256=conditioning.sha256,
            mode=production.needs.mode,
            frames=len(conditioning.frames),
            fps=conditioning.fps,
            width=conditioning.width,
            height=conditioning.height,
            source=source_file(task.source.path),
        ),
        inputs=tuple(source_file(path) for path in task.inputs),
        geometry=geometry_of(task),
        asked=Asked(seconds=request.seconds, fps=request.fps, frames=frames_for(request.seconds, request.fps)),
        info=clip.info,
        cost_usd=amount_usd(clip.info.get("cost_usd")),
        roll_out=clip.info.get("roll_out"),
        generate_s=round(generate_s, 3),
        session=production.session,
    )
    return made if task.own_negative else made.without("negative_prompt_given")


@dataclass(frozen=True)
class Made:
    """A model's clip with its record, on its way to being published."""

    clip: Clip
    generation: Generation
    raw: Raw | None = None


def made_by_model(production: Production, task: Task, request: Request, clip: Any, generate_s: float) -> Made:
    """What the adapter returned, with its record, whatever it reports beside it. Raises BadClip if it is no Clip."""
    if not isinstance(clip, Clip):
        raise BadClip(f"the adapter returned {type(clip).__name__} instead of a Clip")
    made = replace(clip, fps=_plain(clip.fps), leading=_plain(clip.leading), info=report(clip.info, "reported"))
    return Made(made, generation_of(production, task, request, made, generate_s))


def _plain(number: Any) -> Any:
    """A number of some library's own kind as JSON has it; anything else as it is."""
    if isinstance(number, bool) or not isinstance(number, Real):
        return number
    return int(number) if isinstance(number, Integral) else float(number)


def take_raw(production: Production, task: Task, made: Made) -> Made:
    """Keep what the model returned, if the run does so; publishing then reads the kept file."""
    if not production.keep_raw or made.raw is not None:
        return made
    file = keep_raw(made.clip, production.folder.raw, task.id, production.work)
    event = production.journal.append(
        Raw(
            id=task.id, file=f"raw/{file.name}", sha256=sha256_file(file), fps=made.clip.fps,
            leading=made.clip.leading, generation=made.generation,
        )
    )  # fmt: skip
    return made_from_raw(event, production.folder.path)


def made_from_raw(event: Raw, root: Path) -> Made:
    """The clip of a raw event. Raises BadClip if the file is gone or is not what was recorded."""
    file = root / event.file
    if not file.is_file() or sha256_file(file) != event.sha256:
        raise BadClip(f"the raw clip {file} is missing or is not the one that was recorded")
    return Made(Clip(fps=event.fps, file=file, leading=event.leading), event.generation, event)


def finish(production: Production, task: Task, made: Made) -> Published:
    """Standardize, verify and publish one clip; returns its journal event. Raises BadClip for an unusable clip."""
    started = time.monotonic()
    production.check()  # or what is kept would be kept where the run was
    made = take_raw(production, task, made)
    temporary = production.work / f"{task.id}.mp4"
    if made.generation.geometry is None:
        raise BadClip("its record does not say how its conditioning was fitted")
    published = _standardized(production, made, temporary)
    run = task.raw_root or production.folder.path
    rendered = Rendered(
        id=task.id,
        file=str(temporary.relative_to(production.folder.path)),
        name=task.scenario.output_name,
        sha256=published.sha256,
        generation=made.generation,
        raw=None if made.raw is None else RawOrigin(run=run.name, file=made.raw.file, sha256=made.raw.sha256),
        publication={**asdict(published), "standardize_s": round(time.monotonic() - started, 3)},
        session=production.session,
    )
    production.journal.append(rendered)
    production.check()
    publish(temporary, production.folder.videos / task.scenario.output_name)
    event = production.journal.append(Published.of(rendered))
    shutil.rmtree(production.work / task.id, ignore_errors=True)
    return event


def _standardized(production: Production, made: Made, temporary: Path) -> StandardClip:
    """The clip as the run's others are, at `temporary`, and its small pictures in the cache. Raises BadClip."""
    output = production.output
    assert made.generation.geometry is not None, "told apart before"
    with ExitStack() as stack:
        small = None
        if production.previews is not None:
            frames = round(CONTINUATION_S * output.fps)
            small = stack.enter_context(PreviewWriter(production.previews, output.fps, frames))
        try:
            published = standardize(
                made.clip,
                made.generation.geometry,
                output,
                CONTINUATION_S,
                temporary,
                "error" if production.short == "roll_out" else production.short,
                fit_stated=production.fit_stated,
                seen=small.write if small is not None else None,
            )
        except BadVideo as error:
            raise BadClip(str(error)) from error
        if small is not None:
            small.keep(published.sha256)
        return published


def recover(folder: RunFolder, journal: Journal, state: ClipState) -> bool:
    """Publish a clip that was rendered and recorded before a kill. Returns whether there was one."""
    event = state.rendered
    if event is None or state.published is not None:
        return False
    final = folder.videos / event.name
    temporary = folder.path / event.file
    if not _is(final, event.sha256):
        if not _is(temporary, event.sha256):
            return False
        publish(temporary, final)
    sync_folder(final.parent)
    state.published = journal.append(Published.of(event))
    return True


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_file(path) == sha256
