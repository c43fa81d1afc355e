"""One side of a talk, lined up: packets in, seconds of G.711 µ-law out.

A packet's place follows from its RTP timestamp, so jitter is not heard; a new source, or a timestamp that is more than
`SKEW` away from the packet's arrival, is placed by arrival. What comes after its second was taken is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from civicline.recordings.format import RATE_HZ, SILENCE
from civicline.voice.media.g711 import TRANSCODE
from civicline.voice.media.rtp import FRAME_SAMPLES, HEADER, U32
from civicline.voice.media.sdp import PCMA, PCMU

Heard: TypeAlias = tuple[float, bytes]
"""When a packet came (seconds, the loop's clock), and the packet with a plain header of 12 bytes."""

SKEW = RATE_HZ // 2
AHEAD = 10 * RATE_HZ
"""More than the loop can fall behind: what lies further ahead is a fault of the source's."""

FRAME = np.dtype(
    [("bits", "u1"), ("kind", "u1"), ("seq", ">u2"), ("ts", ">u4"), ("ssrc", ">u4"), ("sound", f"V{FRAME_SAMPLES}")]
)
"""A packet of 20 ms, as nearly all are."""

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

    def put(self, packets: Sequence[Heard]) -> None:
        frames = _unbroken(packets)
        if frames is None:
            for now, packet in packets:
                _, kind, _, ts, ssrc = _unpack(packet)
                self._one(now, kind, ts, ssrc, packet[_HEADER:], FRAME_SAMPLES)
            return
        first = frames[0]
        sound = frames["sound"].tobytes()
        self._one(packets[0][0], int(first["kind"]), int(first["ts"]), int(first["ssrc"]), sound, FRAME_SAMPLES)

    def _one(self, now: float, kind: int, ts: int, ssrc: int, sound: bytes, arrived_with: int) -> None:
        """Sound that begins at `ts`, of whose first `arrived_with` samples the last were spoken at `now`."""
        arrived = round((now - self._began) * RATE_HZ) - arrived_with
        at = self._at + ((ts - self._ts + 0x80000000) & U32) - 0x80000000
        if ssrc != self._ssrc or not -SKEW < at - arrived < SKEW:
            at = arrived
        self._ssrc, self._ts, self._at = ssrc, ts, at
        self._place(at - self._base, sound.translate(_TO_ULAW) if kind & 0x7F == PCMA else sound)

    def _place(self, at: int, sound: bytes) -> None:
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


def _unbroken(packets: Sequence[Heard]) -> Any:
    """The packets as an array where they are of 20 ms each, of one source, and follow each other; else None. Almost
    always so, and then they are placed together: ten times as fast as one by one."""
    joined = b"".join([packet for _, packet in packets])
    if not packets or len(joined) != len(packets) * FRAME.itemsize:
        return None
    frames = np.frombuffer(joined, dtype=FRAME)
    steps = np.diff(frames["ts"].astype(np.int64))
    same = (frames["ssrc"] == frames["ssrc"][0]).all() and (frames["kind"] & 0x7F == frames["kind"][0] & 0x7F).all()
    return frames if same and (steps == FRAME_SAMPLES).all() else None
