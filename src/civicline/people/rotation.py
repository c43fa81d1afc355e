"""A new wrapping key for the keyset, and every stored key wrapped anew with it, while everything runs.

Running processes read the file again when it changes (`keyset.current`). What one of them wrapped with the old key just
before, the next round finds; so rounds go on until one finds nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from civicline.people import keyset
from civicline.people.keyset import Keyset, KeysetError
from civicline.recordings.format import owner

AT_ONCE = 500
ROUNDS_MAX = 20


class _Table(NamedTuple):
    """Where wrapped keys lie: how to read on after a key, and how to replace one that is still what was read."""

    page: str
    replace: str
    first: tuple[str, ...]
    recordings: bool

    def owner(self, row: tuple[Any, ...]) -> str:
        return owner(row[0]) if self.recordings else str(row[0])


TABLES = (
    _Table(
        "SELECT contact, key_id, wrapped_key FROM sealed_key WHERE (contact, key_id) > (%s, %s)"
        " ORDER BY contact, key_id LIMIT %s",
        "UPDATE sealed_key SET wrapped_key = %s WHERE contact = %s AND key_id = %s AND wrapped_key = %s",
        ("", ""),
        recordings=False,
    ),
    _Table(
        "SELECT id, wrapped_key FROM recording WHERE id > %s ORDER BY id LIMIT %s",
        "UPDATE recording SET wrapped_key = %s WHERE id = %s AND wrapped_key = %s",
        ("",),
        recordings=True,
    ),
)


def add_key(path: Path) -> None:
    """A new wrapping key from now on; the old ones still open. Raises KeysetError."""
    with _changing(path) as held:
        new = keyset.fresh_seal()
        held["seal"] = {"primaryKeyId": new["primaryKeyId"], "key": [*held["seal"]["key"], *new["key"]]}


def retire(path: Path, conn: psycopg.Connection[Any]) -> int:
    """Take the old wrapping keys out; how many there were. Raises KeysetError while something stored needs one."""
    keys = keyset.load(path)
    left = sum(1 for table in TABLES for _ in _outdated(conn, keys, table))
    if left:
        raise KeysetError(f"{left} stored keys are still wrapped by an old key: run `civicline keyset rotate` first")
    with _changing(path) as held:
        before = len(held["seal"]["key"])
        held["seal"] = keyset.newest_only(held["seal"])
    return before - 1


def wrap_all_anew(path: Path, conn: psycopg.Connection[Any]) -> int:
    """Wrap every stored key with the newest wrapping key; how many were. `conn` is in autocommit mode."""
    keys, done = keyset.load(path), 0
    for _ in range(ROUNDS_MAX):
        found = sum(_round(conn, keys, table) for table in TABLES)
        done += found
        if not found:
            return done
    raise KeysetError("some process still wraps with an old key: restart it, and rotate again")


def _round(conn: psycopg.Connection[Any], keys: Keyset, table: _Table) -> int:
    count = 0
    for row, wrapped in _outdated(conn, keys, table):
        count += conn.execute(table.replace, (wrapped, *row)).rowcount
    return count


def _outdated(conn: psycopg.Connection[Any], keys: Keyset, table: _Table) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    """Rows that an old key wrapped, each with its key wrapped anew."""
    after = table.first
    with conn.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        while page := cursor.execute(table.page, (*after, AT_ONCE)).fetchall():
            for row in page:
                anew = keys.wrapped_anew(table.owner(row), bytes(row[-1]))
                if anew is not None:
                    yield row, anew
            after = page[-1][:-1]


@contextmanager
def _changing(path: Path) -> Iterator[Any]:
    """The file's content, to be changed; written whole in its place. One at a time."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        held = keyset.read(path)
        before = json.dumps(held)
        yield held
        if json.dumps(held) != before:
            keyset.write_draft(path, held).replace(path)
            os.fsync(folder)
    finally:
        os.close(folder)
