"""Taking due rows of journal_timer and journal_outbox: the same for both.

A row is taken by one UPDATE ... FOR UPDATE SKIP LOCKED, for a lease. Its attempt number rises with every taking and is
the fencing token: who took it can finish it only while the number is still the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

LEASE_S = 30.0
BACK_OFF_MAX_S = 3600.0


class Taken(NamedTuple):
    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempt: int


@dataclass(frozen=True)
class Table:
    name: str
    open: str
    """SQL condition of the rows that are still to be done."""

    def take(
        self, conn: psycopg.Connection[Any], kinds: Iterable[str], limit: int, lease_s: float = LEASE_S
    ) -> list[Taken]:
        """Lease up to `limit` due rows of these kinds, oldest first. Commit before working on them."""
        query = sql.SQL(
            "UPDATE {table} SET attempt = attempt + 1, lease_until = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id IN (SELECT id FROM {table} WHERE due_at <= clock_timestamp() AND kind = ANY(%s) AND {open}"
            " AND (lease_until IS NULL OR lease_until < clock_timestamp())"
            " ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)"
            " RETURNING id, kind, key, payload, attempt"
        ).format(table=sql.Identifier(self.name), open=sql.SQL(self.open))
        return [Taken(*row) for row in conn.execute(query, (lease_s, list(kinds), limit))]

    def put_off(self, conn: psycopg.Connection[Any], taken: Taken) -> None:
        """After a failure: due again later, doubling from one second to an hour."""
        query = sql.SQL(
            "UPDATE {} SET lease_until = clock_timestamp() + make_interval(secs => %s) WHERE id = %s AND attempt = %s"
        ).format(sql.Identifier(self.name))
        conn.execute(query, (back_off_s(taken.attempt), taken.id, taken.attempt))


def back_off_s(attempt: int) -> float:
    """attempt counts from 1."""
    return float(min(BACK_OFF_MAX_S, 2.0 ** min(attempt - 1, 20)))
