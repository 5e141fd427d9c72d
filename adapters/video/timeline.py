"""Which frames a file shows, and when: one answer for whoever reads it. Part of `adapters.video.reading`.

Frames come out of a decoder in the order in which they are shown, and their time stamps, sorted, are when. That packets
alone tell the same is known for codecs and files of which `_packets` can say what each packet shows.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from adapters.video.containers import ebml_is_whole, riff_is_whole, ts_is_whole
from adapters.video.decoded import Likeness
from adapters.video.fields import Weave
from adapters.video.h264 import Damaged
from adapters.video.packets import contents_of
from adapters.video.streams import BadVideo, Source, opened

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame

_AGAIN = "make or fetch it again"
_FARTHEST = 32
"""Places by which a stamp may lie out of order: no codec holds back more than 16 pictures."""
_LONGEST_S = 60
"""For which an AVI may stay on a frame: its header might as well be wrong."""
_ROUNDED_S = 1.1e-3
"""Matroska and WebM round to milliseconds, two frames' stamps differ by two roundings."""
_OFF_BEAT = 0.2
"""Of a frame's time, of which so much may be rounding at the most."""
_OTHERS_SLACK_S = Fraction(1, 2)
"""How long before the stated end a file of several streams may end: sound is cut into coarse packets."""


class Ledger:
    """Counts what a file holds while it is read, and compares it with what its header promised."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._contents = contents_of(source.stream)
        self._index, self._promised = len(source.stream.index_entries), source.stream.frames
        if "mp4" in source.formats and self._promised and self._index:
            # An edit list takes out of the index what is never shown, and puts in twice what is shown twice.
            self._promised = self._index
        self._reach = _Reach(1 / source.rates[0])
        self._arrived, self._due = 0, 0.0
        self._keyed = False

    @property
    def exact(self) -> bool:
        """Whether `take` has told of each packet so far exactly what a decoder shows of it."""
        return self._contents.exact and self._keyed and "avi" not in self._source.formats

    def take(self, packet: Packet[Stream]) -> float:
        """Look at a packet of any stream; returns how many pictures it adds to what is shown."""
        self._reach.take(packet, is_video=self._source.owns(packet))
        if not self._source.owns(packet) or ends(packet):
            return 0
        self._keyed = self._keyed or (packet.is_keyframe and not self._arrived)
        self._arrived += 1
        if packet.is_corrupt:
            raise BadVideo(f"{self._source.path}: cut short, or damaged, at packet {self._arrived}; {_AGAIN}")
        try:
            pictures = self._contents.pictures(bytes(packet)) if packet.size else 0
        except Damaged as error:
            raise BadVideo(f"{self._source.path}: {error} (packet {self._arrived}); {_AGAIN}") from None
        shown = 0.0 if packet.is_discard else pictures
        self._due += shown
        return shown

    def check(self, frames: int | None = None) -> None:
        """At the end of the file: raise `BadVideo` if less came than was promised, or fewer `frames` decoded."""
        path, stream = self._source.path, self._source.stream
        if self._arrived < self._promised and not self._pauses():
            raise BadVideo(f"{path}: cut short, {self._arrived} of {self._promised} frames are there; {_AGAIN}")
        stated_s = Fraction(self._source.container.duration or 0, 1_000_000)
        alone = len(self._source.container.streams) == 1
        slack_s = max(Fraction(3, 4) / self._source.rates[0], 0 if alone else _OTHERS_SLACK_S)
        if not stream.frames and self._reach.end + slack_s < stated_s:
            there = f"{float(self._reach.end):.2f} of {float(stated_s):.2f} s are there"
            raise BadVideo(f"{path}: cut short, {there}; {_AGAIN}")
        if "matroska" in self._source.formats and not ebml_is_whole(path):
            raise BadVideo(f"{path}: has a hole, or is cut short; {_AGAIN}")
        if "mpegts" in self._source.formats and not ts_is_whole(path, stream.id):
            raise BadVideo(f"{path}: lacks packets, as where a recording was disturbed, cut or joined; {_AGAIN}")
        if frames is not None and frames < int(self._due):
            raise BadVideo(f"{path}: only {frames} of {int(self._due)} frames decode; {_AGAIN}")

    def _pauses(self) -> bool:
        """Whether an AVI lacks only frames that it leaves out on purpose, while the one before them stays."""
        return "avi" in self._source.formats and self._arrived == self._index and riff_is_whole(self._source.path)


class _Reach:
    """Until when the packets seen so far are shown, on the container's own clock."""

    def __init__(self, step: Fraction) -> None:
        self._step = step
        self.end = Fraction(0)

    def take(self, packet: Packet[Stream], is_video: bool) -> None:
        """Look at one packet; a frame that states no duration lasts as long as the rate says."""
        if packet.pts is None or not packet.time_base:
            return
        lasts = (packet.duration or 0) * packet.time_base or (self._step if is_video else 0)
        self.end = max(self.end, packet.pts * packet.time_base + lasts)


