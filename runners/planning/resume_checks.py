"""Nothing is continued, overwritten or mixed that does not belong together: the checks on an existing run folder."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.harness import newer_names
from runners.core.errors import UserError, first_of
from runners.core.files import sha256_file, shown
from runners.core.shell import setting
from runners.dataset.layout import composed
from runners.planning.fingerprint import Fingerprint, differences
from runners.planning.task import Task, what_changed
from runners.planning.variant import part as variant_part
from runners.runs.events import Published
from runners.runs.generation import Generation
from runners.runs.journal import RunState, fold
from runners.runs.journal_lines import as_recorded
from runners.runs.run_folder import run_name

if TYPE_CHECKING:
    from runners.planning.plan import Plan

_ARGUMENTS = "model.adapter"
_WORD = re.compile(r"(?!(?:true|false|null|nan|inf)$)[A-Za-z][\w./-]*", re.IGNORECASE | re.ASCII)
"""A text that is read as one wherever it is typed."""


def check_fingerprint(plan: Plan, old: Fingerprint) -> None:
    """Refuse to continue a run that was made with other settings, showing which, and how to keep both."""
    changed = list(differences(old, as_recorded(plan.fingerprint)))
    if not changed:
        return
    listed = "\n  ".join(changed)
    told = f"{shown(plan.folder.path)} was made with other settings (was → is asked for now):\n  {listed}\n"
    same = find_twin(plan)
    if same is not None:
        which = f"tag={tag}" if (tag := _tag_of(same, plan)) else "no tag"
        raise UserError(f"{told}{shown(same)} was made with those asked for now: go on with it by {which}")
    again = f"tag={propose_tag(changed)}"
    # A model without a size or rate of its own is shown the output's: its raw clips serve all the same.
    follows = ("publication.", "generation.conditioning.sizes", "generation.conditioning.clip_fps")
    if all(line.startswith(follows) for line in changed) and any(plan.folder.raw.glob("*")):
        again += f" {setting('from_raw', shown(plan.folder.path))}"
    former = former_arguments(old, as_recorded(plan.fingerprint))
    on = f"go on with the run as it was begun by {' '.join(former)}, or " if former else ""
    raise UserError(f"{told}{on}keep both by naming the new one: {again}")


def former_arguments(old: Fingerprint, new: Fingerprint) -> list[str]:
    """The words with which a run goes on whose model was another one when it was begun, as of an older version's YAML.

    None where more than the adapter's plain arguments differs, for then they are not enough.
    """
    was, now = (_arguments(side) for side in (old, new))
    changed = [key for key in {**was, **now} if was.get(key) != now.get(key)]
    there = {**old, "generation": _with_arguments(old, now)}
    if not all(_is_plain(key, was.get(key)) for key in changed) or any(differences(there, new)):
        return []
    return [setting(f"{_ARGUMENTS}.{key}", _spelt(was[key])) for key in changed]


def _arguments(side: Fingerprint) -> dict[str, Any]:
    found = (side.get("generation") or {}).get("model", {}).get("adapter")
    return found if isinstance(found, dict) else {}


def _with_arguments(side: Fingerprint, arguments: dict[str, Any]) -> dict[str, Any]:
    generation: dict[str, Any] = side.get("generation") or {}
    return {**generation, "model": {**generation.get("model", {}), "adapter": arguments}}


def _is_plain(key: str, value: object) -> bool:
    """Whether an argument can be typed as it is recorded: runs know some by their former names."""
    if newer_names(key) or key.startswith("_"):
        return False
    return isinstance(value, bool | int | float) or (isinstance(value, str) and _WORD.fullmatch(value) is not None)


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def propose_tag(changed: list[str]) -> str:
    """A variant's name from the first setting that differs, as a sweep over it would call it.

    `publication.output.fps: 24 → 30` → `fps=30`.
    """
    path, _, values = changed[0].partition(": ")
    try:
        value = ast.literal_eval(values.rpartition(" → ")[2])
    except (ValueError, SyntaxError):  # it holds an arrow of its own
        return "NAME"
    return variant_part(path.rpartition(".")[2], value)


def find_twin(plan: Plan) -> Path | None:
    """Another folder of the same model, prompts and run number that was made with the very settings of this one."""
    own = plan.folder.path
    for path in sorted(own.parent.glob(f"{plan.settings.model.name}*{_ending(plan)}")):
        if path != own and _tag_of(path, plan) is not None and _is_made_so(path, plan):
            return path
    return None


def find_untagged(plan: Plan) -> str | None:
    """What to say of a sweep's run that is about to be made although its clips are there under the plain name.

    Raises UserError where they would be paid for again.
    """
    settings, own = plan.settings, plan.folder.path
    plain = own.with_name(run_name(settings.model.name, None, settings.prompts.mode, settings.run))
    named_by_sweep = "=" in (settings.tag or "").partition("+")[0]
    if not named_by_sweep or own.exists() or not _is_made_so(plain, plan):
        return None
    moved = f"mv {shlex.quote(shown(plain))} {shlex.quote(shown(own))}"
    told = f"{shown(plain)} was made with the very settings of {own.name}: {moved} goes on with it"
    if settings.model.paid:
        raise UserError(f"{told}; a tag of your own pays for its clips again")
    return told


def _is_made_so(path: Path, plan: Plan) -> bool:
    """Whether a folder holds a run with the settings of this one."""
    try:
        return path.is_dir() and fold(path).fingerprint == as_recorded(plan.fingerprint)
    except UserError:  # a damaged journal is told by whoever works on it
        return False


def _ending(plan: Plan) -> str:
    return run_name("x", None, plan.settings.prompts.mode, plan.settings.run)[1:]


def _tag_of(path: Path, plan: Plan) -> str | None:
    """The tag in a run folder's name, "" if it has none; None if it is another model's."""
    rest = path.name.removeprefix(plan.settings.model.name).removesuffix(_ending(plan))
    return rest[1:] if not rest or rest.startswith("+") else None


def check_raw_run(plan: Plan, root: Path, state: RunState) -> dict[str, Any]:
    """The generation fingerprint of a run to publish from; UserError if its raw clips are not those of this command."""
    if state.fingerprint is None:
        raise UserError(f"from_raw={shown(root)}: there is no run in this folder")
    if state.newer is not None:
        raise UserError(f"from_raw={root}: {state.newer}; publish from it with that version")
    old: dict[str, Any] = state.fingerprint["generation"]
    # A model without a size of its own was conditioned at that run's output size; its raw clips are what they are.
    was, now = (
        {key: value for key, value in side.items() if key != "conditioning"}
        for side in (old, as_recorded(plan.fingerprint["generation"]))
    )
    changed = list(differences(was, now))
    if changed:
        listed = "\n  ".join(changed)
        raise UserError(
            f"the raw clips of {shown(root)} were made with other settings (was → is asked for now):\n  {listed}"
        )
    without = [scenario.id for scenario in plan.chosen if not _has_raw(root, state, scenario.id)]
    if without:
        raise UserError(
            f"{shown(root)} has no raw clips of {first_of(without)} ({len(without)} of {len(plan.chosen)} chosen); "
            "run it with keep_raw=true first, or choose others with select.ids=[…]"
        )
    return old


def _has_raw(root: Path, state: RunState, clip_id: str) -> bool:
    raw = state.clip(clip_id).raw
    return raw is not None and (root / raw.file).is_file()


def check_videos_folder(plan: Plan, state: RunState) -> None:
    """`videos/` holds what this run published and nothing else, or the official scorer would refuse it."""
    if not plan.folder.videos.is_dir():
        return
    names = {composed(path.name) for path in plan.folder.videos.iterdir()}
    # Another shard may have published since the state was folded; only then is it worth folding again.
    foreign = sorted(names - _published_names(state) and names - _published_names(fold(plan.folder.path)))
    if foreign:
        raise UserError(
            f"{shown(plan.folder.videos)} holds files that this run did not publish: {first_of(foreign)}; "
            "move them away"
        )


def _published_names(state: RunState) -> set[str]:
    return {composed(event.name) for clip in state.clips.values() for event in (clip.rendered, clip.published) if event}


def published_as_recorded(plan: Plan, task: Task) -> Published | None:
    """The clip's publication, if it is published. One whose file changed is never overwritten: raises UserError."""
    event = task.state.published
    if event is None:
        return None
    path = plan.folder.videos / event.name
    if sha256_file(path) != event.sha256:
        raise UserError(
            f"{shown(path)} is not the clip that was published (its content changed); move it away to make it again"
        )
    return event


def check_unchanged(made: Generation, task: Task, folder: Path) -> None:
    """A clip must have been made from the conditioning, files and prompt that this command would use."""
    changed = what_changed(made, task)
    if changed is not None:
        raise UserError(
            f"{changed} changed since the clip of {task.id} was made in {shown(folder)}; "
            "restore it, or name the new run with tag=…"
        )


def check_revision(plan: Plan, state: RunState, facts: dict[str, Any]) -> None:
    """A run goes on only with the checkpoint that it began with. Raises UserError."""
    revision = as_recorded(facts.get("revision"))
    for old in state.loaded:
        if old.revision != revision:
            raise UserError(
                f"{shown(plan.folder.path)} was begun with revision {old.revision} of the model, and "
                f"{revision} was loaded now; pin the old one, or name the new run with tag=…"
            )
