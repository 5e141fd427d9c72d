"""`from runners import evaluate`: the command `python -m runners.generate` as a function."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters import Adapter
    from runners.core.outcome import Outcome
    from runners.core.settings import GenerateSettings
    from runners.generation.session import Session
    from runners.python.result import Run

    Made = tuple[GenerateSettings, Adapter]


def evaluate(
    model: str | Adapter | Callable[..., Any],
    /,
    *,
    name: str | None = None,
    version: str | int | None = None,
    fps: float | None = None,
    leading: int | None = None,
    size: tuple[int, int] | None = None,
    pipeline: Any = None,
    session: Session | None = None,
    config_dir: str | Path | Sequence[str | Path] = (),
    **settings: Any,
) -> Run:
    """Make a model's 5-s continuations of every scenario of a benchmark, and score them.

    It is `python -m runners.generate` as a function: the same run folder, journal, manifest, checks and scores, and
    the same call goes on with a run that was stopped. Four kinds of model:

        evaluate("svd", benchmark="demo", select={"limit": 6})          # a name, as on the command line
        evaluate(MyAdapter(), name="mine-step-1000", benchmark="demo")  # an object of your own (adapters.Adapter)
        evaluate(f, fps=16, leading=1, size=(832, 480), name="mine")    # f(image, prompt, seed) -> frames
        evaluate("wan22_ti2v_5b", pipeline=pipe, name="lora-step-1000") # a diffusers pipeline in memory: no reload

    model: see above. An Adapter is loaded before its first clip and closed after the last, as by the command.
        `f` gets image uint8 (H, W, 3) RGB of `size`, prompt (a text or None) and seed (int), and returns frames uint8
        (T, H, W, 3) that last 5 s at `fps`. Models are called from another thread than the caller's: what torch
        keeps for each thread (`no_grad`, `autocast`) belongs inside.
    name: the model's name in the run folder and in tables; needed for what is in memory. It and `version` are the
        model's identity: a run is continued only with the same, so give other weights another name or version.
    version: further word of what is in memory: a step, a commit, a hash.
    fps, leading, size: of a function: frames per second of what it returns; how many of its first frames only repeat
        the picture that it was given (1: the first is that picture); (width, height) of the picture that it wants,
        without it the output's.
    pipeline: a diffusers pipeline, modular or not, of the class that the model's YAML names. It is called as the YAML
        says, works where it lies, with its own weights, dtype and scheduler, in evaluation mode, and is afterwards as
        it was.
    session: keeps the model loaded until the next call, which then need not load it:
        `with Session() as session: evaluate("svd", run=1, session=session)`. Another model has it closed first, the
        end of the `with` closes the last. A pipeline of yours is not kept: it is given back after each call. One call
        at a time: a second one that is made meanwhile, from another thread, is refused.
    config_dir: folders with YAML files of your own, as --config-dir.
    settings: the settings of the command line, nested or with dots:
        `benchmark="demo", run=2, seed=7, select={"limit": 6}, **{"scorer.workers": 1}`;
        `python -m runners.generate --help` lists them. progress is plain lines, and a bar in a notebook.

    Returns a Run: `run.scores.verified`, `run.scores.original` (0 to 100, None without a score), `run.scores.complete`,
    `run.metrics.spatial` … `run.metrics.variance` (over the clips there are, also of part of the set: no score),
    `run.folder`, `run.clips["0001"].path`, `run.failed["0002"].reason`, `run.ok`, `run.lines` (what the command would
    say), `run.table()`; a notebook shows it as a table.

    Raises UserError (runners.core.errors) for what you can mend, told in a line or two, WorkFailed (one of them) for
    work that cannot go on, and KeyboardInterrupt after Ctrl-C, once what was being written is finished. A clip that
    fails raises nothing: it stands in `run.failed`, and the others are made.
    """
    from runners.core.failures import writing
    from runners.core.processes import guest
    from runners.generation.session import Session as Fresh

    folders = [config_dir] if isinstance(config_dir, str | Path) else config_dir
    with guest(), writing():
        own = None if version is None else str(version)
        if isinstance(model, str):
            _refuse(fps=fps, leading=leading, size=size)
            made, adapter = _named(model, name, own, pipeline, folders, settings)
        else:
            made, adapter = _in_memory(model, name, own, (fps, leading, size), pipeline, folders, settings)
        if session is None:
            return _run(made, adapter, Fresh())
        with session.turn():
            if pipeline is not None:
                session.close()  # there may be no room for two
                return _run(made, adapter, session)
            return _run(made, session.lender.lend(_same(model, made), lambda: adapter), session)


def _same(model: str | Adapter | Callable[..., Any], made: GenerateSettings) -> Hashable:
    """What is equal for two calls whose model is the same, so that it need not be loaded again."""
    from adapters import Adapter

    if isinstance(model, Adapter):
        return id(model)  # whatever its version is: who holds it keeps the object
    node = json.dumps(made.model.adapter, sort_keys=True, default=str)
    return node if isinstance(model, str) else (id(model), node)


def _refuse(**given: Any) -> None:
    from runners.core.errors import UserError

    for word, value in given.items():
        if value is not None:
            raise UserError(f"{word}= is for a model that is a function; leave it out")


def _need_name(name: str | None) -> str:
    from runners.core.errors import UserError

    if not name:
        raise UserError("what is in memory needs a name of yours: name='mine-step-1000', another one for other weights")
    return name


def _composed(words: dict[str, Any], more: Sequence[str], folders: Sequence[str | Path]) -> GenerateSettings:
    from runners.cli.in_process import compose_here, spell
    from runners.core.files import user_path
    from runners.core.progress import in_notebook
    from runners.core.settings import GenerateSettings

    style = {} if "progress" in words or in_notebook() else {"progress": "plain"}
    typed = [*more, *spell({**style, **words})]
    composed = compose_here("generate", GenerateSettings, typed, [user_path(folder) for folder in folders])
    assert isinstance(composed, GenerateSettings)
    return composed


def _named(
    model: str, name: str | None, version: str | None, pipe: Any, folders: Sequence[str | Path], words: dict[str, Any]
) -> Made:
    """A model of conf/model, with a pipeline of the caller's if there is one."""
    from runners.cli.making import instantiate_adapter
    from runners.core.errors import UserError
    from runners.core.failures import telling
    from runners.python.in_memory import Borrowing, Borrows

    if pipe is None and version is not None:
        raise UserError("version= is for what is in memory; a model that is loaded has its files' own")
    if pipe is not None:
        _need_name(name)
    named = {} if name is None else {"model.name": name}
    settings = _composed({"model": model, **_apart("model", words), **named}, (), folders)
    adapter: Adapter = instantiate_adapter(settings.model.adapter)
    if pipe is None:
        return settings, adapter
    if settings.model.adapter.get("placement"):
        raise UserError("placement= is for a pipeline that is loaded here; yours works where it lies: leave it out")
    if not isinstance(adapter, Borrows):
        raise UserError(f"model {model} runs no diffusers pipeline in this process; leave pipeline= out")
    with telling("pipeline="):
        adapter = Borrowing(adapter.borrow(pipe))
    node = {**settings.model.adapter, "in_memory": "pipeline", "version": version}
    return replace(settings, model=replace(settings.model, adapter=node)), adapter


