"""Personal fields of contacts: sealed when written, opened when needed, gone when their key's row is deleted.

Plain SQL on a psycopg connection, so that every process can use it. The tables are civicline.sealed's.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

import psycopg

from civicline.people.keyset import Keyset, KeysetError, current

log = logging.getLogger(__name__)

Statement = tuple[str, tuple[Any, ...]]

DISPOSE = "sealed.dispose"
"""Kind of the timer that disposes of a contact's fields; its key is the contact's id."""

NUMBER = "number"
"""The name of the field that holds the number that the contact calls from, or is to be rung at."""

DIGITS = "digits "
"""How the names of fields begin that hold what a caller keyed in; the id of what was asked for follows."""

_KEY = "INSERT INTO sealed_key (contact, key_id, wrapped_key) VALUES (%s, %s, %s)"
_FIELD = (
    "INSERT INTO sealed_field (contact, name, key_id, ciphertext) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (contact, name) DO UPDATE SET key_id = excluded.key_id, ciphertext = excluded.ciphertext"
)
_OPEN = (
    "SELECT k.wrapped_key, f.ciphertext FROM sealed_field AS f"
    " JOIN sealed_key AS k ON k.contact = f.contact AND k.key_id = f.key_id"
    " WHERE f.contact = %s AND f.name = %s"
)


def seal_statements(contact: str, fields: Mapping[str, str], keys: Keyset | None = None) -> list[Statement]:
    """What stores `fields`, to be run in one transaction. Reads nothing, so a key of its own is made each time."""
    if not fields:
        return []
    key, wrapped = (keys or current()).new_key(contact)
    key_id = secrets.token_hex(8)
    sealed = [(_FIELD, (contact, name, key_id, key.seal(name, text.encode()))) for name, text in fields.items()]
    return [(_KEY, (contact, key_id, wrapped)), *sealed]


def open_field(conn: psycopg.Connection[Any], contact: str, name: str, keys: Keyset | None = None) -> str | None:
    """The text; None when it was never stored or was disposed of. Raises keyset.KeysetError."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        row = cursor.execute(_OPEN, (contact, name)).fetchone()
    if row is None:
        return None
    key = (keys or current()).open_key(contact, bytes(row[0]))
    return key.open(name, bytes(row[1])).decode()


def readable(conn: psycopg.Connection[Any], contact: str, name: str) -> str | None:
    """As `open_field`; None, with a line in the log, where it does not open: one field must not stop what is done for
    everybody else."""
    try:
        return open_field(conn, contact, name)
    except KeysetError as error:
        log.error("a sealed field of a contact cannot be opened: %s", error)
        return None


def dispose(conn: psycopg.Connection[Any], contact: str) -> None:
    """Delete the contact's keys and fields; copies of the fields no longer open. Safe to repeat."""
    conn.execute("DELETE FROM sealed_key WHERE contact = %s", (contact,))
    conn.execute("DELETE FROM sealed_field WHERE contact = %s", (contact,))
