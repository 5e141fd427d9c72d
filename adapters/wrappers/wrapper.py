"""An adapter around an adapter: everything passes through but what a wrapper does differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.contract import Adapter, Clip, Finding, Request, Size
from adapters.errors import AdapterError


class Wrapper(Adapter):
    """Passes every question on to `inner`."""

    def __init__(self, inner: Adapter) -> None:
        self.inner = inner
        self.needs = inner.needs

    @property
    def neutral(self) -> frozenset[str]:  # type: ignore[override]
        """The inner adapter's."""
        return self.inner.neutral

    def identity(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The inner adapter's."""
        return self.inner.identity(arguments)

    def check(self) -> None:
        """Check the inner adapter."""
        self.inner.check()

    def estimate_usd(self, seconds: float) -> float | None:
        """The inner adapter's."""
        return self.inner.estimate_usd(seconds)

    def diagnose(self, conditioning: Sequence[Size] = ()) -> Iterator[Finding]:
        """The inner adapter's."""
        return self.inner.diagnose(conditioning)

    def inputs(self, scenario_id: str) -> list[Path]:
        """The inner adapter's."""
        return self.inner.inputs(scenario_id)

    def count_tokens(self, texts: Sequence[str], most: int) -> list[tuple[int, int]] | None:
        """The inner adapter's."""
        return self.inner.count_tokens(texts, most)

    def revision(self) -> str | None:
        """The inner adapter's."""
        return self.inner.revision()

    def load(self) -> None:
        """Load the inner adapter."""
        self.inner.load()

    def generate(self, request: Request) -> Clip:
        """The inner adapter's clip."""
        return self.inner.generate(request)

    def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
        """The inner adapter's clips."""
        return self.inner.generate_many(requests)

    def close(self) -> None:
        """Close the inner adapter."""
        self.inner.close()

    def describe(self) -> dict[str, Any]:
        """What the inner adapter tells."""
        return self.inner.describe()
