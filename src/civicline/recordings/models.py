"""The tables of recordings. One is disposed of by deleting its row in `recording`: its key is nowhere else."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Recording(models.Model):
    """A contact's recording and its data key, wrapped by the keyset that lies outside the database."""

    id = models.TextField(primary_key=True)
    contact = models.TextField()
    wrapped_key = models.BinaryField()
    closed = models.BigIntegerField(null=True)
    """Position of its last `recording.closed` in the journal, which has the counts and hashes; null from the beginning
    of a talk on."""

    class Meta:
        db_table = "recording"
        indexes: ClassVar = [models.Index(fields=["contact"], name="recording_by_contact")]


class Progress(models.Model):
    """How far the keeper has come in the journal. One row, id 1."""

    id = models.SmallIntegerField(primary_key=True)
    position = models.BigIntegerField()

    class Meta:
        db_table = "recording_progress"
