"""Remembers what a text encoder gave: the three views of a scene share their prompt, and so do all runs of a sweep."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

_MOST_BYTES = 2 << 30
"""Embeddings kept in main memory; a text of 512 tokens at 4096 channels takes 4 MB in bfloat16."""


class EncodedPrompts:
    """Stands in for a pipeline's `encode_prompt`, and calls it only for arguments that it has not seen.

    What is kept lies in main memory and is copied to the device it came from; the caller gets copies of its own, so
    a pipeline that changes its embeddings in place spoils nothing.
    """

    def __init__(
        self, encode: Callable[..., Any], encoded: Callable[[], None] | None = None, most_bytes: int = _MOST_BYTES
    ) -> None:
        """`encoded` is called when the encoder has done its work, which may then leave the device."""
        self._encode, self._after, self._most_bytes = encode, encoded, most_bytes
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What `encode_prompt` returns for these arguments."""
        key = _key((args, sorted(kwargs.items())))
        if key in self._kept:
            self._kept.move_to_end(key)
            return _copy(self._kept[key][0])
        result = self._encode(*args, **kwargs)
        self._keep(key, result)
        if self._after is not None:
            self._after()
        return result

    def _keep(self, key: str, result: Any) -> None:
        size = _size(result)
        if size > self._most_bytes:
            return
        self._kept[key] = (_stored(result), size)
        self._bytes += size
        while self._bytes > self._most_bytes:
            self._bytes -= self._kept.popitem(last=False)[1][1]


def _key(value: Any) -> str:
    """A digest of arguments: texts, numbers, devices, and the contents of pictures and tensors."""
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    digest.update(f"{type(value).__name__}(".encode())
    if isinstance(value, list | tuple):
        for part in value:
            _feed(digest, part)
    elif hasattr(value, "detach"):
        digest.update(f"{value.dtype}{tuple(value.shape)}{value.device}".encode())
        digest.update(value.detach().float().cpu().numpy().tobytes())
    elif hasattr(value, "tobytes"):  # a picture, an array
        digest.update(f"{getattr(value, 'mode', '')}{getattr(value, 'size', '')}".encode())
        digest.update(value.tobytes())
    else:
        digest.update(repr(value).encode())
    digest.update(b")")


def _map(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_map(part, change) for part in value)
    if isinstance(value, dict):
        return {key: _map(part, change) for key, part in value.items()}
    return change(value)


def _stored(value: Any) -> Any:
    """The result with every tensor replaced by (a copy in main memory, the device it belongs on)."""
    return _map(value, lambda part: _Away(part) if hasattr(part, "detach") else part)


def _copy(value: Any) -> Any:
    return _map(value, lambda part: part.back() if isinstance(part, _Away) else part)


def _size(value: Any) -> int:
    total = 0

    def add(part: Any) -> Any:
        nonlocal total
        total += part.numel() * part.element_size() if hasattr(part, "detach") else 0
        return part

    _map(value, add)
    return total


class _Away:
    """A tensor put away in main memory."""

    def __init__(self, tensor: Any) -> None:
        self._tensor, self._device = tensor.detach().to("cpu", copy=True), tensor.device

    def back(self) -> Any:
        """A copy of it, where it was."""
        return self._tensor.to(self._device, copy=True)
