"""Follow the read models: the projector says how far they are, and everybody connected is told what that touched.

One task and one database connection serve all browsers. A notification only wakes it; the projector's stored position
is the truth, so a lost notification costs `CHECK_S` at most and a lost connection nothing but the time without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from civicline.contacts.projector import CHANNEL
from civicline.journal.connect import connect_async, pause_s
from civicline.journal.read import AFTER, events
from civicline.live.events import Row, row

BATCH = 500
LONGEST_CATCH_UP = 2000
"""Rows; whoever missed more is told to fetch everything."""
WAITING_BATCHES = 100
CHECK_S = 5.0
POSITION = "SELECT position FROM contacts_progress WHERE id = 1"
Connection = psycopg.AsyncConnection[Any]
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Subscription:
    """Batches of rows for one browser; None says that some were left out."""

    batches: asyncio.Queue[list[Row] | None] = field(default_factory=lambda: asyncio.Queue(WAITING_BATCHES))

    def put(self, rows: list[Row] | None) -> None:
        if self.batches.full():
            while not self.batches.empty():
                self.batches.get_nowait()
            rows = None
        self.batches.put_nowait(rows)


class Feed:
    """`position` is how far everybody connected has been told; `url` gives the database's address."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._subscriptions: set[Subscription] = set()
        self._told = False
        self.position = 0
        self.following = asyncio.Event()

    @contextlib.contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def since(self, position: int) -> list[Row] | None:
        """What happened after `position` up to what was told; None when that is too much to list, or not known.

        Raises psycopg.OperationalError while the database is away.
        """
        if position > self.position or self.position - position > LONGEST_CATCH_UP:
            return None
        async with await connect_async(self._url(), "live") as connection:
            return await _rows(connection, position, self.position)

    async def run(self) -> None:
        """Until cancelled."""
        lost = 0
        while True:
            try:
                async with await connect_async(self._url(), "live") as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    await self._catch_up(connection)
                    lost = 0
                    await self._follow(connection)
            except (psycopg.Error, OSError) as error:
                log.warning("the database is away (%s); trying again", type(error).__name__)
            self.following.clear()
            lost += 1
            await asyncio.sleep(pause_s(lost))

    async def _follow(self, connection: Connection) -> None:
        self.following.set()
        while True:
            async for _ in connection.notifies(timeout=CHECK_S, stop_after=1):
                pass
            await self._catch_up(connection)

    async def _catch_up(self, connection: Connection) -> None:
        found = await (await connection.execute(POSITION)).fetchone()
        target = int(found[0]) if found else 0
        nobody = not self._subscriptions
        if nobody or not self._told or target < self.position or target - self.position > LONGEST_CATCH_UP:
            self._tell(None, target)
        while self.position < target:
            upto = min(target, self.position + BATCH)
            self._tell(await _rows(connection, self.position, upto), upto)

    def _tell(self, rows: list[Row] | None, position: int) -> None:
        self._told = True
        self.position = position
        if rows is None or rows:
            for subscription in self._subscriptions:
                subscription.put(rows)


async def _rows(connection: Connection, after: int, upto: int) -> list[Row]:
    stored = await (await connection.execute(AFTER, (after, upto + 1, upto - after))).fetchall()
    found = (row(event.position, event.kind, event.body) for event in events(stored))
    return [each for each in found if each is not None]
