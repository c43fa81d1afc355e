"""Things to do at a time, once: the effect and the completion are one transaction (decision 0002)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, LiteralString

import psycopg
from psycopg.types.json import Jsonb

from civicline.journal.connect import connect, pause_s
from civicline.journal.lease import LEASE_S, Table, Taken

TABLE = Table("journal_timer", open="true")
TAKE = 20
POLL_S = 0.2

Timer = Taken
Handler = Callable[[psycopg.Connection[Any], Timer], None]
"""Does the effect on the connection it is given, in its transaction; an append to the journal comes last."""

_log = logging.getLogger(__name__)


def schedule(conn: psycopg.Connection[Any], kind: str, key: str, due_at: float, payload: dict[str, Any]) -> None:
    """Set the timer `kind`, `key` to `due_at` (seconds since 1970, UTC). One that is set already is moved, also when
    it is under way: its effect is then undone and comes at the new time.
    """
    conn.execute(*scheduled(kind, key, due_at, payload))


def scheduled(kind: str, key: str, due_at: float, payload: dict[str, Any]) -> tuple[LiteralString, tuple[Any, ...]]:
    """The statement of `schedule`, for a transaction that somebody else runs (`Appender.submit`)."""
    return (
        "INSERT INTO journal_timer (kind, key, due_at, payload) VALUES (%s, %s, to_timestamp(%s), %s)"
        " ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload,"
        " attempt = journal_timer.attempt + 1, lease_until = NULL",
        (kind, key, due_at, Jsonb(payload)),
    )


def cancel(conn: psycopg.Connection[Any], kind: str, key: str) -> bool:
    """True when it was still set: then it will not fire."""
    return conn.execute("DELETE FROM journal_timer WHERE kind = %s AND key = %s", (kind, key)).rowcount == 1


def claim(
    conn: psycopg.Connection[Any], kinds: Iterable[str], limit: int = TAKE, lease_s: float = LEASE_S
) -> list[Timer]:
    """Lease due timers. A lease that runs out is claimed by the next: its first holder can no longer complete."""
    return TABLE.take(conn, kinds, limit, lease_s)


def complete(conn: psycopg.Connection[Any], timer: Timer) -> bool:
    """Remove it. False when somebody else holds it now: then leave the effect be. Call it first in the transaction."""
    return (
        conn.execute("DELETE FROM journal_timer WHERE id = %s AND attempt = %s", (timer.id, timer.attempt)).rowcount
        == 1
    )


def run_due(url: str, handlers: Mapping[str, Handler], stop: threading.Event, lease_s: float = LEASE_S) -> None:
    """Fire due timers of the handlers' kinds until `stop` is set; goes on by itself after a lost connection.

    A handler that raises has its transaction undone and is tried again, later each time.
    """
    lost = 0
    while not stop.is_set():
        try:
            with connect(url, "timers") as conn:
                while not stop.is_set():
                    taken = claim(conn, handlers, lease_s=lease_s)
                    lost = 0
                    for timer in taken:
                        fire(conn, timer, handlers[timer.kind])
                    if not taken:
                        stop.wait(POLL_S)
        except psycopg.OperationalError:
            lost += 1
            stop.wait(pause_s(lost))


def fire(conn: psycopg.Connection[Any], timer: Timer, handler: Handler) -> None:
    """Effect and completion, or neither. `conn` must be in autocommit mode."""
    try:
        with conn.transaction():
            if complete(conn, timer):
                handler(conn, timer)
    except Exception:
        if conn.broken or conn.closed:
            raise
        _log.exception("timer %s failed at attempt %d", timer.kind, timer.attempt)
        TABLE.put_off(conn, timer)
