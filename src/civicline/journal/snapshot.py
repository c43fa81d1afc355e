"""The engine's state at a position: so neither recovery nor a report folds the whole journal.

The last few are for recovery; the last of each day (UTC), for `DAYS` of them, is where the report of the day after
begins. A snapshot holds ids, hashes and times, as the journal does, and nothing that is sealed. It has 0.25 kB for each
contact that the state still knows, compressed (text: 1.8 kB), so those of a version, 43 rows at most, take 1.6 MB where
that is 150 contacts, and 9.6 MB with 1,000 (tests/journal/test_snapshot.py holds it).

The body is stored as text, not jsonb: the order of its keys and its floats come back as they were.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg

KEPT = 3
DAYS = 40
"""More than the longest window of a report: 30 days of repeats after the day itself."""

_FORGET = """
DELETE FROM journal_snapshot WHERE id IN (
    SELECT id FROM (
        SELECT id, at, row_number() OVER (PARTITION BY core_version ORDER BY position DESC, id DESC) AS nth,
            row_number() OVER (
                PARTITION BY core_version, (at AT TIME ZONE 'UTC')::date ORDER BY position DESC, id DESC
            ) AS nth_of_day
        FROM journal_snapshot
    ) AS each
    WHERE nth > %s AND (nth_of_day > 1 OR at < clock_timestamp() - make_interval(days => %s))
)
"""
"""Of every version, so that what an older one left behind goes as well."""


def save(conn: psycopg.Connection[Any], position: int, core_version: int | str, body: dict[str, Any]) -> None:
    """Keep the state after the event at `position`. The last few of each version stay, and the last of each day."""
    with conn.transaction():
        conn.execute(
            "INSERT INTO journal_snapshot (position, core_version, body) VALUES (%s, %s, %s)",
            (position, str(core_version), json.dumps(body, separators=(",", ":"), allow_nan=False)),
        )
        conn.execute(_FORGET, (KEPT, DAYS))


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
