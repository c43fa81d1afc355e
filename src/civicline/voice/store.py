"""What voice keeps on disk for a restart: each leg's dialog and SDP, sealed under its contact's key.

Rows are written in the transaction of the request that makes the leg visible, and deleted with the one that ends it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import psycopg

from civicline.journal import timers
from civicline.people.sealing import DIGITS, DISPOSE, NUMBER, Statement, readable, seal_statements
from civicline.voice.calls import LocalLeg

_FORGET_DIGITS = "DELETE FROM sealed_field WHERE contact = %s AND name LIKE %s"
_FORGET = "DELETE FROM sealed_field WHERE contact = %s AND name = %s"


@dataclass(frozen=True)
class StoredLeg:
    dialog: bytes = field(repr=False)
    remote_sdp: str = field(repr=False)
    local_sdp: str = field(repr=False)
    source: str = field(repr=False)
    """"" where a release before this one stored the leg."""

    @property
    def media(self) -> tuple[str, str, str]:
        """As `LocalLeg` takes it."""
        return self.remote_sdp, self.local_sdp, self.source


def keep_leg(local: LocalLeg, dialog: bytes) -> list[Statement]:
    body = {"remote_sdp": local.remote_sdp, "local_sdp": local.local_sdp, "source": local.source}
    text = json.dumps({"dialog": base64.b64encode(dialog).decode(), **body})
    return seal_statements(local.contact, {_name(local.id): text})


def keep_number(contact: str, number: str, dispose_at: float) -> list[Statement]:
    """Seal the caller's number, and see to it that all that is sealed of this contact goes at `dispose_at` (UTC, s)."""
    sealed = seal_statements(contact, {NUMBER: number}) if number else []
    return [*sealed, timers.scheduled(DISPOSE, contact, dispose_at, {})]


def forget_leg(contact: str, leg: str) -> list[Statement]:
    return [(_FORGET, (contact, _name(leg)))]


def stored_leg(conn: psycopg.Connection[Any], contact: str, leg: str) -> StoredLeg | None:
    text = readable(conn, contact, _name(leg))
    if text is None:
        return None
    body = json.loads(text)
    return StoredLeg(base64.b64decode(body["dialog"]), body["remote_sdp"], body["local_sdp"], body.get("source", ""))


def stored_number(conn: psycopg.Connection[Any], contact: str, hashed: str = "") -> str:
    """The one that the call came from, or the one that was kept under this hash."""
    return readable(conn, contact, f"{NUMBER} {hashed}" if hashed else NUMBER) or ""


def keep_digits(contact: str, digits: str, text: str) -> list[Statement]:
    """`digits`: the id of what was asked for; `text`: what was keyed in."""
    return seal_statements(contact, {DIGITS + digits: text})


def forget_digits(contact: str) -> list[Statement]:
    return [(_FORGET_DIGITS, (contact, DIGITS + "%"))]


def forget_named(contact: str, digits: str) -> list[Statement]:
    return [(_FORGET, (contact, DIGITS + digits))]


def keep_callback_number(contact: str, hashed: str, number: str) -> list[Statement]:
    """The number that was keyed in to be rung at, under its keyed hash."""
    return seal_statements(contact, {f"{NUMBER} {hashed}": number})


def stored_digits(conn: psycopg.Connection[Any], contact: str, digits: str) -> str:
    return readable(conn, contact, DIGITS + digits) or ""


def _name(leg: str) -> str:
    return f"leg {leg}"
