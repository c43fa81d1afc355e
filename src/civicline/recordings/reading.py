"""A recording put together from its segments: seconds of both channels in time, and where sound is missing, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from civicline.people.keyset import ContactKey
from civicline.recordings import format
from civicline.recordings.errors import RecordingError
from civicline.recordings.format import CHANNELS, RATE_HZ, SECOND_MS, SILENCE, WHY, Chunk, Segment

CUT, APART = "cut", "apart"
"""Why there is nothing between two segments: the first one's writer died; or it was ended in order, since nobody of
ours talked with the person, or since media was stopped."""
SILENCE_MAX_S = {CUT: 60, APART: 1}
"""So much silence stands for such a time; more is left out."""


class Mark(NamedTuple):
    """Where sound is missing: from and until, in seconds of what is put together. `left_out_s`: the time that it stands
    for was so much longer."""

    start_s: float
    end_s: float
    why: str
    left_out_s: float = 0.0


class Piece(NamedTuple):
    """Both channels for the same time, in G.711 µ-law; caller, representative."""

    caller: bytes
    ours: bytes


@dataclass(frozen=True)
class Whole:
    """A recording, its segments in the order of their time. `cut`: the writer of one died."""

    segments: tuple[Segment, ...]
    key: ContactKey
    cut: bool

    @property
    def most_s(self) -> float:
        """It lasts no longer than this. Nothing is opened: a segment's last second may be shorter."""
        gaps = (_between(*pair, (pair[0].seconds - 1) * RATE_HZ) for pair in pairwise(self.segments))
        return sum(segment.seconds for segment in self.segments) + sum(silent for silent, _ in gaps) / RATE_HZ

    def pieces(self, marks: list[Mark]) -> Iterator[Piece]:
        """Every second, opened, and silence between segments; fills `marks` on the way. Raises RecordingError."""
        written = begins = 0
        for number, segment in enumerate(self.segments):
            if number > 0:
                before = self.segments[number - 1]
                silent, left_out = _between(before, segment, written - begins)
                if silent:
                    why, end_s = _why(before), (written + silent) / RATE_HZ
                    marks.append(Mark(written / RATE_HZ, end_s, why, left_out / RATE_HZ))
                yield from _silence(silent)
                written += silent
            begins = written
            for chunks in seconds(segment, self.key):
                marks += _marks(written, chunks)
                yield Piece(*(chunk.audio for chunk in chunks))
                written += len(chunks[0].audio)
        if not self.segments[-1].whole:
            marks.append(Mark(written / RATE_HZ, written / RATE_HZ, CUT))


def whole(paths: Sequence[Path], key: ContactKey) -> Whole:
    """Raises RecordingError."""
    found = [read(path) for path in paths]
    begun = sorted((segment for segment in found if segment.began), key=lambda segment: segment.header.start_ms)
    if not begun:
        raise RecordingError("nothing of this recording is on disk")
    return Whole(tuple(begun), key, cut=not all(segment.whole for segment in found))


def read(path: Path) -> Segment:
    """Raises RecordingError."""
    return format.parse(data(path), path.stem)


def data(path: Path) -> bytes:
    """Raises RecordingError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path.name} cannot be read: {error.strerror}") from error


def seconds(segment: Segment, key: ContactKey) -> Iterator[tuple[Chunk, Chunk]]:
    """Caller's and representative's chunk of each second, then the end record is looked at. Raises RecordingError."""
    both = iter(segment.records)
    for caller, ours in zip(both, both, strict=True):
        first, second = (format.opened(key, segment.header, record) for record in (caller, ours))
        if len(first.audio) != len(second.audio):
            raise RecordingError(f"{format.where(segment.header, 1, ours.second)} is of another length")
        yield first, second
    if segment.end is not None:
        format.opened(key, segment.header, segment.end)


def _why(before: Segment) -> str:
    return APART if before.whole else CUT


def _between(before: Segment, after: Segment, lasted: int) -> tuple[int, int]:
    """How much silence stands for the time between two segments, and how much of it is left out. All in samples;
    `lasted`: the first of the two."""
    missing = (after.header.start_ms - before.header.start_ms) * RATE_HZ // SECOND_MS - lasted
    silent = min(max(0, missing), SILENCE_MAX_S[_why(before)] * RATE_HZ)
    return silent, max(0, missing - silent)


def _marks(written: int, chunks: tuple[Chunk, Chunk]) -> list[Mark]:
    gaps = sorted({gap for chunk in chunks for gap in chunk.gaps})
    return [Mark((written + gap.start) / RATE_HZ, (written + gap.end) / RATE_HZ, WHY[gap.why]) for gap in gaps]


def _silence(samples: int) -> Iterator[Piece]:
    while samples > 0:
        step = min(samples, RATE_HZ)
        yield Piece(*(SILENCE * step for _ in CHANNELS))
        samples -= step


def joined(marks: Sequence[Mark]) -> list[Mark]:
    """Marks that follow each other without a break are one."""
    found: list[Mark] = []
    for mark in marks:
        if found and found[-1].why == mark.why and abs(found[-1].end_s - mark.start_s) < 1 / RATE_HZ:
            left_out_s = found[-1].left_out_s + mark.left_out_s
            found[-1] = found[-1]._replace(end_s=mark.end_s, left_out_s=left_out_s)
        else:
            found.append(mark)
    return found
