"""Personal fields: sealed for one contact and one name, and gone with their key."""

from __future__ import annotations

import stat
from pathlib import Path

import psycopg
import pytest

from civicline.people import keyset, sealing
from civicline.people.keyset import Keyset, KeysetError

ONE, OTHER = "1" * 32, "2" * 32


@pytest.fixture
def keys(tmp_path: Path) -> Keyset:
    keyset.create(tmp_path / "keyset.json")
    return keyset.load(tmp_path / "keyset.json")


@pytest.fixture
def conn(journal):
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield conn


def seal(conn, contact: str, fields: dict[str, str], keys: Keyset) -> None:
    with conn.transaction():
        for statement, params in sealing.seal_statements(contact, fields, keys):
            conn.execute(statement, params)


def test_a_field_is_read_back(conn, keys) -> None:
    seal(conn, ONE, {"number": "+13035550100", "dialog": "ñ" * 3000}, keys)
    assert sealing.open_field(conn, ONE, "number", keys) == "+13035550100"
    assert sealing.open_field(conn, ONE, "dialog", keys) == "ñ" * 3000
    assert sealing.open_field(conn, ONE, "other", keys) is None
    assert sealing.open_field(conn, OTHER, "number", keys) is None


def test_a_later_value_takes_the_place_of_the_earlier(conn, keys) -> None:
    seal(conn, ONE, {"number": "1", "name": "Ann"}, keys)
    seal(conn, ONE, {"number": "2"}, keys)
    assert sealing.open_field(conn, ONE, "number", keys) == "2"
    assert sealing.open_field(conn, ONE, "name", keys) == "Ann"


def test_nothing_is_stored_in_plain(conn, keys) -> None:
    seal(conn, ONE, {"number": "+13035550100"}, keys)
    rows = conn.execute("SELECT ciphertext FROM sealed_field").fetchall()
    rows += conn.execute("SELECT wrapped_key FROM sealed_key").fetchall()
    assert len(rows) == 2
    assert not any(b"3035550100" in bytes(value) for (value,) in rows)


def test_fields_of_one_contact_that_were_swapped_do_not_open(conn, keys) -> None:
    seal(conn, ONE, {"number": "+13035550100", "name": "Ann"}, keys)
    conn.execute(
        "UPDATE sealed_field AS f SET ciphertext = g.ciphertext FROM sealed_field AS g"
        " WHERE f.contact = g.contact AND f.name <> g.name"
    )
    for name in ("number", "name"):
        with pytest.raises(KeysetError, match=f"{name} does not open"):
            sealing.open_field(conn, ONE, name, keys)


def test_a_row_moved_to_another_contact_does_not_open_not_even_with_its_key(conn, keys) -> None:
    seal(conn, ONE, {"number": "+13035550100"}, keys)
    conn.execute("UPDATE sealed_field SET contact = %s", (OTHER,))
    conn.execute("UPDATE sealed_key SET contact = %s", (OTHER,))
    with pytest.raises(KeysetError, match="key does not open"):
        sealing.open_field(conn, OTHER, "number", keys)


def test_another_keyset_opens_nothing(conn, keys, tmp_path) -> None:
    seal(conn, ONE, {"number": "+13035550100"}, keys)
    keyset.create(tmp_path / "other.json")
    with pytest.raises(KeysetError, match="CIVICLINE_KEYSET"):
        sealing.open_field(conn, ONE, "number", keyset.load(tmp_path / "other.json"))


def test_a_field_that_does_not_open_is_read_as_none_and_said(conn, keys, tmp_path, monkeypatch, caplog) -> None:
    seal(conn, ONE, {"number": "+13035550100"}, keys)
    monkeypatch.setattr(sealing, "current", lambda: keys)
    assert sealing.readable(conn, ONE, "number") == "+13035550100"
    assert sealing.readable(conn, ONE, "other") is None and not caplog.records
    keyset.create(tmp_path / "other.json")
    monkeypatch.setattr(sealing, "current", lambda: keyset.load(tmp_path / "other.json"))
    assert sealing.readable(conn, ONE, "number") is None
    assert "CIVICLINE_KEYSET" in caplog.text and ONE not in caplog.text


def test_what_was_disposed_of_does_not_open_even_from_a_copy(conn, keys) -> None:
    seal(conn, ONE, {"number": "+13035550100"}, keys)
    seal(conn, OTHER, {"number": "+13035550199"}, keys)
    copy = conn.execute(
        "SELECT contact, name, key_id, ciphertext FROM sealed_field WHERE contact = %s", (ONE,)
    ).fetchone()
    sealing.dispose(conn, ONE)
    sealing.dispose(conn, ONE)
    assert sealing.open_field(conn, ONE, "number", keys) is None
    conn.execute("INSERT INTO sealed_field (contact, name, key_id, ciphertext) VALUES (%s, %s, %s, %s)", copy)
    assert sealing.open_field(conn, ONE, "number", keys) is None
    assert sealing.open_field(conn, OTHER, "number", keys) == "+13035550199"


def test_a_copy_does_not_open_under_a_key_made_later(conn, keys) -> None:
    seal(conn, ONE, {"number": "+13035550100"}, keys)
    (copy,) = conn.execute("SELECT ciphertext FROM sealed_field").fetchone()
    sealing.dispose(conn, ONE)
    seal(conn, ONE, {"number": "new"}, keys)
    conn.execute("UPDATE sealed_field SET ciphertext = %s", (copy,))
    with pytest.raises(KeysetError):
        sealing.open_field(conn, ONE, "number", keys)


def test_hashes_depend_on_text_purpose_and_keyset(keys, tmp_path) -> None:
    keyset.create(tmp_path / "other.json")
    other = keyset.load(tmp_path / "other.json")
    found = {keys.hashed("a", "call"), keys.hashed("b", "call"), keys.hashed("a", "leg"), other.hashed("a", "call")}
    assert len(found) == 4
    assert keys.hashed("a", "call") == keyset.load(tmp_path / "keyset.json").hashed("a", "call")
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in found)


def test_a_keyset_is_made_once_and_for_its_owner_only(tmp_path) -> None:
    path = tmp_path / "keyset.json"
    assert keyset.create(path)
    before = path.read_bytes()
    assert not keyset.create(path)
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keyset.json"]


def test_a_keyset_that_others_may_read_is_refused(tmp_path) -> None:
    path = tmp_path / "keyset.json"
    keyset.create(path)
    path.chmod(0o640)
    with pytest.raises(KeysetError, match="chmod 600"):
        keyset.load(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"seal": {}, "hash": {}}'])
def test_what_is_no_keyset_is_refused(tmp_path, text: str) -> None:
    path = tmp_path / "keyset.json"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(KeysetError, match="not a keyset"):
        keyset.load(path)


def test_a_missing_keyset_says_how_to_make_one(tmp_path) -> None:
    with pytest.raises(KeysetError, match="civicline keyset create"):
        keyset.load(tmp_path / "none.json")


def test_keys_do_not_show_in_what_is_printed(keys) -> None:
    key, wrapped = keys.new_key(ONE)
    assert repr(key) == f"ContactKey(contact='{ONE}')"
    assert repr(keys) == "Keyset()"
    assert key.seal("a", b"x") != key.seal("a", b"x")
    assert wrapped not in repr(key).encode()
