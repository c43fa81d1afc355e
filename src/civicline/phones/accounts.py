"""SIP passwords of the staff's telephones. Kept as HA1 only (RFC 7616, 3.4.2): whoever has lost one gets a new one."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import psycopg

REALM = "civicline"
PASSWORD_B = 15
"""Made by us, never chosen by people: 120 bits, since HA1 could otherwise be guessed from a stolen table."""


def new_password() -> str:
    return secrets.token_urlsafe(PASSWORD_B)


def set_password(conn: psycopg.Connection[Any], user: str, password: str, realm: str = REALM) -> None:
    """Takes the place of an earlier one; a telephone that still has that one is refused when it next registers."""
    word = f"{user}:{realm}:{password}".encode()
    conn.execute(
        'INSERT INTO phone_account ("user", realm, md5, sha256) VALUES (%s, %s, %s, %s)'
        ' ON CONFLICT ("user") DO UPDATE'
        " SET realm = excluded.realm, md5 = excluded.md5, sha256 = excluded.sha256",
        (user, realm, hashlib.md5(word, usedforsecurity=False).hexdigest(), hashlib.sha256(word).hexdigest()),
    )


def ha1(conn: psycopg.Connection[Any], user: str) -> dict[str, str] | None:
    """HA1 in hex for the algorithms "MD5" and "SHA-256"; None for a user without a telephone."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        row = cursor.execute('SELECT md5, sha256 FROM phone_account WHERE "user" = %s', (user,)).fetchone()
    return None if row is None else {"MD5": row[0], "SHA-256": row[1]}


def every_ha1(conn: psycopg.Connection[Any]) -> dict[str, dict[str, str]]:
    """As `ha1`, of all users."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        rows = cursor.execute('SELECT "user", md5, sha256 FROM phone_account').fetchall()
    return {user: {"MD5": md5, "SHA-256": sha256} for user, md5, sha256 in rows}


def keep_only(conn: psycopg.Connection[Any], users: list[str]) -> None:
    """Forget the telephones of everybody else: they no longer take contacts."""
    conn.execute('DELETE FROM phone_account WHERE NOT "user" = ANY(%s)', (users,))
    conn.execute('DELETE FROM phone_binding WHERE NOT "user" = ANY(%s)', (users,))
