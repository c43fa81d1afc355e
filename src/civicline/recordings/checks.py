"""Holds what is on disk against what the journal says of it, beside a running centre too."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import psycopg

from civicline.people.keyset import ContactKey, Keyset, KeysetError
from civicline.recordings import format, reading, rows, store
from civicline.recordings.errors import RecordingError
from civicline.recordings.format import owner

Keys: TypeAlias = Callable[[], Keyset]
"""Asked for each recording: the keyset may be rotated meanwhile."""
GONE = {rows.DESTROYED: "destroyed", rows.DISPOSED: "disposed of"}
_KINDS = [rows.STARTED, rows.CLOSED, rows.TALK_BEGAN, *GONE]
_SAID = "SELECT position, kind, body FROM journal_event WHERE position > %s AND kind = ANY(%s) ORDER BY position"
_NUMBER = "SELECT pg_current_xact_id()::text"
_ARE_OVER = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8"
"""All transactions that began to write before the one of that number (PostgreSQL's manual, 9.27.6)."""
SETTLE_MAX_S = 10.0
POLL_S = 0.05


class Problem(NamedTuple):
    recording: str
    what: str


class Told(NamedTuple):
    """What the journal says of one recording. `closed`: how it was at the end of its last talk; None in a talk."""

    contact: str
    closed: dict[str, Any] | None = None
    gone: str = ""


class State(Enum):
    """`WHOLE`, `CUT`: ended, and as the journal has them. `UNDER_WAY`: not ended yet, and not looked at."""

    WHOLE = auto()
    CUT = auto()
    UNDER_WAY = auto()
    GONE = auto()


@dataclass
class Result:
    """How many are in which state with nothing wrong, and what is wrong with the others."""

    counts: Counter[State] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


class Journal:
    """What the journal says of recordings; read on while it grows."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.told: dict[str, Told] = {}
        self._conn = conn
        self._of: dict[str, str] = {}
        self._position = 0
        self._read_on()

    def has_news(self, recording: str) -> bool:
        """Whether it says something else of the recording by now: also what was being stored when it was asked."""
        before = self.told[recording]
        _settle(self._conn)
        self._read_on()
        return self.told[recording] != before

    def _read_on(self) -> None:
        with self._conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
            for position, kind, body in cursor.execute(_SAID, (self._position, _KINDS)):
                self._position = position
                self._take(kind, body)

    def _take(self, kind: str, body: dict[str, Any]) -> None:
        if kind == rows.TALK_BEGAN:
            if (recording := self._of.get(body["contact"])) is not None:
                self.told[recording] = self.told[recording]._replace(closed=None)
            return
        said = self.told.get(body["recording"], Told(str(body.get("contact"))))
        if kind == rows.CLOSED:
            said = said._replace(closed=body)
        elif kind in GONE:
            said = said._replace(gone=GONE[kind])
        else:
            self._of[said.contact] = body["recording"]
        self.told[body["recording"]] = said


def _settle(conn: psycopg.Connection[Any]) -> None:
    """Wait for the ends of the transactions that are under way: one of them may be a recording's destruction."""
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        own = cursor.execute(_NUMBER).fetchone()
        until = time.monotonic() + SETTLE_MAX_S
        while cursor.execute(_ARE_OVER, own).fetchone() != (True,) and time.monotonic() < until:
            time.sleep(POLL_S)


def under_way(paths: Sequence[Path]) -> bool:
    return any(store.is_being_written(path) for path in paths)


def is_of(row: rows.Row, contact: str | None) -> None:
    """Raises RecordingError where the journal began the recording for somebody else than its row says."""
    if row.contact != contact:
        raise RecordingError(f"recording {row.id}: its row says that it is of another contact than the journal says")


def against_journal(paths: Sequence[Path], closed: dict[str, Any], key: ContactKey) -> None:
    """Every record is opened, every count and hash compared. Raises RecordingError with the first that is wrong."""
    by_id = {path.stem.partition("-")[2]: path for path in paths}
    recording = closed["recording"]
    for said in closed["segments"]:
        path = by_id.pop(said["id"], None)
        if path is None:
            raise RecordingError(f"recording {recording}: segment {said['id']} is missing")
        data = reading.data(path)
        segment = format.parse(data, path.stem)
        for _ in reading.seconds(segment, key):
            pass
        if (segment.seconds, segment.whole) != (said["seconds"], said["whole"]):
            raise RecordingError(
                f"recording {recording}, segment {said['id']}: it has {segment.seconds} seconds, the journal has"
                f" {said['seconds']}: second {min(segment.seconds, said['seconds'])} is missing or was added"
            )
        if hashlib.sha256(data).hexdigest() != said["sha256"]:
            raise RecordingError(f"recording {recording}, segment {said['id']} is not what the journal has: its hash")
    if by_id:
        raise RecordingError(f"recording {recording}: the journal has no segment {min(by_id)}")


def all_recordings(conn: psycopg.Connection[Any], folder: Path, keys: Keys) -> Result:
    """`conn` is in autocommit mode. What looks wrong is looked at again for as long as the journal has news of it."""
    files = list(store.everything(folder))  # before the journal is read: a recording is in it before it has a file
    result, journal = Result(), Journal(conn)
    for recording in list(journal.told):
        try:
            result.counts[_looked_at(conn, folder, keys, recording, journal)] += 1
        except (RecordingError, KeysetError) as error:
            result.problems.append(Problem(recording, str(error)))
    for recording, path in files:
        if recording not in journal.told:
            result.problems.append(Problem(recording, f"{path.name} is of a recording that nobody began"))
    return result


def _looked_at(conn: psycopg.Connection[Any], folder: Path, keys: Keys, recording: str, journal: Journal) -> State:
    """Raises RecordingError, KeysetError."""
    while True:
        try:
            return _state(conn, folder, keys, recording, journal.told[recording])
        except (RecordingError, KeysetError):
            if not journal.has_news(recording):
                raise


def _state(conn: psycopg.Connection[Any], folder: Path, keys: Keys, recording: str, said: Told) -> State:
    """Raises RecordingError, KeysetError."""
    row, paths = rows.by_id(conn, recording), store.segments(folder, recording)
    if said.gone:
        if row is not None or paths:
            left = "key" if row is not None else "sound"
            raise RecordingError(f"it was {said.gone}, but its {left} is still there")
        return State.GONE
    if row is None:
        raise RecordingError("its key is missing, and the journal does not say why")
    is_of(row, said.contact)
    if said.closed is None or under_way(paths):
        return State.UNDER_WAY
    against_journal(paths, said.closed, keys().open_key(owner(recording), row.wrapped_key))
    return State.CUT if said.closed["cut"] else State.WHOLE
