"""HA1 is sealed. Whoever has it can register as its user, so until now the table alone was enough for that."""

from __future__ import annotations

import json
from typing import Any

from django.db import migrations, models

from civicline import settings

UNSEALED = (
    "the passwords of {number} telephones are in the database in plain hashes, and cannot be sealed: {error}. Nothing was"
    " changed. Set CIVICLINE_KEYSET to the file that the processes use, and migrate again; where it is lost, make a new one"
    " with `civicline keyset create` first"
)


def seal(apps: Any, editor: Any) -> None:
    """Raises KeysetError where there is no keyset: nothing can be sealed then."""
    from civicline.people import keyset

    with editor.connection.cursor() as cursor:
        cursor.execute('SELECT "user", md5, sha256 FROM phone_account')
        rows = cursor.fetchall()
        if not rows:
            return
        try:
            keys = keyset.load(settings.load().keyset)
        except keyset.KeysetError as error:
            raise keyset.KeysetError(UNSEALED.format(number=len(rows), error=error)) from None
        for user, md5, sha256 in rows:
            key, wrapped = keys.new_key(f"phone {user}")
            sealed = key.seal("ha1", json.dumps({"MD5": md5, "SHA-256": sha256}).encode())
            cursor.execute(
                'UPDATE phone_account SET wrapped_key = %s, sealed = %s WHERE "user" = %s', (wrapped, sealed, user)
            )


class Migration(migrations.Migration):
    dependencies = (("phones", "0002_latest_registered"),)
    operations = (
        migrations.AddField("phoneaccount", "wrapped_key", models.BinaryField(default=b""), preserve_default=False),
        migrations.AddField("phoneaccount", "sealed", models.BinaryField(default=b""), preserve_default=False),
        migrations.RunPython(seal),
        migrations.RemoveField("phoneaccount", "md5"),
        migrations.RemoveField("phoneaccount", "sha256"),
    )
