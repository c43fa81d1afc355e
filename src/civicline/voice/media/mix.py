"""Three or more parties who hear each other: what each says is added up for the others, 20 ms at a time.

Only for such calls: two parties are relayed packet by packet (stream.py). Each party's packets fill a queue of G.711
bytes; every 20 ms the mix takes a frame from each, as 16-bit samples, and sends to each the sum of the others, cut at
full scale. A party whose packets are late is silent for that frame; one who sends faster than the clock loses what lies
too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from civicline.voice.media import g711, rtp
from civicline.voice.media.player import LATE_S
from civicline.voice.media.stream import BUFFER, Frames

if TYPE_CHECKING:
    from civicline.voice.media.leg import Leg

BEGIN_BYTES = 2 * rtp.FRAME_SAMPLES
"""A party is heard once so much of theirs has come: packets arrive unevenly."""
MOST_BYTES = 6 * rtp.FRAME_SAMPLES


class Input:
    """What one party said and nobody has heard yet. Stands where a `Relay` stands between two."""

    __slots__ = ("_begun", "_heard", "_law")

    def __init__(self) -> None:
        self._heard = bytearray()
        self._law = -1
        self._begun = False

    def forward(self, size: int, now: float) -> None:
        """Keep the audio packet in BUFFER."""
        law = BUFFER[1] & 0x7F
        if law != self._law:
            self._law = law
            self._heard.clear()
        self._heard += BUFFER[rtp.HEADER.size : size]
        if len(self._heard) > MOST_BYTES:
            del self._heard[:-BEGIN_BYTES]
        self._begun = self._begun or len(self._heard) >= BEGIN_BYTES

    def skip(self) -> None:
        """A digit was kept back: nothing to close up here."""

    def take(self) -> g711.Samples | None:
        """The next frame; None while there is none."""
        if not self._begun or len(self._heard) < rtp.FRAME_SAMPLES:
            self._begun = False
            return None
        frame = bytes(self._heard[: rtp.FRAME_SAMPLES])
        del self._heard[: rtp.FRAME_SAMPLES]
        return g711.decode(frame, self._law)


class Mix:
    def __init__(self, legs: list[Leg]) -> None:
        self.inputs: dict[Leg, Input] = {}
        self._frames: dict[Leg, Frames] = {}
        self._loop = legs[0].means.loop
        self._due = self._loop.now
        for leg in legs:
            leg.link(None)
            leg.stop()
            self.inputs[leg], self._frames[leg] = Input(), Frames(leg.out)
            leg.mix = self
        for leg in legs:
            leg.rewire()
        self._loop.at(self._due, self._tick)

    def leave(self, leg: Leg) -> None:
        """The last but one ends it."""
        for one in [leg] if len(self.inputs) > 2 else list(self.inputs):
            del self.inputs[one], self._frames[one]
            one.mix = None
            one.rewire()

    def _tick(self, now: float) -> None:
        if not self.inputs:
            return
        said = {leg: each.take() for leg, each in self.inputs.items()}
        total = np.zeros(rtp.FRAME_SAMPLES, dtype=np.int32)
        for frame in said.values():
            if frame is not None:
                total += frame
        on_time = now - self._due < LATE_S
        for leg, own in said.items():
            if leg.player is None:
                others = total if own is None else total - own
                heard = np.clip(others, -32768, 32767).astype(np.int16)
                packet = self._frames[leg].send(g711.encode(heard, leg.law), leg.law, now, on_time=on_time)
                if leg.recording is not None:
                    leg.recording.mixed(now, packet)
        self._due = self._due + rtp.FRAME_S if on_time else now + rtp.FRAME_S
        self._loop.at(self._due, self._tick)
