"""Plays sounds into a leg's stream, a frame every 20 ms by the loop's timers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from civicline.voice.media import rtp
from civicline.voice.media.sound import Sound
from civicline.voice.media.stream import Frames

if TYPE_CHECKING:
    from civicline.voice.media.leg import Leg

GRID_S = 0.005
"""Sounds begin at multiples of this, so that the frames of many leave in one turn of the loop."""
LATE_S = 0.1
"""A stall longer than this is skipped over, not made up for by a burst."""

LOOPS = ("", "all", "last")


class Player:
    """`sounds` in order, `times` times (then `finished` is told), or for ever as `loop` says (LOOPS)."""

    def __init__(self, leg: Leg, play_id: str, sounds: Sequence[Sound], *, times: int, loop: str) -> None:
        self.play_id = play_id
        self.stopped = False
        self._leg = leg
        self._sounds = sounds
        self._times = times
        self._loop = loop
        self._track = 0
        self._frame = 0
        self._due = 0.0
        self._frames = Frames(leg.out)

    @property
    def duration_ms(self) -> int:
        """Of one pass; of all passes when it ends."""
        return sum(sound.duration_ms for sound in self._sounds) * (1 if self._loop else self._times)

    def begin(self) -> None:
        self._due = math.ceil(self._leg.means.loop.now / GRID_S) * GRID_S
        self._leg.means.loop.at(self._due, self.tick)

    def tick(self, now: float) -> None:
        """Send the frame that is due, and come back for the next."""
        if self.stopped:
            return
        law = self._leg.law
        on_time = now - self._due < LATE_S
        self._frames.send(self._sounds[self._track].frame(law, self._frame), law, now, on_time=on_time)
        self._frame += 1
        self._due = self._due + rtp.FRAME_S if on_time else now + rtp.FRAME_S
        if self._frame == self._sounds[self._track].frames and not self._next_track():
            self._end()
        else:
            self._leg.means.loop.at(self._due, self.tick)

    def _next_track(self) -> bool:
        """Go on to the next sound; False at the end of all."""
        self._frame = 0
        self._track += 1
        if self._track < len(self._sounds):
            return True
        if self._loop == "last":
            self._track -= 1
            return True
        self._track = 0
        self._times -= 1
        return self._loop == "all" or self._times > 0

    def _end(self) -> None:
        leg = self._leg
        leg.play(None)
        leg.means.events.finished(leg.call_id, leg.tag, self.play_id)


def play(leg: Leg, play_id: str, sounds: Sequence[Sound], *, times: int, loop: str) -> int:
    """Begin, in place of what is playing, or as soon as the leg is sent to; gives the duration in ms. The same play is
    not begun twice."""
    player = Player(leg, play_id, sounds, times=times, loop=loop)
    if play_id != leg.last_play:
        leg.last_play = play_id
        leg.play(player)
        if not leg.waits:
            player.begin()
    return player.duration_ms
