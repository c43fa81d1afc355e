"""Read the journal in its order; bodies come at their newest version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from civicline.journal.event import Event
from civicline.journal.upcast import upcast

AFTER = (
    "SELECT position, extract(epoch FROM at)::float8, kind, version, cause, body FROM journal_event"
    " WHERE position > %s AND position < %s ORDER BY position LIMIT %s"
)
_OF_KINDS = (
    "SELECT position, extract(epoch FROM at)::float8, kind, version, cause, body FROM journal_event"
    " WHERE position > %s AND kind = ANY(%s) ORDER BY position LIMIT %s"
)
_BETWEEN = (
    "SELECT position, extract(epoch FROM at)::float8, kind, version, cause, body FROM journal_event"
    " WHERE at >= to_timestamp(%s) AND at < to_timestamp(%s) ORDER BY position"
)
END = 2**63 - 1


def events(rows: Iterable[tuple[Any, ...]]) -> list[Event]:
    return [upcast(Event(*row)) for row in rows]


def read(conn: psycopg.Connection[Any], after: int, limit: int, before: int | None = None) -> list[Event]:
    """Up to `limit` events with `after` < position (< `before`)."""
    return events(conn.execute(AFTER, (after, END if before is None else before, limit)))


def of_kinds(conn: psycopg.Connection[Any], after: int, kinds: Sequence[str], limit: int) -> list[Event]:
    """Up to `limit` events of these kinds with `after` < position."""
    return events(conn.execute(_OF_KINDS, (after, list(kinds), limit)))


def between(conn: psycopg.Connection[Any], start_at: float, end_at: float) -> list[Event]:
    """Events appended in [start_at, end_at): seconds since 1970, UTC, by the database's clock."""
    return events(conn.execute(_BETWEEN, (start_at, end_at)))


def last_position(conn: psycopg.Connection[Any]) -> int:
    """0 when the journal is empty."""
    row = conn.execute("SELECT max(position) FROM journal_event").fetchone()
    return 0 if row is None or row[0] is None else int(row[0])
