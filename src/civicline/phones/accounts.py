"""SIP passwords of the staff's telephones. Kept as HA1 only (RFC 7616, 3.4.2): whoever has lost one gets a new one.

HA1 is all that is needed to register as somebody, so it is sealed, under a key of its own that the keyset wraps: the
table alone registers nobody.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from typing import Any

import psycopg

from civicline.people.keyset import Keyset, KeysetError, current

log = logging.getLogger(__name__)

REALM = "civicline"
PASSWORD_B = 15
"""Made by us, never chosen by people: 120 bits, so that HA1 tells nothing of it."""
HA1 = "ha1"

_ALL = 'SELECT "user", wrapped_key, sealed FROM phone_account'


def owner(user: str) -> str:
    """What an account's key is bound to."""
    return f"phone {user}"


def new_password() -> str:
    return secrets.token_urlsafe(PASSWORD_B)


def set_password(
    conn: psycopg.Connection[Any], user: str, password: str, realm: str = REALM, keys: Keyset | None = None
) -> None:
    """Takes the place of an earlier one; a telephone that still has that one is refused when it next registers. Raises
    KeysetError."""
    word = f"{user}:{realm}:{password}".encode()
    hashes = {
        "MD5": hashlib.md5(word, usedforsecurity=False).hexdigest(),
        "SHA-256": hashlib.sha256(word).hexdigest(),
    }
    key, wrapped = (keys or current()).new_key(owner(user))
    conn.execute(
        'INSERT INTO phone_account ("user", realm, wrapped_key, sealed) VALUES (%s, %s, %s, %s)'
        ' ON CONFLICT ("user") DO UPDATE'
        " SET realm = excluded.realm, wrapped_key = excluded.wrapped_key, sealed = excluded.sealed",
        (user, realm, wrapped, key.seal(HA1, json.dumps(hashes).encode())),
    )


def ha1(conn: psycopg.Connection[Any], user: str, keys: Keyset | None = None) -> dict[str, str] | None:
    """HA1 in hex for the algorithms "MD5" and "SHA-256"; None for a user without a telephone. Raises KeysetError for a
    row that does not open."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        row = cursor.execute(f'{_ALL} WHERE "user" = %s', (user,)).fetchone()
    return None if row is None else _opened(row, keys)


def every_ha1(conn: psycopg.Connection[Any], keys: Keyset | None = None) -> dict[str, dict[str, str]]:
    """As `ha1`, of all users whose row opens: one must not stop everybody's telephone."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        rows = cursor.execute(_ALL).fetchall()
    found = {}
    for row in rows:
        try:
            found[row[0]] = _opened(row, keys)
        except KeysetError as error:
            log.error("a telephone's password cannot be opened: %s", error)
    return found


def _opened(row: tuple[Any, ...], keys: Keyset | None) -> dict[str, str]:
    user, wrapped, sealed = row
    text = (keys or current()).open_key(owner(user), bytes(wrapped)).open(HA1, bytes(sealed))
    hashes: dict[str, str] = json.loads(text)
    return hashes


def keep_only(conn: psycopg.Connection[Any], users: list[str]) -> None:
    """Forget the telephones of everybody else: they no longer take contacts."""
    conn.execute('DELETE FROM phone_account WHERE NOT "user" = ANY(%s)', (users,))
    conn.execute('DELETE FROM phone_binding WHERE NOT "user" = ANY(%s)', (users,))
