"""Recordings on disk and in the database: what was changed is named, what was stolen does not open, what is gone is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tink import aead

from civicline.people import keyset, rotation, sealing
from civicline.people.keyset import ContactKey, KeysetError
from civicline.recordings import format, keeper, reading, rows
from civicline.recordings.errors import RecordingError
from civicline.recordings.format import CALLER, HEADER, RECORD, Chunk, owner
from recordings.vault import CONTACT, SECONDS, Vault

PART_B = 16
"""Of a wrapped key: so many bytes are nowhere by chance."""


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


@pytest.mark.parametrize("size", [0, 20])
def test_a_segment_of_a_writer_that_died_before_it_wrote_spoils_nothing(vault: Vault, size: int) -> None:
    row = vault.begin()
    good, empty = vault.write(row), vault.write_nothing(row, size)
    vault.close(row)
    assert vault.said(rows.CLOSED)[0]["cut"] is True
    assert vault.problems() == []
    found = reading.whole([empty, good], vault.keys.open_key(owner(row.id), row.wrapped_key))
    assert found.cut and [segment.seconds for segment in found.segments] == [SECONDS]
    data = good.read_bytes()
    good.write_bytes(data[:size])
    (what,) = vault.problems()
    assert "second 0 is missing" in what and good.stem.partition("-")[2] in what
    good.write_bytes(data)
    empty.write_bytes(data[: size + 1])
    (what,) = vault.problems()
    assert "its hash" in what and empty.stem.partition("-")[2] in what


def test_a_stolen_folder_without_the_keyset_opens_nothing(vault: Vault, tmp_path: Path) -> None:
    row, path = vault.recorded()
    keyset.create(tmp_path / "another.json")
    with pytest.raises(KeysetError):
        keyset.load(tmp_path / "another.json").open_key(owner(row.id), row.wrapped_key)
    assert bytes([2]) * 40 not in path.read_bytes()


def test_a_stolen_keyset_without_the_rows_opens_nothing(vault: Vault) -> None:
    """Its own wrapping keys do not open a record, and the data key that they unwrap is only in the row."""
    row, path = vault.recorded()
    segment = reading.read(path)
    stolen = ContactKey(owner(row.id), keyset._parsed(keyset.read(vault.keyset)["seal"]).primitive(aead.Aead))
    for record in segment.records:
        with pytest.raises(RecordingError):
            format.opened(stolen, segment.header, record)
    theirs = format.seal(stolen, segment.header, CALLER, 0, Chunk(b"sound"))
    (record,) = format._records(segment.header.pack() + theirs)
    assert format.opened(stolen, segment.header, record).audio == b"sound", "it would open what it had sealed itself"
    data, wrapped = path.read_bytes(), row.wrapped_key
    assert vault.keys.open_key(owner(row.id), wrapped)
    assert not [at for at in range(len(wrapped) - PART_B) if wrapped[at : at + PART_B] in data]


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
    vault.dispose(row)
    assert not path.exists()
    assert vault.said(rows.DISPOSED) == [{"recording": row.id, "contact": CONTACT}]
    assert vault.problems() == []


def test_rotation_wraps_everything_anew_and_the_old_key_can_go(vault: Vault) -> None:
    row, _ = vault.recorded()
    for statement, params in sealing.seal_statements(CONTACT, {"number": "2025550143"}, vault.keys):
        vault.conn.execute(statement, params)
    old = vault.keyset.read_text()
    assert rotation.rotate(vault.keyset, vault.conn) == 2
    assert rotation.wrap(vault.keyset, vault.conn) == 0
    assert rotation.retire(vault.keyset, vault.conn) == 1
    assert vault.problems() == []
    assert sealing.open_field(vault.conn, CONTACT, "number", vault.keys) == "2025550143"
    vault.keyset.write_text(old)
    after = rows.by_id(vault.conn, row.id)
    with pytest.raises(KeysetError):
        vault.keys.open_key(owner(row.id), after.wrapped_key)


def test_hashes_stay_over_a_rotation(vault: Vault) -> None:
    before = vault.keys.hashed("2025550143", "number")
    rotation.rotate(vault.keyset, vault.conn)
    assert vault.keys.hashed("2025550143", "number") == before


def test_a_running_process_notices_a_rotation(vault: Vault) -> None:
    keyset._current.cache_clear()
    first = keyset.current()
    assert keyset.current() is first
    rotation.rotate(vault.keyset, vault.conn)
    _, wrapped = vault.keys.new_key("somebody")
    keyset.current().open_key("somebody", wrapped)
    assert keyset.current() is not first
    keyset._current.cache_clear()
