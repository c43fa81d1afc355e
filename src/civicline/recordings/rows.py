"""The rows of recordings, and what the journal says of them. Plain SQL on psycopg, for every process."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from civicline.journal import timers
from civicline.journal.event import Draft
from civicline.people.sealing import Statement

STARTED, CLOSED = "recording.started", "recording.closed"
DESTROYED, DISPOSED = "recording.destroyed", "recording.disposed"
EXPORTED, EXPORT_REFUSED = "recording.exported", "recording.export_refused"
TALK_BEGAN = "offer_accepted"
"""The fact by which a contact comes to talk, again after a transfer or when it is rung back."""
DISPOSE, CLOSE = "recording.dispose", "recording.close"
"""Kinds of timers; the key is the recording's id."""

_KEEP = "INSERT INTO recording (id, contact, wrapped_key) VALUES (%s, %s, %s)"
_OF_CONTACT = "SELECT id, contact, wrapped_key FROM recording WHERE contact = %s ORDER BY id"
_BY_ID = "SELECT id, contact, wrapped_key FROM recording WHERE id = %s"
_CLOSED = "UPDATE recording SET closed = %s WHERE id = %s"
_UNDER_WAY = "UPDATE recording SET closed = NULL WHERE contact = %s AND closed IS NOT NULL"
_SAID = "SELECT e.body FROM recording AS r JOIN journal_event AS e ON e.position = r.closed WHERE r.id = %s"
_WHOSE = "SELECT body ->> 'contact' FROM journal_event WHERE kind = %s AND body ->> 'recording' = %s ORDER BY position"
_DELETE = "DELETE FROM recording WHERE id = %s RETURNING contact"


class Row(NamedTuple):
    id: str
    contact: str
    wrapped_key: bytes


def started(row: Row, dispose_at: float) -> tuple[Draft, list[Statement]]:
    """The event, and what is stored with it: the wrapped key, and when it goes (UTC, s)."""
    keep = (_KEEP, (row.id, row.contact, row.wrapped_key))
    timer = timers.scheduled(DISPOSE, row.id, dispose_at, {"contact": row.contact})
    return Draft(STARTED, {"recording": row.id, "contact": row.contact}), [keep, timer]


def of_contact(conn: psycopg.Connection[Any], contact: str) -> list[Row]:
    return _rows(conn, _OF_CONTACT, contact)


def by_id(conn: psycopg.Connection[Any], recording: str) -> Row | None:
    return next(iter(_rows(conn, _BY_ID, recording)), None)


def note_closed(conn: psycopg.Connection[Any], recording: str, position: int) -> None:
    conn.execute(_CLOSED, (position, recording))


def note_under_way(conn: psycopg.Connection[Any], contact: str) -> None:
    """What was closed goes on, in the contact's next talk."""
    conn.execute(_UNDER_WAY, (contact,))


def closed(conn: psycopg.Connection[Any], recording: str) -> dict[str, Any] | None:
    """The body of its last `recording.closed`; None while it is under way."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        row = cursor.execute(_SAID, (recording,)).fetchone()
    return None if row is None else row[0]


def whose(conn: psycopg.Connection[Any], recording: str) -> str | None:
    """The contact that the journal began it for; None when it did not. A row can be changed, the journal not."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        row = cursor.execute(_WHOSE, (STARTED, recording)).fetchone()
    return None if row is None else str(row[0])


def forget(conn: psycopg.Connection[Any], recording: str) -> str | None:
    """Delete the key: from here on nothing opens the recording. Gives its contact; None when it was gone."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        row = cursor.execute(_DELETE, (recording,)).fetchone()
    return None if row is None else str(row[0])


def _rows(conn: psycopg.Connection[Any], query: Any, value: str) -> list[Row]:
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        return [Row(id_, contact, bytes(key)) for id_, contact, key in cursor.execute(query, (value,)).fetchall()]
