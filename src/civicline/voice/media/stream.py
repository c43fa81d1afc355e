"""What a leg hears: one outgoing RTP stream with one SSRC, whoever fills it, player or other party.

Packets lie in one buffer for the whole process: a packet is received into it, its header is rewritten in place, and it
is sent from there.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from civicline.voice.media import rtp
from civicline.voice.media.g711 import TRANSCODE
from civicline.voice.media.sdp import LAWS

Send: TypeAlias = Callable[[memoryview], object]

MAX_PACKET = 2048
BUFFER = bytearray(MAX_PACKET)
PACKETS = [memoryview(BUFFER)[:size] for size in range(MAX_PACKET + 1)]
"""`PACKETS[size]` is the packet that was received: made before, since slicing costs."""

PACKETS_A_S = rtp.CLOCK_HZ // rtp.FRAME_SAMPLES

_unpack = rtp.HEADER.unpack_from
_pack_into = rtp.HEADER.pack_into
_HEADER = rtp.HEADER.size


def nowhere(_: memoryview) -> None:
    """The way of packets for a leg that is to hear nothing."""


class Outgoing:
    """Sequence number and timestamp of the last packet sent, which the next one follows.

    They begin by chance for whoever does not know the `name` (RFC 3550 section 5.1), and go on with the machine's
    clock `now`: so the stream of a process that was killed is followed by one with later numbers. baresip 1.0 takes
    earlier ones for packets that are late and plays nothing, new SSRC or not, where its buffer happens to be empty.
    """

    __slots__ = ("at", "filler", "send", "sent", "seq", "ssrc", "ts")

    def __init__(self, name: str, now: float) -> None:
        self.ssrc = secrets.randbits(32)
        seq, ts = struct.unpack_from(">HI", hashlib.sha256(name.encode()).digest())
        self.seq = (seq + round(now * PACKETS_A_S)) & rtp.U16
        self.ts = (ts + round(now * rtp.CLOCK_HZ)) & rtp.U32
        self.at: float | None = None
        self.sent = 0
        self.send: Send = nowhere
        self.filler: object = None

    def follow(self, now: float) -> tuple[int, int]:
        """Sequence number and timestamp for a packet at `now`: time that passed in silence counts."""
        silent = rtp.FRAME_SAMPLES if self.at is None else round((now - self.at) * rtp.CLOCK_HZ)
        return (self.seq + 1) & rtp.U16, (self.ts + max(rtp.FRAME_SAMPLES, silent)) & rtp.U32


class Frames:
    """Sends frames of 20 ms that are made here into a leg's stream."""

    __slots__ = ("_out", "_packet", "_view")

    def __init__(self, out: Outgoing) -> None:
        self._out = out
        self._packet = bytearray(_HEADER + rtp.FRAME_SAMPLES)
        self._view = memoryview(self._packet)

    def send(self, frame: bytes, law: int, now: float, *, on_time: bool) -> memoryview:
        """`on_time`: it follows the frame before it, if that was ours. Gives the packet; the next one overwrites it."""
        out = self._out
        kind = law
        if out.filler is self and on_time:
            out.seq, out.ts = (out.seq + 1) & rtp.U16, (out.ts + rtp.FRAME_SAMPLES) & rtp.U32
        else:
            out.seq, out.ts = out.follow(now)
            out.filler = self
            kind |= rtp.MARKER
        out.at = now
        out.sent += 1
        _pack_into(self._packet, 0, rtp.VERSION_2, kind, out.seq, out.ts, out.ssrc)
        self._packet[_HEADER:] = frame
        with suppress(OSError):  # a lost packet: the port at the other side is closed, or the buffer full
            out.send(self._view)
        return self._view


class Relay:
    """Carries one leg's packets into another leg's stream."""

    __slots__ = ("_law", "_out", "_seq_shift", "_ssrc", "_tables", "_ts_shift")

    def __init__(self, out: Outgoing, law: int) -> None:
        self._out = out
        self._law = law
        self._tables = {source: TRANSCODE.get((source, law)) for source in LAWS}
        self._ssrc = -1
        self._seq_shift = 0
        self._ts_shift = 0

    def forward(self, size: int, now: float) -> None:
        """Send on the audio packet in BUFFER: the hot path."""
        _, kind, seq, ts, ssrc = _unpack(BUFFER)
        out = self._out
        law = self._law
        if ssrc != self._ssrc or out.filler is not self:
            self._align(seq, ts, ssrc, now)
            kind |= rtp.MARKER
        out.seq = seq = (seq + self._seq_shift) & 0xFFFF
        out.ts = ts = (ts + self._ts_shift) & 0xFFFFFFFF
        out.at = now
        if kind & 0x7F != law:
            table = self._tables[kind & 0x7F]
            BUFFER[_HEADER:size] = BUFFER[_HEADER:size].translate(table)
        _pack_into(BUFFER, 0, 0x80, kind & 0x80 | law, seq, ts, out.ssrc)
        out.sent += 1
        try:
            out.send(PACKETS[size])
        except OSError:  # a full buffer, or the other side's port is closed: a lost packet
            return

    def skip(self) -> None:
        """A packet was kept back (a digit): close the gap in the numbers, so it does not count as loss."""
        self._seq_shift -= 1

    def _align(self, seq: int, ts: int, ssrc: int, now: float) -> None:
        next_seq, next_ts = self._out.follow(now)
        self._seq_shift, self._ts_shift = next_seq - seq, next_ts - ts
        self._ssrc, self._out.filler = ssrc, self


def straighten(size: int) -> int:
    """Remove contributing sources, extension and padding from the packet in BUFFER; gives its new size, or 0."""
    packet = PACKETS[size]
    start = rtp.payload_offset(packet)
    if start < 0:
        return 0
    end = rtp.payload_end(packet, start)
    BUFFER[_HEADER : _HEADER + end - start] = bytes(packet[start:end])
    BUFFER[0] = rtp.VERSION_2
    return _HEADER + end - start
