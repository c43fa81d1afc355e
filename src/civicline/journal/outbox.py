"""Effects outside the database (a mail, a web hook): put in the transaction that decides them, done afterwards.

At least once: a worker may die between the effect and its note. The key goes along as idempotency key, so that the
receiver can tell a repetition.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from civicline.journal.connect import connect, pause_s
from civicline.journal.lease import LEASE_S, Table, Taken

TABLE = Table("journal_outbox", open="done_at IS NULL")
TAKE = 10
POLL_S = 0.2

Message = Taken
Handler = Callable[[Message], None]
"""Does the effect; `message.key` is its idempotency key. Must be done within the lease."""

_log = logging.getLogger(__name__)


def put(conn: psycopg.Connection[Any], kind: str, key: str, payload: dict[str, Any]) -> bool:
    """Ask for an effect in the caller's transaction. False when `kind`, `key` was asked for before."""
    return (
        conn.execute(
            "INSERT INTO journal_outbox (kind, key, payload) VALUES (%s, %s, %s) ON CONFLICT (kind, key) DO NOTHING",
            (kind, key, Jsonb(payload)),
        ).rowcount
        == 1
    )


def done(conn: psycopg.Connection[Any], message: Message) -> bool:
    """Note the effect. False when the lease had run out and somebody else holds it now."""
    return (
        conn.execute(
            "UPDATE journal_outbox SET done_at = clock_timestamp() WHERE id = %s AND attempt = %s AND done_at IS NULL",
            (message.id, message.attempt),
        ).rowcount
        == 1
    )


def purge(conn: psycopg.Connection[Any], before: float) -> int:
    """Forget what was done before that time (seconds since 1970, UTC); gives how many. Their keys may come again."""
    return conn.execute("DELETE FROM journal_outbox WHERE done_at < to_timestamp(%s)", (before,)).rowcount


def run(url: str, handlers: Mapping[str, Handler], stop: threading.Event, lease_s: float = LEASE_S) -> None:
    """Do what the outbox asks for until `stop` is set. A handler that raises is tried again, later each time."""
    lost = 0
    while not stop.is_set():
        try:
            with connect(url, "outbox") as conn:
                while not stop.is_set():
                    taken = TABLE.take(conn, handlers, TAKE, lease_s)
                    lost = 0
                    for message in taken:
                        _do(conn, message, handlers[message.kind])
                    if not taken:
                        stop.wait(POLL_S)
        except psycopg.OperationalError:
            lost += 1
            stop.wait(pause_s(lost))


def _do(conn: psycopg.Connection[Any], message: Message, handler: Handler) -> None:
    try:
        handler(message)
    except Exception:
        _log.exception("outbox %s failed at attempt %d", message.kind, message.attempt)
        TABLE.put_off(conn, message)
    else:
        done(conn, message)
