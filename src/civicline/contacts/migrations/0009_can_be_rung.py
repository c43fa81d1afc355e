from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0008_counted"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactrow",
            name="can_be_rung",
            field=models.BooleanField(default=False),
        ),
    ]
