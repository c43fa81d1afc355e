"""The journal's tables and the one function that writes to it."""

from typing import Any

from django.db import migrations, models

TABLES = """
CREATE TABLE journal_event (
    position bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    version smallint NOT NULL DEFAULT 1,
    cause bigint,
    epoch int,
    batch uuid,
    body jsonb NOT NULL
);
CREATE INDEX journal_event_batch ON journal_event (batch) WHERE batch IS NOT NULL;
CREATE INDEX journal_event_at ON journal_event USING brin (at);

CREATE TABLE journal_leader (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch int NOT NULL,
    node text NOT NULL,
    since timestamptz NOT NULL
);
INSERT INTO journal_leader (epoch, node, since) VALUES (0, '', clock_timestamp());

CREATE TABLE journal_open_prefix (prefix text PRIMARY KEY);
INSERT INTO journal_open_prefix SELECT unnest(ARRAY[
    'request', 'people', 'access', 'audit', 'cases', 'messages', 'visits', 'knowledge', 'quality', 'surveys',
    'measures', 'planning', 'outreach', 'recording'
]);

CREATE TABLE journal_snapshot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position bigint NOT NULL,
    core_version text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body json NOT NULL
);
CREATE INDEX journal_snapshot_latest ON journal_snapshot (core_version, position);

CREATE TABLE journal_timer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    key text NOT NULL,
    due_at timestamptz NOT NULL,
    payload jsonb NOT NULL,
    lease_until timestamptz,
    attempt int NOT NULL DEFAULT 0,
    UNIQUE (kind, key)
);
CREATE INDEX journal_timer_due ON journal_timer (due_at);

CREATE TABLE journal_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    key text NOT NULL,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    payload jsonb NOT NULL,
    lease_until timestamptz,
    attempt int NOT NULL DEFAULT 0,
    done_at timestamptz,
    UNIQUE (kind, key)
);
CREATE INDEX journal_outbox_due ON journal_outbox (due_at) WHERE done_at IS NULL;
"""

# Error codes of our own: CV001 stale epoch, CV002 batch already appended, CV003 bad call.
# The lock's numbers are arbitrary: (0x6376, 1) serialises appends, (0x6376, 2) is held by the leader's session.
FUNCTIONS = """
CREATE FUNCTION journal_append(
    kinds text[], versions smallint[], causes bigint[], bodies jsonb[], by_epoch int, of_batch uuid
) RETURNS TABLE (first bigint, last bigint, at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    base bigint;
    stamp timestamptz;
    previous timestamptz;
    added int := cardinality(kinds);
BEGIN
    IF added = 0 OR added <> cardinality(versions) OR added <> cardinality(causes)
        OR added <> cardinality(bodies) THEN
        RAISE EXCEPTION 'nothing to append, or lists of unequal length' USING ERRCODE = 'CV003';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append needs the isolation level read committed' USING ERRCODE = 'CV003';
    END IF;
    PERFORM pg_advisory_xact_lock(25462, 1);
    IF by_epoch IS NOT NULL OR EXISTS (
        SELECT FROM unnest(kinds) AS k (kind) WHERE NOT EXISTS (
            SELECT FROM public.journal_open_prefix AS o WHERE k.kind LIKE o.prefix || '.%'
        )
    ) THEN
        IF by_epoch IS DISTINCT FROM (SELECT l.epoch FROM public.journal_leader AS l) THEN
            RAISE EXCEPTION 'facts need the epoch of the engine that leads, not %', coalesce(by_epoch::text, 'none')
                USING ERRCODE = 'CV001';
        END IF;
    END IF;
    IF of_batch IS NOT NULL AND EXISTS (SELECT FROM public.journal_event AS e WHERE e.batch = of_batch) THEN
        RAISE EXCEPTION 'this batch was appended before' USING ERRCODE = 'CV002';
    END IF;
    SELECT e.position, e.at INTO base, previous FROM public.journal_event AS e ORDER BY e.position DESC LIMIT 1;
    base := coalesce(base, 0);
    stamp := greatest(clock_timestamp(), previous);
    INSERT INTO public.journal_event (position, at, kind, version, cause, epoch, batch, body)
        SELECT base + d.nr, stamp, d.kind, d.version, d.cause, by_epoch, of_batch, d.body
        FROM unnest(kinds, versions, causes, bodies) WITH ORDINALITY AS d (kind, version, cause, body, nr);
    PERFORM pg_notify('civicline_journal', (base + added)::text);
    RETURN QUERY SELECT base + 1, base + added, stamp;
END $$;

CREATE FUNCTION journal_lead(by_node text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    raised int;
BEGIN
    IF NOT pg_try_advisory_lock(25462, 2) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(25462, 1);
    UPDATE public.journal_leader SET epoch = epoch + 1, node = by_node, since = clock_timestamp()
        RETURNING epoch INTO raised;
    RETURN raised;
END $$;

REVOKE ALL ON FUNCTION journal_append(text[], smallint[], bigint[], jsonb[], int, uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION journal_lead(text) FROM PUBLIC;
"""

UNDO = """
DROP FUNCTION journal_lead(text);
DROP FUNCTION journal_append(text[], smallint[], bigint[], jsonb[], int, uuid);
DROP TABLE journal_outbox, journal_timer, journal_snapshot, journal_open_prefix, journal_leader, journal_event;
"""


def unmanaged(name: str, table: str, *fields: tuple[str, Any]) -> migrations.CreateModel:
    return migrations.CreateModel(name=name, fields=list(fields), options={"managed": False, "db_table": table})


IDENTITY = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
DUE = (
    ("kind", models.TextField()),
    ("key", models.TextField()),
    ("due_at", models.DateTimeField()),
    ("payload", models.JSONField()),
    ("lease_until", models.DateTimeField(null=True)),
    ("attempt", models.IntegerField()),
)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(TABLES + FUNCTIONS, UNDO),
        unmanaged(
            "JournalEvent",
            "journal_event",
            ("position", models.BigIntegerField(primary_key=True, serialize=False)),
            ("at", models.DateTimeField()),
            ("kind", models.TextField()),
            ("version", models.SmallIntegerField()),
            ("cause", models.BigIntegerField(null=True)),
            ("epoch", models.IntegerField(null=True)),
            ("batch", models.UUIDField(null=True)),
            ("body", models.JSONField()),
        ),
        unmanaged("JournalTimer", "journal_timer", IDENTITY, *DUE),
        unmanaged("JournalOutbox", "journal_outbox", IDENTITY, *DUE, ("done_at", models.DateTimeField(null=True))),
    ]
