"""What a job costs, as its YAML says: data with a date and a source, never code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from adapters.errors import SetupError, UnknownPrice

_KEYS = ("usd_per_second", "usd_per_clip", "source", "free")


@dataclass(frozen=True)
class Price:
    """`usd_per_second` of what is asked for, `usd_per_clip` on top; `free`: a server of one's own."""

    usd_per_second: float | None = None
    usd_per_clip: float | None = None
    source: str | None = None
    free: bool = False

    @classmethod
    def parse(cls, values: Mapping[str, Any] | None) -> Price:
        """Read the YAML's node. Raises `SetupError`."""
        values = {key: value for key, value in (values or {}).items() if value is not None}
        unknown = sorted(set(values) - set(_KEYS))
        if unknown:
            raise SetupError(f"model.adapter.price has no {unknown[0]!r}; it takes {', '.join(_KEYS)}")
        for key in ("usd_per_second", "usd_per_clip"):
            value = values.get(key, 0)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1000:
                raise SetupError(f"model.adapter.price.{key}={value!r} is no price in US dollars")
        return cls(**values)

    def of(self, seconds: float) -> float | None:
        """US dollars for one job of so many seconds, None if it is free. Raises `UnknownPrice` if nobody knows."""
        if self.free:
            return None
        if self.usd_per_second is None and self.usd_per_clip is None:
            raise UnknownPrice("model.adapter.price.usd_per_second=… or model.adapter.price.usd_per_clip=…")
        return round((self.usd_per_second or 0.0) * seconds + (self.usd_per_clip or 0.0), 6)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)
