"""Wrapping keys are added, come into force and go; and who meanwhile reads the file, or changes it, too."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from civicline.people import keyset, rotation, sealing
from civicline.people.keyset import KeysetError
from civicline.voice import caller_leg
from civicline.voice.sip.api import Invite

ONE, OTHER = "1" * 32, "2" * 32
NUMBER = "+13035550100"
SERVICE = 12345
"""The user id of a service's own user."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    keyset.create(tmp_path / "keyset.json")
    return tmp_path / "keyset.json"


def seal(conn, path: Path, contact: str = ONE) -> None:
    with conn.transaction():
        for statement, params in sealing.seal_statements(contact, {"number": NUMBER}, keyset.load(path)):
            conn.execute(statement, params)


def opened(conn, path: Path, contact: str = ONE) -> str | None:
    return sealing.open_field(conn, contact, "number", keyset.load(path))


def test_nothing_is_lost_when_somebody_rotates_while_another_retires(conn, path, monkeypatch) -> None:
    seal(conn, path)
    rotation.rotate(path, conn)
    look, others = rotation._outdated, []

    def meanwhile(*given: Any) -> Any:
        if not others:
            others.append(threading.Thread(target=rotate_by_another))
            others[0].start()
            others[0].join(0.5)
        return look(*given)

    def rotate_by_another() -> None:
        with psycopg.connect(conn.info.dsn, password=conn.info.password, autocommit=True) as own:
            rotation.rotate(path, own)

    monkeypatch.setattr(rotation, "_outdated", meanwhile)
    assert rotation.retire(path, conn) == 1
    others[0].join()
    assert opened(conn, path) == NUMBER
    assert rotation.retire(path, conn) == 1
    assert opened(conn, path) == NUMBER


def test_retired_keys_are_kept_in_a_keyset_beside(conn, path) -> None:
    seal(conn, path)
    backup = conn.execute("SELECT wrapped_key FROM sealed_key").fetchone()
    for number in (1, 2):
        rotation.rotate(path, conn)
        assert rotation.retire(path, conn) == 1
        assert len(keyset.read(rotation.retired(path))["seal"]["key"]) == number
    assert stat.S_IMODE(rotation.retired(path).stat().st_mode) == 0o600
    conn.execute("UPDATE sealed_key SET wrapped_key = %s", backup)
    with pytest.raises(KeysetError):
        opened(conn, path)
    assert opened(conn, rotation.retired(path)) == NUMBER


def test_what_an_old_key_still_opens_keeps_it(conn, path) -> None:
    before = path.read_bytes()
    rotation.rotate(path, conn)
    after = path.read_bytes()
    path.write_bytes(before)
    seal(conn, path)  # by a process that has not seen the rotation
    path.write_bytes(after)
    with pytest.raises(KeysetError, match="keyset wrap"):
        rotation.retire(path, conn)
    assert path.read_bytes() == after and not rotation.retired(path).exists()
    assert rotation.wrap(path, conn) == 1
    assert rotation.retire(path, conn) == 1


def test_a_key_that_was_added_wraps_nothing_before_it_is_everywhere(conn, path, tmp_path) -> None:
    """Two processes with a file each."""
    other = tmp_path / "other.json"
    seal(conn, path)
    rotation.add(path)
    with pytest.raises(KeysetError, match="rotate"):
        rotation.add(path)
    assert rotation.wrap(path, conn) == rotation.retire(path, conn) == 0
    shutil.copy2(path, other)
    assert rotation.rotate(path, conn) == 1
    assert opened(conn, other) == NUMBER
    seal(conn, other, OTHER)
    assert opened(conn, path, OTHER) == NUMBER
    shutil.copy2(path, other)
    assert rotation.wrap(path, conn) == 1
    assert rotation.retire(path, conn) == 1
    shutil.copy2(path, other)
    assert [opened(conn, each, contact) for each in (path, other) for contact in (ONE, OTHER)] == [NUMBER] * 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for another user")
def test_a_file_that_root_changes_stays_its_owners(conn, path) -> None:
    os.chown(path, SERVICE, SERVICE)
    path.chmod(0o400)
    rotation.rotate(path, conn)
    rotation.retire(path, conn)
    for each in (path, rotation.retired(path)):
        found = each.stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode) & 0o077) == (SERVICE, SERVICE, 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_a_file_that_cannot_be_read_does_not_take_the_place_of_what_is_held(path, caplog) -> None:
    held = keyset._Current(path)
    first = held.get()
    path.chmod(0o644)
    assert held.get() is first and held.get() is first
    assert len(caplog.records) == 1 and "chmod 600" in caplog.text
    path.chmod(0o600)
    assert held.get() is not first
    good, text = held.get(), path.read_text()
    path.write_text("{")
    assert held.get() is good
    path.unlink()
    assert held.get() is good
    keyset.write_draft(path, {}).replace(path)
    assert held.get() is good
    path.write_text(text)
    assert held.get() is not good


def test_a_call_whose_number_cannot_be_sealed_is_told_to_come_again_and_leaves_nothing(monkeypatch) -> None:
    def fails(*_: Any) -> Any:
        raise KeysetError("the keyset is not there")

    refused: list[Any] = []
    app = SimpleNamespace(
        state=SimpleNamespace(agency=object()),
        pack=SimpleNamespace(sealed_s=60.0),
        calls={},
        local={},
        endpoint=SimpleNamespace(refuse=lambda *given, **more: refused.append((given, more))),
    )
    monkeypatch.setattr(caller_leg, "line_called", lambda *_: "line")
    monkeypatch.setattr(caller_leg.store, "keep_number", fails)
    sdp = "c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"
    source = ("192.0.2.1", 5060)
    caller_leg.invited(app, Invite("l-c", "id", "tag", "1", "", "100", None, False, source, sdp, "local"))  # type: ignore[arg-type]
    assert refused == [(("l-c", 503, "Service Unavailable"), {"retry_after_s": 5})]
    assert not app.calls and not app.local
