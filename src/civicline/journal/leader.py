"""One engine leads: the one whose session holds the lock. Each new leader raises the epoch that facts must carry."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import psycopg

from civicline.journal.append import append
from civicline.journal.connect import connect, pause_s
from civicline.journal.event import Appended, Draft

ASK_S = 0.1
"""How often a standby asks for the lock."""


class LeadStopped(Exception):  # noqa: N818 -- not an error: the caller asked for it
    """`stop` was set while waiting to lead."""


class Leadership:
    """Leadership of one process; over when its connection breaks. All the engine's writes go through `conn`."""

    def __init__(self, conn: psycopg.Connection[Any], epoch: int) -> None:
        self.conn = conn
        self.epoch = epoch

    def append(self, drafts: Sequence[Draft]) -> Appended:
        """Append facts with this leadership's epoch. Raises StaleEpochError once another engine leads."""
        return append(self.conn, drafts, self.epoch)

    def close(self) -> None:
        """Give the lock up."""
        self.conn.close()


def lead(url: str, node: str, stop: threading.Event) -> Leadership:
    """Wait until this process leads, through lost databases too. Raises LeadStopped when `stop` is set meanwhile."""
    lost = 0
    while not stop.is_set():
        try:
            conn = connect(url, f"engine {node}")
        except psycopg.OperationalError:
            lost += 1
            stop.wait(pause_s(lost))
            continue
        lost = 0
        try:
            epoch = _wait(conn, node, stop)
        except psycopg.OperationalError:
            epoch = None
        if epoch is not None:
            return Leadership(conn, epoch)
        conn.close()
    raise LeadStopped


def _wait(conn: psycopg.Connection[Any], node: str, stop: threading.Event) -> int | None:
    """The new epoch; None when told to stop."""
    while not stop.is_set():
        row = conn.execute("SELECT journal_lead(%s)", (node,)).fetchone()
        if row is not None and row[0] is not None:
            return int(row[0])
        stop.wait(ASK_S)
    return None