def _apart(group: str, words: dict[str, Any]) -> dict[str, Any]:
    """The words with `model={"fit": "pad"}` as `model.fit`: `model` itself is the positional argument."""
    from runners.core.errors import UserError

    fields = words.get(group, {})
    if not isinstance(fields, dict):
        raise UserError(f"the model is the first argument; {group}= takes its settings, as {{'fit': 'pad'}}")
    return {
        **{f"{group}.{key}": value for key, value in fields.items()},
        **{k: v for k, v in words.items() if k != group},
    }


def _in_memory(
    model: Any, name: str | None, version: str | None, function: Any, pipe: Any, folders: Sequence[str | Path],
    words: dict[str, Any],
) -> Made:  # fmt: skip
    """An object or a function of the caller's."""
    from runners.core.errors import UserError
    from runners.python.in_memory import in_memory

    if pipe is not None:
        raise UserError("pipeline= goes with the name of a model whose YAML says how the pipeline is called")
    adapter, node = in_memory(model, version, *function)
    own = _need_name(name)
    settings = _composed(_apart("model", words), ("~model",), folders)
    if settings.model.adapter is not None:
        raise UserError("model.adapter and placement= say how a model is made, and yours is there; leave them out")
    return replace(settings, model=replace(settings.model, name=own, adapter=node)), adapter


def _run(settings: GenerateSettings, adapter: Adapter, session: Session) -> Run:
    """One run by the command's own code. Raises UserError, KeyboardInterrupt."""
    from runners.core.errors import UserError
    from runners.core.outcome import BAD_INPUT, INTERRUPTED
    from runners.generation.run import generate
    from runners.python.result import Run
    from runners.sharing.trackers import tracked

    if settings.budget.sweep_max_usd is not None:
        raise UserError("budget.sweep_max_usd holds over a sweep of the command line; budget.max_usd holds for a run")
    outcome = tracked(settings, lambda: generate(settings, lambda _: adapter, session))
    if outcome.code == INTERRUPTED:
        left = "the model is still at work: the same call goes on once it has ended, or in another process at once"
        raise KeyboardInterrupt("\n".join([*outcome.lines, *([left] if outcome.abandoned else [])]))
    if outcome.code == BAD_INPUT:
        raise UserError(_told(outcome))
    return Run.of(outcome)


def _told(outcome: Outcome) -> str:
    return "\n".join(line.removeprefix("error: ") for line in outcome.lines)
