"""Handing a recording out: to somebody allowed, and never without a word of it in the journal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.people.access import may
from civicline.people.keyset import Keyset
from civicline.people.models import Staff
from civicline.recordings import checks, reading, rows, store, wav
from civicline.recordings.errors import RecordingError
from civicline.recordings.format import owner
from civicline.recordings.reading import Mark

PERMISSION = "recordings.export"


class Exported(NamedTuple):
    recording: str
    lasted_s: float
    cut: bool
    marks: list[Mark]


def export(
    conn: psycopg.Connection[Any], keys: Keyset, folder: Path, contact: str, out: Path, staff: Staff
) -> Exported:
    """Write the contact's recording as WAV, readable by its owner only. `conn` is in autocommit mode.

    `recording.exported` is stored before the first byte is written. Raises RecordingError, which names what was
    changed, swapped or is missing; then nothing is left at `out`.
    """
    if not may(staff, PERMISSION):
        append(conn, [Draft(rows.EXPORT_REFUSED, {"contact": contact, "by": staff.username})])
        raise RecordingError(f"{staff.username} may not export recordings: supervisors and administrators may")
    row = next(iter(rows.of_contact(conn, contact)), None)
    if row is None:
        raise RecordingError(f"the contact {contact} has no recording: there was none, or it was destroyed")
    checks.is_of(row, rows.whose(conn, row.id))
    closed, paths = rows.closed(conn, row.id), store.segments(folder, row.id)
    if closed is None or checks.under_way(paths):
        raise RecordingError(f"the recording of {contact} is still under way: export it after the talk")
    key = keys.open_key(owner(row.id), row.wrapped_key)
    checks.against_journal(paths, closed, key)
    found = reading.whole(paths, key)
    if found.most_s > wav.LONGEST_S:
        raise RecordingError(f"the recording of {contact} does not fit a WAV file: {wav.LONGEST_S // 3600} hours do")
    append(conn, [Draft(rows.EXPORTED, {"recording": row.id, "contact": contact, "by": staff.username})])
    lasted_s, marks = _write(out, found)
    return Exported(row.id, lasted_s, found.cut, marks)


def _write(out: Path, found: reading.Whole) -> tuple[float, list[Mark]]:
    marks: list[Mark] = []
    draft = out.with_name(f".{out.name}.part")
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise RecordingError(f"{out} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(fd, "wb") as file:
            lasted_s = wav.write(file, found.pieces(marks))
            marks = reading.joined(marks)
            wav.finish(file, marks)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return lasted_s, marks
