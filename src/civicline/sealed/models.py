"""The tables of civicline.people.sealing. A contact is disposed of by deleting its rows in `sealed_key`."""

from __future__ import annotations

from django.db import models


class SealedKey(models.Model):
    """A contact's key, wrapped by the keyset that lies outside the database."""

    pk = models.CompositePrimaryKey("contact", "key_id")
    contact = models.TextField()
    key_id = models.TextField()
    wrapped_key = models.BinaryField()

    class Meta:
        db_table = "sealed_key"


class SealedField(models.Model):
    pk = models.CompositePrimaryKey("contact", "name")
    contact = models.TextField()
    name = models.TextField()
    key_id = models.TextField()
    ciphertext = models.BinaryField()

    class Meta:
        db_table = "sealed_field"
