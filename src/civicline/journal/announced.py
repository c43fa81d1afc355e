"""What the journal announces: a notification carries the rows of one append, or their last position if they are long.

PostgreSQL gives a session that listens every notification, in the order of the commits. So who has listened first and
looked into the table once may go on by notifications alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from civicline.journal.event import Event
from civicline.journal.read import Part, events

_NAMES = "SELECT part, name FROM journal_channels()"


def listen(conn: psycopg.Connection[Any], part: Part) -> None:
    """From here on `heard` gives what is announced of `part`."""
    conn.execute(_listen(conn.execute(_NAMES), part))


async def listen_async(conn: psycopg.AsyncConnection[Any], part: Part) -> None:
    await conn.execute(_listen(await (await conn.execute(_NAMES)).fetchall(), part))


def _listen(names: Iterable[tuple[Any, ...]], part: Part) -> sql.Composed:
    wanted = (sql.Identifier(name) for which, name in names if which in part.announced)
    return sql.SQL("; ").join(sql.SQL("LISTEN {}").format(name) for name in wanted)


def heard(conn: psycopg.Connection[Any], timeout_s: float) -> list[str]:
    """What was announced by `timeout_s` from now: waits for the first, takes all that are there."""
    return [each.payload for each in conn.notifies(timeout=max(0.0, timeout_s), stop_after=1)]


def rows(payloads: Iterable[str], after: int) -> list[Event] | None:
    """The announced events beyond position `after`; None when some were too long: then they are in the table only."""
    found: list[tuple[Any, ...]] = []
    for payload in payloads:
        said = json.loads(payload)
        if isinstance(said, list):
            found += [(position, float(at), *rest) for position, at, *rest in said if position > after]
        elif said > after:
            return None
    return events(found)
