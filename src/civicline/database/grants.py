"""Which role may do what: the app role cannot rewrite the journal, the auditor only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from civicline.database.urls import Urls


class Roles(NamedTuple):
    owner: str
    app: str
    auditor: str


def roles(urls: Urls) -> Roles:
    return Roles(*(str(conninfo_to_dict(url).get("user", "")) for url in urls))


def grant(conn: psycopg.Connection[Any], who: Roles, read_only_tables: Sequence[str]) -> None:
    """Set the rights of app and auditor on everything the owner has; in one transaction. Safe to repeat."""
    if who.app == who.owner:
        return
    app, auditor = sql.Identifier(who.app), sql.Identifier(who.auditor)
    with conn.transaction():
        for statement in (*_BASE, *(() if who.auditor == who.app else _AUDITOR)):
            conn.execute(sql.SQL(statement).format(app=app, auditor=auditor))
        for table in read_only_tables:
            _only_read(conn, table, app)
        for function in _own_functions(conn):
            conn.execute(sql.SQL("REVOKE ALL ON FUNCTION {} FROM PUBLIC").format(sql.SQL(function)))
            conn.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), app))


_BASE = (
    "GRANT USAGE ON SCHEMA public TO {app}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {app}",
    "REVOKE ALL ON journal_channel FROM {app}",
)
_AUDITOR = (
    "GRANT USAGE ON SCHEMA public TO {auditor}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {auditor}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {auditor}",
    "REVOKE ALL ON journal_channel FROM {auditor}",  # who knows a channel's name can announce what never was
)


def _only_read(conn: psycopg.Connection[Any], table: str, app: sql.Identifier) -> None:
    name = sql.Identifier(table)
    conn.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, app))
    conn.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(name, app))


def _own_functions(conn: psycopg.Connection[Any]) -> list[str]:
    """Signatures, as SQL, of the functions that the owner made."""
    found = conn.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc AS p"
        " WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole"
        " AND p.prorettype <> 'trigger'::regtype"
    )
    return [signature for (signature,) in found]
