"""What went wrong, as a line for users, and what of it no clip is to blame for."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters import AdapterError, OutOfMemory, SetupError
from adapters.harness import in_a_line, is_out_of_memory, one_line
from runners.core.errors import UserError, WorkFailed

_LONGEST_REASON = 500


def failure(error: BaseException) -> tuple[str, str]:
    """The (kind, reason) that a clip's failure is recorded under: one line, whatever was raised."""
    if isinstance(error, AdapterError):
        return error.kind, in_a_line(error, _LONGEST_REASON)
    if isinstance(error, UserError):
        return "bad_input", in_a_line(error, _LONGEST_REASON)
    return "error", one_line(f"{type(error).__name__}: {error}{_where(error)}", _LONGEST_REASON)


def fatal(error: Exception) -> str | None:
    """What to tell if an error ends the whole run, since no other clip could fare better; None if it does not."""
    if isinstance(error, SetupError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        return f"cannot write ({os.strerror(error.errno)}); free some space and run the same command again"
    return None


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f" ({Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name})"


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
