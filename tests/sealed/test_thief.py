"""A thief with the whole data folder, but not the keyset: no column opens, no telephone registers, no session holds."""

from __future__ import annotations

import base64
import mmap
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.test import Client, override_settings
from psycopg import sql

from civicline.people import keyset, sealing
from civicline.people.keyset import Keyset, KeysetError
from civicline.people.models import Role, Staff
from civicline.phones import accounts
from civicline.recordings import rows
from civicline.recordings.format import owner
from civicline.voice.sip.digest import Digest, Verdict, response
from civicline.web.secret import secret_key

CONTACT, USER = "7" * 32, "ann.thief"
ALGORITHMS = ("MD5", "SHA-256")
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    keyset.create(tmp_path / "ours.json")
    return tmp_path / "ours.json"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    keyset.create(tmp_path / "theirs.json")
    return tmp_path / "theirs.json"


def filled(conn: psycopg.Connection[Any], keys: Keyset) -> dict[str, str]:
    """A number, a recording and a telephone; gives what nobody may find."""
    number, password = f"+1303{secrets.randbelow(10**12):012}", secrets.token_urlsafe(20)
    for statement, params in sealing.seal_statements(CONTACT, {sealing.NUMBER: number}, keys):
        conn.execute(statement, params)
    _, wrapped = keys.new_key(owner("r" * 32))
    for statement, params in rows.started(rows.Row("r" * 32, CONTACT, wrapped), time.time() + 1000)[1]:
        conn.execute(statement, params)
    accounts.set_password(conn, USER, password, keys=keys)
    hashes = accounts.ha1(conn, USER, keys)
    assert hashes is not None
    return {"number": number, "password": password, **hashes}


def columns(conn: psycopg.Connection[Any]) -> Iterator[tuple[str, Any]]:
    """Each value of each table, with the table's name."""
    for (table,) in conn.execute(TABLES).fetchall():
        for row in conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall():
            yield from ((table, value) for value in row)


def written(secret: str) -> set[bytes]:
    """As text, as octets of hexadecimal digits, in base64."""
    text = secret.encode()
    found = {text, text.hex().encode(), base64.b64encode(text).rstrip(b"=")}
    return found | ({bytes.fromhex(secret)} if len(secret) in (32, 64) else set())


def test_no_secret_is_in_any_table_or_file(conn, ours: Path, database) -> None:
    hidden = filled(conn, keyset.load(ours))
    for table, value in columns(conn):
        held = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
        for name, secret in hidden.items():
            assert not any(form in held for form in written(secret)), f"{name} in {table}"
    files = [path for path in database.settings.data.rglob("*") if path.is_file() and path.stat().st_size]
    assert len(files) > 100
    for path in files:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
            for name, secret in hidden.items():
                assert all(held.find(form) < 0 for form in written(secret)), f"{name} in {path}"


def test_no_column_opens(conn, ours: Path, theirs: Path) -> None:
    filled(conn, keyset.load(ours))
    keys = keyset.load(theirs)
    wrapped = list(conn.execute("SELECT contact, wrapped_key FROM sealed_key"))
    wrapped += [(owner(recording), key) for recording, key in conn.execute("SELECT id, wrapped_key FROM recording")]
    wrapped += [
        (accounts.owner(user), key) for user, key in conn.execute('SELECT "user", wrapped_key FROM phone_account')
    ]
    assert len(wrapped) == 3
    for bound, key in wrapped:
        keyset.load(ours).open_key(bound, bytes(key))
        with pytest.raises(KeysetError):
            keys.open_key(bound, bytes(key))


def test_no_telephone_registers(conn, ours: Path, theirs: Path) -> None:
    """Every column is tried as HA1, in every way that it can be written."""
    hidden = filled(conn, keyset.load(ours))
    known = accounts.ha1(conn, USER, keyset.load(ours))
    with pytest.raises(KeysetError):
        accounts.ha1(conn, USER, keyset.load(theirs))
    registrar = Digest(accounts.REALM, b"nonces", 120, ALGORITHMS, time.monotonic)

    def tried(algorithm: str, secret: str) -> Verdict:
        nonce = registrar.challenges(False)[0].partition('nonce="')[2].partition('"')[0]
        fields = {"username": USER, "realm": accounts.REALM, "nonce": nonce, "uri": "sip:a", "nc": "00000001"}
        fields |= {"cnonce": "c", "qop": "auth", "algorithm": algorithm}
        return registrar.check(
            fields | {"response": response(algorithm, secret, fields, "REGISTER")}, "REGISTER", known
        )

    for algorithm in ALGORITHMS:
        assert tried(algorithm, hidden[algorithm]) is Verdict.GOOD
        for _, value in columns(conn):
            held = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
            for secret in (held.hex(), held.decode("latin-1")):
                assert tried(algorithm, secret) is Verdict.BAD


def test_no_session_is_accepted(conn, ours: Path, theirs: Path) -> None:
    staff = Staff.objects.create(username=USER, display_name="Ann", role=Role.ADMINISTRATOR)
    client, cookie = Client(), settings.SESSION_COOKIE_NAME

    def is_accepted(key: str) -> bool:
        other = Client()
        other.cookies[cookie] = key
        return other.get("/api/v1/queues").status_code == 200

    with override_settings(SECRET_KEY=secret_key(ours, {})):
        client.force_login(staff)
        good = client.cookies[cookie].value
        assert is_accepted(good)
        rows_ = conn.execute("SELECT session_key, session_data FROM django_session").fetchall()
        assert len(rows_) == 1
        for value in rows_[0]:  # on the running site: what the table holds is no cookie
            assert good not in value and not is_accepted(value)
        with override_settings(SECRET_KEY=secret_key(theirs, {})):  # at home, with a keyset of the thief's own
            assert not is_accepted(good)
