"""What the journal says to a request for a callback."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from civicline.core import callback_facts as facts
from civicline.core import kinds
from civicline.journal.read import events

KINDS = [kinds.KIND[each] for each in (facts.CallbackPromised, facts.CallbackDeclined, facts.CallbackCancelled)]
_FIRST = (
    "SELECT position, extract(epoch FROM at)::float8, kind, version, cause, body FROM journal_event"
    " WHERE position > %s AND kind = ANY(%s) AND body ->> 'contact' = %s ORDER BY position LIMIT 1"
)


def answer(contact: str, after: int) -> Any:
    """The first fact of the contact's promise after a position of the journal; None until the engine has decided."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, (after, KINDS, contact))
        row = cursor.fetchone()
    if row is None:
        return None
    found = events([(*row[:5], json.loads(row[5]))])[0]  # Django leaves JSON as text
    return kinds.fact(found.kind, found.body)
