"""A new wrapping key for the keyset, and every stored key wrapped anew with it, while everything runs.

Running processes read the file again when it changes (`keyset.current`), so one machine with one file needs `rotate`
alone. What one of them wrapped with the old key just before, the next round finds; so rounds go on until one finds
nothing. Where processes have copies of the file (systemd's credentials, several nodes), `add` goes first, and the
copies are renewed: then each opens what the new key wraps. What the copies still wrap by the old one until they are
renewed again, `wrap` finds. docs/how-to/systemd.md has the steps.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from civicline.people import keyset
from civicline.people.keyset import Keyset, KeysetError
from civicline.phones import accounts
from civicline.recordings import format

AT_ONCE = 500
ROUNDS_MAX = 20


class _Table(NamedTuple):
    """Where wrapped keys lie: how to read on after a key, and how to replace one that is still what was read."""

    page: str
    replace: str
    first: tuple[str, ...]
    bound: Callable[[str], str] = str
    """What the key is bound to, by the row's first column."""


TABLES = (
    _Table(
        "SELECT contact, key_id, wrapped_key FROM sealed_key WHERE (contact, key_id) > (%s, %s)"
        " ORDER BY contact, key_id LIMIT %s",
        "UPDATE sealed_key SET wrapped_key = %s WHERE contact = %s AND key_id = %s AND wrapped_key = %s",
        ("", ""),
    ),
    _Table(
        "SELECT id, wrapped_key FROM recording WHERE id > %s ORDER BY id LIMIT %s",
        "UPDATE recording SET wrapped_key = %s WHERE id = %s AND wrapped_key = %s",
        ("",),
        format.owner,
    ),
    _Table(
        'SELECT "user", wrapped_key FROM phone_account WHERE "user" > %s ORDER BY "user" LIMIT %s',
        'UPDATE phone_account SET wrapped_key = %s WHERE "user" = %s AND wrapped_key = %s',
        ("",),
        accounts.owner,
    ),
)


def add(path: Path) -> None:
    """A new wrapping key that opens and does not wrap yet: so that it is known wherever there is a copy of the file
    before anything is wrapped by it. Raises KeysetError."""
    with _held_alone(path) as file:
        if _waiting(file.seal):
            raise KeysetError("a key was added before and does not wrap yet: `civicline keyset rotate` lets it")
        file.seal["key"] += keyset.fresh_seal()["key"]
        file.write()


def rotate(path: Path, conn: psycopg.Connection[Any]) -> int:
    """Let the key that was added wrap from now on, or a new one where none was, and wrap every stored key anew by it;
    how many were. The old keys still open. `conn` is in autocommit mode. Raises KeysetError."""
    with _held_alone(path) as file:
        if not _waiting(file.seal):
            file.seal["key"] += keyset.fresh_seal()["key"]
        file.seal["primaryKeyId"] = file.seal["key"][-1]["keyId"]
        file.write()
        return _wrap_all_anew(file.keys(), conn)


def wrap(path: Path, conn: psycopg.Connection[Any]) -> int:
    """Wrap anew what an old key wrapped; how many there were. The file stays as it is. Raises KeysetError."""
    with _held_alone(path) as file:
        return _wrap_all_anew(file.keys(), conn)


def retire(path: Path, conn: psycopg.Connection[Any]) -> int:
    """Take the old wrapping keys out, to a file beside; how many there were. Raises KeysetError while something stored
    needs one. Nobody rotates meanwhile."""
    with _held_alone(path) as file:
        keys = file.keys()
        if left := sum(1 for table in TABLES for _ in _outdated(conn, keys, table)):
            raise KeysetError(f"{left} stored keys are still wrapped by an old key: run `civicline keyset wrap` first")
        old = _before_primary(file.seal)
        if old:
            file.keep_retired(old)
            file.seal["key"] = file.seal["key"][len(old) :]
            file.write()
        return len(old)


def retired(path: Path) -> Path:
    """The file with the keys that were taken out. It is a keyset by itself, which opens backups of that time."""
    return path.with_name(path.name + ".retired")


def _place(seal: Any) -> int:
    """Of the present wrapping key. Keys are in the order of their age."""
    return next(n for n, key in enumerate(seal["key"]) if key["keyId"] == seal["primaryKeyId"])


def _before_primary(seal: Any) -> list[Any]:
    found: list[Any] = seal["key"][: _place(seal)]
    return found


def _waiting(seal: Any) -> bool:
    """Whether there is a key that was added and does not wrap yet."""
    return _place(seal) < len(seal["key"]) - 1


def _wrap_all_anew(keys: Keyset, conn: psycopg.Connection[Any]) -> int:
    done = 0
    for _ in range(ROUNDS_MAX):
        found = sum(_round(conn, keys, table) for table in TABLES)
        done += found
        if not found:
            return done
    raise KeysetError(
        "some process still wraps with an old key: restart it with the present file, then `civicline keyset wrap`"
    )


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
                anew = keys.wrapped_anew(table.bound(row[0]), bytes(row[-1]))
                if anew is not None:
                    yield row, anew
            after = page[-1][:-1]


class _File:
    """The keyset's file while nobody else changes it; written whole in its place."""

    def __init__(self, path: Path, folder: int) -> None:
        self._path = path
        self._folder = folder
        self._held = keyset.read(path)
        self.keys()  # whatever is no keyset is left alone

    @property
    def seal(self) -> Any:
        return self._held["seal"]

    def keys(self) -> Keyset:
        """As a process has it that reads the file now. Raises KeysetError."""
        return keyset.made(self._held, self._path)

    def write(self) -> None:
        self.keys()
        keyset.write_draft(self._path, self._held).replace(self._path)
        os.fsync(self._folder)

    def keep_retired(self, old: list[Any]) -> None:
        """Safely on disk before they leave the keyset. A backup may need one; whoever is sure deletes the file."""
        path = retired(self._path)
        before = keyset.read(path)["seal"]["key"] if path.exists() else []
        known = {key["keyId"] for key in before}
        kept = [*before, *(key for key in old if key["keyId"] not in known)]
        seal = self.seal | {"primaryKeyId": kept[-1]["keyId"], "key": kept}
        keyset.write_draft(self._path, self._held | {"seal": seal}).replace(path)
        os.fsync(self._folder)


@contextmanager
def _held_alone(path: Path) -> Iterator[_File]:
    """From before it is read until what follows from it is done: nobody else adds, rotates or retires meanwhile."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise KeysetError(f"the folder of {path} cannot be read: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield _File(path, folder)
    finally:
        os.close(folder)
