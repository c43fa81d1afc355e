"""Recordings on disk and in the database: what was changed is named, what was stolen does not open, what is gone is."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest

from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.journal.leader import lead
from civicline.journal.read import read
from civicline.journal.timers import Timer
from civicline.people import keyset, rotation, sealing
from civicline.people.keyset import Keyset, KeysetError
from civicline.recordings import checks, format, keeper, reading, rows, store
from civicline.recordings.errors import RecordingError
from civicline.recordings.format import CALLER, HEADER, OURS, RECORD, Chunk, Header, owner

CONTACT = "c" * 32
SECONDS = 4


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

    def write(self, row: rows.Row, start_ms: int = 1_767_625_200_000, ended: bool = True) -> Path:
        """A segment whose seconds hold their own number."""
        key = self.keys.open_key(owner(row.id), row.wrapped_key)
        header = Header(row.id, secrets.token_hex(8), start_ms)
        path = store.path_of(self.folder, row.id, header.segment)
        with store.create(path) as file:
            file.write(header.pack())
            for second in range(SECONDS):
                for channel in (CALLER, OURS):
                    file.write(format.seal(key, header, channel, second, Chunk(bytes([second]) * 8000)))
            if ended:
                file.write(format.seal_end(key, header, SECONDS))
        return path

    def close(self, row: rows.Row) -> None:
        with self.conn.transaction():
            keeper.close(self.conn, Timer(1, rows.CLOSE, row.id, {"contact": row.contact}, 1))
        self.follow()

    def recorded(self, ended: bool = True) -> tuple[rows.Row, Path]:
        row = self.begin()
        path = self.write(row, ended=ended)
        self.close(row)
        return row, path

    def follow(self) -> None:
        if found := read(self.conn, self.seen, 1000):
            self.seen = found[-1].position
            self.keeper.take(found)

    def refuse(self, contact: str = CONTACT) -> None:
        """As the engine says it; and the keeper follows."""
        with closing(lead(self.url, "test", threading.Event())) as leadership:
            leadership.append([Draft("recording_refused", {"at": time.time(), "contact": contact})])
        self.follow()

    def said(self, kind: str) -> list[dict]:
        return [event.body for event in read(self.conn, 0, 1000) if event.kind == kind]

    def problems(self) -> list[str]:
        return [problem.what for problem in checks.all_recordings(self.conn, self.folder, self.keys).problems]


@pytest.fixture
def vault(journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    monkeypatch.setenv("CIVICLINE_DATA", str(tmp_path))
    monkeypatch.setenv("CIVICLINE_KEYSET", str(tmp_path / "keyset.json"))
    keyset.create(tmp_path / "keyset.json")
    folder = store.folder(tmp_path)
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield Vault(journal.urls.app, conn, folder, tmp_path / "keyset.json", keeper.Keeper(conn, folder))


def places(data: bytes) -> list[tuple[int, int]]:
    """From and until of each record."""
    found, at = [], HEADER.size
    while at < len(data):
        size = RECORD.size + RECORD.unpack_from(data, at)[3]
        found.append((at, at + size))
        at += size
    return found


def change(data: bytes, number: int) -> bytes:
    end = places(data)[number][1]
    return data[: end - 20] + bytes([data[end - 20] ^ 1]) + data[end - 19 :]


def take_out(data: bytes, number: int) -> bytes:
    start, end = places(data)[number]
    return data[:start] + data[end:]


def swap(data: bytes, one: int, other: int) -> bytes:
    (a, b), (c, d) = places(data)[one], places(data)[other]
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def swap_inside(data: bytes, one: int, other: int) -> bytes:
    """The ciphertexts only: each record says that it is in its place."""
    (a, b), (c, d) = places(data)[one], places(data)[other]
    head = RECORD.size
    return data[: a + head] + data[c + head : d] + data[b : c + head] + data[a + head : b] + data[d:]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (partial(change, number=4), "second 2 of the caller's channel was changed"),
        (partial(change, number=7), "second 3 of the representative's channel was changed"),
        (partial(take_out, number=3), "second 1 of the representative's channel is missing"),
        (partial(take_out, number=7), "second 3 of the representative's channel is missing"),
        (partial(swap, one=2, other=4), "second 1 of the caller's channel is not in its place: it was swapped"),
        (partial(swap_inside, one=2, other=4), "second 1 of the caller's channel was changed or swapped"),
        (partial(swap_inside, one=2, other=3), "second 1 of the caller's channel was changed or swapped"),
        (lambda data: data[: places(data)[6][0]], "second 3 is missing"),
    ],
)
def test_a_second_that_was_tampered_with_is_named(vault: Vault, damage: Callable[[bytes], bytes], named: str) -> None:
    row, path = vault.recorded()
    assert vault.problems() == []
    path.write_bytes(damage(path.read_bytes()))
    (what,) = vault.problems()
    assert named in what and row.id in what


def test_a_second_of_another_recording_does_not_pass(vault: Vault) -> None:
    row, path = vault.recorded()
    key = vault.keys.open_key(owner(row.id), row.wrapped_key)
    other = vault.write(row, start_ms=1_767_625_300_000)
    data, foreign = path.read_bytes(), other.read_bytes()
    (start, end), (a, b) = places(data)[2], places(foreign)[2]
    path.write_bytes(data[:start] + foreign[a:b] + data[end:])
    with pytest.raises(RecordingError, match=r"second 1 of the caller's channel was changed or swapped"):
        list(reading.seconds(reading.read(path), key))


def test_a_segment_that_is_missing_renamed_or_added_is_named(vault: Vault) -> None:
    row, path = vault.recorded()
    data = path.read_bytes()
    path.unlink()
    assert "is missing" in vault.problems()[0]
    path.with_name(f"{row.id}-{'0' * 16}.rec").write_bytes(data)
    assert vault.problems()
    path.with_name(f"{row.id}-{'0' * 16}.rec").unlink()
    path.write_bytes(data)
    vault.write(row, start_ms=1_767_625_300_000)
    assert "the journal has no segment" in vault.problems()[0]


def test_without_its_end_a_recording_is_cut_and_readable(vault: Vault) -> None:
    _, path = vault.recorded(ended=False)
    assert vault.said(rows.CLOSED)[0]["cut"] is True
    assert vault.problems() == []
    with path.open("ab") as file:
        file.write(b"half a record")
    assert reading.read(path).seconds == SECONDS


def test_a_stolen_folder_without_the_keyset_opens_nothing(vault: Vault, tmp_path: Path) -> None:
    row, path = vault.recorded()
    keyset.create(tmp_path / "another.json")
    with pytest.raises(KeysetError):
        keyset.load(tmp_path / "another.json").open_key(owner(row.id), row.wrapped_key)
    assert bytes([2]) * 40 not in path.read_bytes()


def test_a_stolen_keyset_without_the_rows_opens_nothing(vault: Vault) -> None:
    """The keyset's own key does not open a record: the data key is only in the row."""
    row, path = vault.recorded()
    segment = reading.read(path)
    mine, _ = vault.keys.new_key(owner(row.id))
    with pytest.raises(RecordingError):
        format.opened(mine, segment.header, segment.records[0])


