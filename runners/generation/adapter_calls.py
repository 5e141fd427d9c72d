"""What goes wrong around the clips, where no single one can be blamed: a line for users, the cause for authors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters import Adapter, OutOfMemory, SetupError
from runners.core.errors import UserError, WorkFailed
from runners.dataset.claims import foreign_name
from runners.dataset.scenarios import Scenario
from runners.generation.produce import failure, fatal


@contextmanager
def writing() -> Iterator[None]:
    """A disk that is full or in the way where no clip can be blamed: what is published stays, the run can go on."""
    try:
        yield
    except OSError as error:
        place = f"{error.filename2 or error.filename}: " if error.filename else ""
        told = fatal(error) or f"{error.strerror or error}; move away what is there, or mend its permissions"
        raise UserError(f"{place}{told}") from error


@contextmanager
def telling(what: str) -> Iterator[None]:
    """A fault of the adapter outside of any clip, as a UserError; other exceptions than its own stay as the cause."""
    try:
        yield
    except UserError:
        raise
    except SetupError as error:
        kind = WorkFailed if isinstance(error, OutOfMemory) else UserError
        raise kind(str(error)) from None
    except (Exception, SystemExit) as error:
        if is_out_of_memory(error):
            raise WorkFailed(
                f"{what} ran out of memory ({failure(error)[1]}); free some, use a larger machine, or for a model that "
                "runs here a placement= that needs less"
            ) from error
        raise UserError(f"{what} raised {failure(error)[1]}; PHYSICS_IQ_TRACEBACK=1 shows the way there") from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, the machine's or a device's: libraries have errors of their own for it."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in words)


def own_inputs(adapter: Adapter, scenario: Scenario, scenes: Collection[str]) -> list[Path]:
    """The files that the adapter says a clip is made from; `scenes` are the names of all the benchmark's.

    Raises UserError unless they are there, and for one whose name is another scene's, view's or take's.
    """
    scenario_id = scenario.id
    with telling("the adapter's inputs()"):
        paths = [Path(path) for path in adapter.inputs(scenario_id)]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise UserError(f"the clip of {scenario_id} is made from {missing[0]}, which is not there, or is no file")
    for path in (*paths[:1], *{path.parent for path in paths[1:]}):  # of frames their folder's name says it
        if told := foreign_name(path, scenario.item, scenes):
            raise UserError(told)
    return paths


def close(adapter: Adapter, say: Callable[[str], None]) -> None:
    """Give the model back. What was made stays made: a fault here is told and ends nothing."""
    try:
        adapter.close()
    except Exception as error:  # noqa: BLE001  (the clips are published)
        say(f"warning: the adapter's close() raised {failure(error)[1]}")
