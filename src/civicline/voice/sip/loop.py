"""The loop: Sippy's timers, sockets and calls from other threads on one epoll, in one thread.

Sippy's own loop wakes by a 100 Hz clock and takes datagrams from six threads a socket. This one drives the
same timers (`ED2.dispatchTimers`) and waits in epoll instead: docs/decisions/0005 has the figures.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable

from sippy.Core.EventDispatcher import ED2
from sippy.Time.MonoTime import MonoTime
from sippy.Time.Timeout import Timeout

from civicline.voice.sip.api import Timer
from civicline.voice.sip.quick import hurry
from civicline.voice.sip.quiet import report

READABLE = select.EPOLLIN
LONGEST_WAIT_S = 1.0


class Loop:
    """Everything but `call_soon` and `stop` belongs to the thread that made the loop."""

    def __init__(self) -> None:
        hurry()
        ED2.my_ident = threading.get_ident()
        ED2.callFromThread = lambda fn, *args: self.call_soon(lambda: fn(*args))
        self._thread = ED2.my_ident
        self._poll = select.epoll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._soon: deque[Callable[[], None]] = deque()
        self._running = False
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.watch(self._wake, lambda: self._drain_wake())

    def call_soon(self, fn: Callable[[], None]) -> None:
        """Run `fn` on the loop. Any thread may call this."""
        self._soon.append(fn)
        if threading.get_ident() != self._thread:
            os.eventfd_write(self._wake, 1)

    def call_later(self, seconds: float, fn: Callable[[], None]) -> Timer:
        timer: Timer = Timeout(fn, seconds)
        return timer

    def watch(self, fd: int, on_readable: Callable[[], None]) -> None:
        """Call `on_readable` while `fd` has something to read or an error to fetch."""
        self._readers[fd] = on_readable
        self._poll.register(fd, READABLE)

    def unwatch(self, fd: int) -> None:
        del self._readers[fd]
        self._poll.unregister(fd)

    def run(self) -> None:
        """Serve until `stop`; on the main thread, signal handlers run between two rounds."""
        self._running = True
        while self._running:
            self._round()

    def stop(self) -> None:
        """Any thread, or a signal handler, may call this."""
        self._running = False
        os.eventfd_write(self._wake, 1)

    def _round(self) -> None:
        for fd, _ in self._poll.poll(self._wait_s()):
            reader = self._readers.get(fd)
            if reader:
                guarded(reader)
        for _ in range(len(self._soon)):
            guarded(self._soon.popleft())
        ED2.last_ts = MonoTime()
        ED2.dispatchTimers()
        if ED2.twasted * 2 > len(ED2.tlisteners):
            _forget_cancelled()

    def _wait_s(self) -> float:
        if self._soon:
            return 0.0
        if not ED2.tlisteners:
            return LONGEST_WAIT_S
        first = ED2.tlisteners[0]
        if first.cb_func is None:
            return 0.0
        return min(LONGEST_WAIT_S, max(0.0, float(first.etime - MonoTime())))

    def _drain_wake(self) -> None:
        os.eventfd_read(self._wake)


def guarded(fn: Callable[[], None]) -> None:
    """One faulty callback must not stop the process."""
    try:
        fn()
    except Exception as error:
        report("a callback of the loop failed", error)


def _forget_cancelled() -> None:
    ED2.tlisteners = sorted(timer for timer in ED2.tlisteners if timer.cb_func is not None)
    ED2.twasted = 0
