"""A finished video comes over whole or not at all: bounded, checked for what it is, decoded to its end, hashed."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.api.http.addresses import ForbiddenAddress
from adapters.api.http.retry_after import asked_wait
from adapters.api.http.transport import Lost, NotDelivered, Transport
from adapters.api.wire import Output
from adapters.errors import BadClip
from adapters.http.retry_after import Passing, Unreachable
from adapters.video.reading import BadVideo, VideoInfo, examine

MOST_BYTES = 2 * 2**30
_SHAPE_TOLERANCE = 0.03
"""Services round sizes to multiples of 8 or 16; a picture of another shape was cropped, padded or squeezed."""
_GONE = (401, 403, 404, 410)
_DIGITS = re.compile("[0-9]{1,20}")
_CONTAINERS = ("mp4", "mov", "matroska", "webm")


class Gone(Exception):
    """The address is no longer valid: the service may give a fresh one."""


@dataclass(frozen=True)
class Fetched:
    """A video that came over whole."""

    path: Path
    sha256: str
    bytes: int
    info: VideoInfo


class Broken(Exception):
    """What came is whole, as far as its length was stated, and no video: a fresh address may give another file."""


def fetch(
    transport: Transport, output: Output, path: Path, now: Callable[[], float], tick: Callable[[], None]
) -> Fetched:
    """Bring a video to `path`, through a temporary file beside it.

    `tick` is called for every block, and may raise. Raises `Gone`, `Passing` (worth another try), `Broken`, `BadClip`
    for what may not be fetched, `OSError` when the disk is full.
    """
    part = path.with_suffix(".part")
    try:
        if output.data is not None:
            sha256, size = _write(part, _told([output.data], tick))
        else:
            sha256, size = _download(transport, output, part, now, tick)
        info = _decoded(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Fetched(path, sha256, size, info)


def check_shape(info: VideoInfo, size: tuple[int, int]) -> None:
    """Raise `BadClip` for a video of another shape than what was sent: its pixels are not where they belong."""
    ratio = info.width * size[1] / (info.height * size[0])
    if abs(ratio - 1) > _SHAPE_TOLERANCE:
        raise BadClip(f"the video is {info.width}×{info.height}, and {size[0]}×{size[1]} was asked for: another shape")


def _download(
    transport: Transport, output: Output, part: Path, now: Callable[[], float], tick: Callable[[], None]
) -> tuple[str, int]:
    try:
        with transport.open(str(output.url), signed=output.signed) as (reply, chunks):
            if reply.status in _GONE:
                raise Gone(f"HTTP {reply.status}")
            if reply.status != 200:
                told = f"the video's address answers HTTP {reply.status}"
                raise Passing(told, asked_wait(reply.headers, now))
            stated = _stated(reply.headers)
            sha256, size = _write(part, _told(chunks, tick))
    except NotDelivered as error:
        raise Unreachable(str(error)) from None
    except Lost as error:
        raise Passing(str(error)) from None
    except ForbiddenAddress as error:
        raise BadClip(str(error)) from None
    if stated is not None and size != stated:
        raise Passing(f"{size} of {stated} bytes of the video came")
    return sha256, size


def _stated(headers: Mapping[str, str]) -> int | None:
    """The stated length. Raises `Broken` for a page where a video belongs, `BadClip` for one beyond all measure."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in ("application/json", "application/xml"):
        raise Broken(f"the video's address gives {kind[:60]} instead of a video")
    text = headers.get("content-length", "")
    if _DIGITS.fullmatch(text) is None:
        return None
    if int(text) > MOST_BYTES:
        raise BadClip(f"the video has {int(text)} bytes; more than {MOST_BYTES} are not fetched")
    return int(text)


def _told(chunks: Iterable[bytes], tick: Callable[[], None]) -> Iterator[bytes]:
    for chunk in chunks:
        tick()
        yield chunk


def _write(part: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with part.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise BadClip(f"the video has more than {MOST_BYTES} bytes")
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _decoded(part: Path) -> VideoInfo:
    """Decode to the end: without a stated length, this alone tells a video that was cut. Raises `Broken`."""
    try:
        info, _ = examine(part)
    except BadVideo as error:
        raise Broken(f"what came is no whole video ({str(error).partition(': ')[2] or error})") from None
    if not any(name in info.container for name in _CONTAINERS):
        raise Broken(f"what came is {info.container}, not a video file")
    return info
