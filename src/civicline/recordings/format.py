"""One segment of a recording on disk: a header, then a sealed record for each channel and second, and one for the end.

Bytes in, bytes out; no files. docs/explanation/recording.md draws the format. A record's channel, index and start lie
beside its ciphertext and are its associated data, with the recording and the segment: it opens in its own place only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from civicline.people.keyset import ContactKey, KeysetError
from civicline.recordings.errors import RecordingError

MAGIC = b"CIVREC1\n"
HEADER = struct.Struct("!8s16s8sQ")
RECORD = struct.Struct("!BIQI")
CHUNK = struct.Struct("!HB")
GAP = struct.Struct("!HHB")
CALLER, OURS, END = 0, 1, 255
CHANNELS = (CALLER, OURS)
NAMES = {CALLER: "caller's", OURS: "representative's"}
RATE_HZ = 8000
SECOND_MS = 1000
SILENCE = b"\xff"
"""Of µ-law."""
PAUSED, LOST = 1, 2
WHY = {PAUSED: "paused", LOST: "lost"}
"""Why there is a gap: the representative paused; the writer was too far behind."""
RECORD_MAX = 1 << 16


class Gap(NamedTuple):
    """From and until, in samples since the second's start."""

    start: int
    end: int
    why: int = PAUSED


class Chunk(NamedTuple):
    """Up to a second of one channel in G.711 µ-law."""

    audio: bytes
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """`start_ms`: milliseconds since 1970, UTC, of the segment's first sample; 0 where its writer died before it."""

    recording: str
    segment: str
    start_ms: int

    def pack(self) -> bytes:
        return HEADER.pack(MAGIC, bytes.fromhex(self.recording), bytes.fromhex(self.segment), self.start_ms)


class Record(NamedTuple):
    channel: int
    second: int
    start_ms: int
    ciphertext: bytes


def owner(recording: str) -> str:
    """What a recording's key is bound to."""
    return f"recording {recording}"


def _name(header: Header, channel: int, index: int, start_ms: int) -> str:
    return f"{header.segment} {header.start_ms} {channel} {index} {start_ms}"


def seal(key: ContactKey, header: Header, channel: int, index: int, chunk: Chunk) -> bytes:
    """One record. The end's index is the number of seconds before it."""
    start_ms = header.start_ms + index * SECOND_MS
    plain = CHUNK.pack(len(chunk.audio), len(chunk.gaps)) + b"".join(GAP.pack(*gap) for gap in chunk.gaps)
    sealed = key.seal(_name(header, channel, index, start_ms), plain + chunk.audio)
    return RECORD.pack(channel, index, start_ms, len(sealed)) + sealed


def seal_end(key: ContactKey, header: Header, seconds: int) -> bytes:
    return seal(key, header, END, seconds, Chunk(b""))


def opened(key: ContactKey, header: Header, record: Record) -> Chunk:
    """Raises RecordingError, which names the second."""
    try:
        plain = key.open(_name(header, record.channel, record.second, record.start_ms), record.ciphertext)
    except KeysetError as error:
        raise RecordingError(f"{where(header, record.channel, record.second)} was changed or swapped") from error
    size, count = CHUNK.unpack_from(plain)
    body = CHUNK.size + count * GAP.size
    gaps = tuple(Gap(*GAP.unpack_from(plain, CHUNK.size + number * GAP.size)) for number in range(count))
    return Chunk(plain[body : body + size], gaps)


def where(header: Header, channel: int, index: int) -> str:
    part = "the end record" if channel == END else f"second {index} of the {NAMES.get(channel, 'unknown')} channel"
    return f"recording {header.recording}, segment {header.segment}: {part}"


@dataclass(frozen=True)
class Segment:
    """The records of a segment in their places. `whole`: it was ended in order; else its writer died."""

    header: Header
    records: tuple[Record, ...]
    end: Record | None

    @property
    def began(self) -> bool:
        return self.header.start_ms > 0

    @property
    def whole(self) -> bool:
        return self.end is not None

    @property
    def seconds(self) -> int:
        return len(self.records) // len(CHANNELS)


def parse(data: bytes, name: str) -> Segment:
    """A file's bytes; what a killed writer left half written at the end is passed over, be it the header. Raises
    RecordingError for what is missing or out of its place; nothing is opened."""
    header = _header(data, name)
    found = list(_records(data))
    end = found.pop() if found and found[-1].channel == END else None
    if end is None and len(found) % len(CHANNELS):
        found.pop()
    _check_order(header, found)
    if end is not None and end.second * len(CHANNELS) != len(found):
        lost = min(divmod(len(found), len(CHANNELS)), (end.second, 0))
        raise RecordingError(f"{where(header, lost[1], lost[0])} is missing")
    return Segment(header, tuple(found), end)


def _header(data: bytes, name: str) -> Header:
    if len(data) < HEADER.size:
        recording, _, segment = name.partition("-")
        return Header(recording, segment, 0)
    if data[: len(MAGIC)] != MAGIC:
        raise RecordingError(f"{name} is no recording of Civicline's")
    _, recording, segment, start_ms = HEADER.unpack_from(data)
    header = Header(recording.hex(), segment.hex(), start_ms)
    if name != f"{header.recording}-{header.segment}":
        raise RecordingError(f"{name} holds another recording: {header.recording}-{header.segment}")
    return header


def _records(data: bytes) -> Iterator[Record]:
    at = HEADER.size
    while at + RECORD.size <= len(data):
        channel, index, start_ms, size = RECORD.unpack_from(data, at)
        at += RECORD.size
        if at + size > len(data):
            return
        yield Record(channel, index, start_ms, data[at : at + size])
        at += size


def _check_order(header: Header, found: list[Record]) -> None:
    present = {(record.second, record.channel) for record in found}
    for number, record in enumerate(found):
        wanted = divmod(number, len(CHANNELS))
        if (record.second, record.channel) == wanted:
            continue
        what = "is not in its place: it was swapped" if wanted in present else "is missing"
        raise RecordingError(f"{where(header, wanted[1], wanted[0])} {what}")
