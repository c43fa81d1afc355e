"""Follow the journal: the table holds the truth, notifications bring what is new.

Positions are gapless and in commit order, so "everything after the last one seen" misses nothing and repeats nothing,
also over a lost connection. After a look into the table that came to its end, notifications are enough.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg

from civicline.journal.announced import heard, listen, listen_async, rows
from civicline.journal.connect import connect, connect_async, pause_s
from civicline.journal.event import Event
from civicline.journal.read import END, Part, events

BATCH = 500
"""Events read at once."""
LOOK_S = 5.0
"""A reader that heard nothing for so long looks into the table: so a cut connection is noticed."""

_log = logging.getLogger(__name__)


class Follower:
    """Reads on from a position; one thread at a time. Reconnects by itself."""

    def __init__(self, url: str, after: int = 0, part: Part = Part.ALL, rest_s: float = 0.0) -> None:
        """`part`: who needs only facts, or only requests, is not woken for the other half.
        `rest_s`: the least time between two lists of events; what comes meanwhile is given together. For readers whom
        some milliseconds do not matter, and whose work costs less when done at once."""
        self.after = after
        """Position of the last event handed out."""
        self._rest_s = rest_s
        self._url = url
        self._part = part
        self._conn: psycopg.Connection[Any] | None = None
        self._drained = False
        self._lost = 0
        self._retry_at = 0.0
        self._looked_at = 0.0
        self._gave_at = 0.0

    @property
    def connected(self) -> bool:
        return self._conn is not None

    def read(self, timeout: float) -> list[Event]:
        """The next events in order; [] when none came within `timeout` seconds, or the database is away."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                found = self._next(deadline)
            except psycopg.OperationalError:
                self._drop()
                found = []
            if found or time.monotonic() >= deadline:
                return found

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _next(self, deadline: float) -> list[Event]:
        conn = self._conn or self._connect(deadline)
        if conn is None:
            return []
        found = self._hear(conn, min(deadline, self._looked_at + LOOK_S)) if self._drained else None
        if found is None:
            found = self._look(conn)
        if found:
            self.after, self._gave_at = found[-1].position, time.monotonic()
        return found

    def _hear(self, conn: psycopg.Connection[Any], until: float) -> list[Event] | None:
        """What is announced; None when the table must be looked into."""
        said = heard(conn, until - time.monotonic())
        if not said:
            return None if time.monotonic() >= self._looked_at + LOOK_S else []
        rest_s = self._gave_at + self._rest_s - time.monotonic()
        if rest_s > 0:
            time.sleep(rest_s)
            said += heard(conn, 0)
        return rows(said, self.after)

    def _look(self, conn: psycopg.Connection[Any]) -> list[Event]:
        found = events(conn.execute(self._part.after, (self.after, END, BATCH)))
        self._drained = len(found) < BATCH
        self._looked_at = time.monotonic()
        return found

    def _connect(self, deadline: float) -> psycopg.Connection[Any] | None:
        now = time.monotonic()
        if self._retry_at > now:
            time.sleep(max(0.0, min(self._retry_at, deadline) - now))
            if self._retry_at > time.monotonic():
                return None
        conn = connect(self._url, "follower")
        try:
            listen(conn, self._part)
        except BaseException:
            conn.close()
            raise
        self._conn, self._lost, self._drained = conn, 0, False
        return conn

    def _drop(self) -> None:
        if self._lost == 0:
            _log.warning("the database is away: the reader after %d reconnects", self.after)
        self.close()
        self._lost += 1
        self._retry_at = time.monotonic() + pause_s(self._lost)


async def follow_async(url: str, after: int = 0, part: Part = Part.ALL) -> AsyncIterator[list[Event]]:
    """Lists of events for ever, in order; reconnects by itself. Never an empty list."""
    lost = 0
    while True:
        try:
            async with await connect_async(url, "follower") as conn:
                await listen_async(conn, part)
                while True:
                    found = events(await (await conn.execute(part.after, (after, END, BATCH))).fetchall())
                    lost = 0
                    if found:
                        after = found[-1].position
                        yield found
                    if len(found) < BATCH:
                        await _heard_async(conn)
        except psycopg.OperationalError:
            lost += 1
            await asyncio.sleep(pause_s(lost))


async def _heard_async(conn: psycopg.AsyncConnection[Any]) -> None:
    async for _ in conn.notifies(timeout=LOOK_S, stop_after=1):
        pass
