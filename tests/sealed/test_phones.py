"""The telephones' store: digest passwords and registrations."""

from __future__ import annotations

import hashlib
import importlib
import socket
import time
from types import SimpleNamespace

import psycopg
import pytest

from civicline.people import keyset, rotation
from civicline.phones import accounts
from civicline.phones.bindings import StoredBindings
from civicline.voice.phones import MOST_WAITING, Accounts, Phones
from civicline.voice.sip.api import Binding, CredentialsAwayError
from civicline.voice.sip.registrar import KNOWN_FOR_S


@pytest.fixture
def conn(journal):
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield conn


@pytest.fixture(autouse=True)
def own_keyset(tmp_path, monkeypatch):
    monkeypatch.setenv("CIVICLINE_KEYSET", str(tmp_path / "keyset.json"))
    keyset.create(tmp_path / "keyset.json")
    keyset._current.cache_clear()
    yield tmp_path / "keyset.json"
    keyset._current.cache_clear()


@pytest.fixture
def bindings(conn) -> StoredBindings:
    return StoredBindings(lambda: conn)


def binding(user: str, port: int, expires_in_s: float = 60.0, cseq: int = 1, ago_s: float = 0.0) -> Binding:
    """Registered `ago_s` before now, for so long from now on."""
    now, source = time.time(), ("192.0.2.1", port)
    return Binding(user, f"sip:{user}@192.0.2.1:{port}", source, now + expires_in_s, now - ago_s, "id", cseq)


def test_ha1_is_what_rfc_7616_says(conn) -> None:
    accounts.set_password(conn, "ann", "first")
    accounts.set_password(conn, "ann", "secret")
    assert accounts.ha1(conn, "ann") == {
        "MD5": hashlib.md5(b"ann:civicline:secret").hexdigest(),
        "SHA-256": hashlib.sha256(b"ann:civicline:secret").hexdigest(),
    }
    assert accounts.ha1(conn, "bob") is None


def test_the_table_holds_no_ha1_and_a_row_of_somebody_else_does_not_open(conn, caplog) -> None:
    for user in ("ann", "bob"):
        accounts.set_password(conn, user, "secret")
    (stored,) = conn.execute("SELECT string_agg(t::text, ' ') FROM phone_account AS t").fetchone()
    for user in ("ann", "bob"):
        for hashed in accounts.ha1(conn, user).values():
            assert hashed not in stored and hashed.encode().hex() not in stored
    conn.execute(
        "UPDATE phone_account SET (wrapped_key, sealed) ="
        " (SELECT wrapped_key, sealed FROM phone_account WHERE \"user\" = 'ann') WHERE \"user\" = 'bob'"
    )
    with pytest.raises(keyset.KeysetError):
        accounts.ha1(conn, "bob")
    assert set(accounts.every_ha1(conn)) == {"ann"} and "CIVICLINE_KEYSET" in caplog.text


def test_ha1_outlives_a_rotation(conn, own_keyset) -> None:
    accounts.set_password(conn, "ann", "secret")
    before = accounts.ha1(conn, "ann")
    assert rotation.rotate(own_keyset, conn) == 1
    assert rotation.retire(own_keyset, conn) == 1
    assert accounts.ha1(conn, "ann") == before is not None


@pytest.mark.parametrize("there", [True, False])
def test_plain_ha1_of_a_release_before_is_sealed_or_stays(journal, own_keyset, there: bool) -> None:
    """In a schema of its own; what the migration changes there is undone. Without a keyset it stops."""
    if not there:
        own_keyset.unlink()
        keyset._current.cache_clear()
    with psycopg.connect(journal.urls.owner) as conn:
        conn.execute("CREATE SCHEMA before; SET LOCAL search_path = before")
        conn.execute(
            'CREATE TABLE phone_account ("user" text, realm text, md5 text, sha256 text,'
            " wrapped_key bytea DEFAULT '', sealed bytea DEFAULT '')"
        )
        conn.execute("INSERT INTO phone_account VALUES ('ann', 'civicline', 'aa', 'bb')")
        migration = importlib.import_module("civicline.phones.migrations.0003_sealed")
        editor = SimpleNamespace(connection=conn)
        if there:
            migration.seal(None, editor)
            assert accounts.ha1(conn, "ann") == {"MD5": "aa", "SHA-256": "bb"}
        else:
            with pytest.raises(keyset.KeysetError, match=r"Nothing was changed.*CIVICLINE_KEYSET"):
                migration.seal(None, editor)
        conn.rollback()


def test_passwords_differ() -> None:
    assert len({accounts.new_password() for _ in range(50)}) == 50
    assert min(len(accounts.new_password()) for _ in range(50)) >= 20


def test_a_registration_is_found_by_user_and_by_address(bindings) -> None:
    one = binding("ann", 5060)
    bindings.put(one)
    (found,) = bindings.of("ann")
    assert (found.user, found.contact, found.source, found.call_id, found.cseq) == (
        one.user, one.contact, one.source, one.call_id, one.cseq,
    )  # fmt: skip
    assert found.expires_at == pytest.approx(one.expires_at, abs=0.001)
    assert bindings.user_at(("192.0.2.1", 5060)) == "ann"
    assert bindings.user_at(("192.0.2.1", 5061)) is None


def test_a_refresh_takes_the_place_of_the_registration(bindings) -> None:
    bindings.put(binding("ann", 5060))
    bindings.put(binding("ann", 5060, expires_in_s=90.0, cseq=2))
    assert [each.cseq for each in bindings.of("ann")] == [2]


