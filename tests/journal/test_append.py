"""Order, atomicity and rights of the append function."""

import json

import psycopg
import pytest

from civicline.journal.announced import listen, rows
from civicline.journal.append import StaleEpochError, append
from civicline.journal.event import Draft
from civicline.journal.read import Part, between, last_position, read


@pytest.fixture
def conn(journal):
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield conn


def test_positions_are_gapless_also_after_a_rollback(conn):
    assert append(conn, [Draft("request.a", {"n": 1}), Draft("request.b", {})])[:2] == (1, 2)
    with pytest.raises(ZeroDivisionError), conn.transaction():
        append(conn, [Draft("request.lost", {})])
        raise ZeroDivisionError
    assert append(conn, [Draft("request.c", {})])[:2] == (3, 3)
    assert [event.kind for event in read(conn, 0, 10)] == ["request.a", "request.b", "request.c"]


def test_read_is_bounded_on_both_sides(conn):
    append(conn, [Draft("request.a", {"n": n}) for n in range(10)])
    assert [event.position for event in read(conn, 3, 2)] == [4, 5]
    assert [event.position for event in read(conn, 3, 100, before=7)] == [4, 5, 6]
    assert last_position(conn) == 10


def test_event_comes_back_as_it_went_in(conn):
    body = {"at": 1795386238.123456, "text": 'Ünï "quoted"', "none": None, "deep": [{"a": [1, 2.5]}]}
    done = append(conn, [Draft("request.a", body, version=7, cause=41)])
    assert read(conn, 0, 1) == [(1, done.at, "request.a", 7, 41, body)]


def test_time_never_goes_back(journal, conn):
    with psycopg.connect(journal.urls.owner, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO journal_event (position, at, kind, body) VALUES (1, now() + interval '1 hour', 'x', '{}')"
        )
    ahead = read(conn, 0, 1)[0].at
    assert append(conn, [Draft("request.a", {})]).at == ahead
    assert [event.position for event in between(conn, ahead, ahead + 1)] == [1, 2]


def test_one_notification_a_call_carries_its_rows(conn):
    listen(conn, Part.REQUESTS)
    append(conn, [Draft("request.a", {"at": 1795386238.123, "é": [1, None]}), Draft("request.b", {}, cause=1)])
    append(conn, [Draft("request.c", {})])
    said = list(conn.notifies(timeout=5, stop_after=2))
    assert len(said) == 2
    assert rows([each.payload for each in said], after=0) == read(conn, 0, 10)
    assert [event.position for event in rows([each.payload for each in said], after=1)] == [2, 3]


def test_rows_too_long_for_a_notification_are_only_announced(conn):
    listen(conn, Part.REQUESTS)
    append(conn, [Draft("request.a", {"text": "é" * 4000})])
    said = [each.payload for each in conn.notifies(timeout=5, stop_after=1)]
    assert said == ["1"]
    assert rows(said, after=0) is None
    assert rows(said, after=1) == []


def test_only_the_app_role_learns_where_appends_are_announced(journal, conn):
    assert conn.execute("SELECT count(*) FROM journal_channels()").fetchone() == (2,)
    with psycopg.connect(journal.urls.auditor, autocommit=True) as auditor:
        for ask in ("SELECT name FROM journal_channel", "SELECT name FROM journal_channels()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                auditor.execute(ask)


@pytest.mark.parametrize("kind", ["contact_arrived", "offer_made", "agent.free", "requests", "request", "peopl.x", ""])
def test_a_fact_without_an_epoch_is_refused(conn, kind):
    with pytest.raises(StaleEpochError):
        append(conn, [Draft("request.fine", {}), Draft(kind, {})])
    assert read(conn, 0, 10) == []


def test_a_wrong_epoch_is_refused_for_any_kind(conn):
    with pytest.raises(StaleEpochError):
        append(conn, [Draft("request.a", {})], epoch=999_999)


def test_features_append_their_own_events_without_an_epoch(conn):
    assert append(conn, [Draft("people.signed_in", {"staff": 3})]).last == 1


def test_a_body_that_is_not_json_is_refused_before_it_is_sent(conn):
    with pytest.raises(ValueError, match="JSON"):
        append(conn, [Draft("request.a", {"wait_s": float("nan")})])


def test_an_older_snapshot_cannot_append(conn):
    conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    with pytest.raises(psycopg.Error, match="read committed"):
        append(conn, [Draft("request.a", {})])
    conn.execute("ROLLBACK")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_event SET body = '{}'",
        "DELETE FROM journal_event",
        "TRUNCATE journal_event",
        "INSERT INTO journal_event (position, at, kind, body) VALUES (99, now(), 'x', '{}')",
        "ALTER TABLE journal_event ADD COLUMN x int",
        "DROP TABLE journal_event",
        "UPDATE journal_leader SET epoch = 0",
        "INSERT INTO journal_open_prefix VALUES ('contact')",
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE OR REPLACE FUNCTION journal_lead(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE civicline_owner",
        "UPDATE django_migrations SET name = 'x'",
    ],
)
@pytest.mark.parametrize("role", ["app", "auditor"])
def test_nobody_but_the_owner_rewrites_the_journal(journal, role, statement):
    with psycopg.connect(getattr(journal.urls, role)) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT journal_append(ARRAY['request.x'], ARRAY[1::int2], ARRAY[1::int8], ARRAY['{}'::jsonb], null, null)",
        "SELECT journal_lead('x')",
        "INSERT INTO journal_timer (kind, key, due_at, payload) VALUES ('a', 'b', now(), '{}')",
        "UPDATE people_staff SET is_active = false",
    ],
)
def test_the_auditor_only_reads(journal, statement):
    with psycopg.connect(journal.urls.auditor) as conn:
        assert conn.execute("SELECT count(*) FROM journal_event").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(statement)


def test_a_table_put_before_the_real_one_does_not_mislead_the_function(journal, conn):
    """The function names its tables in full and looks in no schema that the caller can choose."""
    conn.execute("SET search_path = pg_temp, public")
    assert append(conn, [Draft("request.a", {})]).last == 1
    with psycopg.connect(journal.urls.auditor) as auditor:
        settings = auditor.execute("SELECT proconfig FROM pg_proc WHERE proname IN ('journal_append', 'journal_lead')")
        assert [json.dumps(row[0]) for row in settings] == [json.dumps(["search_path=pg_catalog, pg_temp"])] * 2
