"""Append to the journal. Must be the last statement of its transaction: it holds the journal's lock until the commit.

Requests (`request.…`) and features' events (`people.…`; the prefixes are rows of journal_open_prefix) need no epoch;
every other kind is a fact and needs the epoch of the engine that leads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from civicline.journal.event import Appended, BatchKnownError, Draft, StaleEpochError, Statement

__all__ = ["Appended", "BatchKnownError", "StaleEpochError", "append", "find_batch", "lock"]

_APPEND = (
    "SELECT first, last, extract(epoch FROM at)::float8"
    " FROM public.journal_append(%s::text[], %s::smallint[], %s::bigint[], %s::jsonb[], %s::int, %s::uuid)"
)
_FIND = "SELECT min(position), max(position), extract(epoch FROM min(at))::float8 FROM journal_event WHERE batch = %s"
_ERRORS: dict[str | None, type[RuntimeError]] = {"CV001": StaleEpochError, "CV002": BatchKnownError}


def append(
    conn: psycopg.Connection[Any],
    drafts: Sequence[Draft],
    epoch: int | None = None,
    batch: UUID | None = None,
    statements: Sequence[Statement] = (),
) -> Appended:
    """Append the drafts together. On a connection with autocommit they are durable on return, and so are `statements`,
    which run before them in the same transaction; after an error with `statements` give the connection up.

    Raises StaleEpochError, BatchKnownError, ValueError for a body that is not JSON, psycopg.Error otherwise.
    """
    appending: Statement = (_APPEND, (*_columns(drafts), epoch, batch))
    try:
        cursor = _together(conn, statements, appending) if statements else conn.execute(*appending)
        row = cursor.fetchone()
    except psycopg.Error as error:
        known = _ERRORS.get(error.sqlstate)
        if known is None:
            raise
        raise known(error.diag.message_primary) from error
    assert row is not None  # the function returns one row or raises
    return Appended(*row)


def _together(conn: psycopg.Connection[Any], statements: Sequence[Statement], last: Statement) -> psycopg.Cursor[Any]:
    """One round trip. What a pipeline sends before its end is one transaction, without BEGIN and COMMIT (PostgreSQL's
    manual, 34.5.1.1). After an error the connection must be given up: psycopg takes statements for prepared that the
    server skipped."""
    with conn.pipeline():
        for sql, parameters in statements:
            conn.execute(sql, parameters)
        return conn.execute(*last)


def _columns(drafts: Sequence[Draft]) -> tuple[list[str], list[int], list[int | None], list[str]]:
    return (
        [draft.kind for draft in drafts],
        [draft.version for draft in drafts],
        [draft.cause for draft in drafts],
        [json.dumps(draft.body, separators=(",", ":"), allow_nan=False) for draft in drafts],
    )


def find_batch(conn: psycopg.Connection[Any], batch: UUID) -> Appended | None:
    """What an earlier try of this batch appended. Hold `lock` while asking, or a try under way is missed."""
    row = conn.execute(_FIND, (batch,)).fetchone()
    return None if row is None or row[0] is None else Appended(*row)


def lock(conn: psycopg.Connection[Any]) -> None:
    """Keep everybody else from appending until this transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(25462, 1)")
