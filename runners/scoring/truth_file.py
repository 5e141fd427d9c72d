"""One view's truth as one file: masks, physical variance, and, where there is room, the frames of both takes.

Frames come first, since they are written while the truth is decoded; then the masks, then a header that says where
everything is, and at the very end the header's length and a hash of all that stands before it. A file that is cut
short, or in which a bit fell over, is `Damaged`, whatever is wrong with it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from runners.core.files import sha256_file
from runners.scoring import nodes
from runners.scoring.lossless import Image, Stream, read_stream
from runners.scoring.metrics import PairMetrics
from runners.scoring.nodes import Node
from runners.scoring.stack import MaskStack
from runners.scoring.truth import TruthView

FORMAT = 1
"""Raised whenever a file of another layout is written."""

_FOOTER = struct.Struct(">Q32s")


class Damaged(Exception):
    """A file that is no entry, or not the one that was written."""


@dataclass(frozen=True)
class Entry:
    """The truth's side of a view. `streams` is empty where the frames were not kept; else there is one per take."""

    path: Path
    view: TruthView
    streams: tuple[Stream, ...]

    def frames(self, take: int, *, verify: bool = False) -> Iterator[Image]:
        """A take's frames at the size at which they are compared; each is valid until the next is asked for."""
        return read_stream(self.path, self.streams[take], self.view.size, verify=verify)


def finish_entry(path: Path, view: TruthView, streams: Sequence[Stream]) -> Entry:
    """Append everything but the frames to a file that holds those, or nothing."""
    with path.open("ab") as file:
        masks = [_append_masks(file, stack) for stack in view.masks]
        header = {
            "format": FORMAT,
            "size": view.size,
            "colour": view.colour,
            "variance": None if view.variance is None else asdict(view.variance),
            "ceiling": None if view.ceiling is None else asdict(view.ceiling),
            "masks": masks,
            "streams": [asdict(stream) for stream in streams],
        }
        text = json.dumps(header, allow_nan=False).encode()
        file.write(text)
        file.flush()
        digest = bytes.fromhex(sha256_file(path))
        file.write(_FOOTER.pack(len(text), digest))
    return Entry(path, view, tuple(streams))


def read_entry(path: Path) -> Entry:
    """Read a whole entry and check it. Raises `Damaged`, and `FileNotFoundError` if there is none."""
    with path.open("rb") as file:
        end = file.seek(0, 2) - _FOOTER.size
        if end < 0:
            raise Damaged(f"{path}: too short")
        file.seek(end)
        length, digest = _FOOTER.unpack(file.read())
        if _sha256_until(path, end) != digest:
            raise Damaged(f"{path}: its hash is another")
        try:
            file.seek(end - length)
            content = json.loads(file.read(length))
            header = Node(content if isinstance(content, dict) else {})
            if (number := header.whole("format")) != FORMAT:
                raise Damaged(f"{path}: of format {number}")
            return Entry(path, _view(path, header), tuple(map(_stream, header.rows("streams"))))
        except (OSError, ValueError, nodes.Damaged) as error:
            raise Damaged(f"{path}: {error}") from error


def _append_masks(file: IO[bytes], stack: MaskStack) -> dict[str, Any]:
    offset = file.tell()
    for packed in stack.packed:
        file.write(packed)
    return {"offset": offset, "lengths": [len(packed) for packed in stack.packed]}


def _sha256_until(path: Path, end: int) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while end > 0 and (data := file.read(min(end, 1 << 20))):
            digest.update(data)
            end -= len(data)
    return digest.digest()


def _stream(node: Node) -> Stream:
    return Stream(node.whole("offset"), node.whole("length"), node.whole("frames"), node.text("sha256"))


def _view(path: Path, header: Node) -> TruthView:
    width, height = header.wholes("size")
    stacks = []
    with path.open("rb") as file:
        for masks in header.rows("masks"):
            file.seek(masks.whole("offset"))
            stacks.append(MaskStack(width, height, tuple(file.read(length) for length in masks.wholes("lengths"))))
    variance = PairMetrics.read_or_none(header.node("variance"))
    ceiling = PairMetrics.read_or_none(header.node("ceiling"))  # entries of sets without masks never had one
    return TruthView(width, height, tuple(stacks), variance, header.text("colour"), ceiling)
