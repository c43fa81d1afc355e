"""The appender through lost connections and a killed database: everything acknowledged is there, nothing twice."""

import threading
import time

import psycopg
import pytest
from journal_processes import until

from civicline.journal.append import append
from civicline.journal.appender import Appender, AppenderClosed, Overloaded
from civicline.journal.batch import Batch, Submission
from civicline.journal.event import Appended, Draft, StaleEpochError
from civicline.journal.read import read

AWAY = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"


class Results(list):
    """What `done` was called with, in order."""

    def wait(self, count):
        until(lambda: len(self) >= count, f"{count} answers, there are {len(self)}")
        return list(self)


@pytest.fixture
def conn(journal):
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield conn


@pytest.fixture
def appender(journal):
    appender = Appender(journal.urls.app)
    yield appender
    appender.close()


def draft(n):
    return Draft("request.n", {"n": n})


def test_each_submission_gets_its_own_positions(appender, conn):
    results = Results()
    for n in range(50):
        appender.submit([draft(n)] * (1 + n % 3), done=results.append)
    results.wait(50)
    at = 1
    for n, result in enumerate(results):
        assert result[:2] == (at, at + n % 3)
        at += 1 + n % 3
    assert [event.body["n"] for event in read(conn, 0, 1000)] == [n for n in range(50) for _ in range(1 + n % 3)]
    assert appender.down_since is None


def test_statements_are_in_the_same_transaction(appender, conn):
    results = Results()
    put = "INSERT INTO journal_timer (kind, key, due_at, payload) VALUES ('t', %s, now(), '{}')"
    appender.submit([draft(1)], [(put, ("a",))], results.append)
    appender.submit([Draft("contact_arrived", {})], [(put, ("b",))], results.append)
    fine, refused = results.wait(2)
    assert fine.last == 1
    assert isinstance(refused, StaleEpochError)
    assert conn.execute("SELECT key FROM journal_timer").fetchall() == [("a",)]


def test_a_poisoned_submission_fails_alone(appender, conn):
    results = {n: Results() for n in range(9)}
    conn.execute("BEGIN")
    conn.execute("SELECT pg_advisory_xact_lock(25462, 1)")  # so that they all wait and become one batch
    for n in range(9):
        bad = n in (3, 6)
        appender.submit([draft(n)], [("SELECT 1 / %s", (0 if bad else 1,))], results[n].append)
    conn.execute("COMMIT")
    for n, result in results.items():
        (answer,) = result.wait(1)
        assert isinstance(answer, psycopg.errors.DivisionByZero if n in (3, 6) else Appended)
    assert [event.body["n"] for event in read(conn, 0, 100)] == [0, 1, 2, 4, 5, 7, 8]
    assert appender.down_since is None


def test_a_receiver_that_raises_does_not_stop_it(appender):
    results = Results()
    appender.submit([draft(1)], done=lambda _: 1 / 0)
    appender.submit([draft(2)], done=results.append)
    assert results.wait(1)[0].last == 2


def test_a_batch_whose_answer_was_lost_is_not_appended_again(conn):
    results = Results()
    put = "INSERT INTO journal_timer (kind, key, due_at, payload) VALUES ('t', 'a', now(), '{}')"
    batch = Batch([Submission([draft(1), draft(2)], [(put, ())], results.append), Submission([draft(3)])])
    batch.write(conn, None)
    append(conn, [draft(4)])
    batch.write(conn, None)
    assert results[0] == results[1] == (1, 2, results[0].at)
    assert [event.body["n"] for event in read(conn, 0, 100)] == [1, 2, 3, 4]


def test_a_database_that_is_away(journal):
    results = Results()
    appender = Appender(AWAY, waiting_max=10)
    assert appender.down_since <= time.monotonic()
    for n in range(10):
        appender.submit([draft(n)], done=results.append)
    with pytest.raises(Overloaded, match="wait for the journal"):
        for n in range(10):
            appender.submit([draft(n)] * 10)
    appender.close(timeout_s=0.1)
    assert [type(result) for result in results.wait(10)] == [AppenderClosed] * 10
    with pytest.raises(AppenderClosed):
        appender.submit([draft(1)])


def test_close_appends_what_waits(journal, conn):
    appender = Appender(journal.urls.app)
    for n in range(200):
        appender.submit([draft(n)])
    appender.close()
    assert [event.body["n"] for event in read(conn, 0, 1000)] == list(range(200))


def test_an_idle_appender_notices_that_its_connection_is_gone_and_comes_back(appender, conn):
    until(lambda: appender.down_since is None, "connected")
    ended = conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'civicline appender'"
    )
    assert ended.rowcount == 1
    results = Results()
    appender.submit([draft(1)], done=results.append)
    assert results.wait(1)[0].last == 1
    assert appender.down_since is None


def test_killed_database_in_the_middle_of_appends(journal):
    """kill -9 of PostgreSQL three times while four threads submit."""
    appender = Appender(journal.urls.app)
    stop = threading.Event()
    results = Results()

    def submit(writer):
        n = 0
        while not stop.is_set():
            if len(results) + 200 > appended[0]:
                appended[0] += 1
                key = f"{writer}-{n}"
                appender.submit([draft(key)], done=lambda result, key=key: results.append((key, result)))
                n += 1
            else:
                stop.wait(0.001)

    appended = [0]
    threads = [threading.Thread(target=submit, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            results.wait(len(results) + 500)
            assert journal.server.kill() != 0
            until(lambda: appender.down_since is not None, "the appender says that it is down")
            journal.server.start()
            until(lambda: appender.down_since is None, "the appender is up again")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        appender.close(timeout_s=30)
    acknowledged = dict(results)
    assert len(acknowledged) == len(results)
    with psycopg.connect(journal.urls.app) as conn:
        stored = {event.body["n"]: event.position for event in read(conn, 0, 10**6)}
        positions = conn.execute("SELECT count(*), max(position) FROM journal_event").fetchone()
    assert positions == (len(stored), len(stored))
    assert stored == {key: result.first for key, result in acknowledged.items()}
    for writer in range(4):
        own = sorted((int(key.split("-")[1]), at) for key, at in stored.items() if key.startswith(f"{writer}-"))
        assert [at for _, at in own] == sorted(at for _, at in own)
