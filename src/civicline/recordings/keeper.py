"""Ends and destructions: follows the journal and does to the store what it says. Runs in the worker.

Each step is safe to repeat, and is repeated after a kill: in one transaction the key's row goes, then the files, and
the journal says so.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import psycopg

from civicline import settings
from civicline.journal import timers
from civicline.journal.append import append
from civicline.journal.event import Draft, Event
from civicline.journal.follow import Follower
from civicline.journal.timers import Timer
from civicline.recordings import reading, rows, store
from civicline.recordings.errors import RecordingError

log = logging.getLogger(__name__)

IDLE_S = 1.0
REST_S = 0.1
CLOSE_AFTER_S = 1.0
"""After the end of a talk: by then the media process has written the rest."""
LOOK_BACK = 5000
"""Events before its place that it reads again after a start, so that a refusal shortly before is still known."""
REFUSED_MAX = 10_000
_PROGRESS = (
    "INSERT INTO recording_progress (id, position) VALUES (1, %s)"
    " ON CONFLICT (id) DO UPDATE SET position = excluded.position"
)
_ENDS = frozenset({"talk_ended", "contact_wrapped", "wrap_up_ran_out", "contact_abandoned", "referral_ended"})
"""Facts after which nobody of ours talks with the person any more, though they may have been passed on before."""


class Keeper:
    def __init__(self, conn: psycopg.Connection[Any], folder: Path) -> None:
        self._conn = conn
        self._folder = folder
        self._refused: deque[str] = deque(maxlen=REFUSED_MAX)
        row = conn.execute("SELECT position FROM recording_progress WHERE id = 1").fetchone()
        self._done = int(row[0]) if row else 0

    @property
    def begins_after(self) -> int:
        return max(0, self._done - LOOK_BACK)

    def take(self, events: list[Event]) -> None:
        for event in events:
            if event.kind == "recording_refused":
                self._refused.append(str(event.body["contact"]))
            if event.position > self._done:
                self._one(event)
        self._done = max(self._done, events[-1].position)
        self._conn.execute(_PROGRESS, (self._done,))

    def _one(self, event: Event) -> None:
        contact = str(event.body.get("contact", ""))
        if event.kind == "recording_refused" or (event.kind == rows.STARTED and contact in self._refused):
            self._destroy(contact)
        elif event.kind == rows.TALK_BEGAN:
            rows.note_under_way(self._conn, contact)
        elif event.kind == rows.CLOSED:
            rows.note_closed(self._conn, str(event.body["recording"]), event.position)
        elif event.kind in _ENDS:
            for row in rows.of_contact(self._conn, contact):
                timers.schedule(self._conn, rows.CLOSE, row.id, time.time() + CLOSE_AFTER_S, {"contact": contact})

    def _destroy(self, contact: str) -> None:
        for row in rows.of_contact(self._conn, contact):
            with self._conn.transaction():
                put_away(self._conn, self._folder, row.id, rows.DESTROYED)
            timers.schedule(self._conn, rows.CLOSE, row.id, time.time() + CLOSE_AFTER_S, {"contact": contact})


def put_away(conn: psycopg.Connection[Any], folder: Path, recording: str, said: str) -> None:
    """Delete key and files, and say so. Within a transaction; safe to repeat. The row goes first: whoever misses a file
    (`checks`) can then wait for the end of this transaction, which has written something."""
    contact = rows.forget(conn, recording)
    store.remove(folder, recording)
    if contact is not None:
        append(conn, [Draft(said, {"recording": recording, "contact": contact})])


def dispose(conn: psycopg.Connection[Any], timer: Timer) -> None:
    """The time for which a recording is kept is over."""
    put_away(conn, _folder(), timer.key, rows.DISPOSED)


def close(conn: psycopg.Connection[Any], timer: Timer) -> None:
    """The talk is over: say what there is of its recording. Comes again while a segment is being written."""
    recording, folder = timer.key, _folder()
    if rows.by_id(conn, recording) is None:
        store.remove(folder, recording)  # what was under way when it was destroyed
        return
    paths = store.segments(folder, recording)
    if any(store.is_being_written(path) for path in paths):
        timers.schedule(conn, rows.CLOSE, recording, time.time() + CLOSE_AFTER_S, timer.payload)
        return
    segments = sorted((summary(path) for path in paths), key=lambda each: (each["start_ms"], each["id"]))
    cut = not segments or any(not each["whole"] for each in segments)
    body = {"recording": recording, "contact": timer.payload.get("contact"), "segments": segments, "cut": cut}
    if rows.closed(conn, recording) != body:
        append(conn, [Draft(rows.CLOSED, body)])


def summary(path: Path) -> dict[str, Any]:
    """One segment as the journal keeps it. What cannot be read is kept as broken, and with its hash."""
    data = path.read_bytes()
    body = {"id": path.stem.partition("-")[2], "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    try:
        segment = reading.read(path)
    except RecordingError as error:
        log.error("worker: %s", error)
        return body | {"start_ms": 0, "seconds": 0, "whole": False}
    return body | {"start_ms": segment.header.start_ms, "seconds": segment.seconds, "whole": segment.whole}


def _folder() -> Path:
    return store.folder(settings.load().data)


def keep_recordings(url: str, stop: threading.Event) -> None:
    """Follow the journal until `stop` is set. Raises psycopg.Error when the database goes away: then begin again."""
    with psycopg.connect(url, autocommit=True) as conn:
        keeper = Keeper(conn, _folder())
        follower = Follower(url, after=keeper.begins_after, rest_s=REST_S)
        try:
            while not stop.is_set():
                if events := follower.read(IDLE_S):
                    keeper.take(events)
        finally:
            follower.close()
