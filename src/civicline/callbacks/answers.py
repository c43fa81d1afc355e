"""What the journal says to a request for a callback."""

from __future__ import annotations

from typing import Any

from django.db import connection

from civicline.core import callback_facts as facts
from civicline.core import kinds
from civicline.journal import read

AT_ONCE = 500
KINDS = [kinds.KIND[each] for each in (facts.CallbackPromised, facts.CallbackDeclined, facts.CallbackCancelled)]


def answer(contact: str, after: int) -> Any:
    """The first fact of the contact's promise after a position of the journal; None until the engine has decided."""
    connection.ensure_connection()
    while events := read.of_kinds(connection.connection, after, KINDS, AT_ONCE):
        for event in events:
            if event.body.get("contact") == contact:
                return kinds.fact(event.kind, event.body)
        after = events[-1].position
    return None
