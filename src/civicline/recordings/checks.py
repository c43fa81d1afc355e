"""Holds what is on disk against what the journal says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from civicline.people.keyset import ContactKey, Keyset, KeysetError
from civicline.recordings import reading, rows, store
from civicline.recordings.errors import RecordingError
from civicline.recordings.format import owner

_TOLD = "SELECT kind, body FROM journal_event WHERE kind = ANY(%s) ORDER BY position"
GONE = {rows.DESTROYED: "destroyed", rows.DISPOSED: "disposed of"}


class Problem(NamedTuple):
    recording: str
    what: str


@dataclass
class Told:
    """What the journal says of one recording."""

    contact: str
    closed: dict[str, Any] | None = None
    gone: str = ""


@dataclass
class Result:
    """`whole`, `cut`: ended, and as the journal has them. `under_way`: not ended yet, and not looked at."""

    whole: int = 0
    cut: int = 0
    under_way: int = 0
    gone: int = 0
    problems: list[Problem] = field(default_factory=list)


def against_journal(paths: Sequence[Path], closed: dict[str, Any], key: ContactKey) -> None:
    """Every record is opened, every count and hash compared. Raises RecordingError with the first that is wrong."""
    by_id = {path.stem.partition("-")[2]: path for path in paths}
    recording = closed["recording"]
    for said in closed["segments"]:
        path = by_id.pop(said["id"], None)
        if path is None:
            raise RecordingError(f"recording {recording}: segment {said['id']} is missing")
        segment = reading.read(path)
        for _ in reading.seconds(segment, key):
            pass
        if (segment.seconds, segment.whole) != (said["seconds"], said["whole"]):
            raise RecordingError(
                f"recording {recording}, segment {said['id']}: it has {segment.seconds} seconds, the journal has"
                f" {said['seconds']}: second {min(segment.seconds, said['seconds'])} is missing or was added"
            )
        if hashlib.sha256(path.read_bytes()).hexdigest() != said["sha256"]:
            raise RecordingError(f"recording {recording}, segment {said['id']} is not what the journal has: its hash")
    if by_id:
        raise RecordingError(f"recording {recording}: the journal has no segment {min(by_id)}")


def all_recordings(conn: psycopg.Connection[Any], folder: Path, keys: Keyset) -> Result:
    result, told = Result(), _told(conn)
    for recording, said in told.items():
        for what in _one(conn, folder, keys, recording, said, result):
            result.problems.append(Problem(recording, what))
    for recording, path in store.everything(folder):
        if recording not in told:
            result.problems.append(Problem(recording, f"{path.name} is of a recording that nobody began"))
    return result


def _told(conn: psycopg.Connection[Any]) -> dict[str, Told]:
    told: dict[str, Told] = {}
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        for kind, body in cursor.execute(_TOLD, ([rows.STARTED, rows.CLOSED, *GONE],)):
            said = told.setdefault(body["recording"], Told(str(body.get("contact"))))
            if kind == rows.CLOSED:
                said.closed = body
            elif kind in GONE:
                said.gone = GONE[kind]
    return told


def _one(
    conn: psycopg.Connection[Any], folder: Path, keys: Keyset, recording: str, said: Told, result: Result
) -> Iterator[str]:
    """What is wrong with it; counts it where nothing is."""
    row, paths = rows.by_id(conn, recording), store.segments(folder, recording)
    if said.gone:
        result.gone += 1
        if row is not None or paths:
            yield f"it was {said.gone}, but its {'key' if row is not None else 'sound'} is still there"
    elif row is None:
        yield "its key is missing, and the journal does not say why"
    elif said.closed is None:
        result.under_way += 1
    else:
        try:
            against_journal(paths, said.closed, keys.open_key(owner(recording), row.wrapped_key))
        except (RecordingError, KeysetError) as error:
            yield str(error)
        else:
            result.cut += said.closed["cut"]
            result.whole += not said.closed["cut"]
