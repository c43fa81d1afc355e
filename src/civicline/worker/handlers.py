"""What each kind of timer does when it falls due. The effect and the timer's end are one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from civicline.callbacks import disposal
from civicline.journal.timers import Handler, Timer
from civicline.people import sealing
from civicline.recordings import keeper, rows


def dispose(conn: psycopg.Connection[Any], timer: Timer) -> None:
    """The retention of a contact's personal fields is over: from here on nothing opens them, backups included, and no
    booking of the public page names the contact."""
    sealing.dispose(conn, timer.key)
    disposal.forget(conn, timer.key)


HANDLERS: Mapping[str, Handler] = {
    sealing.DISPOSE: dispose,
    rows.DISPOSE: keeper.dispose,
    rows.CLOSE: keeper.close,
}
