"""A notification carries the rows, so that who follows need not fetch them; facts and requests are announced apart.

Any role may NOTIFY on any channel. The channels' names are therefore secret: only the app role can ask for them, and
what comes on them was said by journal_append.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

FIRST = import_module("civicline.journal.migrations.0001_journal")

CHANNELS = """
CREATE TABLE journal_channel (part text PRIMARY KEY, name text NOT NULL);
INSERT INTO journal_channel
    SELECT part, 'civicline_' || part || '_' || replace(gen_random_uuid()::text, '-', '')
    FROM unnest(ARRAY['facts', 'requests']) AS part;

CREATE FUNCTION journal_channels() RETURNS TABLE (part text, name text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'SELECT c.part, c.name FROM public.journal_channel AS c';

REVOKE ALL ON FUNCTION journal_channels() FROM PUBLIC;
"""

# As in 0001, but for the notification: the rows as JSON, or the last position where they are too long for one. And in
# fewer statements: each costs about as much as its row.
APPEND = """
CREATE OR REPLACE FUNCTION journal_append(
    kinds text[], versions smallint[], causes bigint[], bodies jsonb[], by_epoch int, of_batch uuid
) RETURNS TABLE (first bigint, last bigint, at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    base bigint;
    previous timestamptz;
    leads int;
    known boolean;
    channel text;
    said text;
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
    SELECT (SELECT l.epoch FROM public.journal_leader AS l),
           of_batch IS NOT NULL AND EXISTS (SELECT FROM public.journal_event AS e WHERE e.batch = of_batch),
           (SELECT c.name FROM public.journal_channel AS c
             WHERE c.part = CASE WHEN by_epoch IS NULL THEN 'requests' ELSE 'facts' END),
           coalesce(newest.position, 0), newest.at
        INTO leads, known, channel, base, previous
        FROM (SELECT) AS one
        LEFT JOIN (SELECT e.position, e.at FROM public.journal_event AS e ORDER BY e.position DESC LIMIT 1) AS newest
            ON true;
    IF by_epoch IS DISTINCT FROM leads AND (by_epoch IS NOT NULL OR EXISTS (
        SELECT FROM unnest(kinds) AS k (kind) WHERE NOT EXISTS (
            SELECT FROM public.journal_open_prefix AS o WHERE k.kind LIKE o.prefix || '.%'
        )
    )) THEN
        RAISE EXCEPTION 'facts need the epoch of the engine that leads, not %', coalesce(by_epoch::text, 'none')
            USING ERRCODE = 'CV001';
    END IF;
    IF known THEN
        RAISE EXCEPTION 'this batch was appended before' USING ERRCODE = 'CV002';
    END IF;
    first := base + 1;
    last := base + added;
    at := greatest(clock_timestamp(), previous);
    WITH new AS (
        INSERT INTO public.journal_event (position, at, kind, version, cause, epoch, batch, body)
            SELECT base + d.nr, journal_append.at, d.kind, d.version, d.cause, by_epoch, of_batch, d.body
            FROM unnest(kinds, versions, causes, bodies) WITH ORDINALITY AS d (kind, version, cause, body, nr)
            RETURNING position, at, kind, version, cause, body
    ) SELECT json_agg(
            json_build_array(position, extract(epoch FROM new.at)::float8, kind, version, cause, body) ORDER BY position
        ) INTO said FROM new;
    PERFORM pg_notify(channel, CASE WHEN octet_length(said) < 8000 THEN said ELSE last::text END);
    RETURN NEXT;
END $$;
"""
BEFORE = FIRST.FUNCTIONS.partition("CREATE FUNCTION journal_lead")[0].replace("CREATE", "CREATE OR REPLACE", 1)
UNDO = "DROP FUNCTION journal_channels(); DROP TABLE journal_channel;"


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_journal")]
    operations = [migrations.RunSQL(CHANNELS + APPEND, BEFORE + UNDO)]
