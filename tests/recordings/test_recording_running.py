"""`civicline verify recordings` and the export beside a running centre: what changes meanwhile is no mistake."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from civicline.people import rotation
from civicline.people.keyset import ContactKey, Keyset
from civicline.people.models import Role, Staff
from civicline.recordings import actions, checks, keeper, rows
from civicline.recordings.checks import State
from civicline.recordings.errors import RecordingError
from peers.ports import eventually
from recordings.vault import CONTACT, START_MS, Vault

OTHER = "d" * 32
LATER_MS = START_MS + 100_000
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%pg_snapshot_xmin%'"
SUE = Staff(username="sue", role=Role.SUPERVISOR)


@dataclass(frozen=True)
class Slow:
    """Keys of which the first is opened when something else has happened."""

    keys: Keyset
    happens: Callable[[], object]

    def open_key(self, contact: str, wrapped: bytes) -> ContactKey:
        self.happens()
        return self.keys.open_key(contact, wrapped)


def verified(vault: Vault, meanwhile: Callable[[], object]) -> checks.Result:
    left = [meanwhile]
    return checks.all_recordings(vault.conn, vault.folder, lambda: Slow(vault.keys, lambda: left and left.pop()()))


def test_a_talk_that_begins_meanwhile(vault: Vault) -> None:
    vault.recorded()
    found = verified(vault, lambda: vault.write(vault.begin(OTHER)))
    assert found.problems == [] and found.counts[State.WHOLE] == 1


@pytest.mark.parametrize("whose", [CONTACT, OTHER])
@pytest.mark.parametrize("how", ["refused", "disposed of"])
def test_one_that_goes_meanwhile(vault: Vault, whose: str, how: str) -> None:
    """The one that is looked at, and one that will be."""
    recordings = {contact: vault.recorded(contact=contact)[0] for contact in (CONTACT, OTHER)}

    def goes() -> None:
        vault.refuse(whose) if how == "refused" else vault.dispose(recordings[whose])

    found = verified(vault, goes)
    assert found.problems == []
    assert (found.counts[State.WHOLE], found.counts[State.GONE]) == (1, 1)


def test_a_rotation_meanwhile(vault: Vault) -> None:
    for contact in (CONTACT, OTHER):
        vault.recorded(contact=contact)

    def rotate() -> None:
        assert rotation.rotate(vault.keyset, vault.conn) == 2
        assert rotation.retire(vault.keyset, vault.conn) == 1

    assert verified(vault, rotate) == checks.Result({State.WHOLE: 2})


def test_one_whose_destruction_is_not_stored_yet(vault: Vault) -> None:
    row, path = vault.recorded()
    found: list[checks.Result] = []

    def verify() -> None:
        with psycopg.connect(vault.url, autocommit=True) as conn:
            found.append(checks.all_recordings(conn, vault.folder, lambda: vault.keys))

    thread = threading.Thread(target=verify)
    with psycopg.connect(vault.url, autocommit=True) as conn, conn.transaction():
        keeper.put_away(conn, vault.folder, row.id, rows.DESTROYED)
        assert not path.exists()
        thread.start()
        eventually(lambda: vault.conn.execute(WAITS).fetchone() != (0,) or not thread.is_alive(), what="the question")
    thread.join()
    assert found[0].problems == [] and found[0].counts[State.GONE] == 1


def test_what_nobody_destroyed_is_missing(vault: Vault) -> None:
    """That the question above has an end."""
    _, path = vault.recorded()
    path.unlink()
    assert "is missing" in vault.problems()[0]


def export(vault: Vault, out: Path) -> actions.Exported:
    return actions.export(vault.conn, vault.keys, vault.folder, CONTACT, out, SUE)


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told yet"])
def test_a_contact_that_is_rung_back_and_talks_again(vault: Vault, tmp_path: Path, is_told: bool) -> None:
    row, _ = vault.recorded()
    if is_told:
        vault.tell(rows.TALK_BEGAN, CONTACT)
    with vault.writing(row, LATER_MS):
        assert vault.verify() == checks.Result({State.UNDER_WAY: 1})
        with pytest.raises(RecordingError, match="under way"):
            export(vault, tmp_path / "out.wav")
    vault.close(row)
    assert vault.verify() == checks.Result({State.WHOLE: 1})
    assert export(vault, tmp_path / "out.wav").lasted_s > 8


def test_a_second_talk_that_is_over_and_not_closed_yet(vault: Vault, tmp_path: Path) -> None:
    """The person waits again, say: nobody writes, and it is still under way."""
    row, _ = vault.recorded()
    vault.tell(rows.TALK_BEGAN, CONTACT)
    path = vault.write(row, LATER_MS)
    assert vault.verify() == checks.Result({State.UNDER_WAY: 1})
    with pytest.raises(RecordingError, match="under way"):
        export(vault, tmp_path / "out.wav")
    vault.close(row)
    assert vault.verify() == checks.Result({State.WHOLE: 1})
    path.unlink()
    assert "is missing" in vault.problems()[0]


def test_a_second_talk_of_which_nothing_was_kept_is_closed_too(vault: Vault) -> None:
    row, _ = vault.recorded()
    vault.tell(rows.TALK_BEGAN, CONTACT)
    assert vault.verify() == checks.Result({State.UNDER_WAY: 1})
    vault.close(row)
    assert vault.verify() == checks.Result({State.WHOLE: 1})
    vault.close(row)
    assert len(vault.said(rows.CLOSED)) == 2
