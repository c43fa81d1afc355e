"""Running figures of each day: what a contact counts for stands in its row, and a trigger keeps the sums."""

from typing import ClassVar

from django.db import migrations, models

COUNT = """
CREATE FUNCTION contacts_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contacts_counted (day, queue, part, value)
    SELECT day, queue, part, sum(value) FROM (
        SELECT OLD.counted_on, coalesce(OLD.queue, ''), key, -value::float8 FROM jsonb_each_text(OLD.counted)
        UNION ALL
        SELECT NEW.counted_on, coalesce(NEW.queue, ''), key, value::float8 FROM jsonb_each_text(NEW.counted)
    ) AS change (day, queue, part, value)
    GROUP BY day, queue, part HAVING sum(value) <> 0
    ORDER BY day, queue, part
    ON CONFLICT (day, queue, part) DO UPDATE SET value = contacts_counted.value + excluded.value;
    RETURN NULL;
END $$;

CREATE TRIGGER contacts_count_new AFTER INSERT ON contacts_contact FOR EACH ROW
    WHEN (NEW.counted <> '{}') EXECUTE FUNCTION contacts_count();

CREATE TRIGGER contacts_count_changed AFTER UPDATE ON contacts_contact FOR EACH ROW
    WHEN (ROW(OLD.counted, OLD.counted_on, OLD.queue) IS DISTINCT FROM ROW(NEW.counted, NEW.counted_on, NEW.queue))
    EXECUTE FUNCTION contacts_count();
"""
FORGET = """
DROP TRIGGER contacts_count_new ON contacts_contact;
DROP TRIGGER contacts_count_changed ON contacts_contact;
DROP FUNCTION contacts_count();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contacts", "0007_promised_to")]

    operations: ClassVar = [
        migrations.AddField("contactrow", "due", models.BooleanField(default=False)),
        migrations.AddField("contactrow", "counted_on", models.DateField(null=True)),
        migrations.AddField("contactrow", "counted", models.JSONField(default=dict)),
        migrations.CreateModel(
            name="CountedRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "queue", "part", primary_key=True, blank=True, editable=False, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("queue", models.CharField(max_length=64)),
                ("part", models.CharField(max_length=32)),
                ("value", models.FloatField()),
            ],
            options={"db_table": "contacts_counted"},
        ),
        migrations.RunSQL(COUNT, FORGET),
    ]
