"""What processes without Django ask of the loaded pack."""

from __future__ import annotations

from typing import Any

import psycopg

from civicline.agency.trunks import Trunk, from_json

DEFAULT_SEALED_DAYS = 90


def loaded_trunks(conn: psycopg.Connection[Any]) -> tuple[Trunk, ...]:
    """() before a pack was loaded: no call is taken then."""
    row = _row(conn, "SELECT trunks FROM agency_pack WHERE id = 1")
    return () if row is None else from_json(row[0])


def sealed_days(conn: psycopg.Connection[Any]) -> int:
    """How many days after its end a contact's personal fields are disposed of."""
    row = _row(conn, "SELECT sealed_days FROM agency_pack WHERE id = 1")
    return DEFAULT_SEALED_DAYS if row is None else int(row[0])


def _row(conn: psycopg.Connection[Any], query: Any) -> Any:
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        return cursor.execute(query).fetchone()
