"""What is kept of one session: the caller's leg on one channel, whoever is bridged with it on the other.

This side runs on the loop and only gathers the packets that the other party hears, second by second; `writer` does the
rest. While it is paused nothing is gathered, not even in memory.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from civicline.people.keyset import ContactKey
from civicline.recordings.format import PAUSED, RATE_HZ, Gap, Header
from civicline.voice.media.channel import Heard
from civicline.voice.media.writer import Second, Segment, Writer, lost

if TYPE_CHECKING:
    from civicline.voice.media.leg import Leg

GRACE_S = 0.25
"""A second is written so long after its end, when late packets have come."""
TOGETHER_S = 0.02

Tap: TypeAlias = Callable[[Heard], None]


class Recording:
    def __init__(self, caller: Leg, writer: Writer, recording: str, key: ContactKey) -> None:
        self.id = recording
        self._caller = caller
        self._ours: Leg | None = None
        self._writer = writer
        self._loop = caller.means.loop
        self._began = self._loop.now
        self._heard: tuple[list[Heard], list[Heard]] = ([], [])
        self._seconds = 0
        self._pauses: list[tuple[float, float]] = []
        self._paused_at: float | None = None
        self._stopped = False
        failed = partial(caller.means.events.unrecorded, caller.call_id, recording)
        header = Header(recording, secrets.token_hex(8), round(time.time() * 1000))
        self._segment = Segment(header, key, self._began, failed)
        writer.do(partial(self._segment.open, writer.folder))
        caller.recording = self
        self.listen()
        self._next_tick()

    def listen(self) -> None:
        """Gather what the legs that are now each other's party hear; called again whenever that changes."""
        if self._ours is not None:
            self._ours.tap = None
        self._ours = self._caller.peer
        is_heard = any(other.receives for other in self._caller.others)
        self._caller.tap = self._heard[0].append if self._on and is_heard else None
        if self._ours is not None:
            self._ours.tap = self._heard[1].append if self._on and self._caller.receives else None

    def mixed(self, now: float, packet: memoryview) -> None:
        """What the caller hears of two others or more: both on the other side's channel."""
        if self._on and self._caller.receives:
            self._heard[1].append((now, packet.tobytes()))

    @property
    def _on(self) -> bool:
        return self._paused_at is None and not self._stopped

    @property
    def given_up(self) -> bool:
        """Its segment cannot be written any more."""
        return self._segment.given_up

    def pause(self) -> None:
        if self._paused_at is None:
            self._paused_at = self._loop.now - self._began
            self.listen()

    def resume(self) -> None:
        if self._paused_at is not None:
            self._pauses.append((self._paused_at, self._loop.now - self._began))
            self._paused_at = None
            self.listen()

    def stop(self, discard: bool = False) -> None:
        """Hand over what is left; or let nothing stay of it."""
        if self._stopped:
            return
        self._stopped = True
        self.listen()
        self._caller.recording = None
        if discard:
            self._writer.do(self._segment.discard)
            return
        lasted = self._loop.now - self._began
        while self._seconds + 1 <= lasted:
            self._hand_over(RATE_HZ)
        rest = round((lasted - self._seconds) * RATE_HZ)
        if rest > 0:
            self._hand_over(rest)
        self._writer.do(self._segment.end)

    def _tick(self, now: float) -> None:
        if self._stopped:
            return
        while now - self._began >= self._seconds + 1 + GRACE_S:
            self._hand_over(RATE_HZ)
        self._next_tick()

    def _next_tick(self) -> None:
        """At a full `TOGETHER_S`, so that several calls' seconds wake the writer once."""
        due = self._began + self._seconds + 1 + GRACE_S
        self._loop.at(math.ceil(due / TOGETHER_S) * TOGETHER_S, self._tick)

    def _hand_over(self, samples: int) -> None:
        heard = self._heard[0].copy(), self._heard[1].copy()
        for each in self._heard:
            each.clear()
        second = lost(samples) if self._writer.behind else Second(heard, self._gaps(samples), samples)
        self._seconds += 1
        self._writer.do(partial(self._segment.write, second))

    def _gaps(self, samples: int) -> tuple[Gap, ...]:
        """The pauses that fall into the second that is handed over."""
        first = self._seconds
        self._pauses = [pause for pause in self._pauses if pause[1] > first]
        pauses = [*self._pauses, *([] if self._paused_at is None else [(self._paused_at, float("inf"))])]
        cut = ((_sample(start - first, samples), _sample(end - first, samples)) for start, end in pauses)
        return tuple(Gap(start, end, PAUSED) for start, end in cut if start < end)


def _sample(offset_s: float, most: int) -> int:
    return round(min(max(offset_s, 0.0) * RATE_HZ, most))
