"""A recording put together from its segments: seconds of both channels in time, and where sound is missing, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from civicline.people.keyset import ContactKey
from civicline.recordings import format
from civicline.recordings.errors import RecordingError
from civicline.recordings.format import CHANNELS, RATE_HZ, SECOND_MS, SILENCE, WHY, Chunk, Segment

CUT = "cut"


class Mark(NamedTuple):
    """Where sound is missing: from and until, in seconds after the recording's start."""

    start_s: float
    end_s: float
    why: str


class Piece(NamedTuple):
    """Both channels for the same time, in G.711 µ-law; caller, representative."""

    caller: bytes
    ours: bytes


@dataclass(frozen=True)
class Whole:
    """A recording, its segments in the order of their time."""

    segments: tuple[Segment, ...]
    key: ContactKey

    @property
    def start_ms(self) -> int:
        return self.segments[0].header.start_ms

    @property
    def cut(self) -> bool:
        return not all(segment.whole for segment in self.segments)

    def pieces(self, marks: list[Mark]) -> Iterator[Piece]:
        """Every second, opened, and silence between segments; fills `marks` on the way. Raises RecordingError."""
        written = 0
        for segment in self.segments:
            begins = (segment.header.start_ms - self.start_ms) * RATE_HZ // SECOND_MS
            if begins > written:
                marks.append(Mark(written / RATE_HZ, begins / RATE_HZ, CUT))
                yield from _silence(begins - written)
                written = begins
            for chunks in seconds(segment, self.key):
                marks += _marks(written, chunks)
                yield Piece(*(chunk.audio for chunk in chunks))
                written += len(chunks[0].audio)
        if not self.segments[-1].whole:
            marks.append(Mark(written / RATE_HZ, written / RATE_HZ, CUT))


def whole(paths: Sequence[Path], key: ContactKey) -> Whole:
    """Raises RecordingError."""
    if not paths:
        raise RecordingError("nothing of this recording is on disk")
    found = sorted((read(path) for path in paths), key=lambda segment: segment.header.start_ms)
    return Whole(tuple(found), key)


def read(path: Path) -> Segment:
    """Raises RecordingError."""
    try:
        return format.parse(path.read_bytes(), path.stem)
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
            found[-1] = found[-1]._replace(end_s=mark.end_s)
        else:
            found.append(mark)
    return found
