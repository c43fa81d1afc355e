"""One leads; who was deposed cannot append."""

import threading

import psycopg
import pytest
from journal_processes import running, spawn, until

from civicline.journal.append import StaleEpochError, append
from civicline.journal.event import Draft
from civicline.journal.leader import LeadStopped, lead
from civicline.journal.read import read

FACT = Draft("contact_arrived", {"at": 1.0})

ENGINE = """
from civicline.journal.event import Draft
from civicline.journal.leader import lead
leader = lead(url, sys.argv[1], threading.Event())
print(leader.epoch, flush=True)
while True:
    leader.append([Draft("contact_arrived", {"epoch": leader.epoch})])
    time.sleep(0.001)
"""


@pytest.fixture
def url(journal):
    return journal.urls.app


def waiting(url, stop, results):
    def wait():
        try:
            results.append(lead(url, "b", stop))
        except LeadStopped as stopped:
            results.append(stopped)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_the_second_waits_until_the_first_is_gone(url):
    first = lead(url, "a", threading.Event())
    first.append([FACT])
    results = []
    thread = waiting(url, threading.Event(), results)
    thread.join(0.5)
    assert results == []
    first.close()
    thread.join(20)
    second = results[0]
    assert second.epoch == first.epoch + 1
    assert second.append([FACT]).last == 2
    second.close()


def test_a_deposed_leader_is_refused(url):
    deposed = lead(url, "a", threading.Event())
    with psycopg.connect(url, autocommit=True) as other:
        pid = deposed.conn.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        current = lead(url, "b", threading.Event())
        with pytest.raises(StaleEpochError):
            append(other, [FACT], epoch=deposed.epoch)
        with pytest.raises(psycopg.OperationalError):
            deposed.append([FACT])
        assert current.append([FACT]).last == 1
        assert len(read(other, 0, 10)) == 1
    current.close()


def test_a_standby_stops_when_told(url):
    first = lead(url, "a", threading.Event())
    stop, results = threading.Event(), []
    thread = waiting(url, stop, results)
    stop.set()
    thread.join(20)
    assert isinstance(results[0], LeadStopped)
    first.close()


def test_killed_engines_take_over_in_turn(journal):
    """Epochs in the journal never mix: each engine's facts are one stretch."""
    engines = [spawn(journal, ENGINE, n) for n in range(3)]
    with running(*engines), psycopg.connect(journal.urls.app, autocommit=True) as conn:
        seen = 0
        for _ in range(3):
            until(lambda: len(read(conn, seen, 30)) == 30, "the leading engine appends")  # noqa: B023
            seen = read(conn, seen, 30)[-1].position
            pid = conn.execute(
                "SELECT pid, application_name FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks"
                " WHERE locktype = 'advisory' AND classid = 25462 AND objid = 2 AND granted)"
            ).fetchone()
            leading = int(pid[1].rsplit(" ", 1)[1])
            engines[leading].kill()
            engines[leading].wait()
    with psycopg.connect(journal.urls.app) as conn:
        epochs = [epoch for (epoch,) in conn.execute("SELECT epoch FROM journal_event ORDER BY position")]
    assert epochs == sorted(epochs)
    assert len(set(epochs)) == 3
