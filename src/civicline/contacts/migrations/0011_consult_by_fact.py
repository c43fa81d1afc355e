"""Of a third party what the fact says, whatever pack is loaded since: an office, one that only helps, one that has joined
and was not told of the recording."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contacts", "0010_counted_queue")]

    operations: ClassVar = [
        migrations.AddField("contactrow", name, models.BooleanField(default=False))
        for name in ("consult_outside", "consult_helps", "consult_untold")
    ]
