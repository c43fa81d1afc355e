"""RTP headers (RFC 3550 section 5.1) and telephone events (RFC 4733 section 2.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

VERSION_2 = 0x80
MARKER = 0x80
HEADER = struct.Struct("!BBHII")
EVENT = struct.Struct("!BBH")
CLOCK_HZ = 8000
FRAME_SAMPLES = 160
FRAME_S = 0.020

U16 = 0xFFFF
U32 = 0xFFFFFFFF


def payload_offset(packet: memoryview | bytes) -> int:
    """Where the payload begins: after contributing sources and extension. -1 for what is no RTP packet."""
    if len(packet) < HEADER.size or packet[0] & 0xC0 != VERSION_2:
        return -1
    start = HEADER.size + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < start + 4:
            return -1
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    return start if start <= len(packet) else -1


def payload_end(packet: memoryview | bytes, start: int) -> int:
    """Where the payload ends, without padding."""
    if not packet[0] & 0x20 or len(packet) == start:
        return len(packet)
    return max(start, len(packet) - packet[-1])


@dataclass(frozen=True)
class Event:
    """One packet of a telephone event. `duration` is in samples since the event's timestamp."""

    digit: int
    end: bool
    duration: int


def event(payload: memoryview | bytes) -> Event | None:
    """Decode; None for what is too short or no DTMF digit (0 to 15)."""
    if len(payload) < EVENT.size:
        return None
    digit, flags, duration = EVENT.unpack_from(payload)
    return Event(digit, bool(flags & 0x80), duration) if digit <= 15 else None


def later(first: int, second: int) -> bool:
    """Whether the 32-bit timestamp `first` lies after `second`, around the wrap."""
    return 0 < (first - second) & U32 < 0x80000000
