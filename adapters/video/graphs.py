"""A chain of FFmpeg's filters for frames like one that is at hand. Part of `adapters.video.reading`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame


def chain(frame: VideoFrame, *filters: tuple[str, str | None]) -> Graph:
    """The filters, each a name and its arguments, configured for frames of this size and format."""
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1)
    )
    nodes = [graph.add(name, arguments) for name, arguments in filters]
    graph.link_nodes(source, *nodes, graph.add("buffersink")).configure()
    return graph


def through(graph: Graph, frame: VideoFrame) -> Iterator[VideoFrame]:
    """Push a frame; what comes out, which may be nothing yet."""
    from av.error import BlockingIOError as NothingYet

    graph.push(frame)
    while True:
        try:
            yield cast("VideoFrame", graph.pull())
        except NothingYet:
            return
