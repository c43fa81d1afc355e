"""What people did with their accounts, appended to the journal in the transaction that changed the rows. Ids only."""

from __future__ import annotations

from typing import Any

from django.db import connection

from civicline.journal.append import append
from civicline.journal.event import Draft


def signed_in(username: str) -> None:
    _append("people.signed_in", {"staff": username})


def signed_out(username: str) -> None:
    _append("people.signed_out", {"staff": username})


def sign_in_failed(username: str | None) -> None:
    """None: nobody has the name that was written, which is then not kept."""
    _append("people.sign_in_failed", {"staff": username})


def password_set(username: str) -> None:
    _append("people.password_set", {"staff": username})


def staff_changed(roles: dict[str, str | None]) -> None:
    """Staff name to new role; None when they can no longer sign in."""
    if roles:
        _append("people.staff_changed", {"roles": roles})


def _append(kind: str, body: dict[str, Any]) -> None:
    connection.ensure_connection()
    append(connection.connection, [Draft(kind, body)])
