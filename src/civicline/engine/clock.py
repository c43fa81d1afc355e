"""The engine's time: the database's clock, which stamps the journal, carried on by this machine's own count of seconds.

The journal's stamps never go back: a database whose clock is set back by an hour stamps the same time for an hour. Were
that the engine's time, no telephone would ring out and no wrap-up end all that while. So our own count goes on, at half
the speed, until the clock has caught up: what was to take 20 s takes 40, and after twice the step all is as before.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SET_BACK_S = 1.0
"""A database that is behind by more was set back; less is drift, and followed."""
SLOW = 0.5
CHECK_EVERY_S = 10.0
SURE_S = 0.5
"""An answer that took longer says too little of the time."""


class Clock:
    """`database` gives the database's time, seconds since 1970, UTC."""

    def __init__(self, database: Callable[[], float], seconds: Callable[[], float] = time.monotonic) -> None:
        self._database, self._seconds = database, seconds
        self._set(database(), 1.0)
        self._checked = self._since

    def now(self) -> float:
        return self._at + (self._seconds() - self._since) * self._speed

    def stamped(self, at: float) -> None:
        """A row was stamped `at`: we are not behind."""
        if at > self.now():
            self._set(at, self._speed)

    def look(self) -> None:
        """At the database's own clock, every now and then. Call it often."""
        if self._seconds() - self._checked <= CHECK_EVERY_S:
            return
        began = self._seconds()
        at = self._database()
        if self._seconds() - began > SURE_S:
            return
        self._checked = self._seconds()
        now = self.now()
        if now - at > SET_BACK_S:
            self._set(now, SLOW)
        else:
            self._set(at, 1.0)

    def _set(self, at: float, speed: float) -> None:
        self._at, self._since, self._speed = at, self._seconds(), speed