def test_the_latest_registered_ranks_first_however_long_an_older_one_holds(bindings) -> None:
    bindings.put(binding("ann", 5061, expires_in_s=60.0))
    bindings.put(binding("ann", 5060, expires_in_s=3600.0, ago_s=600.0))
    assert [each.source[1] for each in bindings.of("ann")] == [5061, 5060]


def test_what_has_run_out_no_longer_holds(bindings) -> None:
    bindings.put(binding("ann", 5060, expires_in_s=-1.0))
    assert bindings.of("ann") == []
    assert bindings.user_at(("192.0.2.1", 5060)) is None
    assert bindings.all() == []


def test_one_contact_is_dropped_or_all(bindings) -> None:
    for port in (5060, 5061, 5062):
        bindings.put(binding("ann", port))
    bindings.put(binding("bob", 5063))
    bindings.drop("ann", "sip:ann@192.0.2.1:5061")
    assert {each.source[1] for each in bindings.of("ann")} == {5060, 5062}
    bindings.drop("ann", None)
    assert bindings.of("ann") == []
    assert len(bindings.of("bob")) == 1


def test_of_a_users_contacts_the_newest_are_kept(bindings) -> None:
    for port in range(5060, 5080):
        bindings.put(binding("ann", port, ago_s=6000.0 - port))
    bindings.put(binding("bob", 5060, ago_s=9000.0))
    assert [each.source[1] for each in bindings.of("ann")] == list(range(5079, 5069, -1))
    assert len(bindings.of("bob")) == 1


@pytest.mark.parametrize("how", ["ran out", "took back"])
def test_a_phones_host_is_known_after_a_restart_and_a_weekend(journal, conn, how: str) -> None:
    """As a stranger it would wait for whoever guesses at its user's password."""
    stored = StoredBindings(lambda: conn, KNOWN_FOR_S)
    stored.put(binding("ann", 5060, expires_in_s=-60.0 * 3600 if how == "ran out" else 60.0))
    if how == "took back":
        stored.drop("ann", None)
    stored.put(binding("ann", 5061, expires_in_s=-KNOWN_FOR_S - 60.0))
    stored.put(Binding("bob", "sip:bob", ("192.0.2.9", 5060), time.time() - KNOWN_FOR_S - 60.0, 1.0))
    stored.drop("bob", "sip:other")
    phones = Phones(journal.urls.app)
    phones.load()
    assert phones.knows("192.0.2.1", "ann") and phones.knows("192.0.2.1")
    assert not phones.knows("192.0.2.9")
    assert phones.all() == [], "nor does it hold"
    assert [row[0] for row in conn.execute("SELECT source_port FROM phone_binding")] == [5060]


def test_telephones_of_people_who_left_are_forgotten(conn, bindings) -> None:
    for user in ("ann", "bob"):
        accounts.set_password(conn, user, "secret")
        bindings.put(binding(user, 5060 if user == "ann" else 5061))
    accounts.keep_only(conn, ["bob"])
    assert accounts.ha1(conn, "ann") is None
    assert accounts.ha1(conn, "bob") is not None
    assert [each.user for each in bindings.all()] == ["bob"]


def test_while_the_database_is_away_every_phone_that_it_had_at_the_start_is_known(conn) -> None:
    accounts.set_password(conn, "ann", "secret")
    nowhere = Accounts("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(CredentialsAwayError):
        nowhere("ann").result()
    nowhere.load(conn)
    assert nowhere("ann").result() == accounts.ha1(conn, "ann")
    with pytest.raises(CredentialsAwayError):
        nowhere("nobody").result()


def test_a_password_that_does_not_open_here_is_no_wrong_one(conn, journal) -> None:
    """Wrapped by a key that this process does not have yet: what is known holds, and else the phone comes again."""
    known = Accounts(journal.urls.app)
    for user in ("ann", "bob"):
        accounts.set_password(conn, user, "secret")
    before = known("ann").result()
    conn.execute("UPDATE phone_account SET sealed = '\\x00'")
    assert known("ann").result() == before is not None
    with pytest.raises(CredentialsAwayError):
        known("bob").result()


def test_a_password_that_was_just_set_is_the_one_that_holds(conn, journal) -> None:
    known = Accounts(journal.urls.app)
    for password in ("first", "second"):
        accounts.set_password(conn, "ann", password)
        assert known("ann").result() == accounts.ha1(conn, "ann")
    accounts.keep_only(conn, [])
    assert known("ann").result() is None


def test_nobody_waits_for_a_database_that_was_cut_off_and_it_is_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        cut = Accounts(f"postgresql://a@127.0.0.1:{port}/a?sslmode=disable&gssencmode=disable")
        asked = [cut(user) for user in ("ann", "bob", "cid")]
        assert not any(each.done() for each in asked)
        silent.accept()[0].close()
        for each in asked:
            with pytest.raises(CredentialsAwayError):
                each.result()
        silent.settimeout(0.2)
        with pytest.raises(TimeoutError):
            silent.accept()


def test_no_more_wait_for_it_than_there_is_room_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cut = Accounts(f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/a?sslmode=disable&gssencmode=disable")
        asked = [cut("ann") for _ in range(MOST_WAITING)]
        with pytest.raises(CredentialsAwayError):
            cut("ann")
        silent.accept()[0].close()
        for each in asked:
            each.exception()
        cut("ann").exception()
