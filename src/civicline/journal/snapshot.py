"""The engine's state at a position: so recovery does not fold the whole journal.

The body is stored as text, not jsonb: the order of its keys and its floats come back as they were.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg

KEPT = 3


def save(conn: psycopg.Connection[Any], position: int, core_version: int | str, body: dict[str, Any]) -> None:
    """Keep the state after the event at `position`; the last few of each core version stay."""
    with conn.transaction():
        conn.execute(
            "INSERT INTO journal_snapshot (position, core_version, body) VALUES (%s, %s, %s)",
            (position, str(core_version), json.dumps(body, separators=(",", ":"), allow_nan=False)),
        )
        conn.execute(
            "DELETE FROM journal_snapshot WHERE core_version = %(version)s AND id NOT IN (SELECT id"
            " FROM journal_snapshot WHERE core_version = %(version)s ORDER BY position DESC, id DESC LIMIT %(kept)s)",
            {"version": str(core_version), "kept": KEPT},
        )


def latest(
    conn: psycopg.Connection[Any], core_version: int | str, up_to: int = 2**63 - 1
) -> tuple[int, dict[str, Any]] | None:
    """Position and state of the newest snapshot at or before `up_to` that this version of the core made."""
    row = conn.execute(
        "SELECT position, body FROM journal_snapshot WHERE core_version = %s AND position <= %s"
        " ORDER BY position DESC, id DESC LIMIT 1",
        (str(core_version), up_to),
    ).fetchone()
    return None if row is None else (row[0], row[1])