def decoded(source: Source) -> Generator[VideoFrame]:
    """The frames that are shown, in order, each like the first.

    Raises `BadVideo` for damage, for what would come out wrong (`Likeness`, `Weave`) and, at the file's end, for fewer
    frames than were promised.
    """
    ledger, likeness, weave = Ledger(source), Likeness(source), Weave(source.path)
    held = _held(source)
    number = -1
    for number, frame in enumerate(_frames(source, ledger)):
        if frame.is_corrupt:
            raise BadVideo(f"{source.path}: damaged at frame {number}; {_AGAIN}")
        likeness.check(frame, number)
        weave.check(frame)
        for _ in range(held[number] if held else 1):
            yield frame
    ledger.check(number + 1)
    weave.conclude()


def _frames(source: Source, ledger: Ledger) -> Iterator[VideoFrame]:
    """The frames that decode."""
    for packet in source.packets():
        ledger.take(packet)
        # An empty packet with a time says that the picture stays; decoding it would end the stream.
        if source.owns(packet) and (packet.size or ends(packet)):
            yield from packet.decode()  # type: ignore[misc]


def _held(source: Source) -> list[int] | None:
    """For how many of an AVI's frames each one that decodes is shown, None if each is there for itself alone.

    An AVI has frames at one rate only. What did not change may be left out, and the frame before it stays.
    """
    stream = source.stream
    if "avi" not in source.formats or not (len(stream.index_entries) < stream.frames or stream.name == "mpeg4"):
        return None
    with opened(source.path, threads=1) as again:
        found = [frame.pts for frame in _frames(again, Ledger(again))]
    stamps = sorted(stamp for stamp in found if stamp is not None)
    if not stamps or len(stamps) < len(found) or len(stamps) >= stream.frames:
        return None
    held = [after - stamp for stamp, after in zip(stamps, [*stamps[1:], stamps[0] + stream.frames], strict=True)]
    if max(held) > _LONGEST_S * source.rates[0]:
        raise BadVideo(f"{source.path}: stays on one frame for more than {_LONGEST_S} s: damaged; {_AGAIN}")
    return held


def ends(packet: Packet[Stream]) -> bool:
    """Whether this is no packet of the file, but the end of a stream."""
    return not packet.size and packet.pts is None and packet.dts is None


def packet_stamps(source: Source) -> list[int] | None:
    """The time stamps of the frames that are shown, unsorted, without decoding; None if only a decoder can tell.

    Reads to the end of the file and checks it as `decoded` does, but for damage within pictures.
    """
    ledger = Ledger(source)
    stamps = [packet.pts for packet in source.packets() if ledger.take(packet)]
    ledger.check()
    known = [stamp for stamp in stamps if stamp is not None]
    return known if ledger.exact and len(known) == len(stamps) else None


def instants(source: Source, stamps: Sequence[int | None]) -> list[float]:
    """When each frame is shown, in seconds from the first one, by their time stamps in the order in which they came.

    Raises `BadVideo` for stamps that run backwards: two recordings joined, say.
    """
    unit, step = source.stream.time_base, 1 / source.rates[0]
    known = sorted((stamp, index) for index, stamp in enumerate(stamps) if stamp is not None)
    repeats = "avi" in source.formats and len(set(stamps)) < len(stamps)
    if len(known) < len(stamps) or not unit or repeats:  # no time stamps of their own: the rate is all there is
        return [float(index * step) for index in range(len(stamps))]
    if any(abs(place - index) > _FARTHEST for place, (_, index) in enumerate(known)):
        raise BadVideo(f"{source.path}: its time stamps run backwards; write them anew (ffmpeg -fflags +genpts)")
    return [(stamp - known[0][0]) * unit.numerator / unit.denominator for stamp, _ in known]


def settled_rate(stated: Sequence[Fraction], times: Sequence[float]) -> Fraction:
    """Frames per second: one whose beat all frames keep (stated, half of what counts fields, whole), or the average."""
    if len(times) < 2 or times[-1] <= 0:
        return stated[0]
    average = Fraction((len(times) - 1) / times[-1]).limit_denominator(1001)
    choices = [choice for rate in stated for choice in (rate / 2, rate)] + [Fraction(max(1, round(average)))]
    for rate in choices:
        tolerance = min(_ROUNDED_S, _OFF_BEAT / rate)
        if all(abs(time - round(time * rate) / rate) <= tolerance for time in times):
            return rate
    return average
