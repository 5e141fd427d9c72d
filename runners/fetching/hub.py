"""A data set on the Hugging Face hub: its client lists the files and finds the token; nothing of a request is shown.

The client's own download is not used: it deletes a file of the user's that differs, starts anew after a kill, and
compares no checksum.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from adapters.http.retry_after import Passing
from runners.core.errors import UserError
from runners.fetching.remote import INSTALL, Digest, Listing, Remote
from runners.fetching.web import Web, asked_wait

T = TypeVar("T")
_ANSWER_S = 30.0
_SILENCE_S = 120.0
"""How long all answers together may take: the client waits without end for some of them."""


def list_hub(name: str, stop: threading.Event) -> Listing:
    """All files of a data set at its newest commit. Raises UserError saying how to get in, or how to install."""
    try:
        from huggingface_hub import HfApi, constants
    except ImportError:
        raise UserError(f"a data set of the Hugging Face hub needs: {INSTALL}") from None
    from huggingface_hub.utils import build_hf_headers

    try:
        sent = build_hf_headers(library_name="physics-iq-harness")
    except ValueError:  # a token that can be no header
        raise UserError("the Hugging Face token cannot be used; set it again: hf auth login") from None
    secret = {key: value for key, value in sent.items() if key.lower() == "authorization"}
    api = HfApi()
    web = Web(api.endpoint or constants.ENDPOINT, secret, stop=stop)
    commit, entries = web.patiently(lambda: _in_time(lambda: _asked(api, name, signed=bool(secret))))
    return Listing([_stored(api.endpoint, name, commit, entry) for entry in entries if hasattr(entry, "size")], web)


def _asked(api: Any, name: str, *, signed: bool) -> tuple[str, list[Any]]:
    """The newest commit and its tree, once it is known that the files may be read as well."""
    from huggingface_hub import errors

    try:
        info = api.dataset_info(name, timeout=_ANSWER_S)
        api.auth_check(name, repo_type="dataset")
        return str(info.sha), list(api.list_repo_tree(name, repo_type="dataset", revision=info.sha, recursive=True))
    except (errors.HfHubHTTPError, errors.HFValidationError, errors.OfflineModeIsEnabled, OSError) as error:
        raise _told(error, name, signed=signed) from None
    except _transport_errors() as error:
        raise Passing(f"the connection to the hub was lost ({type(error).__name__})") from None


def _in_time(call: Callable[[], T]) -> T:
    """The call's result, from a thread that is left behind where it takes too long. Raises Passing then."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  (raised by whoever waits)
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return future.result(timeout=_SILENCE_S)
    except TimeoutError:
        raise Passing("the hub does not answer") from None


def _told(error: Exception, name: str, *, signed: bool) -> Exception:
    from huggingface_hub import errors

    page = f"https://huggingface.co/datasets/{name}"
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(error, errors.HFValidationError):
        return UserError(f"{name} can be no name of a data set on the hub; see benchmark.origin")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return UserError(f"{name} cannot be fetched while HF_HUB_OFFLINE is set")
    if isinstance(error, errors.GatedRepoError) or (status in (401, 403) and not signed):
        login = "" if signed else ", then log in: hf auth login (or set HF_TOKEN)"
        return UserError(f"{name} is gated: accept its terms at {page} (access is granted at once){login}")
    if isinstance(error, errors.RepositoryNotFoundError) and status != 401:
        return UserError(f"{name} is not on the hub, or hidden from you: see {page}, and hf auth login")
    if status in (401, 403):
        return UserError(
            f"the hub does not accept your token for {name}: hf auth login, or set HF_TOKEN to a valid one"
        )
    if status is not None and status not in (408, 429) and status < 500:
        return UserError(f"the hub answers HTTP {status} for {name}; see {page}")
    what = f"the hub answers HTTP {status}" if status else f"the hub cannot be reached ({type(error).__name__})"
    return Passing(what, asked_wait(response.headers.get("Retry-After")) if response is not None else None)


def _transport_errors() -> tuple[type[Exception], ...]:
    """What the hub's client raises where there is no way to the hub; it has changed its own HTTP client once."""
    from huggingface_hub import errors

    client: Any = __import__(errors.HfHubHTTPError.__mro__[1].__module__.partition(".")[0])
    return (client.TransportError,)


def _stored(endpoint: str, name: str, commit: str, entry: Any) -> Remote:
    """One file, at its commit. Large ones are known by the sha256 of their contents, small ones by Git's id."""
    from huggingface_hub import hf_hub_url

    digest = Digest("sha256", str(entry.lfs.sha256)) if entry.lfs else Digest("git", str(entry.blob_id))
    url = hf_hub_url(name, entry.path, repo_type="dataset", revision=commit, endpoint=endpoint)
    tag = "x-linked-etag" if entry.lfs else "etag"
    return Remote(
        path=str(entry.path), size=int(entry.size), digest=digest, url=url, version=digest.value,
        tags={tag: digest.value}, signed=True,
    )  # fmt: skip
