"""One thread, one epoll, one heap of timers. A handler gets the time (monotonic, seconds) and must not wait.

One that fails is told of in the log, by kind and place; the calls of all others go on.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import select
import time
from collections.abc import Callable
from typing import TypeAlias

from civicline.voice.rarely import Rarely, kind_and_place

rarely = Rarely(logging.getLogger(__name__))

Handler: TypeAlias = Callable[[float], None]

EVENTS_A_TURN = 256  # so that timers are looked at every few milliseconds under full load


class Loop:
    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.handlers: dict[int, Handler] = {}
        self._timers: list[tuple[float, int, Handler]] = []
        self._count = itertools.count()
        self._running = False
        self.now = time.monotonic()

    def watch(self, fd: int, handler: Handler) -> None:
        self.handlers[fd] = handler
        self._epoll.register(fd, select.EPOLLIN)

    def forget(self, fd: int) -> None:
        del self.handlers[fd]
        self._epoll.unregister(fd)

    def at(self, due: float, handler: Handler) -> None:
        heapq.heappush(self._timers, (due, next(self._count), handler))

    def stop(self) -> None:
        self._running = False

    def run(self) -> None:
        """Turn until stopped."""
        self._running = True
        while self._running:
            self._turn()

    def close(self) -> None:
        self._epoll.close()

    def _turn(self) -> None:
        handlers = self.handlers
        ready = self._epoll.poll(self._pause_s(), EVENTS_A_TURN)
        now = self.now = time.monotonic()
        for fd, _ in ready:
            handler = handlers.get(fd)  # None: closed by an earlier handler of this turn
            if handler is not None:
                _guarded(handler, now)
        timers = self._timers
        while timers and timers[0][0] <= now:
            _guarded(heapq.heappop(timers)[2], now)

    def _pause_s(self) -> float:
        if not self._timers:
            return 1.0
        wait = self._timers[0][0] - time.monotonic()
        return max(0.0, math.ceil(wait * 1000) / 1000)


def _guarded(handler: Handler, now: float) -> None:
    try:
        handler(now)
    except Exception as error:
        rarely.warning(f"media: a call's packet or timer was dropped: {kind_and_place(error)}")
