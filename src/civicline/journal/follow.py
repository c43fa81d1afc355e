"""Follow the journal: LISTEN wakes the reader, the table holds the truth.

Positions are gapless and in commit order, so "everything after the last one seen" misses nothing and repeats nothing,
also over a lost connection.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from psycopg import sql

from civicline.journal.connect import connect, connect_async, pause_s
from civicline.journal.event import Event
from civicline.journal.read import AFTER, END, events

CHANNEL = "civicline_journal"
BATCH = 500
"""Events read at once."""
LOOK_S = 5.0
"""A reader that heard nothing for so long looks into the table: so a cut connection is noticed."""

_log = logging.getLogger(__name__)


def _listen(channel: str) -> sql.Composed:
    return sql.SQL("LISTEN {}").format(sql.Identifier(channel))


class Follower:
    """Reads on from a position; one thread at a time. Reconnects by itself."""

    def __init__(self, url: str, after: int = 0, channel: str = CHANNEL, rest_s: float = 0.0) -> None:
        """`rest_s`: the least time between two looks into the table; what comes meanwhile is read together. For readers
        whom some milliseconds do not matter: each look costs the database and the reader about 0.3 ms."""
        self.after = after
        """Position of the last event handed out."""
        self._rest_s = rest_s
        self._url = url
        self._channel = channel
        self._conn: psycopg.Connection[Any] | None = None
        self._drained = False
        self._lost = 0
        self._retry_at = 0.0
        self._looked_at = 0.0

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

    def known(self, first: int, last: int) -> None:
        """The reader itself has appended these positions: they need not be read when nothing is before them."""
        if self.after == first - 1:
            self.after = last

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _next(self, deadline: float) -> list[Event]:
        conn = self._conn or self._connect(deadline)
        if conn is None or not self._worth_a_look(conn, deadline):
            return []
        time.sleep(max(0.0, self._looked_at + self._rest_s - time.monotonic()))
        found = events(conn.execute(AFTER, (self.after, END, BATCH)))
        self._drained = len(found) < BATCH
        self._looked_at = time.monotonic()
        if found:
            self.after = found[-1].position
        return found

    def _worth_a_look(self, conn: psycopg.Connection[Any], deadline: float) -> bool:
        look_at = self._looked_at + LOOK_S
        if not self._drained:
            return True
        return _heard(conn, min(deadline, look_at) - time.monotonic()) or time.monotonic() >= look_at

    def _connect(self, deadline: float) -> psycopg.Connection[Any] | None:
        now = time.monotonic()
        if self._retry_at > now:
            time.sleep(max(0.0, min(self._retry_at, deadline) - now))
            if self._retry_at > time.monotonic():
                return None
        conn = connect(self._url, "follower")
        try:
            conn.execute(_listen(self._channel))
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


def _heard(conn: psycopg.Connection[Any], timeout_s: float) -> bool:
    """Whether something was announced within `timeout_s`; takes all that was."""
    return len(list(conn.notifies(timeout=max(0.0, timeout_s), stop_after=1))) > 0


async def follow_async(url: str, after: int = 0, channel: str = CHANNEL) -> AsyncIterator[list[Event]]:
    """Lists of events for ever, in order; reconnects by itself. Never an empty list."""
    lost = 0
    while True:
        try:
            async with await connect_async(url, "follower") as conn:
                await conn.execute(_listen(channel))
                while True:
                    found = events(await (await conn.execute(AFTER, (after, END, BATCH))).fetchall())
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