def test_a_refusal_destroys_sound_and_key_and_the_journal_says_so(vault: Vault) -> None:
    row, path = vault.recorded()
    other = vault.begin("d" * 32)
    vault.refuse()
    assert not path.exists() and rows.by_id(vault.conn, row.id) is None
    assert vault.said(rows.DESTROYED) == [{"recording": row.id, "contact": CONTACT}]
    assert rows.by_id(vault.conn, other.id) is not None
    vault.refuse()
    assert len(vault.said(rows.DESTROYED)) == 1
    assert vault.problems() == []


def test_a_recording_that_begins_as_it_is_refused_is_destroyed(vault: Vault) -> None:
    vault.refuse()
    row = vault.begin()
    path = vault.write(row)
    vault.follow()
    assert not path.exists() and rows.by_id(vault.conn, row.id) is None


def test_it_is_closed_once_however_often_it_is_looked_at(vault: Vault) -> None:
    row, _ = vault.recorded()
    vault.close(row)
    assert len(vault.said(rows.CLOSED)) == 1
    vault.write(row, start_ms=1_767_625_300_000)
    vault.close(row)
    assert [len(each["segments"]) for each in vault.said(rows.CLOSED)] == [1, 2]
    assert vault.problems() == []


def test_a_keeper_that_was_killed_goes_on_and_still_knows_who_refused(vault: Vault) -> None:
    other = vault.begin("e" * 32)
    vault.refuse()
    vault.keeper = keeper.Keeper(vault.conn, vault.folder)
    vault.seen = vault.keeper.begins_after
    row = vault.begin()
    vault.follow()
    assert rows.by_id(vault.conn, row.id) is None
    assert rows.by_id(vault.conn, other.id) is not None


def test_what_is_left_after_its_destruction_is_found(vault: Vault) -> None:
    row, path = vault.recorded()
    data = path.read_bytes()
    vault.refuse()
    path.write_bytes(data)
    assert "still there" in vault.problems()[0]
    vault.close(row)
    assert not path.exists() and vault.problems() == []


def test_its_time_is_over(vault: Vault) -> None:
    row, path = vault.recorded()
    with vault.conn.transaction():
        keeper.dispose(vault.conn, Timer(1, rows.DISPOSE, row.id, {}, 1))
    assert not path.exists()
    assert vault.said(rows.DISPOSED) == [{"recording": row.id, "contact": CONTACT}]
    assert vault.problems() == []


def test_rotation_wraps_everything_anew_and_the_old_key_can_go(vault: Vault) -> None:
    row, _ = vault.recorded()
    for statement, params in sealing.seal_statements(CONTACT, {"number": "2025550143"}, vault.keys):
        vault.conn.execute(statement, params)
    old = vault.keyset.read_text()
    rotation.add_key(vault.keyset)
    with pytest.raises(KeysetError, match="rotate"):
        rotation.retire(vault.keyset, vault.conn)
    assert rotation.wrap_all_anew(vault.keyset, vault.conn) == 2
    assert rotation.wrap_all_anew(vault.keyset, vault.conn) == 0
    assert rotation.retire(vault.keyset, vault.conn) == 1
    assert vault.problems() == []
    assert sealing.open_field(vault.conn, CONTACT, "number", vault.keys) == "2025550143"
    vault.keyset.write_text(old)
    after = rows.by_id(vault.conn, row.id)
    with pytest.raises(KeysetError):
        vault.keys.open_key(owner(row.id), after.wrapped_key)


def test_hashes_stay_over_a_rotation(vault: Vault) -> None:
    before = vault.keys.hashed("2025550143", "number")
    rotation.add_key(vault.keyset)
    assert vault.keys.hashed("2025550143", "number") == before


def test_a_running_process_notices_a_rotation(vault: Vault) -> None:
    keyset._current.cache_clear()
    first = keyset.current()
    assert keyset.current() is first
    rotation.add_key(vault.keyset)
    _, wrapped = vault.keys.new_key("somebody")
    keyset.current().open_key("somebody", wrapped)
    assert keyset.current() is not first
    keyset._current.cache_clear()
