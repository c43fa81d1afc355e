"""Snapshots, upcasting and the health probe."""

import hashlib

import psycopg
import pytest

from civicline.core.codec import encode
from civicline.journal import health, snapshot, upcast
from civicline.journal.append import append
from civicline.journal.event import Draft, Event
from civicline.journal.read import read
from core.floor import Floor


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


def saved_days_ago(journal, conn, position, days, version="1"):
    """As if it had been saved then, at noon (UTC)."""
    snapshot.save(conn, position, version, {})
    with psycopg.connect(journal.urls.owner) as owner:
        owner.execute(
            "UPDATE journal_snapshot SET at = date_trunc('day', now(), 'UTC') + make_interval(days => -%s, hours => 12)"
            " WHERE position = %s",
            (days, position),
        )


def positions(conn):
    return [row[0] for row in conn.execute("SELECT position FROM journal_snapshot ORDER BY position")]


def test_the_last_one_of_each_day_stays_for_longer_than_a_report_looks_back(journal, conn):
    for position, days in ((10, snapshot.DAYS + 1), (20, snapshot.DAYS - 1), (30, 2), (40, 2), (50, 2), (60, 1)):
        saved_days_ago(journal, conn, position, days)
    saved_days_ago(journal, conn, 1, snapshot.DAYS + 1, "older, and the last of that version")
    for position in (70, 80, 90, 100):
        snapshot.save(conn, position, "1", {})
    assert positions(conn) == [1, 20, 50, 60, 80, 90, 100]


def test_one_takes_a_quarter_of_a_kilobyte_for_each_contact(conn):
    floor = Floor()
    for number in range(150):
        name = hashlib.sha256(str(number).encode()).hexdigest()
        floor.call(name[:32], "income", caller=name, after=2)
    snapshot.save(conn, 1, "1", {"state": encode(floor.state), "handled": 0})
    (size,) = conn.execute("SELECT pg_column_size(body) FROM journal_snapshot").fetchone()
    assert size < 150 * 300


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
