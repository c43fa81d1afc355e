"""Whether this node can serve: the database answers, and the engine keeps up with the journal."""

from __future__ import annotations

from typing import NamedTuple

from django.db import DatabaseError, connection

LONGEST_UNANSWERED_S = 10.0
"""Seconds a request may stand without the projector having passed it."""
STATE = """
SELECT coalesce((SELECT position FROM journal_event ORDER BY position DESC LIMIT 1), 0),
       coalesce((SELECT position FROM contacts_progress WHERE id = 1), 0),
       (SELECT extract(epoch FROM clock_timestamp() - at)::float FROM journal_event
         WHERE position > coalesce((SELECT position FROM contacts_progress WHERE id = 1), 0)
         ORDER BY position LIMIT 1),
       EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 25462 AND objid = 2 AND granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


class Standing(NamedTuple):
    """`behind_s` is the age of the oldest journal row that the read models do not hold; None when they hold all."""

    journal: int
    view: int
    behind_s: float | None
    led: bool


def standing() -> Standing:
    """Raises django.db.DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return Standing(*cursor.fetchone())


def problems() -> list[str]:
    """What keeps this node from serving, in words for an operator; empty when it is ready."""
    try:
        now = standing()
    except DatabaseError:
        return ["the database does not answer"]
    found = [] if now.led else ["no engine leads"]
    if now.behind_s is not None and now.behind_s > LONGEST_UNANSWERED_S:
        found.append(f"the read models are {now.behind_s:.0f} s behind the journal")
    return found
