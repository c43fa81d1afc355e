"""One side of a talk, lined up: packets in, seconds of G.711 µ-law out.

A packet's place follows from its RTP timestamp, so jitter is not heard; a new source, or a timestamp that is more than
`SKEW` away from the packet's arrival, is placed by arrival. What comes after its second was taken is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from civicline.recordings.format import RATE_HZ, SILENCE
from civicline.voice.media.g711 import TRANSCODE
from civicline.voice.media.rtp import HEADER, U32
from civicline.voice.media.sdp import PCMA, PCMU

Heard: TypeAlias = "tuple[float, bytes | bytearray]"
"""When a packet came (seconds, the loop's clock), and the packet with a plain header of 12 bytes."""

SKEW = RATE_HZ // 2
AHEAD = 10 * RATE_HZ
"""More than the loop can fall behind: what lies further ahead is a fault of the source's."""

_unpack = HEADER.unpack_from
_HEADER = HEADER.size
_TO_ULAW = TRANSCODE[PCMA, PCMU]


class Channel:
    def __init__(self, began: float) -> None:
        self._began = began
        self._samples = bytearray(SILENCE * RATE_HZ)
        self._base = 0
        self._ssrc = -1
        self._ts = 0
        self._at = 0

    def put(self, packets: Iterable[Heard]) -> None:
        for now, packet in packets:
            _, kind, _, ts, ssrc = _unpack(packet)
            sound = packet[_HEADER:]
            arrived = round((now - self._began) * RATE_HZ) - len(sound)
            at = self._at + ((ts - self._ts + 0x80000000) & U32) - 0x80000000
            if ssrc != self._ssrc or not -SKEW < at - arrived < SKEW:
                at = arrived
            self._ssrc, self._ts, self._at = ssrc, ts, at
            self._place(at - self._base, sound.translate(_TO_ULAW) if kind & 0x7F == PCMA else sound)

    def _place(self, at: int, sound: bytes | bytearray) -> None:
        if at < 0:
            sound, at = sound[-at:], 0
        end = at + len(sound)
        if end > AHEAD:
            return
        if end > len(self._samples):
            self._samples += SILENCE * (end - len(self._samples))
        self._samples[at:end] = sound

    def take(self, samples: int) -> bytes:
        """The next so many samples; what was not heard is silence."""
        taken = bytes(self._samples[:samples]).ljust(samples, SILENCE)
        del self._samples[:samples]
        self._base += samples
        return taken
