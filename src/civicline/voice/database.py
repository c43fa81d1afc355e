"""One connection in autocommit mode, made again when it broke."""

from __future__ import annotations

from typing import Any

import psycopg

from civicline.journal.connect import connect


class Database:
    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: psycopg.Connection[Any] | None = None

    def connection(self) -> psycopg.Connection[Any]:
        """Raises psycopg.OperationalError while the database is away."""
        if self._conn is None or self._conn.closed or self._conn.broken:
            self._conn = connect(self._url, "voice")
        return self._conn
