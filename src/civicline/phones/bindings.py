"""Where the staff's telephones are registered: the store of the registrar (RFC 3261, section 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from civicline.voice.sip.api import Address, Binding

Connect = Callable[[], psycopg.Connection[Any]]

_COLUMNS = (
    '"user", contact, source_host, source_port, extract(epoch FROM expires_at), extract(epoch FROM registered_at),'
    " call_id, cseq"
)
_PUT = (
    'INSERT INTO phone_binding ("user", contact, source_host, source_port, expires_at, registered_at, call_id, cseq)'
    " VALUES (%s, %s, %s, %s, to_timestamp(%s), to_timestamp(%s), %s, %s)"
    ' ON CONFLICT ("user", contact) DO UPDATE SET source_host = excluded.source_host,'
    " source_port = excluded.source_port, expires_at = excluded.expires_at,"
    " registered_at = excluded.registered_at,"
    " call_id = excluded.call_id, cseq = excluded.cseq"
)


_TAKE_BACK = (
    "UPDATE phone_binding SET expires_at = least(expires_at, now() - make_interval(secs => %s))"
    ' WHERE "user" = %s AND (%s::text IS NULL OR contact = %s)'
)
_FORGET_OLD = "DELETE FROM phone_binding WHERE expires_at <= now() - make_interval(secs => %s)"
_FORGET_OLDER_CONTACTS = (
    'DELETE FROM phone_binding WHERE "user" = %s AND contact NOT IN'
    ' (SELECT contact FROM phone_binding WHERE "user" = %s ORDER BY registered_at DESC LIMIT %s)'
)
TAKEN_BACK_S = 3600.0
"""A registration that its phone took back is kept as if it had run out so long ago: no start takes it up again."""


class StoredBindings:
    """`voice.phones` writes through to it. `connect` gives a connection in autocommit mode each time it is called.
    What has run out is kept for `kept_s`, to know the phones' hosts by; of a user's contacts the newest `most`."""

    def __init__(self, connect: Connect, kept_s: float = 0.0, most: int = 10) -> None:
        self._connect = connect
        self._kept_s = kept_s
        self._most = most

    def put(self, binding: Binding) -> None:
        conn, times = self._connect(), (binding.expires_at, binding.registered_at)
        conn.execute(_PUT, (binding.user, binding.contact, *binding.source, *times, binding.call_id, binding.cseq))
        conn.execute(_FORGET_OLDER_CONTACTS, (binding.user, binding.user, self._most))

    def drop(self, user: str, contact: str | None) -> None:
        """One contact of the user, or all of them (None), holds no longer. Forget what ran out long ago, whose ever."""
        conn = self._connect()
        conn.execute(_TAKE_BACK, (TAKEN_BACK_S, user, contact, contact))
        conn.execute(_FORGET_OLD, (self._kept_s,))

    def of(self, user: str) -> Sequence[Binding]:
        """Those that hold now, the latest registered first."""
        return self._select('"user" = %s', (user,))

    def user_at(self, source: Address) -> str | None:
        found = self._select("source_host = %s AND source_port = %s", source)
        return found[0].user if found else None

    def all(self, run_out_s: float = 0.0) -> Sequence[Binding]:
        """Also those that ran out less than `run_out_s` ago."""
        return self._select("true", (), run_out_s)

    def _select(self, where: str, params: tuple[Any, ...], run_out_s: float = 0.0) -> list[Binding]:
        query = (
            f"SELECT {_COLUMNS} FROM phone_binding"  # noqa: S608 -- `where` is one of the texts above
            f" WHERE expires_at > now() - make_interval(secs => %s) AND {where} ORDER BY registered_at DESC"
        )
        with self._connect().cursor(row_factory=psycopg.rows.tuple_row) as cursor:
            rows = cursor.execute(query, (run_out_s, *params)).fetchall()
        return [
            Binding(user, contact, (host, port), float(until), float(since), call_id, cseq)
            for user, contact, host, port, until, since, call_id, cseq in rows
        ]
