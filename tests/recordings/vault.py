"""Recordings as the media process, the engine and the keeper make them, without a call."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.journal.leader import lead
from civicline.journal.read import read
from civicline.journal.timers import Timer
from civicline.people import keyset
from civicline.people.keyset import Keyset
from civicline.recordings import checks, format, keeper, rows, store
from civicline.recordings.format import CALLER, OURS, Chunk, Header, owner

CONTACT = "c" * 32
SECONDS = 4
START_MS = 1_767_625_200_000


@dataclass
class Vault:
    url: str
    conn: psycopg.Connection
    folder: Path
    keyset: Path
    keeper: keeper.Keeper
    seen: int = 0

    @property
    def keys(self) -> Keyset:
        return keyset.load(self.keyset)

    def begin(self, contact: str = CONTACT) -> rows.Row:
        recording = secrets.token_hex(16)
        _, wrapped = self.keys.new_key(owner(recording))
        row = rows.Row(recording, contact, wrapped)
        draft, statements = rows.started(row, time.time() + 1000)
        with self.conn.transaction():
            for statement, params in statements:
                self.conn.execute(statement, params)
            append(self.conn, [draft])
        return row

    def write(self, row: rows.Row, start_ms: int = START_MS, ended: bool = True, seconds: int = SECONDS) -> Path:
        """A segment whose seconds hold their own number."""
        with self.writing(row, start_ms, ended, seconds) as path:
            return path

    @contextmanager
    def writing(
        self, row: rows.Row, start_ms: int = START_MS, ended: bool = True, seconds: int = SECONDS
    ) -> Iterator[Path]:
        """The same, whose end is not written yet."""
        key = self.keys.open_key(owner(row.id), row.wrapped_key)
        header = Header(row.id, secrets.token_hex(8), start_ms)
        path = store.path_of(self.folder, row.id, header.segment)
        with store.create(path) as file:
            file.write(header.pack())
            for second in range(seconds):
                for channel in (CALLER, OURS):
                    file.write(format.seal(key, header, channel, second, Chunk(bytes([second]) * 8000)))
            yield path
            if ended:
                file.write(format.seal_end(key, header, seconds))

    def write_nothing(self, row: rows.Row, size: int) -> Path:
        """A segment whose writer died when it had written so much of the header."""
        path = store.path_of(self.folder, row.id, secrets.token_hex(8))
        with store.create(path) as file:
            file.write(Header(row.id, path.stem.partition("-")[2], START_MS).pack()[:size])
        return path

    def close(self, row: rows.Row) -> None:
        with self.conn.transaction():
            keeper.close(self.conn, Timer(1, rows.CLOSE, row.id, {"contact": row.contact}, 1))
        self.follow()

    def recorded(self, ended: bool = True, contact: str = CONTACT) -> tuple[rows.Row, Path]:
        row = self.begin(contact)
        path = self.write(row, ended=ended)
        self.close(row)
        return row, path

    def follow(self) -> None:
        if found := read(self.conn, self.seen, 1000):
            self.seen = found[-1].position
            self.keeper.take(found)

    def refuse(self, contact: str = CONTACT) -> None:
        self.tell("recording_refused", contact)

    def tell(self, fact: str, contact: str) -> None:
        """As the engine says it; and the keeper follows."""
        with closing(lead(self.url, "test", threading.Event())) as leadership:
            leadership.append([Draft(fact, {"at": time.time(), "contact": contact})])
        self.follow()

    def dispose(self, row: rows.Row) -> None:
        with self.conn.transaction():
            keeper.dispose(self.conn, Timer(1, rows.DISPOSE, row.id, {}, 1))

    def said(self, kind: str) -> list[dict]:
        return [event.body for event in read(self.conn, 0, 1000) if event.kind == kind]

    def verify(self) -> checks.Result:
        return checks.all_recordings(self.conn, self.folder, lambda: self.keys)

    def problems(self) -> list[str]:
        return [problem.what for problem in self.verify().problems]
