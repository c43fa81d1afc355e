"""Whether the journal can be reached and written: for /readyz."""

from __future__ import annotations

import psycopg


def ok(url: str) -> bool:
    """True when the database answers within two seconds and is not a standby."""
    try:
        with psycopg.connect(url, connect_timeout=2, autocommit=True) as conn:
            conn.execute("SET statement_timeout = 2000")
            row = conn.execute("SELECT NOT pg_is_in_recovery() FROM journal_leader").fetchone()
            return row is not None and bool(row[0])
    except psycopg.Error:
        return False
