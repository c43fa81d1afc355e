"""A writer with its own thread and connection: what waits is committed together, nothing is appended twice.

States of the thread: connected (takes what waits, writes it) and away (keeps what waits, tries to connect).
A batch whose commit was cut off is tried again with the same id, which the database refuses to append twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import psycopg

from civicline.journal.batch import Batch, Done, Submission
from civicline.journal.connect import connect, pause_s
from civicline.journal.event import BatchKnownError, Draft, Statement

WAITING_MAX = 20_000
"""Drafts that may wait; some minutes of a busy centre while the database is away."""
BATCH_MAX = 500
LOOK_S = 1.0
"""An idle writer asks the database so often whether it is there."""
_PAUSE_MAX_S = 0.5
_PASSING = {"08", "40", "53", "55", "57", "58"}
"""Classes of SQLSTATE that pass: connection, deadlock, resources, object in use, operator, system."""
_SESSION = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END_SESSION = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"

_log = logging.getLogger(__name__)


class Overloaded(RuntimeError):  # noqa: N818 -- named for what callers answer: 503 with Retry-After
    """Too much waits for the journal: refuse new work until it is reachable again."""


class AppenderClosed(RuntimeError):  # noqa: N818
    """The appender was closed before this was appended."""


class Appender:
    """Appends from one process, without blocking it."""

    def __init__(self, url: str, epoch: int | None = None, waiting_max: int = WAITING_MAX) -> None:
        self.down_since: float | None = time.monotonic()
        """time.monotonic() since which the journal cannot be written; None while it can."""
        self._url = url
        self._epoch = epoch
        self._waiting_max = waiting_max
        self._wake = threading.Condition()
        self._waiting: deque[Submission] = deque()
        self._drafts = 0
        self._closing = False
        self._give_up_at = float("inf")
        self._conn: psycopg.Connection[Any] | None = None
        self._session: tuple[Any, ...] | None = None
        self._thread = threading.Thread(target=self._run, name="journal-appender", daemon=True)
        self._thread.start()

    def submit(self, drafts: Sequence[Draft], statements: Sequence[Statement] = (), done: Done | None = None) -> None:
        """Append `drafts` soon, in the order of submission, with `statements` in the same transaction before them.

        `done` is called on the appender's thread with Appended, or with the exception that refused this submission.
        Raises Overloaded when too much waits, AppenderClosed after close, ValueError without drafts.
        """
        if not drafts:
            raise ValueError("a submission needs at least one draft")
        with self._wake:
            if self._closing:
                raise AppenderClosed
            if self._drafts + len(drafts) > self._waiting_max:
                raise Overloaded(f"{self._drafts} events wait for the journal: try again later")
            self._waiting.append(Submission(drafts, statements, done))
            self._drafts += len(drafts)
            self._wake.notify()

    def close(self, timeout_s: float = 5.0) -> None:
        """Append what waits, at most `timeout_s` long; what is left is answered with AppenderClosed."""
        with self._wake:
            self._closing = True
            self._give_up_at = time.monotonic() + timeout_s
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            self._write(batch)
        if self._conn is not None:
            self._conn.close()

    def _take(self) -> Batch | None:
        """The next batch; an empty one to look whether the database is there; None when closed and all is done."""
        with self._wake:
            if not self._waiting and not self._closing and self.down_since is None:
                self._wake.wait(LOOK_S)
            if not self._waiting:
                return None if self._closing else Batch([])
            taken = [self._pop()]
            size = len(taken[0].drafts)
            while self._waiting and size + len(self._waiting[0].drafts) <= BATCH_MAX:
                taken.append(self._pop())
                size += len(taken[-1].drafts)
            return Batch(taken)

    def _pop(self) -> Submission:
        taken = self._waiting.popleft()
        self._drafts -= len(taken.drafts)
        return taken

    def _write(self, batch: Batch) -> None:
        """Until it is committed, refused, or given up."""
        attempt = 0
        while time.monotonic() < self._give_up_at:
            try:
                self._try(batch)
                return
            except Exception as error:
                if not self._worth_another_try(error):
                    self._refused(batch, error)
                    return
                attempt += 1
                self._away(attempt)
                if self._closing and not batch.submissions:
                    return
        batch.fail(AppenderClosed("the journal could not be reached before the close"))

    def _try(self, batch: Batch) -> None:
        conn = self._conn or self._connect()
        if batch.submissions:
            batch.write(conn, self._epoch)
        else:
            conn.execute("SELECT 1")
        self.down_since = None

    def _connect(self) -> psycopg.Connection[Any]:
        """Anew, after ending our last session: it may still be at work on a batch whose answer we did not get."""
        conn = connect(self._url, "appender")
        try:
            if self._session is not None:
                conn.execute(_END_SESSION, self._session)
            self._session = conn.execute(_SESSION).fetchone()
        except BaseException:
            conn.close()
            raise
        self._conn = conn
        return conn

    def _worth_another_try(self, error: Exception) -> bool:
        if isinstance(error, BatchKnownError) or self._conn is None or self._conn.broken or self._conn.closed:
            return isinstance(error, (psycopg.Error, BatchKnownError))
        return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "")[:2] in _PASSING

    def _away(self, attempt: int) -> None:
        if self._conn is not None and (self._conn.broken or self._conn.closed):
            self._disconnect()
        if self.down_since is None:
            self.down_since = time.monotonic()
            _log.warning("the journal cannot be written: events wait for it")
        with self._wake:
            self._wake.wait_for(lambda: self._closing, min(pause_s(attempt), _PAUSE_MAX_S))

    def _disconnect(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _refused(self, batch: Batch, error: Exception) -> None:
        """Nothing of it was committed. Try each submission by itself to find the culprit; the next connects anew, as
        `append` asks after an error."""
        self.down_since = None
        self._disconnect()
        if len(batch.submissions) == 1:
            batch.fail(error)
        else:
            for one in batch.split():
                self._write(one)
