"""What a supervisor can ask for. Each is a request in the journal; the engine answers with facts."""

from __future__ import annotations

import time
from collections.abc import Mapping

from django.db import connection

from civicline.core.kinds import to_body
from civicline.core.menu_requests import LiftUrgent, PostUrgent
from civicline.core.requests import Request
from civicline.journal.append import append
from civicline.journal.event import Draft


def post_urgent(by: str, menu: str, texts: Mapping[str, str], message: str, lasts_s: float) -> int:
    """Say `texts` (by language), or the pack's `message`, before the menu, for so long from now on."""
    return _ask(PostUrgent(menu, dict(texts), message, time.time() + lasts_s, by))


def lift_urgent(by: str, menu: str) -> int:
    return _ask(LiftUrgent(menu, by))


def _ask(request: Request) -> int:
    """The request's position, once it is durable. Raises psycopg.Error or django.db.DatabaseError."""
    kind, body = to_body(request)
    connection.ensure_connection()
    return append(connection.connection, [Draft(kind, body)]).last
