"""Timers and outbox under workers that are killed at random."""

import random
import threading
import time

import psycopg
import pytest
from journal_processes import running, spawn, until

from civicline.journal import outbox, timers

WORKER = """
from civicline.journal import timers
def effect(conn, timer):
    conn.execute("INSERT INTO effects VALUES (%s)", (timer.key,))
timers.run_due(url, {"callback": effect}, threading.Event(), lease_s=0.5)
"""
SENDER = """
from civicline.journal import outbox
import psycopg
conn = psycopg.connect(url, autocommit=True)
outbox.run(url, {"mail": lambda m: conn.execute("INSERT INTO effects VALUES (%s)", (m.key,))}, threading.Event(), 10)
"""


@pytest.fixture
def conn(journal):
    with psycopg.connect(journal.urls.owner, autocommit=True) as owner:
        owner.execute("CREATE TABLE effects (key text)")
        owner.execute("GRANT SELECT, INSERT ON effects TO civicline_app")
        with psycopg.connect(journal.urls.app, autocommit=True) as conn:
            yield conn
        owner.execute("SET lock_timeout = '20s'")
        owner.execute("DROP TABLE effects")


def killed_at_random(journal, code, is_done, kills, seed):
    """Run three workers until `is_done`; kill -9 one `kills` times on the way and start another."""
    chance = random.Random(seed)
    workers = [spawn(journal, code) for _ in range(3)]
    try:
        for nr in range(kills):
            before = is_done()
            until(lambda before=before: is_done() > before, "work goes on")
            time.sleep(chance.uniform(0, 0.1))
            workers[nr % 3].kill()
            workers[nr % 3].wait()
            workers[nr % 3] = spawn(journal, code)
        return workers
    except BaseException:
        with running(*workers):
            raise


def count(conn):
    return conn.execute("SELECT count(*) FROM effects").fetchone()[0]


def test_two_thousand_timers_and_killed_workers(journal, conn):
    with conn.transaction():
        for n in range(2000):
            timers.schedule(conn, "callback", f"c{n}", time.time() + 0.002 * n, {"n": n})
    workers = killed_at_random(journal, WORKER, lambda: count(conn), kills=10, seed=7)
    with running(*workers):
        until(lambda: conn.execute("SELECT count(*) FROM journal_timer").fetchone() == (0,), "all timers fired")
    assert conn.execute("SELECT count(*), count(DISTINCT key) FROM effects").fetchone() == (2000, 2000)


def test_outbox_sends_each_at_least_once_with_its_key(journal, conn):
    with conn.transaction():
        for n in range(300):
            assert outbox.put(conn, "mail", f"m{n}", {})
    assert not outbox.put(conn, "mail", "m7", {})
    workers = killed_at_random(journal, SENDER, lambda: count(conn), kills=3, seed=8)
    with running(*workers):
        until(
            lambda: conn.execute("SELECT count(*) FROM journal_outbox WHERE done_at IS NULL").fetchone() == (0,),
            "all sent",
        )
    sent, keys = conn.execute("SELECT count(*), count(DISTINCT key) FROM effects").fetchone()
    assert keys == 300
    assert sent <= 300 + 3 * outbox.TAKE
    assert outbox.purge(conn, time.time() + 60) == 300


def test_who_lost_the_lease_cannot_complete(conn):
    timers.schedule(conn, "callback", "a", 0, {})
    (first,) = timers.claim(conn, ["callback"], lease_s=0)
    (second,) = timers.claim(conn, ["callback"], lease_s=60)
    assert timers.claim(conn, ["callback"]) == []
    assert not timers.complete(conn, first)
    assert timers.complete(conn, second)


def test_a_timer_moved_while_under_way_fires_at_its_new_time_only(conn):
    timers.schedule(conn, "callback", "a", 0, {"n": 1})
    (taken,) = timers.claim(conn, ["callback"])
    timers.schedule(conn, "callback", "a", 1, {"n": 2})
    assert not timers.complete(conn, taken)
    (again,) = timers.claim(conn, ["callback"])
    assert again.payload == {"n": 2}


def test_a_cancelled_timer_does_not_fire(conn):
    timers.schedule(conn, "callback", "a", 0, {})
    (taken,) = timers.claim(conn, ["callback"])
    assert timers.cancel(conn, "callback", "a")
    assert not timers.cancel(conn, "callback", "a")
    fired = []
    timers.fire(conn, taken, lambda _conn, timer: fired.append(timer))
    assert fired == []


def test_only_due_timers_of_known_kinds_are_claimed(conn):
    timers.schedule(conn, "callback", "later", time.time() + 3600, {})
    timers.schedule(conn, "other", "a", 0, {})
    assert timers.claim(conn, ["callback"]) == []


def test_a_failing_handler_leaves_nothing_and_is_put_off(journal, conn):
    def broken(inner, timer):
        inner.execute("INSERT INTO effects VALUES ('half')")
        raise KeyError(timer.key)

    timers.schedule(conn, "callback", "a", 0, {})
    (taken,) = timers.claim(conn, ["callback"], lease_s=0)
    timers.fire(conn, taken, broken)
    assert count(conn) == 0
    assert timers.claim(conn, ["callback"]) == []
    ahead = conn.execute("SELECT attempt, lease_until > clock_timestamp() FROM journal_timer").fetchone()
    assert ahead == (1, True)


def test_the_worker_stops_when_told(journal, conn):
    stop = threading.Event()
    fired = threading.Event()
    timers.schedule(conn, "callback", "a", 0, {})
    worker = threading.Thread(
        target=timers.run_due, args=(journal.urls.app, {"callback": lambda *_: fired.set()}, stop)
    )
    worker.start()
    assert fired.wait(20)
    stop.set()
    worker.join(20)
    assert not worker.is_alive()
