"""Snapshots, upcasting and the health probe."""

import psycopg
import pytest

from civicline.journal import health, snapshot, upcast
from civicline.journal.append import append
from civicline.journal.event import Draft, Event
from civicline.journal.read import read


@pytest.fixture
def conn(journal):
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield conn


def test_a_snapshot_comes_back_in_its_order(conn):
    state = {"zz": 1, "a": [1.1, 1e22, -0.0, 1795386238.1234567], "queues": {"b": 1, "a": {}}}
    snapshot.save(conn, 7, 3, state)
    position, found = snapshot.latest(conn, 3)
    assert position == 7
    assert repr(found) == repr(state)


def test_the_newest_few_of_a_version_are_kept(conn):
    snapshot.save(conn, 99, "other", {})
    for position in (10, 20, 30, 40, 50):
        snapshot.save(conn, position, "1", {"position": position})
    assert snapshot.latest(conn, "1") == (50, {"position": 50})
    assert snapshot.latest(conn, "2") is None
    assert conn.execute("SELECT count(*) FROM journal_snapshot").fetchone() == (snapshot.KEPT + 1,)


def test_old_bodies_are_read_as_the_newest_version(conn, monkeypatch):
    monkeypatch.setattr(upcast, "_STEPS", {})
    upcast.register("request.greeted", 1)(lambda body: {"name": body["n"]})
    upcast.register("request.greeted", 2)(lambda body: {**body, "language": "en"})
    append(conn, [Draft("request.greeted", {"n": "Ada"}), Draft("request.greeted", {"name": "Bo"}, version=2)])
    append(conn, [Draft("request.greeted", {"name": "Cy", "language": "es"}, version=3)])
    assert [(event.version, event.body["name"], event.body["language"]) for event in read(conn, 0, 10)] == [
        (3, "Ada", "en"),
        (3, "Bo", "en"),
        (3, "Cy", "es"),
    ]
    with pytest.raises(ValueError, match="already"):
        upcast.register("request.greeted", 1)(dict)


def test_an_unknown_kind_stays_as_it_is():
    event = Event(1, 0.0, "request.unknown", 9, None, {})
    assert upcast.upcast(event) is event


def test_health(journal):
    assert health.ok(journal.urls.app)
    assert not health.ok("postgresql://nobody@127.0.0.1:1/none")
