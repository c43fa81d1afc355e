"""A contact counts for the queue in which it waited first, not for the one that it was passed on to.

Rows from before count for `queue` until they are written again: nothing needs to be filled in.
"""

from typing import ClassVar

from django.db import migrations, models

COUNT = """
CREATE OR REPLACE FUNCTION contacts_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contacts_counted (day, queue, part, value)
    SELECT day, queue, part, sum(value) FROM (
        SELECT OLD.counted_on, coalesce(OLD.counted_queue, OLD.queue, ''), key, -value::float8
            FROM jsonb_each_text(OLD.counted)
        UNION ALL
        SELECT NEW.counted_on, coalesce(NEW.counted_queue, NEW.queue, ''), key, value::float8
            FROM jsonb_each_text(NEW.counted)
    ) AS change (day, queue, part, value)
    GROUP BY day, queue, part HAVING sum(value) <> 0
    ORDER BY day, queue, part
    ON CONFLICT (day, queue, part) DO UPDATE SET value = contacts_counted.value + excluded.value;
    RETURN NULL;
END $$;

DROP TRIGGER contacts_count_changed ON contacts_contact;
CREATE TRIGGER contacts_count_changed AFTER UPDATE ON contacts_contact FOR EACH ROW
    WHEN (ROW(OLD.counted, OLD.counted_on, coalesce(OLD.counted_queue, OLD.queue, ''))
        IS DISTINCT FROM ROW(NEW.counted, NEW.counted_on, coalesce(NEW.counted_queue, NEW.queue, '')))
    EXECUTE FUNCTION contacts_count();
"""
AS_BEFORE = COUNT.replace("OLD.counted_queue, ", "").replace("NEW.counted_queue, ", "")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contacts", "0009_can_be_rung")]

    operations: ClassVar = [
        migrations.AddField("contactrow", "counted_queue", models.CharField(max_length=64, null=True)),
        migrations.RunSQL(COUNT, AS_BEFORE),
    ]
