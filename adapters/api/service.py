"""A paid video service as an adapter: what its YAML says of it, checked before a cent is spent."""

from __future__ import annotations

import datetime as dt
import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, get_args

from adapters.api.checkup import check_up
from adapters.api.extension import repeated_frames
from adapters.api.http.redaction import Redactor
from adapters.api.http.transport import Transport
from adapters.api.jobs.download import Fetched
from adapters.api.jobs.limiter import Limiter
from adapters.api.jobs.price import Price
from adapters.api.jobs.runner import JobRunner
from adapters.api.jobs.servers import Servers
from adapters.api.jobs.terms import Resubmit, Terms
from adapters.api.jobs.waits import Patience
from adapters.api.media import footage, picture
from adapters.api.provider import Provider
from adapters.api.wire import Work
from adapters.attempts import Attempt, MemoryLog, spent_usd
from adapters.contract import Adapter, Clip, Finding, Mode, Needs, PromptUse, Request, Size
from adapters.errors import MissingKey, SetupError
from adapters.http.urls import host_of
from adapters.identity import SERVICE, apart_from_defaults


class Service(Adapter):
    """One model of one provider, described by a YAML; `conf/base/api.yaml` explains every argument."""

    # How long to wait, what it costs, where it runs and until when: none of it changes a pixel.
    neutral: ClassVar[frozenset[str]] = frozenset(
        {
            "key_env", "base_url", "price", "checked", "eol", "successor", "force", "concurrency", "poll_s", "wait_s",
            "submit_s", "fetch_s", "read_s", "max_attempts", "moderation_retries", "resubmit", "prompt_max",
        }
    )  # fmt: skip
    renamed = SERVICE

    def __init__(
        self,
        provider: str,
        model: str,
        durations: Sequence[int],
        *,
        sizes: Sequence[Sequence[int]] = (),
        mode: Mode = "i2v",
        native_fps: float | None = 24,
        conditioning_fps: float | None = None,
        conditioning_frames: int | None = None,
        leading: int | str = 1,
        prompt: PromptUse = "required",
        prompt_max: int | None = None,
        negative: bool = False,
        seed: bool = False,
        media_bytes: int = 3_700_000,
        call: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        key_env: str | None = None,
        base_url: str | Sequence[str] | None = None,
        price: Mapping[str, Any] | None = None,
        checked: str | None = None,
        eol: str | None = None,
        successor: str | None = None,
        force: bool = False,
        concurrency: int = 2,
        poll_s: float = 5.0,
        wait_s: float = 1800.0,
        submit_s: float = 120.0,
        fetch_s: float = 600.0,
        read_s: float = 180.0,
        max_attempts: int = 2,
        moderation_retries: int = 0,
        resubmit: Resubmit = "never",
    ) -> None:
        kind = _provider(provider)
        self.servers = [kind(model, url, call, options, mode=mode) for url in _servers(base_url)]
        self.provider = self.servers[0]
        self.key_env = key_env or self.provider.key_env
        self.durations = tuple(sorted(int(seconds) for seconds in durations))
        self.price, self.checked = Price.parse(price), checked
        self.eol, self.successor, self._force = eol, successor, force
        if leading != "auto" and not (isinstance(leading, int) and leading >= 0):
            raise SetupError(f"model.adapter.leading={leading!r}: a count of frames, or auto")
        self._leading, self._negative, self.takes_seed = leading, negative, seed
        self._media_bytes, self._read_s, self._concurrency = media_bytes, read_s, concurrency
        self._patience = Patience(submit_s, wait_s, fetch_s, poll_s)
        if resubmit not in get_args(Resubmit):
            raise SetupError(f"model.adapter.resubmit={resubmit!r}: one of {', '.join(get_args(Resubmit))}")
        self._terms = Terms(self.price, max_attempts, moderation_retries, resubmit)
        self.needs = Needs(
            mode=mode,
            conditioning_frames=conditioning_frames,
            conditioning_fps=conditioning_fps if mode == "multiframe" else None,
            sizes=tuple((int(width), int(height)) for width, height in sizes),
            native_fps=native_fps,
            prompt=prompt,
            prompt_max=prompt_max,
            negative=negative,
            # So many are at it that the next ones wait encoded while the last ones come over: footage is large.
            concurrency=len(self.servers) * (concurrency + (1 if mode == "multiframe" else concurrency)),
            keys=(self.key_env,) if self.key_env else (),
        )
        self._runner: JobRunner | Servers | None = None

    def identity(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """All arguments that can change a pixel and differ from their defaults."""
        return super().identity(apart_from_defaults(type(self), arguments))

    def check(self) -> None:
        """Check what can be known without a key. Raises `SetupError`."""
        ended = self.eol is not None and dt.datetime.now(dt.UTC).date().isoformat() > self.eol
        if ended and not self._force:
            after = f"; its successor here: model={self.successor}" if self.successor else ""
            raise SetupError(
                f"{self.provider.label} ended {self.provider.model} on {self.eol}{after}; "
                "model.adapter.force=true asks for it all the same"
            )
        self.provider.check()

    def estimate_usd(self, seconds: float) -> float | None:
        """The price of one job that holds so many seconds. Raises `SetupError` if no price is known."""
        return self.price.of(self._asked_seconds(seconds))

    @property
    def has_key(self) -> bool:
        """Whether the key is set, or none is needed."""
        return not self.key_env or bool(os.environ.get(self.key_env))

    def diagnose(self, conditioning: Sequence[Size] = ()) -> Iterator[Finding]:
        """The key, the service, its balance, what a clip costs, which lengths and sizes it makes; spends nothing."""
        yield from check_up(self, [self._transport(one) for one in self.servers] if self.has_key else [], conditioning)

    def load(self) -> None:
        """Read the key. Raises `MissingKey`."""
        if self.key_env and not self.has_key:
            raise MissingKey(self.key_env)
        alone = len(self.servers) == 1
        runners = [
            JobRunner(one, self._transport(one), Limiter(self._concurrency), self._terms, self._patience, alone=alone)
            for one in self.servers
        ]
        self._runner = runners[0] if alone else Servers(runners)

    def close(self) -> None:
        """Forget the key."""
        self._runner = None

    def describe(self) -> dict[str, Any]:
        """The service and what it was said to cost."""
        return {
            "provider": self.provider.label,
            "model": self.provider.model,
            "host": ", ".join(host_of(one.base) for one in self.servers),
            "price": self.price.to_dict(),
            "checked": self.checked,
        }

    def generate(self, request: Request) -> Clip:
        """One clip: a job that runs already, or a new one. Raises what `JobRunner.run` raises."""
        assert self._runner is not None, "load() comes first"
        log = request.jobs or MemoryLog()
        work = self._work(request)
        video, attempt = self._runner.run(work, request, log)
        info = self._info(work, video, attempt, spent_usd(log.events()))
        return Clip(None, file=video.path, leading=self._leading_frames(request, video), info=info)

    def _work(self, request: Request) -> Work:
        conditioning, multiframe = request.conditioning, self.needs.mode == "multiframe"
        most = self._media_bytes
        return Work(
            prompt=request.prompt or None,
            negative_prompt=request.negative_prompt if self._negative else None,
            seconds=self._asked_seconds(request.seconds),
            size=(conditioning.width, conditioning.height),
            seed=request.seed if self.takes_seed else None,
            uuid="",
            picture=None if multiframe else picture(conditioning, most),
            footage=footage(conditioning, request.scratch, most) if multiframe else None,
        )

    def _asked_seconds(self, seconds: float) -> int:
        """The shortest length it makes that holds so many seconds; the rest is cut off."""
        return next((length for length in self.durations if length >= seconds), self.durations[-1])

    def _leading_frames(self, request: Request, video: Fetched) -> int:
        """How many frames only repeat what was sent; `auto` finds out by the length and by what is seen."""
        if isinstance(self._leading, int):
            return self._leading
        return repeated_frames(request, video)

    def _info(self, work: Work, video: Fetched, attempt: Attempt, cost_usd: float) -> dict[str, Any]:
        found = video.info
        return {
            "provider": self.provider.label,
            "model": self.provider.model,
            "job_id": attempt.job_id,
            "attempt": attempt.number,
            "prompt": work.prompt,
            "negative_prompt": work.negative_prompt,
            "seed": work.seed,
            "seconds": work.seconds,
            "sent": {"mime": work.media.mime, "sha256": work.media.sha256, "bytes": len(work.media.data)},
            "reported": attempt.facts.get("report", {}),
            "video": {"width": found.width, "height": found.height, "fps": found.fps, "frames": found.frames},
            "cost_usd": round(cost_usd, 6),
        }

    def _transport(self, provider: Provider) -> Transport:
        key = os.environ.get(self.key_env or "", "")
        return Transport(provider.base, provider.credential(key), Redactor((key,)), read_s=self._read_s)


def _servers(base_url: str | Sequence[str] | None) -> list[str | None]:
    """Where the model is: one address, None for the vendor's own, or several. Raises `SetupError`."""
    if base_url is None or isinstance(base_url, str):
        return [base_url]
    hosts = [host_of(str(url)) for url in base_url]
    if not hosts or len(set(hosts)) < len(hosts):
        raise SetupError(
            "model.adapter.base_url=[…] names each server once, by a host and port of its own: "
            "a job is known by the host that has it"
        )
    return [str(url) for url in base_url]


def _provider(path: str) -> type[Provider]:
    """The class that a YAML names. Raises `SetupError`."""
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SetupError(f"model.adapter.provider={path}: {error}") from None
    if not (isinstance(found, type) and issubclass(found, Provider)):
        raise SetupError(f"model.adapter.provider={path} is no Provider (see adapters/api/provider.py)")
    return found
