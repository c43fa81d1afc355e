"""The end of a booking that is kept no longer. Runs in the worker, without Django."""

from __future__ import annotations

from typing import Any

import psycopg

_FORGET = "DELETE FROM callbacks_booking WHERE contact = %s"


def forget(conn: psycopg.Connection[Any], contact: str) -> None:
    """Delete the booking of this contact, if it has one: its link opens nothing from then on. Safe to repeat."""
    conn.execute(_FORGET, (contact,))
