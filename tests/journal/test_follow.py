"""Readers among concurrent writers: nothing missed, nothing twice, the same order for all."""

import asyncio
import json
import threading
from contextlib import closing

import psycopg
import pytest
from journal_processes import running, spawn, until

from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.journal.follow import BATCH, Follower, follow_async
from civicline.journal.leader import lead
from civicline.journal.read import Part, read

WRITERS, EACH, READERS = 8, 150, 3

WRITER = """
import psycopg
from civicline.journal.append import append
from civicline.journal.event import Draft
writer, each = int(sys.argv[1]), int(sys.argv[2])
with psycopg.connect(url, autocommit=True) as conn:
    n = 0
    while n < each:
        size = 1 + n % 3
        with conn.transaction():
            conn.execute("SELECT pg_sleep(0.002 * random())")
            append(conn, [Draft("request.n", {"writer": writer, "n": n + k}) for k in range(size)])
        n += size
"""
READER = """
from civicline.journal.follow import Follower
follower, seen = Follower(url), []
while len(seen) < int(sys.argv[1]):
    seen += follower.read(0.5)
print(json.dumps([[e.position, e.body["writer"], e.body["n"]] for e in seen]))
"""


def test_eight_writers_and_three_readers(journal):
    with running(*(spawn(journal, READER, WRITERS * EACH) for _ in range(READERS))) as readers:
        with running(*(spawn(journal, WRITER, n, EACH) for n in range(WRITERS))) as writers:
            assert [writer.wait(60) for writer in writers] == [0] * WRITERS
        seen = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]
    assert [position for position, _, _ in seen[0]] == list(range(1, WRITERS * EACH + 1))
    assert all(other == seen[0] for other in seen)
    for writer in range(WRITERS):
        assert [n for _, by, n in seen[0] if by == writer] == list(range(EACH))


@pytest.fixture
def conn(journal):
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield conn


def test_reads_on_from_a_position_in_batches(journal, conn):
    append(conn, [Draft("request.a", {}) for _ in range(BATCH + 20)])
    follower = Follower(journal.urls.app, after=10)
    assert [event.position for event in follower.read(5)] == list(range(11, BATCH + 11))
    assert [event.position for event in follower.read(5)] == list(range(BATCH + 11, BATCH + 21))
    assert follower.read(0) == []
    append(conn, [Draft("request.b", {})])
    assert [event.kind for event in follower.read(5)] == ["request.b"]
    follower.close()


def test_each_half_of_the_journal_by_itself(journal, conn):
    """Found by a look at the start, then by what is announced, also where a row is too long to be announced whole."""
    followers = {part: Follower(journal.urls.app, part=part) for part in Part}
    seen = {part: [] for part in Part}
    with closing(lead(journal.urls.app, "n", threading.Event())) as engine:
        for n, text in enumerate(["", "", "long" * 2500, "", ""]):
            append(conn, [Draft("request.a", {"n": n, "text": text})])
            engine.append([Draft("notice_played", {"n": n, "text": text}, cause=2 * n + 1)])
            for part, follower in followers.items():
                wanted = 2 * n + 2 - (part is Part.REQUESTS)
                while not seen[part] or seen[part][-1].position < wanted:
                    seen[part] += follower.read(5)
    for follower in followers.values():
        follower.close()
    assert seen[Part.ALL] == read(conn, 0, 100)
    assert seen[Part.REQUESTS] == [event for event in seen[Part.ALL] if event.kind == "request.a"]
    assert seen[Part.FACTS] == [event for event in seen[Part.ALL] if event.kind == "notice_played"]


def cut(journal):
    """End the sessions of all followers, as a restart of the database does."""
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        return conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'civicline follower'"
        ).rowcount


def test_a_cut_follower_reconnects_and_misses_nothing(journal, conn):
    follower = Follower(journal.urls.app)
    assert follower.read(0.01) == []
    seen = []
    for n in range(5):
        append(conn, [Draft("request.a", {"n": 2 * n})])
        assert cut(journal) == 1
        append(conn, [Draft("request.a", {"n": 2 * n + 1})])
        until(lambda n=n: seen.extend(follower.read(0.2)) or len(seen) == 2 * n + 2, "both events seen")
    assert follower.connected
    assert [event.body["n"] for event in seen] == list(range(10))
    follower.close()


def test_a_follower_says_that_it_is_not_connected():
    follower = Follower("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1")
    assert follower.read(0.05) == []
    assert not follower.connected


def test_the_asynchronous_reader(journal, conn):
    async def take(count):
        seen = []
        async for events in follow_async(journal.urls.app, after=1):
            assert events
            seen += events
            if len(seen) == 2:
                cut(journal)
                append(conn, [Draft("request.c", {})])
            elif len(seen) >= count:
                return seen

    append(conn, [Draft("request.a", {}), Draft("request.b", {}), Draft("request.b", {})])
    seen = asyncio.run(asyncio.wait_for(take(3), 30))
    assert [(event.position, event.kind) for event in seen] == [(2, "request.b"), (3, "request.b"), (4, "request.c")]
