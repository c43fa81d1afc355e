"""What of the loaded agency pack other processes need besides the rules' own part, which is in the journal."""

from __future__ import annotations

from django.db import models


class LoadedPack(models.Model):
    """The pack that holds now; one row, `id` 1. `digest` is of its files, so an unchanged pack is not loaded again."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    digest = models.TextField()
    trunks = models.JSONField()
    sealed_days = models.IntegerField()
    recording_days = models.IntegerField(default=90)
    loaded_at = models.DateTimeField()

    class Meta:
        db_table = "agency_pack"
