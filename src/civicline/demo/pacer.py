"""The 20 ms of all calls of a process, on the loop that its signalling runs on."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from civicline.demo.talker import Talker
from civicline.voice.media.rtp import FRAME_S
from civicline.voice.sip.api import Timer

Later = Callable[[float, Callable[[], None]], Timer]
LATEST_S = 0.5
"""A process that was held up longer than this leaves the sound out that it missed."""


class Pacer:
    """`each(talker)` is called after every 20 ms of that talker."""

    def __init__(self, later: Later) -> None:
        self._later = later
        self._poll = select.epoll()
        self._talkers: dict[int, tuple[Talker, Callable[[], None]]] = {}
        self._next = time.monotonic()
        self._tick()

    def add(self, talker: Talker, each: Callable[[], None]) -> None:
        self._talkers[talker.fileno()] = (talker, each)
        self._poll.register(talker.fileno(), select.EPOLLIN)

    def remove(self, talker: Talker) -> None:
        """Also closes it."""
        if self._talkers.pop(talker.fileno(), None) is not None:
            self._poll.unregister(talker.fileno())
            talker.close()

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._next > LATEST_S:
            self._next = now
        while self._next <= now:
            self._next += FRAME_S
            self._round()
        self._later(max(0.0, self._next - time.monotonic()), self._tick)

    def _round(self) -> None:
        for fd, _ in self._poll.poll(0, max(1, len(self._talkers))):
            if fd in self._talkers:
                self._talkers[fd][0].listen()
        for talker, each in list(self._talkers.values()):
            talker.tick()
            each()
